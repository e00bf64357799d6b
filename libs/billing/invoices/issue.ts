import type { Company, Contact } from '#crm';
import { addDays, call, type EntityManager, failpoint, now, problem, type Scribe, today } from '#kernel';
import { BillingEntity } from '../billing-entities/billing-entity.ts';
import { CustomerAccount } from '../customers/customer-account.ts';
import { billable, mayBill, snapshotOf } from '../customers/customer.ts';
import { designs } from '../documents/templates.ts';
import { enter } from '../ledger/enter.ts';
import { Credits, type Taken as Credit } from '../payments/credits.ts';
import { contentHash } from './content-hash.ts';
import type { Whole } from './contents.ts';
import { datesFit, dueOn } from './draft.ts';
import type { Invoice, SellerShown } from './invoice.ts';
import { type Taken, takeNumbers } from './take-numbers.ts';

export const taxIdNeeded = problem('invoice.tax_id_needed', 422, 'Reverse charge and intra-Community supply need the tax id of the buyer');

/** A day further ahead is a slip, and until it comes nothing else of the series could be issued. */
const FARTHEST = 366;
export const datedTooFar = problem('invoice.dated_too_far', 422, 'An invoice is dated a year ahead at most');

/** @throws invoice.tax_id_needed */
export function taxIdThere({ customer, taxes }: Pick<Whole, 'customer' | 'taxes'>): void {
  if (!customer.tax_id && taxes.some(({ category }) => category === 'AE' || category === 'K'))
    throw taxIdNeeded(undefined, { details: [{ code: 'tax_id_needed', message: 'tax_id of the customer account is missing' }] });
}

export interface Dates {
  issueDate?: string | null;
  dueDate?: string | null;
}

/** Sellers, customer accounts, and the contacts and companies they belong to, by their ids: those that are at hand already. */
export interface Parties {
  readonly sellers: ReadonlyMap<string, BillingEntity>;
  readonly accounts: ReadonlyMap<string, CustomerAccount>;
  readonly customers: ReadonlyMap<string, Contact | Company>;
}
const NOBODY: Parties = { sellers: new Map(), accounts: new Map(), customers: new Map() };

/**
 * Issues drafts: dates and parties are frozen, what is owed is entered into the ledger, the customer's credit is taken, and last of all
 * each gets its number. Everything else is flushed before the counter is touched, and nothing but the invoices after it. The drafts must be
 * locked. Used for one invoice and for a whole run, whose scribe writes the drafts and what belongs to them when they have their numbers.
 * @throws invoice.tax_id_needed, invoice.back_dated, invoice.dated_too_far, invoice.due_before_issue
 */
export async function issue(
  em: EntityManager,
  drafts: readonly Whole[],
  dates: Dates = {},
  scribe: Scribe = em,
  parties: Parties = NOBODY,
): Promise<void> {
  const takers = drafts.filter(({ kind, payable }) => kind === 'invoice' && payable > 0n);
  const credits = await Credits.of(
    em,
    takers.map(({ customerAccountId }) => customerAccountId),
    scribe,
  );
  const designOf = await designs(em);
  const prepared: Prepared[] = [];
  for (const invoice of drafts) prepared.push(prepare(invoice, await partiesOf(em, invoice, parties), dates, credits, scribe));
  await em.flush();
  failpoint('billing.before_numbers');
  const at = now();
  // Always in the same order, or two runs that need two series each would wait for one another.
  for (const { seller, kind, day, invoices } of series(prepared)) {
    const numbers = await takeNumbers(em, seller, kind, day, invoices.length);
    invoices.forEach((one, i) => freeze(one, numbers[i]!, at, designOf(seller.id)));
    seller.issued(
      kind,
      invoices.map(({ invoice }) => invoice),
    );
  }
  failpoint('billing.after_numbers');
}

interface Prepared {
  invoice: Whole;
  seller: BillingEntity;
  day: string;
  dueDate: string;
  customer: Invoice['customer'];
  credit: Credit;
}

async function partiesOf(em: EntityManager, { billingEntityId, customerAccountId, contactId, companyId }: Invoice, known: Parties) {
  const account = known.accounts.get(customerAccountId) ?? (await em.findOneOrFail(CustomerAccount, { id: customerAccountId }));
  const of = known.customers.get((contactId ?? companyId)!);
  return {
    seller: known.sellers.get(billingEntityId) ?? (await em.findOneOrFail(BillingEntity, { id: billingEntityId })),
    customer: { account, of: of ? mayBill(of) : await billable(em, account) },
  };
}

function prepare(
  invoice: Whole,
  { seller, customer: { account, of } }: Awaited<ReturnType<typeof partiesOf>>,
  dates: Dates,
  credits: Credits,
  scribe: Scribe,
): Prepared {
  const day = dates.issueDate ?? invoice.issueDate ?? today(seller.timeZone);
  const standard = invoice.kind === 'credit_note' ? day : dueOn(day, seller, account);
  const dueDate = dates.dueDate ?? invoice.dueDate ?? standard;
  datesFit({ issueDate: day, dueDate });
  if (day > addDays(today(seller.timeZone), FARTHEST))
    throw datedTooFar(undefined, {
      details: [{ pointer: '/issue_date', code: 'too_late', message: `is more than ${FARTHEST} days ahead` }],
    });
  // A credit note is to whom the invoice was.
  const customer = invoice.kind === 'credit_note' ? invoice.customer : snapshotOf({ account, of });
  taxIdThere({ customer, taxes: invoice.taxes });
  if (day > today(seller.timeZone))
    call().warnings.push({ code: 'invoice.dated_ahead', message: `Until ${day} no other invoice of this series can be issued before it` });
  if (invoice.kind !== 'proforma')
    enter(scribe, invoice, {
      kind: invoice.kind === 'credit_note' ? 'credit_note' : 'invoice',
      amount: invoice.kind === 'credit_note' ? -invoice.payable : invoice.payable,
      day,
    });
  return { invoice, seller, day, dueDate, customer, credit: credits.giveTo(invoice, day) };
}

interface Series {
  seller: BillingEntity;
  kind: Whole['kind'];
  day: string;
  invoices: Prepared[];
}
function series(prepared: readonly Prepared[]): Series[] {
  const found = new Map<string, Series>();
  for (const one of prepared) {
    const { seller, day, invoice } = one;
    const key = `${seller.id} ${invoice.kind} ${day}`;
    if (!found.has(key)) found.set(key, { seller, kind: invoice.kind, day, invoices: [] });
    found.get(key)!.invoices.push(one);
  }
  return [...found.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}

function freeze({ invoice, seller, day, dueDate, customer, credit }: Prepared, taken: Taken, at: Date, designId: string | null): void {
  Object.assign(invoice, credit, { designId, sellerLogo: seller.logo });
  invoice.issue({ ...taken, issueDate: day, dueDate, customer, seller: sellerShown(seller) }, at);
  invoice.contentHash = contentHash(invoice);
}

/** What is printed of a seller. */
export const sellerShown = (seller: BillingEntity): SellerShown => ({
  name: seller.name,
  address: seller.address,
  email: seller.email,
  vat_id: seller.vatId,
  tax_number: seller.taxNumber,
  registration_number: seller.registrationNumber,
  electronic_address: seller.electronicAddress,
  bank_details: seller.bankDetails,
  footer: seller.footer,
});
