import { Bus, camelCased, Command, EntityManager, Handles, problem } from '#kernel';
import { z } from 'zod';
import { loadWhole } from '../invoices/contents.ts';
import { Invoice } from '../invoices/invoice.ts';
import { InvoiceDelivery } from './invoice-delivery.ts';
import { addressesOf, plan } from './plan-delivery.ts';

interface ToSend {
  to?: string;
  message?: string | null;
}
const { fields } = InvoiceDelivery;
export const Sending = camelCased<ToSend>(
  ['to', 'message'],
  z.strictObject({
    to: fields.email.check.optional().meta({ description: 'Where invoices of the customer go unless given', format: 'email' }),
    message: fields.message.check.optional().meta({ description: 'The text of the e-mail; a standard one unless given' }),
  }),
).meta({ id: 'InvoiceSending' });
export const cannotSend = problem('invoice.cannot_send', 409, 'Only an issued invoice that is not voided can be sent');
export const noAddress = problem('invoice.no_address', 422, 'Nobody knows where the invoices of this customer go: say to whom');

/**
 * Sends an issued invoice with its PDF by e-mail. Each request is one letter, so asking again sends again; with an Idempotency-Key it does not.
 * The letter leaves after the answer, and `sent_at` is set when it does.
 * @throws invoice.cannot_send, invoice.no_address
 */
export class SendInvoice extends Command<Invoice> {
  constructor(
    readonly id: string,
    readonly input: ToSend = {},
  ) {
    super();
  }
}

@Handles(SendInvoice, 'send', Invoice)
class Handler {
  constructor(
    private readonly em: EntityManager,
    private readonly bus: Bus,
  ) {}

  async execute({ id, input: { to, message } }: SendInvoice) {
    const invoice = await loadWhole(this.em, id);
    if (invoice.isDraft() || invoice.status === 'voided') throw cannotSend();
    const email = to ?? (await addressesOf(this.em, [invoice])).get(id);
    if (!email) throw noAddress(undefined, { details: [{ pointer: '/to', code: 'required', message: 'is missing' }] });
    await plan(this.em, this.bus, { invoiceId: id, automatic: false, email, message: message ?? null });
    return invoice;
  }
}
