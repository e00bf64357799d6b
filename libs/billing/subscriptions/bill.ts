import { LockMode } from '@mikro-orm/core';
import { type Bus, Drafts, type EntityManager, failpoint, logger, reasonOf } from '#kernel';
import { issue } from '../invoices/issue.ts';
import { backDated } from '../invoices/take-numbers.ts';
import { BillingPeriod } from './billing-period.ts';
import { type Counts, nothingDone } from './billing-run.ts';
import { gather, type Ingredients, type Plan, planned, rowOf, soldIn } from './plan.ts';
import type { Due } from './schedule.ts';
import { Subscription } from './subscription.ts';

/** So many subscriptions, or a few more than so many invoices, in one transaction. */
const SUBSCRIPTIONS_AT_ONCE = 100;
const INVOICES_AT_ONCE = 200;

/** What asks for another try, or says that the database is gone: nothing that a person could mend at the subscription. */
const PASSING = /^(08|40|53|55|57)/;

export interface Billed {
  readonly done: Counts;
  /** Nothing was left that nobody else has in hand. */
  readonly finished: boolean;
  /** When somebody has to look again: see wakeFor. */
  readonly wakes: readonly (Date | null)[];
}

/**
 * Bills some of what is due at an instant, in the transaction of the command: it claims subscriptions that nobody else has in hand, and
 * writes their periods with the invoices, which have their numbers. One that cannot be billed is undone and parked, and holds nobody up.
 */
export async function billSome(em: EntityManager, bus: Bus, at: Date): Promise<Billed> {
  const claimed: string[] = [];
  try {
    return await bus.apart(() => billThem(em, at, claimed));
  } catch (error) {
    if (passing(error) || !claimed.length) throw error;
  }
  const done = nothingDone();
  const wakes: (Date | null)[] = [];
  for (const id of claimed) {
    const alone = await billAlone(em, bus, at, id);
    add(done, alone.done);
    wakes.push(...alone.wakes);
  }
  return { done, finished: false, wakes };
}

async function billAlone(em: EntityManager, bus: Bus, at: Date, id: string): Promise<Omit<Billed, 'finished'>> {
  try {
    return await bus.apart(() => billThem(em, at, [], id));
  } catch (error) {
    if (passing(error)) throw error;
    logger.warn({ err: error, subscription: id }, `Cannot bill a subscription: ${reasonOf(error)}`);
    return bus.apart(async () => {
      const [subscription] = await claim(em, at, id);
      if (!subscription) return { done: nothingDone(), wakes: [] };
      subscription.park(reasonOf(error));
      return { done: { ...nothingDone(), subscriptions: 1, parked: 1 }, wakes: [] };
    });
  }
}

/** Also that somebody has dated an invoice ahead just now: with the next try it is known. */
const passing = (error: unknown) => {
  const { code = '' } = error as { code?: string };
  return PASSING.test(code) || code === backDated.problem.code;
};

/** What is due, the longest first; what another has in hand is left to him. */
const claim = (em: EntityManager, at: Date, id?: string): Promise<Subscription[]> =>
  em.find(
    Subscription,
    { wakeAt: { $lte: at }, ...(id ? { id } : {}) },
    { lockMode: LockMode.PESSIMISTIC_PARTIAL_WRITE, orderBy: { wakeAt: 'asc', id: 'asc' }, limit: SUBSCRIPTIONS_AT_ONCE },
  );

async function billThem(em: EntityManager, at: Date, claimed: string[], only?: string): Promise<Billed> {
  const subscriptions = await claim(em, at, only);
  claimed.push(...subscriptions.map(({ id }) => id));
  if (!subscriptions.length) return { done: nothingDone(), finished: true, wakes: [] };
  const given = await gather(em, subscriptions);
  const plans: Plan[] = [];
  let count = 0;
  for (const subscription of subscriptions) {
    if (count >= INVOICES_AT_ONCE) break;
    const plan = await planned(em, subscription, at, given);
    plans.push(plan);
    count += plan.invoices.length;
    failpoint('billing.in_batch');
  }
  const drafts = new Drafts();
  // What is referred to before what refers to it.
  for (const { invoices, drafts: made } of plans) if (invoices.length) drafts.take(made);
  for (const plan of plans) settle(plan, at, drafts, given);
  await issue(
    em,
    plans.flatMap(({ invoices }) => invoices.map(({ draft }) => draft)),
    {},
    drafts.scribe,
    given,
  );
  await drafts.insert();
  failpoint('billing.after_periods');
  return {
    done: counted(plans),
    finished: subscriptions.length < SUBSCRIPTIONS_AT_ONCE && plans.length === subscriptions.length,
    wakes: plans.map(({ subscription }) => subscription.wakeAt),
  };
}

/** The subscription goes on, and each period gets its row: what refuses a second invoice for it. */
function settle(plan: Plan, at: Date, { scribe }: Drafts, { items }: Ingredients): void {
  const { subscription, invoices, paused, skipped, nextIndex, adjustments, parked, waitsFor } = plan;
  if (parked !== undefined) return subscription.park(parked);
  if (waitsFor !== undefined) return subscription.waitFor(waitsFor, at);
  subscription.nextIndex = nextIndex;
  if (subscription.adjustments !== adjustments) subscription.adjustments = adjustments;
  subscription.settle(at);
  const { id: subscriptionId } = subscription;
  const sold = (period: Due) => soldIn(items.get(subscriptionId) ?? [], period, subscription.rhythm());
  for (const { draft, periods } of invoices)
    for (const period of periods)
      scribe.create(BillingPeriod, { ...rowOf(period), subscriptionId, status: 'billed', invoiceId: draft.id, sold: sold(period) });
  for (const period of paused) scribe.create(BillingPeriod, { ...rowOf(period), subscriptionId, status: 'paused', sold: [] });
  for (const period of skipped) scribe.create(BillingPeriod, { ...rowOf(period), subscriptionId, status: 'skipped' });
}

const counted = (plans: readonly Plan[]): Counts => ({
  subscriptions: plans.length,
  invoices: plans.reduce((sum, { invoices }) => sum + invoices.length, 0),
  periods: plans.reduce((sum, { invoices }) => sum + invoices.reduce((n, { periods }) => n + periods.length, 0), 0),
  pausedPeriods: plans.reduce((sum, { paused }) => sum + paused.length, 0),
  skippedPeriods: plans.reduce((sum, { skipped }) => sum + skipped.length, 0),
  parked: plans.filter(({ parked }) => parked !== undefined).length,
});
export function add(to: Counts, more: Counts): void {
  for (const name of Object.keys(to) as (keyof Counts)[]) to[name] += more[name];
}
