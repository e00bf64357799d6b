/** A bug on purpose, in the harness' own copy of the product: each must be found, or the harness proves nothing. */
export interface Plant {
  readonly does: string;
  /** Text of the build that is replaced; it must be there exactly once. */
  readonly patch?: readonly { readonly file: string; readonly from: string; readonly to: string }[];
  /** Run by the superuser after the migrations. */
  readonly sql?: readonly string[];
  /** Settings of the database. */
  readonly postgres?: Readonly<Record<string, string>>;
}

/** SQL of a trigger that now and then leaves a row out. */
const forgets = (table: string, share: number) => [
  `create function planted() returns trigger language plpgsql as $$ begin return case when random() < ${share} then null else new end; end $$`,
  `create trigger planted before insert on ${table} for each row execute function planted()`,
];

export const PLANTS: Readonly<Record<string, Plant>> = {
  'early-answer': {
    does: 'answers before the commit',
    patch: [{ file: 'libs/kernel/bus.js', from: 'await em.commit();', to: 'void em.commit().catch(() => {});' }],
  },
  'lazy-disk': { does: 'commits do not wait for the disk', postgres: { synchronous_commit: 'off' } },
  'double-effect': {
    does: 'an idempotency key is forgotten in one of ten',
    sql: forgets('idempotency', 0.1),
  },
  'lost-audit': { does: 'one audit entry in fifty is missing', sql: forgets('audit_entry', 0.02) },
  'lost-message': { does: 'one outbox message in fifty is missing', sql: forgets('outbox', 0.02) },
  'no-retry': {
    does: 'a deadlock is an error',
    patch: [{ file: 'libs/kernel/bus.js', from: "'40P01'", to: "'40P99'" }],
  },
  'lost-job': {
    does: 'what was sent to the queue is never sent again',
    patch: [{ file: 'libs/kernel/jobs/backlog.js', from: 'seconds: 60', to: 'seconds: 600_000' }],
  },
};
