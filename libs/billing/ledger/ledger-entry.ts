import { choice, currency, day, entity, money, ref, text } from '#kernel';
import { CustomerAccount } from '../customers/customer-account.ts';
import { Invoice } from '../invoices/invoice.ts';
import { Payment } from '../payments/payment.ts';

export const LEDGER_KINDS = [
  'invoice',
  'credit_note',
  'payment',
  'refund',
  'dispute',
  'allocation',
  'write_off',
  'write_off_reversal',
  'void',
] as const;

/**
 * One change of what a customer owes: above zero he owes more. Each entry belongs to one document, an invoice, a credit note or a payment;
 * what is due on a document is the sum of its entries, and what a customer owes the sum of his. Giving from one document to another is a
 * pair of entries of the kind allocation that adds up to nothing. Never changed, never deleted: the app role cannot.
 */
export class LedgerEntry extends entity(
  'ledger_entry',
  {
    customerAccountId: ref(() => CustomerAccount),
    kind: choice(LEDGER_KINDS),
    amount: money(),
    currency: currency(),
    invoiceId: ref(() => Invoice).optional(),
    paymentId: ref(() => Payment).optional(),
    /** The day it counts for, in the zone of the billing entity; `createdAt` is when it was written. */
    day: day(),
    reason: text({ max: 500 }).optional(),
  },
  {
    quiet: true,
    appendOnly: true,
    index: [
      ['customerAccountId', 'currency', 'createdAt'],
      ['paymentId', 'createdAt'],
      // All that is asked of a document is in it, so that what was due on a day is summed up without the table.
      ['invoiceId', 'currency', 'day', 'amount', 'deletedAt'],
    ],
    checks: { document: 'num_nonnulls(invoice_id, payment_id) = 1' },
  },
) {}
