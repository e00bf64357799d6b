import { Bus, Command, EntityManager, Handles, now, today } from '#kernel';
import type { z } from 'zod';
import { BillingEntity } from '../billing-entities/billing-entity.ts';
import { CustomerAccount } from '../customers/customer-account.ts';
import { wakeFor } from './bill-due.ts';
import { itemFields, itemsOf, loadWhole, mayBegin, rhythmOf } from './contents.ts';
import { makeUp } from './make-up.ts';
import { oneRhythm, Subscription } from './subscription.ts';
import type { SubscriptionChange } from './subscription-input.ts';
import { SubscriptionItem } from './subscription-item.ts';

/**
 * Sells something else from a day on. Of a period that is billed already, the rest of the old goes back and the rest of the new is billed,
 * both on the next invoice; any other period is billed by the days of each.
 * @throws subscription.one_interval, subscription.cancelled, subscription.too_early
 */
export class ChangeSubscription extends Command<Subscription> {
  constructor(
    readonly id: string,
    readonly change: z.output<typeof SubscriptionChange>,
  ) {
    super();
  }
}

@Handles(ChangeSubscription, 'update', Subscription)
class Handler {
  constructor(
    private readonly em: EntityManager,
    private readonly bus: Bus,
  ) {}

  async execute({ id, change }: ChangeSubscription) {
    const subscription = await loadWhole(this.em, id);
    const { interval, intervalCount } = subscription;
    const { start } = subscription.rhythm();
    const next = await rhythmOf(
      this.em,
      change.items.map((item) => (item.interval || item.priceId ? item : { ...item, interval, intervalCount })),
      subscription.billing,
    );
    if (next.interval !== interval || next.intervalCount !== intervalCount)
      throw oneRhythm(`It goes on every ${intervalCount} ${interval}: end it and begin another for a different interval`);
    const wanted = change.effectiveDate ?? today(subscription.zone);
    if (change.effectiveDate) mayBegin(subscription, wanted, '/effective_date');
    const day = wanted < start ? start : wanted;
    const seller = await this.em.findOneOrFail(BillingEntity, { id: subscription.billingEntityId });
    const account = await this.em.findOneOrFail(CustomerAccount, { id: subscription.customerAccountId });
    const lines = await itemsOf(this.em, change.items, day, subscription, seller, account);

    for (const item of subscription.items)
      if (item.validUntil === null || item.validUntil > day) item.validUntil = item.validFrom > day ? item.validFrom : day;
    const position = subscription.items.length;
    const made = lines.map((line, i) =>
      this.em.create(SubscriptionItem, {
        ...itemFields(line),
        subscriptionId: id,
        position: position + i + 1,
        validFrom: day,
        validUntil: null,
      }),
    );
    subscription.items = [...subscription.items, ...made];
    // It reads differently now: its version, and so its ETag, moves on.
    subscription.updatedAt = now();
    await makeUp(this.em, subscription);
    subscription.settle();
    await wakeFor(this.bus, [subscription.wakeAt]);
    return subscription;
  }
}
