import { List, now, type QueryString } from '#kernel';
import { sql } from 'kysely';
import { z } from 'zod';
import { Invoice, isOverdue } from './invoice.ts';
import { InvoiceLine } from './invoice-line.ts';
import { InvoiceTax } from './invoice-tax.ts';

const amount = z.string().meta({ example: '261.72' });
const Totals = z
  .object({
    lines: amount,
    allowances: amount,
    charges: amount,
    net: amount,
    tax: amount,
    gross: amount,
    rounding: amount,
    prepaid: amount,
    payable: amount,
  })
  .meta({ id: 'InvoiceTotals' });
type Totals = z.output<typeof Totals>;

const LINE = [
  'position',
  'description',
  'quantity',
  'unit',
  'unitPrice',
  'amount',
  'discountPercent',
  'discountAmount',
  'total',
  'net',
  'taxCategory',
  'taxPercent',
  'taxRateId',
  'priceId',
  'periodStart',
  'periodEnd',
] as const;
const LineView = InvoiceLine.view('id', ...LINE, 'creditsLineId', 'currency').without('currency');
const PreviewLineView = InvoiceLine.view(...LINE, 'currency')
  .without('currency')
  .named('InvoicePreviewLine');
const TaxView = InvoiceTax.view('category', 'percent', 'taxable', 'tax', 'exemptionReason', 'currency').without('currency');

const FIGURES = ['linesTotal', 'allowancesTotal', 'chargesTotal', 'net', 'tax', 'gross', 'rounding', 'prepaid', 'payable'] as const;
const WIRE_FIGURES = ['lines_total', 'allowances_total', 'charges_total', 'net', 'tax', 'gross', 'rounding', 'prepaid', 'payable'] as const;
const totals = [
  Totals,
  (row: Record<(typeof WIRE_FIGURES)[number], string>): Totals => ({
    lines: row.lines_total,
    allowances: row.allowances_total,
    charges: row.charges_total,
    net: row.net,
    tax: row.tax,
    gross: row.gross,
    rounding: row.rounding,
    prepaid: row.prepaid,
    payable: row.payable,
  }),
] as const;
const overdue = [z.boolean().meta({ description: 'In the zone of the seller' }), isOverdue] as const;

const HEAD = [
  'id',
  'kind',
  'number',
  'status',
  'billingEntityId',
  'customerAccountId',
  'contactId',
  'companyId',
  'issueDate',
  'dueDate',
  'currency',
  'pricesIncludeTax',
  'customer',
  ...FIGURES,
  'paid',
  'credited',
  'writtenOff',
  'due',
  'reference',
  'source',
  'sourceId',
  'precedingInvoiceId',
  'timeZone',
  'ownerId',
  'custom',
  'issuedAt',
  'sentAt',
  'voidedAt',
  'createdAt',
  'createdBy',
  'updatedAt',
  'version',
] as const;

/** An invoice as it stands in a list: without its lines. */
export const InvoiceHeadView = Invoice.view(...HEAD)
  .and({ totals, overdue })
  .without(...WIRE_FIGURES)
  .named('InvoiceHead');

export const InvoiceView = Invoice.view(...HEAD, 'allowances', 'charges', 'notes', 'reason', 'seller', 'contentHash')
  .with('lines', LineView, 'invoiceId', 'position')
  .with('taxes', TaxView, 'invoiceId', 'position')
  .and({ totals, overdue })
  .without(...WIRE_FIGURES);

/** What an invoice would be. */
export const PreviewView = Invoice.view('kind', 'issueDate', 'dueDate', 'currency', 'pricesIncludeTax', ...FIGURES, 'allowances', 'charges')
  .with('lines', PreviewLineView, 'invoiceId', 'position')
  .with('taxes', TaxView, 'invoiceId', 'position')
  .and({ totals })
  .without(...WIRE_FIGURES)
  .named('InvoicePreview');

const options = {
  sorts: ['createdAt', 'updatedAt', 'issueDate', 'dueDate', 'number', 'payable', 'due'],
  filters: [
    'kind',
    'status',
    'number',
    'billingEntityId',
    'customerAccountId',
    'contactId',
    'companyId',
    'currency',
    'issueDate',
    'dueDate',
    'payable',
    'due',
    'source',
    'sourceId',
    'precedingInvoiceId',
    'ownerId',
    'createdAt',
    'updatedAt',
  ],
  own: {
    overdue: {
      schema: z.enum(['true', 'false']),
      where: (wanted: 'true' | 'false') => {
        const late = sql<boolean>`(invoice.due_e4 > 0 and invoice.status in ('issued', 'partially_paid')
          and invoice.due_date < (${now().toISOString()}::timestamptz at time zone invoice.time_zone)::date)`;
        return wanted === 'true' ? late : sql<boolean>`not coalesce(${late}, false)`;
      },
    },
  },
  search: true,
};

export const invoiceList = new List(InvoiceHeadView, options);

class CreditNotes extends List<ReturnType<typeof InvoiceHeadView.show>> {
  override ask(query: QueryString) {
    return super.ask({ ...query, kind: 'credit_note' });
  }
}
export const creditNoteList = new CreditNotes(InvoiceHeadView, options);
