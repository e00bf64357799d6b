import { choice, email, entity, flag, List, moment, note, ref } from '#kernel';
import { Invoice } from '../invoices/invoice.ts';

/** planned: the letter is on its way; withdrawn: the invoice was voided before the letter left; failed: it was given up. */
export const DELIVERY_STATUSES = ['planned', 'sent', 'withdrawn', 'failed'] as const;

/**
 * That an invoice goes to somebody by e-mail: one row for each request, and at most one that nobody asked for. It is written in the
 * transaction that decides it, and the letter bears its id, so that a job that runs twice sends once.
 */
export class InvoiceDelivery extends entity(
  'invoice_delivery',
  {
    invoiceId: ref(() => Invoice),
    automatic: flag().describe('Sent because it was issued'),
    email: email(),
    message: note({ max: 5000 }).optional(),
    status: choice(DELIVERY_STATUSES, 'planned'),
    sentAt: moment().optional(),
  },
  {
    unique: [{ on: ['invoiceId'], where: 'automatic' }],
    checks: { sent: "(status = 'sent') = (sent_at is not null)" },
  },
) {}
export const InvoiceDeliveryView = InvoiceDelivery.view(
  'id',
  'invoiceId',
  'automatic',
  'email',
  'message',
  'status',
  'sentAt',
  'createdAt',
  'createdBy',
);
export const invoiceDeliveryList = new List(InvoiceDeliveryView, {
  sorts: ['createdAt', 'sentAt'],
  filters: ['status', 'automatic', 'email', 'createdAt'],
});
