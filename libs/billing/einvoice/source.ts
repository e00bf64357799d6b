import { BillingEntity } from '../billing-entities/billing-entity.ts';
import { CustomerAccount } from '../customers/customer-account.ts';
import type { CustomerSnapshot } from '../customers/customer.ts';
import { Invoice, type SellerShown } from '../invoices/invoice.ts';
import { InvoiceLine } from '../invoices/invoice-line.ts';
import { InvoiceTax } from '../invoices/invoice-tax.ts';

const LineSource = InvoiceLine.view(
  'position',
  'description',
  'quantity',
  'unit',
  'unitPrice',
  'discountPercent',
  'discountAmount',
  'net',
  'taxCategory',
  'taxPercent',
  'periodStart',
  'periodEnd',
  'currency',
);
const TaxSource = InvoiceTax.view('category', 'percent', 'taxable', 'einvoiceTax', 'exemptionReason', 'currency');

/** What an e-invoice is made from: an issued invoice as it was frozen, with the tax and the rounding that EN 16931 demands. */
export const EInvoiceSource = Invoice.view(
  'kind',
  'status',
  'number',
  'issueDate',
  'dueDate',
  'currency',
  'pricesIncludeTax',
  'customer',
  'seller',
  'allowances',
  'charges',
  'linesTotal',
  'allowancesTotal',
  'chargesTotal',
  'net',
  'einvoiceTax',
  'einvoiceRounding',
  'prepaid',
  'payable',
  'reference',
  'notes',
  'reason',
  'precedingInvoiceId',
  'billingEntityId',
  'customerAccountId',
  'contactId',
  'companyId',
)
  .with('lines', LineSource, 'invoiceId', 'position')
  .with('taxes', TaxSource, 'invoiceId', 'position')
  .named('EInvoiceSource');
export type EInvoiceSource = ReturnType<typeof EInvoiceSource.show>;

export const SellerNow = BillingEntity.view('id', 'address', 'vatId', 'taxNumber', 'registrationNumber', 'electronicAddress').named(
  'EInvoiceSeller',
);
export const CustomerNow = CustomerAccount.view(
  'id',
  'address',
  'taxId',
  'registrationNumber',
  'electronicAddress',
  'buyerReference',
).named('EInvoiceCustomer');
export const PrecedingInvoice = Invoice.view('id', 'number', 'issueDate').named('EInvoicePreceding');

/**
 * What is known today of the parties. What was frozen says nothing about is taken from here, so that data missing at the issue can be
 * completed afterwards; what was frozen is never overruled.
 */
export interface Known {
  readonly seller?: Partial<Pick<SellerShown, 'address' | 'vat_id' | 'tax_number' | 'registration_number' | 'electronic_address'>>;
  readonly customer?: Partial<Omit<CustomerSnapshot, 'name' | 'email'>>;
  readonly preceding?: { readonly number: string | null; readonly issue_date: string | null };
}
