import { choice, day, decimal, entity, ref, text, whole } from '#kernel';
import { Price } from '../catalog/price.ts';
import { TaxRate } from '../catalog/tax-rate.ts';
import { TAX_CATEGORIES } from '../invoices/arithmetic.ts';
import { Subscription } from './subscription.ts';

/**
 * What is billed in each period, from a day on and up to the day before another: a change ends one item and begins another, so that any
 * period can still be billed as it was sold.
 */
export class SubscriptionItem extends entity(
  'subscription_item',
  {
    subscriptionId: ref(() => Subscription),
    position: whole({ min: 1 }),
    description: text({ max: 1000 }),
    quantity: decimal({ digits: 18, scale: 6 }).or('1'),
    unit: text({ max: 30 }).optional(),
    unitPrice: decimal({ digits: 18, scale: 6 }),
    taxCategory: choice(TAX_CATEGORIES),
    taxPercent: decimal({ digits: 7, scale: 4 }),
    taxRateId: ref(() => TaxRate).optional(),
    priceId: ref(() => Price).optional(),
    validFrom: day(),
    validUntil: day().optional(),
  },
  {
    unique: [{ on: ['subscriptionId', 'position'] }],
    index: [['subscriptionId', 'position']],
    checks: { validity: 'valid_until >= valid_from' },
  },
) {}
