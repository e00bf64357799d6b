import { Bus, Command, EntityManager, Handles, load, today } from '#kernel';
import type { z } from 'zod';
import { wakeFor } from './bill-due.ts';
import { endOfRunning, loadWhole, mayBegin } from './contents.ts';
import { makeUp } from './make-up.ts';
import { Subscription } from './subscription.ts';
import { SubscriptionItem } from './subscription-item.ts';
import type { Cancelling } from './subscription-input.ts';

/**
 * Ends a subscription: today, on a day, or when its running period is over. What was missed up to then, and a last period in arrears, are still
 * billed; what was billed in advance stays so. A draft was never served, whatever day is named, and nothing is billed of it. Cancelling what is
 * cancelled changes nothing. @throws subscription.too_early
 */
export class CancelSubscription extends Command<Subscription> {
  constructor(
    readonly id: string,
    readonly input: z.output<typeof Cancelling> = {},
  ) {
    super();
  }
}

@Handles(CancelSubscription, 'update', Subscription)
class Handler {
  constructor(
    private readonly em: EntityManager,
    private readonly bus: Bus,
  ) {}

  async execute({ id, input }: CancelSubscription) {
    const known = await load(this.em, Subscription, id);
    if (known.status === 'cancelled') {
      const items = await this.em.find(SubscriptionItem, { subscriptionId: id }, { orderBy: { position: 'asc' } });
      return Object.assign(known, { items });
    }
    const subscription = await loadWhole(this.em, id);
    subscription.cancelAt = lastDay(subscription, input);
    await makeUp(this.em, subscription);
    if (subscription.status === 'draft') subscription.status = 'active';
    subscription.settle();
    await wakeFor(this.bus, [subscription.wakeAt]);
    return subscription;
  }
}

/** The first day it is not served any more. @throws subscription.too_early */
function lastDay(subscription: Subscription, { cancelAt, atPeriodEnd }: z.output<typeof Cancelling>): string {
  const now = today(subscription.zone);
  if (subscription.status === 'draft') return subscription.startDate < now ? subscription.startDate : now;
  if (atPeriodEnd) return endOfRunning(subscription);
  if (cancelAt) mayBegin(subscription, cancelAt, '/cancel_at');
  return cancelAt ?? now;
}
