import { amended, Command, EntityManager, Handles } from '#kernel';
import type { z } from 'zod';
import { CustomerAccount } from '../customers/customer-account.ts';
import { customerOf, snapshotOf } from '../customers/customer.ts';
import { fill, inputOf, loadWhole } from './contents.ts';
import { datesFit, notADraft, sellerOf, termsOf } from './draft.ts';
import { Invoice } from './invoice.ts';
import type { InvoiceChanges } from './invoice-input.ts';
import { priced, referred } from './pricing.ts';

/** Changes a draft: lines, allowances and charges are replaced as a whole where they are given. */
export class UpdateInvoice extends Command<Invoice> {
  constructor(
    readonly id: string,
    readonly changes: z.output<typeof InvoiceChanges>,
  ) {
    super();
  }
}

@Handles(UpdateInvoice, 'update', Invoice)
class Handler {
  constructor(private readonly em: EntityManager) {}
  async execute({ id, changes }: UpdateInvoice) {
    const invoice = await loadWhole(this.em, id);
    if (!invoice.isDraft() || invoice.kind === 'credit_note') throw notADraft();
    const { lines, allowances, charges, prepaid, customerAccountId, contactId, companyId, billingEntityId, ...plain } = changes;
    const seller = await sellerOf(this.em, billingEntityId ?? invoice.billingEntityId);
    const named = { customerAccountId, contactId, companyId };
    if (customerAccountId ?? contactId ?? companyId) {
      const customer = await customerOf(this.em, named, invoice.currency);
      const { account } = customer;
      Object.assign(invoice, {
        customerAccountId: account.id,
        contactId: account.contactId,
        companyId: account.companyId,
        customer: snapshotOf(customer),
      });
    }
    const [wasCurrency, wasIncluding] = [invoice.currency, invoice.pricesIncludeTax];
    Object.assign(invoice, amended(invoice, plain), { billingEntityId: seller.id, timeZone: seller.timeZone });
    datesFit(invoice);
    const given = { lines, allowances, charges, prepaid };
    const reworked = Object.values(given).some((part) => part !== undefined);
    if (!reworked && wasCurrency === invoice.currency && wasIncluding === invoice.pricesIncludeTax) return invoice;
    const account = await this.em.findOneOrFail(CustomerAccount, { id: invoice.customerAccountId });
    const before = inputOf(invoice, await referred(this.em, { lines: invoice.lines }));
    const content = { ...before, ...Object.fromEntries(Object.entries(given).filter(([, part]) => part !== undefined)) };
    return fill(this.em, invoice, await priced(this.em, content, termsOf(invoice, seller, account)));
  }
}
