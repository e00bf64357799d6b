import { LockMode } from '@mikro-orm/core';
import { type Address, Company, Contact } from '#crm';
import { type EntityManager, missing, must, organization } from '#kernel';
import { CustomerAccount, oneCustomer } from './customer-account.ts';
import { heirOf } from './owners.ts';

export interface Named {
  customerAccountId?: string | null;
  contactId?: string | null;
  companyId?: string | null;
}
/** Who is billed: the account, and the contact or company it belongs to. */
export interface Customer {
  account: CustomerAccount;
  of: Contact | Company;
}

/**
 * The customer that is named by its account, contact or company; the account is made when there is none yet.
 * @throws customer_account.one_customer, not_found, permission.denied when the actor may not bill this customer
 */
export async function customerOf(em: EntityManager, named: Named, currency?: string): Promise<Customer> {
  const given = [named.customerAccountId, named.contactId, named.companyId].filter((id) => id != null);
  if (given.length !== 1) throw oneCustomer('Name one of contact_id, company_id and customer_account_id');
  if (named.customerAccountId) {
    const account = await em.findOne(CustomerAccount, { id: named.customerAccountId });
    if (!account) throw pointed('Customer account', 'customer_account_id');
    return { account, of: await billable(em, account) };
  }
  const of = await billable(em, named);
  return { account: (await accountOf(em, of)) ?? (await open(em, of, currency)), of };
}

/** The account of a customer that may still be open, without making one. @throws as customerOf does, for what is named */
export async function customerFound(em: EntityManager, named: Named): Promise<CustomerAccount | undefined> {
  if (named.customerAccountId) return (await customerOf(em, named)).account;
  if (!named.contactId && !named.companyId) return undefined;
  return (await accountOf(em, await billable(em, named))) ?? undefined;
}

/** The contact or company of an account. @throws not_found, permission.denied */
export async function billable(em: EntityManager, { contactId, companyId }: Named): Promise<Contact | Company> {
  const of = contactId ? await em.findOne(Contact, { id: contactId }) : await em.findOne(Company, { id: companyId! });
  if (!of) throw contactId ? pointed('Contact', 'contact_id') : pointed('Company', 'company_id');
  return mayBill(of);
}

/** @throws permission.denied */
export function mayBill<T extends Contact | Company>(of: T): T {
  must('bill', of);
  return of;
}

export const accountOf = (em: EntityManager, of: Contact | Company) =>
  em.findOne(CustomerAccount, of instanceof Contact ? { contactId: of.id } : { companyId: of.id });

/** Two first invoices at once make one account: the second waits at the contact and finds it. */
async function open(em: EntityManager, of: Contact | Company, currency = organization().currency): Promise<CustomerAccount> {
  await em.lock(of, LockMode.PESSIMISTIC_WRITE);
  const made = await accountOf(em, of);
  if (made) return made;
  const whose = of instanceof Contact ? { contactId: of.id } : { companyId: of.id };
  return em.create(CustomerAccount, { ...whose, currency, ownerId: await heirOf(em, of) });
}

/** What is printed of a customer, frozen when an invoice is issued. In wire form: it is stored and shown as it is. */
export interface CustomerSnapshot {
  name: string;
  email: string | null;
  address: Address | null;
  tax_id: string | null;
  registration_number?: string | null;
  electronic_address?: string | null;
  buyer_reference?: string | null;
}
export const snapshotOf = ({ account, of }: Customer): CustomerSnapshot => ({
  name: account.name ?? of.name,
  email: account.email ?? (of instanceof Contact ? of.email : null),
  address: account.address ?? of.address,
  tax_id: account.taxId,
  registration_number: account.registrationNumber,
  electronic_address: account.electronicAddress,
  buyer_reference: account.buyerReference,
});

const pointed = (what: string, field: string) => {
  const refusal = missing(what);
  refusal.more.details = [{ pointer: `/${field}`, code: 'not_found', message: refusal.message }];
  return refusal;
};
