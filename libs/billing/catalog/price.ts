import { choice, currency, decimal, entity, flag, List, organization, problem, ref, text, whole } from '#kernel';
import { INTERVALS } from '../subscriptions/periods.ts';
import { Product } from './product.ts';
import { TaxRate } from './tax-rate.ts';

/** What a unit of a product costs, once or every few intervals. Whether tax is in it is said by the invoice. */
export class Price extends entity(
  'price',
  {
    productId: ref(() => Product),
    name: text({ max: 200 }).optional().describe('Tells the prices of a product apart', 'Yearly'),
    kind: choice(['one_off', 'recurring'], 'one_off'),
    unitAmount: decimal({ digits: 18, scale: 6 }).describe('Per unit, with up to six places', '49.00'),
    currency: currency().unlessGiven(() => organization().currency),
    interval: choice(INTERVALS).optional(),
    intervalCount: whole({ min: 1, max: 366 }).optional(),
    billing: choice(['advance', 'arrears'], 'advance'),
    taxRateId: ref(() => TaxRate)
      .optional()
      .describe('Else that of the product'),
    active: flag().or(true),
  },
  { checks: { recurring: "(kind = 'recurring') = (interval is not null) and (interval is null) = (interval_count is null)" } },
) {
  /** A recurring price has an interval, a one-off price has none; the count is 1 unless given. @throws price.interval */
  settle(): this {
    if ((this.kind === 'recurring') !== (this.interval != null)) throw priceInterval();
    this.intervalCount = this.interval ? (this.intervalCount ?? 1) : null;
    return this;
  }
}

export const priceInterval = problem('price.interval', 422, 'A recurring price has an interval, a one-off price has none');

const WRITABLE = ['name', 'kind', 'unitAmount', 'currency', 'interval', 'intervalCount', 'billing', 'taxRateId', 'active'] as const;
export const NewPrice = Price.input('productId', ...WRITABLE).meta({ id: 'NewPrice' });
export const PriceChanges = Price.patch(...WRITABLE).meta({ id: 'PriceChanges' });
export const PriceView = Price.view('id', 'productId', ...WRITABLE, 'createdAt', 'updatedAt', 'version');
export const priceList = new List(PriceView, {
  sorts: ['createdAt', 'updatedAt', 'unitAmount'],
  filters: ['productId', 'kind', 'currency', 'interval', 'billing', 'active', 'createdAt', 'updatedAt'],
});
