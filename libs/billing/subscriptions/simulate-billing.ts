import { Command, dayOf, Drafts, EntityManager, Handles, now, Refusal } from '#kernel';
import { balanceOf } from './adjustments.ts';
import { drafted, gather, type Ingredients, planned } from './plan.ts';
import { dueOn } from './schedule.ts';
import { Subscription } from './subscription.ts';

/** So many subscriptions are looked at in one transaction. */
const AT_ONCE = 500;

/** An invoice that would be made. Its amount is in e4. */
export interface Simulated {
  readonly day: string;
  readonly currency: string;
  readonly payable: bigint;
}
export interface Simulation {
  readonly invoices: readonly Simulated[];
  /** Where to go on; null when all were looked at. */
  readonly next: string | null;
}

/**
 * Works out what would be billed up to an instant if time passed and nothing else happened: what is missed now as its subscription wants it
 * caught up with, and each period after on its day. Nothing is written, and nothing is locked; drafts are made and forgotten.
 */
export class SimulateBilling extends Command<Simulation> {
  constructor(
    readonly until: Date,
    /** The subscriptions after this one. */
    readonly after: string | null = null,
  ) {
    super();
  }
}

@Handles(SimulateBilling, 'system')
class Handler {
  constructor(private readonly em: EntityManager) {}

  async execute({ until, after }: SimulateBilling) {
    const running = await this.em.find(
      Subscription,
      { wakeAt: { $lte: until }, ...(after ? { id: { $gt: after } } : {}) },
      { orderBy: { id: 'asc' }, limit: AT_ONCE, disableIdentityMap: true },
    );
    // As if nothing were dated ahead: what waits for that is billed some days later.
    const given = { ...(await gather(this.em, running, false)), lastIssued: new Map<string, string>(), scribe: new Drafts().scribe };
    const invoices: Simulated[] = [];
    for (const subscription of running) invoices.push(...(await this.passed(subscription, until, given).catch(nothingIfRefused)));
    return { invoices, next: running.length === AT_ONCE ? running.at(-1)!.id : null };
  }

  private async passed(subscription: Subscription, until: Date, given: Ingredients & Pick<Drafts, 'scribe'>): Promise<Simulated[]> {
    const { currency, zone } = subscription;
    const plan = await planned(this.em, subscription, now(), given);
    if (plan.parked !== undefined) return [];
    const today = dayOf(now(), zone);
    const found = plan.invoices.map(({ draft }) => ({ day: today, currency, payable: draft.payable }));
    let { adjustments } = plan;
    const bill = async (day: string, periods: Parameters<typeof drafted>[2]) => {
      const { draft, later } = await drafted(this.em, subscription, periods, adjustments, given);
      adjustments = later;
      found.push({ day: day < today ? today : day, currency, payable: draft.payable });
    };
    const due = dueOn(subscription.terms(), plan.nextIndex, dayOf(until, zone));
    for (const period of due) if (period.spans.length) await bill(period.on, [period]);
    const { cancelAt } = subscription;
    if (cancelAt !== null && cancelAt <= dayOf(until, zone) && balanceOf(adjustments) > 0n) await bill(cancelAt, []);
    return found;
  }
}

/** It would be parked, and wait for a person. */
function nothingIfRefused(error: unknown): Simulated[] {
  if (error instanceof Refusal) return [];
  throw error;
}
