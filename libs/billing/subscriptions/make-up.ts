import { addDays, type EntityManager } from '#kernel';
import { Invoice } from '../invoices/invoice.ts';
import { latest } from '../ledger/enter.ts';
import { adjustmentsOf, saleOf } from './adjustments.ts';
import { BillingPeriod, type SoldDays } from './billing-period.ts';
import type { Whole } from './contents.ts';
import { openLines } from './open-lines.ts';
import { periodAt, type Rhythm, wholeAt } from './periods.ts';
import { difference, type Due, endOf, pieceOf, pieces, served } from './schedule.ts';
import type { SubscriptionItem } from './subscription-item.ts';

/** What a period is billed for, to be told from what it should have been. */
export const soldIn = (items: readonly SubscriptionItem[], { index, spans }: Due, rhythm: Rhythm): SoldDays[] =>
  pieces(items, spans, wholeAt(rhythm, index)).map(({ item, from, until }) => ({ item_id: item.id, from, until }));

/**
 * After a change of what is sold, of pauses or of the end: what the last period that was billed in advance should have been billed for by now, less
 * what it was, goes on the next invoice, in place of what an earlier change had put there. An end gives nothing back: what was billed ahead stays
 * so. Nor is there anything to make up for where the invoice was voided, or credited in full.
 */
export async function makeUp(em: EntityManager, subscription: Whole): Promise<void> {
  const { id: subscriptionId, nextIndex, currency } = subscription;
  if (subscription.billing === 'arrears' || nextIndex === 0) return;
  const period = await em.findOne(BillingPeriod, { subscriptionId, index: nextIndex - 1 });
  if (!period?.sold || period.status === 'skipped') return;
  if (period.invoiceId && (await isUndone(em, period.invoiceId))) return;
  const terms = subscription.terms();
  const [days, whole] = [periodAt(terms.rhythm, period.index), wholeAt(terms.rhythm, period.index)];
  const items = subscription.items.map(saleOf);
  const billed = period.sold.flatMap((span) => {
    const item = items.find(({ id }) => id === span.item_id);
    return item ? [pieceOf(item, span, whole)] : [];
  });
  const billedUntil = latest(days.start, ...billed.map(({ until }) => until));
  const staying = { ...terms, cancelAt: terms.cancelAt && latest(terms.cancelAt, billedUntil) };
  const changes = adjustmentsOf(difference(billed, pieces(items, served(days, staying), whole), whole), whole, currency);
  const older = subscription.adjustments.filter(({ period_start }) => period_start < days.start);
  if (changes.length || older.length < subscription.adjustments.length) subscription.adjustments = [...older, ...changes];
  const end = endOf(days, staying);
  if (end > days.start) period.periodEnd = addDays(end, -1);
}

async function isUndone(em: EntityManager, invoiceId: string): Promise<boolean> {
  const invoice = await em.findOne(Invoice, { id: invoiceId }, { filters: { allowed: false } });
  return invoice?.status === 'voided' || (await openLines(em, invoiceId)).every(({ left }) => left <= 0n);
}
