import { Bus, EntityManager, Handles, Process, Reaction, Reacts } from '#kernel';
import { BillingEntity, InvoicesIssued } from '../billing-entities/billing-entity.ts';
import { Invoice } from '../invoices/invoice.ts';
import { InvoicePdf } from './invoice-pdf.ts';
import { InvoiceDelivery } from './invoice-delivery.ts';
import { addressesOf, plan } from './plan-delivery.ts';

/**
 * Something was issued: its document is printed. What a subscription billed goes to the customer, if the seller does so, and is printed for
 * that: a run that bills thousands does not print what nobody asks for.
 */
export class PrintAndSendIssued extends Reaction<InvoicesIssued> {}

@Reacts(InvoicesIssued, PrintAndSendIssued)
class IssuedHandler {
  constructor(
    private readonly em: EntityManager,
    private readonly bus: Bus,
  ) {}

  async execute({ told: { event } }: PrintAndSendIssued) {
    for (const id of event.single) await this.bus.later(new PrintInvoice(id), { key: id, subjectId: id });
    if (event.recurring.length) await this.send(event.id, event.recurring);
  }

  private async send(sellerId: string, ids: string[]) {
    const { emailsRecurring } = await this.em.findOneOrFail(BillingEntity, { id: sellerId }, { filters: { alive: false } });
    if (!emailsRecurring) return;
    const sent = await this.em.find(InvoiceDelivery, { invoiceId: { $in: ids }, automatic: true });
    const planned = new Set(sent.map(({ invoiceId }) => invoiceId));
    const unplanned = { id: { $in: ids.filter((id) => !planned.has(id)) } };
    const invoices = await this.em.find(Invoice, unplanned, { fields: ['customerAccountId', 'customer'] });
    for (const [invoiceId, email] of await addressesOf(this.em, invoices))
      await plan(this.em, this.bus, { invoiceId, automatic: true, email });
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
