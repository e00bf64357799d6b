import { alreadyExists, choice, currency, day, entity, type EntityManager, money, ref, text } from '#kernel';
import { CustomerAccount } from '../customers/customer-account.ts';
import { Invoice } from '../invoices/invoice.ts';
import { Payment } from './payment.ts';
import { METHODS } from './states.ts';

/** Money that went back to a customer: of a payment, or the credit of a credit note. */
export class Refund extends entity(
  'refund',
  {
    customerAccountId: ref(() => CustomerAccount),
    paymentId: ref(() => Payment).optional(),
    creditNoteId: ref(() => Invoice).optional(),
    amount: money({ min: 1n }),
    currency: currency(),
    method: choice(METHODS, 'other'),
    refundedOn: day(),
    reason: text({ max: 500 }).optional(),
    externalId: text({ max: 200 }).optional(),
  },
  {
    unique: [{ on: ['externalId'] }],
    checks: { source: 'num_nonnulls(payment_id, credit_note_id) = 1', amount: 'amount_e4 > 0' },
  },
) {}
export const RefundView = Refund.view('id', 'amount', 'method', 'refundedOn', 'reason', 'externalId', 'createdAt', 'currency').without(
  'currency',
);

/** A refund that is told of again is said to be there; two at once are told apart by the database. @throws already_exists */
export async function notRefunded(em: EntityManager, externalId: string | null | undefined): Promise<void> {
  const known = externalId ? await em.findOne(Refund, { externalId }) : null;
  if (known) throw alreadyExists('This refund has been recorded', { existing: { type: 'refund', id: known.id } });
}
