import { type EntityManager, missing, problem } from '#kernel';
import type { Invoice } from '../invoices/invoice.ts';
import { invoicesOf } from './allocate.ts';

export const notPayable = problem('payment.not_payable', 422, 'A draft or a credit note cannot be paid');
export const otherCustomer = problem('payment.other_customer', 422, 'This invoice is of another customer');

/**
 * The invoices that are named to be paid, in the order they are named, locked; the customer must be locked. A proforma or a voided invoice
 * takes nothing: what was paid for it is credit.
 * @throws not_found, payment.not_payable, payment.other_customer
 */
export async function namedInvoices(
  em: EntityManager,
  customerAccountId: string,
  ids: readonly string[],
  pointer = (i: number) => `/invoice_ids/${i}`,
): Promise<Invoice[]> {
  const found = new Map((await invoicesOf(em, ids)).map((invoice) => [invoice.id, invoice]));
  return [...new Set(ids)].map((id) => {
    const invoice = found.get(id);
    const at = (code: string, message: string) => ({ details: [{ pointer: pointer(ids.indexOf(id)), code, message }] });
    if (!invoice) {
      const refusal = missing('Invoice');
      Object.assign(refusal.more, at('not_found', refusal.message));
      throw refusal;
    }
    if (invoice.customerAccountId !== customerAccountId) throw otherCustomer(undefined, at('other_customer', 'is of another customer'));
    if (invoice.isDraft() || invoice.kind === 'credit_note') throw notPayable(undefined, at('not_payable', 'is a draft or a credit note'));
    return invoice;
  });
}
