import { Bus, call, camelCased, Command, EntityManager, formatAmount, Handles, moment, now, Process, settings } from '#kernel';
import { z } from 'zod';
import { billSome } from './bill.ts';
import { BillSome, wakeFor } from './bill-due.ts';
import { BillingRun, notYet, type Planned } from './billing-run.ts';
import { gather, type Plan, planned, rowOf } from './plan.ts';
import type { Due } from './schedule.ts';
import { Subscription } from './subscription.ts';

/** A dry run tells of so many subscriptions. */
const MOST_PLANNED = 1000;

export const NewBillingRun = camelCased<{ asOf?: Date; dryRun?: boolean }>(
  ['asOf', 'dryRun'],
  z.strictObject({
    as_of: moment().check.optional().meta({ description: 'Up to when; now unless given, and not later than now outside test and demo' }),
    dry_run: z.boolean().optional().meta({ description: 'Only tell what would be done' }),
  }),
).meta({ id: 'NewBillingRun' });

/** Time is not played with where invoices are real. @throws billing_run.in_future */
export function mayBe(asOf: Date, environment = settings.NODE_ENV): Date {
  if (asOf > now() && environment === 'production')
    throw notYet(undefined, { details: [{ pointer: '/as_of', code: 'in_future', message: 'is in the future' }] });
  return asOf;
}

/**
 * Bills what is due up to an instant, by hand; invoices are issued today. What is more than one transaction takes is done by the worker, after the
 * answer.
 * @throws billing_run.in_future
 */
export class RunBilling extends Command<BillingRun> {
  constructor(readonly input: z.output<typeof NewBillingRun> = {}) {
    super();
  }
}

@Handles(RunBilling, 'create', BillingRun)
class Running {
  constructor(
    private readonly em: EntityManager,
    private readonly bus: Bus,
  ) {}

  async execute({ input: { asOf = now(), dryRun = false } }: RunBilling) {
    const run = this.em.create(BillingRun, { asOf: mayBe(asOf), dryRun });
    if (dryRun) {
      run.planned = await this.plans(run);
      return finished(run);
    }
    await this.em.flush();
    const { done, finished: nothingLeft, wakes } = await billSome(this.em, this.bus, asOf);
    await wakeFor(this.bus, wakes);
    run.count(done);
    if (nothingLeft) return finished(run);
    // Not here: whoever has taken numbers locks nothing more before the commit.
    await this.bus.later(new CarryOnBilling(run.id), { at: now(), key: run.id, subjectId: run.id });
    return run;
  }

  private async plans(run: BillingRun): Promise<Planned[]> {
    const due = await this.em.find(
      Subscription,
      { wakeAt: { $lte: run.asOf } },
      { orderBy: { wakeAt: 'asc', id: 'asc' }, limit: MOST_PLANNED + 1 },
    );
    if (due.splice(MOST_PLANNED).length)
      call().warnings.push({ code: 'billing_run.more_due', message: `Told is of the first ${MOST_PLANNED} subscriptions; more are due` });
    const given = await gather(this.em, due, false);
    const all: Planned[] = [];
    for (const subscription of due) {
      const plan = await planned(this.em, subscription, run.asOf, given);
      run.count({
        subscriptions: 1,
        invoices: plan.invoices.length,
        periods: plan.invoices.reduce((n, { periods }) => n + periods.length, 0),
        pausedPeriods: plan.paused.length,
        skippedPeriods: plan.skipped.length,
        parked: plan.parked === undefined ? 0 : 1,
      });
      all.push(...told(plan));
    }
    return all;
  }
}

function finished(run: BillingRun, status: 'done' | 'failed' = 'done'): BillingRun {
  return Object.assign(run, { status, finishedAt: now() });
}

function told({ subscription, invoices, paused, skipped, parked, waitsFor }: Plan): Planned[] {
  const { id: subscription_id, currency } = subscription;
  const one = (
    status: Planned['status'],
    periods: readonly Due[],
    payable: bigint | null = null,
    reason: string | null = null,
  ): Planned => ({
    subscription_id,
    currency,
    status,
    reason,
    payable: payable === null ? null : formatAmount(payable, currency),
    periods: periods.map((period) => {
      const { index, periodStart, periodEnd } = rowOf(period);
      return { index, period_start: periodStart, period_end: periodEnd };
    }),
  });
  return [
    ...invoices.map(({ draft, periods }) => one('billed', periods, draft.payable)),
    ...(paused.length ? [one('paused', paused)] : []),
    ...(skipped.length ? [one('skipped', skipped)] : []),
    ...(parked === undefined ? [] : [one('parked', [], null, parked)]),
    ...(waitsFor === undefined
      ? []
      : [one('waiting', [], null, `Its seller has issued an invoice dated ahead: nothing is issued before ${waitsFor.toISOString()}`)]),
  ];
}

/** The rest of a run, a transaction for each hundred subscriptions. */
export class CarryOnBilling extends Process<void> {
  constructor(readonly runId: string) {
    super();
  }
  /** What is due is promised to the sweeper besides; the run itself goes no further. */
  override givenUp() {
    return new FinishBilling(this.runId, 'failed');
  }
}

@Handles(CarryOnBilling, 'system')
class CarryingOn {
  constructor(private readonly bus: Bus) {}
  async execute({ runId }: CarryOnBilling) {
    while (!(await this.bus.run(new BillSome(runId))).finished);
    await this.bus.run(new FinishBilling(runId));
  }
}

/** Says of a run that it is done, or was given up. */
export class FinishBilling extends Command<void> {
  constructor(
    readonly runId: string,
    readonly as: 'done' | 'failed' = 'done',
  ) {
    super();
  }
}

@Handles(FinishBilling, 'system')
class Finishing {
  constructor(private readonly em: EntityManager) {}
  async execute({ runId, as }: FinishBilling) {
    finished(await this.em.findOneOrFail(BillingRun, { id: runId }), as);
  }
}
