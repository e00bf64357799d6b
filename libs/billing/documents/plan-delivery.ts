import type { Bus, EntityManager } from '#kernel';
import { CustomerAccount } from '../customers/customer-account.ts';
import type { Invoice } from '../invoices/invoice.ts';
import { DeliverInvoice } from './deliver-invoice.ts';
import { InvoiceDelivery } from './invoice-delivery.ts';

type Addressed = Readonly<Pick<Invoice, 'id' | 'customerAccountId' | 'customer'>>;

/** Where the invoices of their customers go now, or went to when they were issued: by their ids, those without an address left out. */
export async function addressesOf(em: EntityManager, invoices: readonly Addressed[]): Promise<Map<string, string>> {
  const ids = [...new Set(invoices.map(({ customerAccountId }) => customerAccountId))];
  const accounts = await em.find(CustomerAccount, { id: { $in: ids } }, { filters: { allowed: false } });
  const now = new Map(accounts.map(({ id, email }) => [id, email]));
  return new Map(
    invoices.flatMap(({ id, customerAccountId, customer }) => {
      const email = now.get(customerAccountId) ?? customer.email;
      return email ? [[id, email] as const] : [];
    }),
  );
}

/** Writes a delivery down and promises it: the letter leaves after the commit. */
export async function plan(
  em: EntityManager,
  bus: Bus,
  given: Pick<InvoiceDelivery, 'invoiceId' | 'automatic' | 'email'> & { message?: string | null },
): Promise<void> {
  const { id, invoiceId } = em.create(InvoiceDelivery, given);
  await bus.later(new DeliverInvoice(id, invoiceId), { key: id, subjectId: invoiceId });
}
