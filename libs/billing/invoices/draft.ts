import { addDays, type EntityManager, missing, problem, type Scribe, today } from '#kernel';
import { BillingEntity } from '../billing-entities/billing-entity.ts';
import { defaultEntity } from '../billing-entities/default-entity.ts';
import type { CustomerAccount } from '../customers/customer-account.ts';
import { type Customer, customerOf, snapshotOf } from '../customers/customer.ts';
import { heirOf } from '../customers/owners.ts';
import { type Tax, taxOf } from './arithmetic.ts';
import { fill, type Whole } from './contents.ts';
import { Invoice } from './invoice.ts';
import type { DraftInput } from './invoice-input.ts';
import { type ContentInput, priced, type Referred, type Terms } from './pricing.ts';

export const notADraft = problem('invoice.not_draft', 409, 'An issued invoice is not changed; a credit note corrects it');
export const dueBeforeIssue = problem('invoice.due_before_issue', 422, 'An invoice is due on the day of its issue or later');

/** Who sells: the named one, else the default. @throws not_found, billing_entity.missing */
export async function sellerOf(em: EntityManager, id?: string): Promise<BillingEntity> {
  if (!id) return defaultEntity(em);
  const seller = await em.findOne(BillingEntity, { id });
  if (seller) return seller;
  const refusal = missing('Billing entity');
  refusal.more.details = [{ pointer: '/billing_entity_id', code: 'not_found', message: refusal.message }];
  throw refusal;
}

/** The tax of lines that name none. */
export function taxFor(account?: CustomerAccount): Tax {
  if (account?.taxStatus === 'reverse_charge') return taxOf('AE', '0');
  return taxOf(account?.taxStatus === 'exempt' ? 'E' : 'Z', '0');
}

/** What an invoice is worked out by: its own words, else those of the customer and the seller. */
export const termsOf = (
  input: Pick<DraftInput, 'currency' | 'pricesIncludeTax' | 'issueDate'>,
  seller: BillingEntity,
  account?: CustomerAccount,
): Terms => ({
  currency: input.currency ?? account?.currency ?? seller.currency,
  pricesIncludeTax: input.pricesIncludeTax ?? seller.pricesIncludeTax,
  day: input.issueDate ?? today(seller.timeZone),
  taxable: (account?.taxStatus ?? 'taxable') === 'taxable',
  tax: taxFor(account),
});

/** The day an invoice is due, where it says none. */
export const dueOn = (issueDate: string, seller: BillingEntity, account?: CustomerAccount): string =>
  addDays(issueDate, account?.termsDays ?? seller.termsDays);

export function datesFit({ issueDate, dueDate }: Pick<DraftInput, 'issueDate' | 'dueDate'>): void {
  if (issueDate && dueDate && dueDate < issueDate)
    throw dueBeforeIssue(undefined, { details: [{ pointer: '/due_date', code: 'too_early', message: 'is before the issue' }] });
}

interface From {
  source?: Invoice['source'];
  sourceId?: string;
}
/** Stores a draft: customer found or made, everything worked out. Used by whatever makes invoices. */
export async function draft(em: EntityManager, input: DraftInput & ContentInput, from: From = {}): Promise<Whole> {
  const seller = await sellerOf(em, input.billingEntityId);
  return draftFor(em, seller, await customerOf(em, input, input.currency), input, from);
}

/** For whoever drafts many at once: what makes the rows, and the prices and rates that they name. */
export interface Many {
  readonly scribe: Scribe;
  readonly found: Referred;
}
/** The same for a seller and a customer that are at hand. */
export async function draftFor(
  em: EntityManager,
  seller: BillingEntity,
  customer: Customer,
  input: Omit<DraftInput, 'lines'> & ContentInput,
  from: From = {},
  many?: Many,
): Promise<Whole> {
  datesFit(input);
  const { account, of } = customer;
  const terms = termsOf(input, seller, account);
  const content = await priced(em, input, terms, many?.found);
  const invoice = (many?.scribe ?? em).create(Invoice, {
    ...content.totals,
    ...from,
    billingEntityId: seller.id,
    customerAccountId: account.id,
    contactId: account.contactId,
    companyId: account.companyId,
    kind: input.kind ?? 'invoice',
    issueDate: input.issueDate ?? null,
    dueDate: input.dueDate ?? null,
    currency: terms.currency,
    timeZone: seller.timeZone,
    pricesIncludeTax: terms.pricesIncludeTax,
    reference: input.reference ?? null,
    notes: input.notes ?? null,
    ownerId: input.ownerId === undefined ? await heirOf(em, of) : input.ownerId,
    custom: input.custom ?? {},
    customer: snapshotOf(customer),
  });
  return fill(em, invoice, content, many?.scribe);
}
