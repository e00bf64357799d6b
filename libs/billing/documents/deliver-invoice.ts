import { LockMode } from '@mikro-orm/core';
import { Bus, Command, EntityManager, Handles, Mailer, now, Process } from '#kernel';
import { buffer } from 'node:stream/consumers';
import { Invoice } from '../invoices/invoice.ts';
import { askSomebody } from '../subscriptions/ask-somebody.ts';
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
  override givenUp() {
    return new FailDelivery(this.deliveryId);
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
    // One that was given up is tried again when somebody says so.
    if (delivery?.status !== 'planned' && delivery?.status !== 'failed') return;
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

/** Says of a delivery that nobody tries it any more, and asks somebody to. */
export class FailDelivery extends Command<void> {
  constructor(readonly deliveryId: string) {
    super();
  }
}

@Handles(FailDelivery, 'system')
class FailHandler {
  constructor(private readonly em: EntityManager) {}

  async execute({ deliveryId: id }: FailDelivery) {
    const delivery = await this.em.findOne(InvoiceDelivery, { id }, { lockMode: LockMode.PESSIMISTIC_WRITE });
    if (delivery?.status !== 'planned') return;
    delivery.status = 'failed';
    const invoice = await this.em.findOneOrFail(Invoice, { id: delivery.invoiceId });
    await askSomebody(this.em, invoice, {
      title: 'An invoice could not be sent',
      description: `${invoice.number!} did not reach ${delivery.email} and is not tried any more. See to it that mail leaves, and send it again.`,
    });
  }
}
