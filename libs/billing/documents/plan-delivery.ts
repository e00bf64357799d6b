import type { Bus, EntityManager } from '#kernel';
import { CustomerAccount } from '../customers/customer-account.ts';
import type { Invoice } from '../invoices/invoice.ts';
import { DeliverInvoice } from './deliver-invoice.ts';
import { InvoiceDelivery } from './invoice-delivery.ts';

/** Where invoices of this customer go now, or went to when it was issued; null when nobody knows. */
export async function addressOf(em: EntityManager, { customerAccountId, customer }: Invoice): Promise<string | null> {
  const account = await em.findOne(CustomerAccount, { id: customerAccountId }, { filters: { allowed: false } });
  return account?.email ?? customer.email;
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
