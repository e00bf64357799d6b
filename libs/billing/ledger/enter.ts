import type { EntityManager } from '#kernel';
import type { Invoice } from '../invoices/invoice.ts';
import { LedgerEntry } from './ledger-entry.ts';

interface About {
  kind: LedgerEntry['kind'];
  /** In e4; above zero: the customer owes more. */
  amount: bigint;
  day: string;
  reason?: string | null;
}
/** Enters a change of what is due on an invoice or credit note; of nothing, nothing. */
export function enter(em: EntityManager, { id, customerAccountId, currency }: Invoice, about: About): void {
  if (about.amount !== 0n) em.create(LedgerEntry, { ...about, invoiceId: id, customerAccountId, currency });
}
