import { type EntityManager, load, tenantId } from '#kernel';
import type { Invoice } from '../invoices/invoice.ts';
import type { Payment } from '../payments/payment.ts';

/**
 * alone: for what changes what a customer owes on documents that are out. along: for issuing, which only takes credit (its sources are locked
 * one by one): a customer's invoices can be issued beside one another, but not beside his payments.
 */
export type Hold = 'alone' | 'along';
const HOW: Record<Hold, string> = { alone: 'for update', along: 'for share' };

/**
 * Locks customers until the commit, in the order of their ids. Whatever changes what a customer owes locks the customer first, then invoices
 * by their ids, then payments: nobody waits for anybody who waits for him, and each sees what the one before has done.
 */
export async function lockCustomers(em: EntityManager, ids: readonly string[], hold: Hold = 'alone'): Promise<void> {
  const asked = [...new Set(ids)];
  if (!asked.length) return;
  // Raw, because the locks must be taken in one statement that reads nothing into the entities at hand.
  const places = asked.map(() => '?').join(', ');
  await em.execute(`select id from customer_account where tenant_id = ? and id in (${places}) order by id ${HOW[hold]}`, [
    tenantId(),
    ...asked,
  ]);
}

/** A document that a command is about to change: its customer locked first, then itself. @throws not_found, version.mismatch */
export async function loadOwing<T extends Invoice | Payment>(
  em: EntityManager,
  of: (new () => T) & { table: string; label: string },
  id: string,
  hold: Hold = 'alone',
): Promise<T> {
  const [row] = await em.execute<{ customer: string }[]>(
    `select customer_account_id as customer from ${of.table} where tenant_id = ? and id = ?`,
    [tenantId(), id],
  );
  if (row) await lockCustomers(em, [row.customer], hold);
  return load(em, of, id);
}
