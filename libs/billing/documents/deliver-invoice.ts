import { LockMode } from '@mikro-orm/core';
import { Bus, Command, EntityManager, Handles, Mailer, now, Process } from '#kernel';
import { buffer } from 'node:stream/consumers';
import { Invoice } from '../invoices/invoice.ts';
import { InvoiceDelivery } from './invoice-delivery.ts';
import { InvoicePdf } from './invoice-pdf.ts';
import { invoiceLetter } from './invoice-letter.ts';
import { designBy } from './templates.ts';

/** Sends an invoice on its way as it was planned: the PDF first, then the letter with it. */
export class DeliverInvoice extends Process<void> {
  constructor(
    readonly deliveryId: string,
    readonly invoiceId: string,
  ) {
    super();
  }
}

@Handles(DeliverInvoice, 'system')
class DeliverHandler {
  constructor(private readonly bus: Bus) {}
  async execute({ deliveryId, invoiceId }: DeliverInvoice) {
    const { name, content } = await this.bus.run(new InvoicePdf(invoiceId));
    await this.bus.run(new MailInvoice(deliveryId, { name, content: await buffer(content) }));
  }
}

/** Hands the letter over and writes that down, once: whoever comes second waits at the row and finds it done. */
export class MailInvoice extends Command<void> {
  constructor(
    readonly deliveryId: string,
    readonly pdf: { name: string; content: Buffer },
  ) {
    super();
  }
}

@Handles(MailInvoice, 'system')
class MailHandler {
  constructor(
    private readonly em: EntityManager,
    private readonly mailer: Mailer,
  ) {}

  async execute({ deliveryId: id, pdf: { name, content } }: MailInvoice) {
    const delivery = await this.em.findOne(InvoiceDelivery, { id }, { lockMode: LockMode.PESSIMISTIC_WRITE });
    if (delivery?.status !== 'planned') return;
    const invoice = await this.em.findOneOrFail(Invoice, { id: delivery.invoiceId });
    if (invoice.status === 'voided') return void (delivery.status = 'withdrawn');
    const words = invoiceLetter(invoice, await designBy(this.em, invoice.designId), delivery.message);
    const attachments = [{ filename: name, contentType: 'application/pdf', content }];
    await this.mailer.send({ to: delivery.email, ...words, attachments, key: `invoice_delivery ${id}` });
    const sentAt = now();
    Object.assign(delivery, { status: 'sent', sentAt });
    // Locked only now: a slow mail server holds up no payment.
    await this.em.refresh(invoice, { lockMode: LockMode.PESSIMISTIC_WRITE });
    invoice.sentAt = sentAt;
  }
}
