import { choice, currency, day, decimal, entity, money, ref, text, whole } from '#kernel';
import { Price } from '../catalog/price.ts';
import { TaxRate } from '../catalog/tax-rate.ts';
import { TAX_CATEGORIES } from './arithmetic.ts';
import { Invoice } from './invoice.ts';

/**
 * A line of an invoice. amount = quantity × price; total = amount − discount, as it was priced; net = total without tax. The invoice's
 * audit entry and content hash speak for its lines.
 */
export class InvoiceLine extends entity(
  'invoice_line',
  {
    invoiceId: ref(() => Invoice),
    position: whole({ min: 1 }),
    description: text({ max: 1000 }),
    quantity: decimal({ digits: 18, scale: 6, signed: true }).or('1').describe('Up to six places', '20'),
    unit: text({ max: 30 }).optional().describe('What the quantity counts', 'hour'),
    unitPrice: decimal({ digits: 18, scale: 6 }).describe('Up to six places', '12.36'),
    amount: money(),
    discountPercent: decimal({ digits: 7, scale: 4 }).optional().describe('Of the amount; excludes discount_amount', '12.5'),
    discountAmount: money({ min: 0n }).or(0n),
    total: money(),
    net: money(),
    taxCategory: choice(TAX_CATEGORIES),
    taxPercent: decimal({ digits: 7, scale: 4 }).describe('Percent', '21'),
    taxRateId: ref(() => TaxRate).optional(),
    priceId: ref(() => Price).optional(),
    periodStart: day().optional().describe('When it was or will be performed, from'),
    periodEnd: day().optional().describe('The last day'),
    // Of a credit note: the line it takes from, and how much of its quantity (0 for a lower price).
    creditsLineId: ref('invoice_line').optional(),
    creditsQuantity: decimal({ digits: 18, scale: 6, signed: true }).optional(),
    currency: currency(),
  },
  {
    quiet: true,
    unique: [{ on: ['invoiceId', 'position'] }],
    index: [['invoiceId', 'position']],
    checks: {
      total: 'total_e4 = amount_e4 - discount_amount_e4',
      tax: "tax_percent >= (0)::numeric and tax_percent <= (100)::numeric and (tax_category = 'S' or tax_percent = (0)::numeric)",
      period: 'period_end >= period_start',
      credits: '(credits_line_id is null) = (credits_quantity is null)',
    },
  },
) {}
