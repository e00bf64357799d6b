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

const CORE: Readonly<Record<string, Plant>> = {
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
  'endless-wait': {
    does: 'who finds no connection for his write waits for one for ever',
    shows: ['exhaust the pool'],
    patch: [{ file: 'libs/kernel/orm.js', from: 'settings.POOL_WAIT_MS', to: '0' }],
  },
  'lost-job': {
    does: 'what was sent to the queue is never sent again',
    shows: ['empty the queue', 'kill worker'],
    patch: [{ file: 'libs/kernel/jobs/backlog.js', from: 'seconds: 60', to: 'seconds: 600_000' }],
  },
};

/** A statement in a transaction of its own, committed at once. */
const APART = `const { TransactionContext } = await import('@mikro-orm/core'); const { inUnit } = await import('../../kernel/transaction.js');
  const id = tenantId(); const own = em.fork(); own.setFilterParams('tenant', { id });
  return TransactionContext.create(own, ()=>inUnit(id, async ()=>{ await own.begin();
    try { const rows = await own.execute(...all); await own.commit(); return rows; } catch (error) { await own.rollback(); throw error; } }));`;

const BILLING: Readonly<Record<string, Plant>> = {
  'period-twice': {
    in: 'billing',
    does: 'the unique key of periods is gone, and a sweeper in ten forgets that it went on',
    shows: ['empty the queue'],
    sql: ['drop index billing_period_tenant_id_subscription_id_index_unique'],
    patch: [
      {
        file: 'libs/billing/subscriptions/bill.js',
        from: 'subscription.nextIndex = nextIndex;',
        to: 'if (Math.random() > 0.1) subscription.nextIndex = nextIndex;',
      },
    ],
  },
  'number-apart': {
    in: 'billing',
    does: 'numbers are taken in a transaction of their own',
    shows: ['billing.after_numbers', 'billing.after_periods'],
    patch: [
      {
        file: 'libs/billing/invoices/take-numbers.js',
        from: 'await em.execute(`insert into number_series',
        to: `await (async (...all)=>{ ${APART} })(\`insert into number_series`,
      },
    ],
  },
  'forgotten-entry': {
    in: 'billing',
    does: 'one ledger entry in twenty is not made',
    shows: ['empty the queue'],
    patch: [
      {
        file: 'libs/billing/ledger/enter.js',
        from: 'if (about.amount === 0n) return;',
        to: 'if (about.amount === 0n || Math.random() < 0.05) return;',
      },
    ],
  },
  'letter-twice': {
    in: 'billing',
    does: 'a letter that is sent again is another letter',
    shows: ['dunning.after_letter'],
    patch: [
      {
        file: 'libs/billing/dunning/send-dunning-letter.js',
        from: 'key: `dunning ${run.id}`',
        to: 'key: `dunning ${run.id} ${Math.random()}`',
      },
    ],
  },
  'step-twice': {
    in: 'billing',
    does: 'what was run of an invoice is not looked at, and no key refuses it',
    shows: ['empty the queue'],
    sql: ['drop index dunning_step_run_tenant_id_invoice_id_step_unique'],
    patch: [
      { file: 'libs/billing/dunning/dunning-round.js', from: 'dueDate, day, done)', to: 'dueDate, day, 0)' },
      { file: 'libs/billing/dunning/run-dunning-step.js', from: 'last?.step ?? 0', to: '0' },
    ],
  },
  'forgotten-period': {
    in: 'billing',
    does: 'one subscription in three is not looked at again after a sweep',
    shows: ['empty the queue'],
    patch: [
      {
        file: 'libs/billing/subscriptions/bill.js',
        from: 'subscription.settle(at);',
        to: 'subscription.settle(at); if (Math.random() < 0.3) subscription.wakeAt = null;',
      },
    ],
  },
  'paid-twice': {
    in: 'billing',
    does: 'an external id is not looked up, and no key refuses it',
    shows: ['empty the queue'],
    sql: ['drop index payment_tenant_id_external_id_unique'],
    patch: [
      {
        file: 'libs/billing/payments/create-payment.js',
        from: 'const known = input.externalId ?',
        to: 'const known = false ?',
      },
    ],
  },
};

export const PLANTS: Readonly<Record<string, Plant>> = { ...CORE, ...BILLING };
