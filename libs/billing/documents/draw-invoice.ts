import { Command, EntityManager, Handles, missing, today } from '#kernel';
import { BillingEntity } from '../billing-entities/billing-entity.ts';
import { whole, type Whole } from '../invoices/contents.ts';
import { sellerShown } from '../invoices/issue.ts';
import { Invoice } from '../invoices/invoice.ts';
import type { Kind } from '../invoices/kinds.ts';
import { InvoiceView } from '../invoices/invoice-view.ts';
import type { InvoiceRow, Printed } from './printed.ts';
import { designBy, designs, withLogo } from './templates.ts';

export type Drawn = Omit<Printed, 'logo'>;

/**
 * Everything that is printed of an invoice, but for the logo. Of an issued one it is what was frozen; a draft shows what it would be now.
 * A command, for what a credit note corrects may belong to somebody else.
 * @throws not_found
 */
export class DrawInvoice extends Command<Drawn> {
  constructor(
    readonly id: string,
    readonly kind?: Kind,
  ) {
    super();
  }
}

@Handles(DrawInvoice, 'read', Invoice)
class Handler {
  constructor(private readonly em: EntityManager) {}

  async execute({ id, kind }: DrawInvoice): Promise<Drawn> {
    const found = await this.em.findOne(Invoice, { id, ...(kind ? { kind } : {}) });
    if (!found) throw missing(kind === 'credit_note' ? 'Credit note' : 'Invoice');
    const invoice = await whole(this.em, found);
    const corrects = await this.corrected(invoice);
    return { ...(invoice.isDraft() ? await this.draft(invoice) : await this.issued(invoice)), corrects };
  }

  private async issued(invoice: Whole): Promise<Drawn> {
    const design = await designBy(this.em, invoice.designId);
    return { invoice: InvoiceView.show(invoice), design: withLogo(design, invoice.sellerLogo) };
  }

  private async draft(invoice: Whole): Promise<Drawn> {
    const seller = await this.em.findOneOrFail(BillingEntity, { id: invoice.billingEntityId }, { filters: { alive: false } });
    const row: InvoiceRow = InvoiceView.show(invoice);
    const shown = { ...row, seller: sellerShown(seller), issue_date: row.issue_date ?? today(seller.timeZone) };
    const design = await designBy(this.em, (await designs(this.em))(seller.id));
    return { invoice: shown, design: withLogo(design, seller.logo) };
  }

  private async corrected({ precedingInvoiceId }: Whole): Promise<Printed['corrects']> {
    if (!precedingInvoiceId) return undefined;
    const { number, issueDate } = await this.em.findOneOrFail(Invoice, { id: precedingInvoiceId }, { filters: { allowed: false } });
    return number && issueDate ? { number, issue_date: issueDate } : undefined;
  }
}
