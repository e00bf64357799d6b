import { currency, entity, money, ref } from '#kernel';
import { Invoice } from '../invoices/invoice.ts';
import { Payment } from './payment.ts';

/**
 * What an invoice has of a payment, or of the credit of another document, now; how it came to that is in the ledger. One that was taken back
 * whole is deleted, and tells what the payment once was for.
 */
export class PaymentAllocation extends entity(
  'payment_allocation',
  {
    paymentId: ref(() => Payment).optional(),
    creditNoteId: ref(() => Invoice).optional(),
    invoiceId: ref(() => Invoice),
    amount: money({ min: 1n }),
    currency: currency(),
  },
  {
    unique: [
      { on: ['paymentId', 'invoiceId'], where: 'payment_id is not null' },
      { on: ['creditNoteId', 'invoiceId'], where: 'credit_note_id is not null' },
    ],
    checks: { source: 'num_nonnulls(payment_id, credit_note_id) = 1', amount: 'amount_e4 > 0', other: 'credit_note_id <> invoice_id' },
  },
) {}
export const AllocationView = PaymentAllocation.view('id', 'invoiceId', 'amount', 'createdAt', 'currency').without('currency');
