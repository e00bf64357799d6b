import type { InvoiceView } from '../invoices/invoice-view.ts';
import type { Design } from './design.ts';

type Row = ReturnType<typeof InvoiceView.show>;
type LinePrinted =
  | 'position'
  | 'description'
  | 'quantity'
  | 'unit'
  | 'unit_price'
  | 'discount_percent'
  | 'discount_amount'
  | 'total'
  | 'net'
  | 'tax_percent'
  | 'period_start'
  | 'period_end';
/** What is printed of an invoice: nothing that changes after its issue. */
export type InvoiceRow = Pick<
  Row,
  | 'id'
  | 'kind'
  | 'number'
  | 'status'
  | 'issue_date'
  | 'due_date'
  | 'currency'
  | 'prices_include_tax'
  | 'customer'
  | 'seller'
  | 'reference'
  | 'notes'
  | 'reason'
  | 'totals'
  | 'taxes'
  | 'issued_at'
  | 'content_hash'
> & { lines: Pick<Row['lines'][number], LinePrinted>[]; allowances: Extra[]; charges: Extra[] };
export type Extra = Pick<Row['allowances'][number], 'reason' | 'net'>;

/** Everything that a document is made of, in wire form. The same always gives the same document. */
export interface Printed {
  invoice: InvoiceRow;
  design: Design;
  /** The content of the logo, PNG or JPEG. */
  logo?: Buffer | undefined;
  /** What a credit note corrects. */
  corrects?: { number: string; issue_date: string } | undefined;
}
