import { Bus, Command, EntityManager, Handles, load, today } from '#kernel';
import type { z } from 'zod';
import { wakeFor } from './bill-due.ts';
import { endOfBilled, loadWhole, mayBegin } from './contents.ts';
import { Subscription } from './subscription.ts';
import { SubscriptionItem } from './subscription-item.ts';
import type { Cancelling } from './subscription-input.ts';

/**
 * Ends a subscription: today, on a day, or when what is billed is over. What was missed up to then, and a last period in arrears, are still
 * billed; what was billed in advance stays so. Cancelling what is cancelled changes nothing. @throws subscription.too_early
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
    const day = input.atPeriodEnd ? endOfBilled(subscription) : (input.cancelAt ?? today(subscription.zone));
    if (input.cancelAt) mayBegin(subscription, day, '/cancel_at');
    subscription.cancelAt = day;
    if (subscription.status === 'draft') subscription.status = 'active';
    subscription.settle();
    await wakeFor(this.bus, [subscription.wakeAt]);
    return subscription;
  }
}
