import { camelCased, day, whole } from '#kernel';
import { z } from 'zod';
import { LineInput } from '../invoices/pricing.ts';
import type { Interval } from './periods.ts';
import { Subscription } from './subscription.ts';
import { SubscriptionItem } from './subscription-item.ts';

/** What is sold, as a caller sends it. */
export interface ItemInput extends Pick<
  LineInput,
  'description' | 'quantity' | 'unit' | 'unitPrice' | 'taxCategory' | 'taxPercent' | 'taxRateId' | 'priceId'
> {
  interval?: Interval;
  intervalCount?: number;
}
const { description, quantity, unit, unitPrice, taxCategory, taxPercent, taxRateId, priceId } = SubscriptionItem.fields;
const { fields } = Subscription;
export const ItemInput = camelCased<ItemInput>(
  ['description', 'quantity', 'unit', 'unitPrice', 'taxCategory', 'taxPercent', 'taxRateId', 'priceId', 'interval', 'intervalCount'],
  z.strictObject({
    description: description.check.optional(),
    quantity: quantity.check.optional(),
    unit: unit.check.optional(),
    unit_price: unitPrice.check.optional(),
    tax_category: taxCategory.check.optional(),
    tax_percent: taxPercent.check.optional(),
    tax_rate_id: taxRateId.check.optional(),
    price_id: priceId.check.optional(),
    interval: fields.interval.check.optional(),
    interval_count: fields.intervalCount.check.optional(),
  }),
).meta({
  id: 'SubscriptionItemInput',
  description: 'A recurring price_id gives description, unit, unit_price, tax and interval, unless they are given beside it; else a month',
});
const items = z.array(ItemInput).min(1).max(100);

export interface SubscriptionInput {
  billingEntityId?: string;
  customerAccountId?: string;
  contactId?: string;
  companyId?: string;
  status?: 'draft' | 'active';
  currency?: string;
  pricesIncludeTax?: boolean;
  startDate?: string;
  zone?: string;
  trialDays?: number;
  anchorDay?: number | null;
  anchorMonth?: number | null;
  billing?: Subscription['billing'];
  catchUp?: Subscription['catchUp'];
  cancelAt?: string | null;
  reference?: string | null;
  notes?: string | null;
  ownerId?: string | null;
  custom?: Record<string, unknown>;
  items: ItemInput[];
}
const plain = {
  catch_up: fields.catchUp.check.optional(),
  cancel_at: fields.cancelAt.check.optional(),
  reference: fields.reference.check.optional(),
  notes: fields.notes.check.optional(),
  owner_id: fields.ownerId.check.optional(),
  custom: fields.custom.check.optional(),
};
export const NewSubscription = camelCased<SubscriptionInput>(
  [
    'billingEntityId',
    'customerAccountId',
    'contactId',
    'companyId',
    'status',
    'currency',
    'pricesIncludeTax',
    'startDate',
    'zone',
    'trialDays',
    'anchorDay',
    'anchorMonth',
    'billing',
    'catchUp',
    'cancelAt',
    'reference',
    'notes',
    'ownerId',
    'custom',
    'items',
  ],
  z.strictObject({
    billing_entity_id: fields.billingEntityId.check.optional().meta({ description: 'Who sells; the default one unless given' }),
    customer_account_id: fields.customerAccountId.check.optional(),
    contact_id: z
      .guid()
      .toLowerCase()
      .optional()
      .meta({ description: 'Instead of the customer account, which is made when there is none' }),
    company_id: z
      .guid()
      .toLowerCase()
      .optional()
      .meta({ description: 'Instead of the customer account, which is made when there is none' }),
    status: z.enum(['draft', 'active']).optional().meta({ description: 'A draft is not billed until it is activated' }),
    currency: fields.currency.check.optional().meta({ description: 'That of the customer account unless given' }),
    prices_include_tax: fields.pricesIncludeTax.check.optional(),
    start_date: fields.startDate.check.optional().meta({ description: 'Today unless given' }),
    zone: fields.zone.check.optional(),
    trial_days: whole({ min: 1, max: 3660 }).check.optional().meta({ description: 'Days from the start that are not billed' }),
    anchor_day: fields.anchorDay.check.optional(),
    anchor_month: fields.anchorMonth.check.optional(),
    billing: fields.billing.check.optional(),
    ...plain,
    items,
  }),
).meta({ id: 'NewSubscription' });

export type SubscriptionPatch = Pick<SubscriptionInput, 'catchUp' | 'cancelAt' | 'reference' | 'notes' | 'ownerId' | 'custom'> & {
  status?: 'active';
};
export const SubscriptionChanges = camelCased<SubscriptionPatch>(
  ['status', 'catchUp', 'cancelAt', 'reference', 'notes', 'ownerId', 'custom'],
  z.strictObject({ status: z.literal('active').optional().meta({ description: 'Activates a draft' }), ...plain }),
).meta({ id: 'SubscriptionChanges' });

export interface Change {
  items: ItemInput[];
  effectiveDate?: string;
}
const effective = day().check.optional().meta({ description: 'The first day of the change: today unless given' });
export const SubscriptionChange = camelCased<Change>(['items', 'effectiveDate'], z.strictObject({ items, effective_date: effective })).meta(
  {
    id: 'SubscriptionChange',
    description: 'What is sold from a day on, instead of what was; in the same interval',
  },
);

export const Pausing = camelCased<{ from?: string; until?: string | null }>(
  ['from', 'until'],
  z.strictObject({
    from: day().check.optional().meta({ description: 'The first day that is not billed: today unless given' }),
    until: day().check.nullish().meta({ description: 'The day it goes on; open unless given' }),
  }),
).meta({ id: 'SubscriptionPause' });

export const Cancelling = camelCased<{ cancelAt?: string; atPeriodEnd?: boolean }>(
  ['cancelAt', 'atPeriodEnd'],
  z.strictObject({
    cancel_at: day().check.optional().meta({ description: 'The first day it is not served any more: today unless given' }),
    at_period_end: z.boolean().optional().meta({ description: 'Instead: when its running period is over, in a trial when that is' }),
  }),
).meta({ id: 'SubscriptionCancellation', description: 'What was billed in advance stays billed; a credit note gives it back' });
