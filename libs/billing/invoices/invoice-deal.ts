import { Deal } from '#crm';
import { alreadyExists, camelCased, Command, day, EntityManager, Handles, load, problem } from '#kernel';
import { z } from 'zod';
import { priceOf, type TaxCategory } from './arithmetic.ts';
import { draft } from './draft.ts';
import { Invoice } from './invoice.ts';
import { InvoiceLine } from './invoice-line.ts';

export interface DealToInvoice {
  billingEntityId?: string;
  description?: string;
  taxPercent?: string;
  taxCategory?: TaxCategory;
  taxRateId?: string;
  pricesIncludeTax?: boolean;
  issueDate?: string | null;
  dueDate?: string | null;
}
const { fields } = InvoiceLine;
export const DealInvoice = camelCased<DealToInvoice>(
  ['billingEntityId', 'description', 'taxPercent', 'taxCategory', 'taxRateId', 'pricesIncludeTax', 'issueDate', 'dueDate'],
  z.strictObject({
    billing_entity_id: Invoice.fields.billingEntityId.check.optional(),
    description: fields.description.check.optional().meta({ description: 'The title of the deal unless given' }),
    tax_percent: fields.taxPercent.check.optional(),
    tax_category: fields.taxCategory.check.optional(),
    tax_rate_id: z.guid().toLowerCase().optional(),
    prices_include_tax: Invoice.fields.pricesIncludeTax.check.optional(),
    issue_date: day().check.nullish(),
    due_date: day().check.nullish(),
  }),
).meta({ id: 'DealInvoice' });

export const dealNotWon = problem('deal.not_won', 422, 'Only a won deal is invoiced');
export const dealWithoutCustomer = problem('deal.no_customer', 422, 'The deal has neither a contact nor a company to invoice');

/** Drafts the invoice of a won deal: one line over its amount. Once per deal; a voided or deleted invoice makes room for another. */
export class InvoiceDeal extends Command<Invoice> {
  constructor(
    readonly dealId: string,
    readonly input: DealToInvoice = {},
  ) {
    super();
  }
}

@Handles(InvoiceDeal, 'create', Invoice)
class Handler {
  constructor(private readonly em: EntityManager) {}
  async execute({ dealId, input }: InvoiceDeal) {
    const deal = await load(this.em, Deal, dealId);
    if (deal.status !== 'won') throw dealNotWon();
    const whom = deal.contactId ? { contactId: deal.contactId } : deal.companyId ? { companyId: deal.companyId } : null;
    if (!whom) throw dealWithoutCustomer();
    const former = await this.em.findOne(Invoice, { source: 'deal', sourceId: dealId, status: { $ne: 'voided' } });
    if (former) throw alreadyExists('This deal has an invoice', { existing: { type: 'invoice', id: former.id } });
    const { description = deal.title, taxPercent, taxCategory, taxRateId, ...rest } = input;
    const line = { description, unitPrice: priceOf(deal.amount), taxPercent, taxCategory, taxRateId };
    return draft(this.em, { ...rest, ...whom, currency: deal.currency, lines: [line] }, { source: 'deal', sourceId: dealId });
  }
}
