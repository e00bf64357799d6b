import { Bus, EntityManager, Handles, Process, Reaction, Reacts } from '#kernel';
import { BillingEntity } from '../billing-entities/billing-entity.ts';
import { Invoice, InvoiceIssued } from '../invoices/invoice.ts';
import { InvoicePdf } from './invoice-pdf.ts';
import { InvoiceDelivery } from './invoice-delivery.ts';
import { addressOf, plan } from './plan-delivery.ts';

/**
 * Something was issued: its document is printed. What a subscription billed goes to the customer, if the seller does so, and is printed for
 * that: a run that bills thousands does not print what nobody asks for.
 */
export class PrintAndSendIssued extends Reaction<InvoiceIssued> {}

@Reacts(InvoiceIssued, PrintAndSendIssued)
class IssuedHandler {
  constructor(
    private readonly em: EntityManager,
    private readonly bus: Bus,
  ) {}

  async execute({ told: { subjectId: id } }: PrintAndSendIssued) {
    const invoice = await this.em.findOne(Invoice, { id, kind: 'invoice', source: 'subscription' });
    if (!invoice) return this.bus.later(new PrintInvoice(id), { key: id, subjectId: id });
    const { emailsRecurring } = await this.em.findOneOrFail(BillingEntity, { id: invoice.billingEntityId }, { filters: { alive: false } });
    const email = emailsRecurring ? await addressOf(this.em, invoice) : null;
    if (!email || (await this.em.count(InvoiceDelivery, { invoiceId: id, automatic: true }))) return;
    await plan(this.em, this.bus, { invoiceId: id, automatic: true, email });
  }
}

/** Prints an issued invoice into the store, where it is not there yet. */
export class PrintInvoice extends Process<void> {
  constructor(readonly invoiceId: string) {
    super();
  }
}

@Handles(PrintInvoice, 'system')
class PrintHandler {
  constructor(private readonly bus: Bus) {}
  async execute({ invoiceId }: PrintInvoice) {
    const { content } = await this.bus.run(new InvoicePdf(invoiceId));
    content.destroy();
  }
}
