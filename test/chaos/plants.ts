/** A bug on purpose, in the harness' own copy of the product: each must be found, or the harness proves nothing. */
export interface Plant {
  readonly does: string;
  /** The scenario that must find it; core unless given. */
  readonly in?: string;
  /** Text of the build that is replaced; it must be there exactly once. */
  readonly patch?: readonly { readonly file: string; readonly from: string; readonly to: string }[];
  /** Run by the superuser after the migrations. */
  readonly sql?: readonly string[];
  /** Faults under which it shows: only they are played when it is to be proved; all of them unless given. */
  readonly shows?: readonly string[];
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
    shows: ['kill api', 'kill postmaster', 'cut connections'],
    patch: [{ file: 'libs/kernel/bus.js', from: 'await em.commit();', to: 'void em.commit().catch(() => {});' }],
  },
  'lazy-disk': { does: 'commits do not wait for the disk', shows: ['kill postmaster'], postgres: { synchronous_commit: 'off' } },
  'double-effect': {
    does: 'an idempotency key is forgotten in one of ten',
    sql: forgets('idempotency', 0.1),
  },
  'lost-audit': { does: 'one audit entry in fifty is missing', sql: forgets('audit_entry', 0.02) },
  'lost-message': { does: 'one outbox message in fifty is missing', sql: forgets('outbox', 0.02) },
  'lost-place': {
    does: 'a connection that dies keeps its place in the pool',
    shows: ['cut connections', 'kill a backend'],
    patch: [
      {
        file: 'libs/kernel/eager-client.js',
        from: 'void this.end().catch(()=>{});',
        to: "throw new Error('gone');",
      },
    ],
  },
  'twice-kept': {
    does: 'promises that are delivered twice are kept twice',
    shows: ['double the queue', 'kill worker'],
    patch: [
      { file: 'libs/kernel/jobs/promises.js', from: 'if (!mine) return;', to: '' },
      { file: 'libs/crm/tasks/task.js', from: 'if (this.remindedAt || !this.isOpen()) return false;', to: '' },
    ],
  },
  'lost-job': {
    does: 'what was sent to the queue is never sent again',
    shows: ['empty the queue', 'kill worker'],
    patch: [{ file: 'libs/kernel/jobs/backlog.js', from: 'seconds: 60', to: 'seconds: 600_000' }],
  },
};
