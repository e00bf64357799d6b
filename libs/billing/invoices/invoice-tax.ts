import { choice, currency, decimal, entity, money, ref, text, whole } from '#kernel';
import { TAX_CATEGORIES } from './arithmetic.ts';
import { Invoice } from './invoice.ts';

/** What an invoice has of one tax: one row per category and percent. `einvoiceTax` is round(taxable × percent), as EN 16931 demands. */
export class InvoiceTax extends entity(
  'invoice_tax',
  {
    invoiceId: ref(() => Invoice),
    position: whole({ min: 1 }),
    category: choice(TAX_CATEGORIES),
    percent: decimal({ digits: 7, scale: 4 }),
    taxable: money(),
    tax: money(),
    einvoiceTax: money(),
    exemptionReason: text({ max: 500 }).optional(),
    currency: currency(),
  },
  { quiet: true, unique: [{ on: ['invoiceId', 'category', 'percent'] }], index: [['invoiceId', 'position']] },
) {}
