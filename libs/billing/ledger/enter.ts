import type { Scribe } from '#kernel';
import type { Invoice } from '../invoices/invoice.ts';
import { Payment } from '../payments/payment.ts';
import { LedgerEntry } from './ledger-entry.ts';

interface About {
  kind: LedgerEntry['kind'];
  /** In e4; above zero: the customer owes more. */
  amount: bigint;
  day: string;
  reason?: string | null;
}
/** Enters a change of what is due on an invoice, a credit note or a payment; of nothing, nothing. */
export function enter(em: Scribe, of: Invoice | Payment, about: About): void {
  if (about.amount === 0n) return;
  const { customerAccountId, currency } = of;
  em.create(LedgerEntry, {
    ...about,
    ...(of instanceof Payment ? { paymentId: of.id } : { invoiceId: of.id }),
    customerAccountId,
    currency,
  });
}
