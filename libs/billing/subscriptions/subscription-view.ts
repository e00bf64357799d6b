import { List } from '#kernel';
import { Subscription } from './subscription.ts';
import { SubscriptionItem } from './subscription-item.ts';

const ItemView = SubscriptionItem.view(
  'id',
  'position',
  'description',
  'quantity',
  'unit',
  'unitPrice',
  'taxCategory',
  'taxPercent',
  'taxRateId',
  'priceId',
  'validFrom',
  'validUntil',
);
const HEAD = [
  'id',
  'status',
  'billingEntityId',
  'customerAccountId',
  'contactId',
  'companyId',
  'currency',
  'pricesIncludeTax',
  'startDate',
  'trialEnd',
  'zone',
  'interval',
  'intervalCount',
  'anchorDay',
  'anchorMonth',
  'billing',
  'catchUp',
  'nextBillingOn',
  'cancelAt',
  'cancelledAt',
  'pastDueSince',
  'suspendedOn',
  'restsFrom',
  'parkedAt',
  'parkedReason',
  'reference',
  'ownerId',
  'custom',
  'createdAt',
  'createdBy',
  'updatedAt',
  'version',
] as const;

/** A subscription with what is and was sold. */
export const SubscriptionView = Subscription.view(...HEAD, 'pauses', 'adjustments', 'notes').with(
  'items',
  ItemView,
  'subscriptionId',
  'position',
);
/** As it stands in a list: without its items. */
export const subscriptionList = new List(Subscription.view(...HEAD).named('SubscriptionHead'), {
  sorts: ['createdAt', 'updatedAt', 'startDate', 'nextBillingOn'],
  filters: [
    'status',
    'billingEntityId',
    'customerAccountId',
    'contactId',
    'companyId',
    'currency',
    'interval',
    'billing',
    'startDate',
    'nextBillingOn',
    'cancelAt',
    'ownerId',
    'createdAt',
    'updatedAt',
  ],
  search: true,
});
