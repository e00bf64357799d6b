import { addDays, Bus, Command, EntityManager, Handles, today } from '#kernel';
import type { z } from 'zod';
import { customerOf } from '../customers/customer.ts';
import { heirOf } from '../customers/owners.ts';
import { sellerOf, termsOf } from '../invoices/draft.ts';
import { wakeFor } from './bill-due.ts';
import { itemFields, itemsOf, rhythmOf, type Whole } from './contents.ts';
import { Subscription } from './subscription.ts';
import type { NewSubscription } from './subscription-input.ts';
import { SubscriptionItem } from './subscription-item.ts';

/** Begins a subscription. What is due of it already is billed as soon as a worker looks. @throws subscription.one_interval */
export class CreateSubscription extends Command<Subscription> {
  constructor(readonly input: z.output<typeof NewSubscription>) {
    super();
  }
}

@Handles(CreateSubscription, 'create', Subscription)
class Handler {
  constructor(
    private readonly em: EntityManager,
    private readonly bus: Bus,
  ) {}

  async execute({ input }: CreateSubscription): Promise<Whole> {
    const { items, trialDays, billingEntityId, customerAccountId, contactId, companyId, ...plain } = input;
    const seller = await sellerOf(this.em, billingEntityId);
    const { account, of } = await customerOf(this.em, { customerAccountId, contactId, companyId }, input.currency);
    const { currency, pricesIncludeTax } = termsOf(input, seller, account);
    const zone = input.zone ?? seller.timeZone;
    const startDate = input.startDate ?? today(zone);
    const trialEnd = trialDays ? addDays(startDate, trialDays) : null;
    const rhythm = await rhythmOf(this.em, items, input.billing);
    const lines = await itemsOf(this.em, items, trialEnd ?? startDate, { currency, pricesIncludeTax }, seller, account);
    const subscription = this.em
      .create(Subscription, {
        ownerId: await heirOf(this.em, of),
        ...plain,
        ...rhythm,
        billingEntityId: seller.id,
        customerAccountId: account.id,
        contactId: account.contactId,
        companyId: account.companyId,
        currency,
        pricesIncludeTax,
        zone,
        startDate,
        trialEnd,
        cancelAt: input.cancelAt ?? null,
        pastDueSince: null,
        suspendedOn: null,
        restsFrom: null,
        releasedOn: null,
        anchorDay: input.anchorDay ?? null,
        anchorMonth: input.anchorMonth ?? null,
      })
      .settle();
    const rows = lines.map((line, i) =>
      this.em.create(SubscriptionItem, {
        ...itemFields(line),
        subscriptionId: subscription.id,
        position: i + 1,
        validFrom: trialEnd ?? startDate,
        validUntil: null,
      }),
    );
    await wakeFor(this.bus, [subscription.wakeAt]);
    return Object.assign(subscription, { items: rows });
  }
}
