import { addDays, Bus, EntityManager, latest, Reaction, Reacts } from '#kernel';
import { priceOf } from '../invoices/arithmetic.ts';
import { Invoice, InvoiceCredited, InvoiceVoided } from '../invoices/invoice.ts';
import { adjustmentsOf, amountOf, saleOf } from './adjustments.ts';
import { wakeFor } from './bill-due.ts';
import { BillingPeriod } from './billing-period.ts';
import { loadWhole, type Whole } from './contents.ts';
import { billedIt, linesGivingBack, type OpenLine, openLines, sumOf, takeOff } from './open-lines.ts';
import { periodAt, wholeAt } from './periods.ts';
import { billable, difference, endOf, pieceOf } from './schedule.ts';
import type { Adjustment } from './subscription.ts';

/**
 * After a change of what is sold, of pauses, of the end or of its invoice: what the last period that was billed in advance should have been billed
 * for by now, less what it was, goes on the next invoice, in place of what an earlier change had put there. Nothing is given back that a credit
 * note has taken back already, or that was voided.
 */
export async function makeUp(em: EntityManager, subscription: Whole): Promise<void> {
  const { id: subscriptionId, nextIndex, currency } = subscription;
  if (subscription.billing === 'arrears' || nextIndex === 0) return;
  const period = await em.findOne(BillingPeriod, { subscriptionId, index: nextIndex - 1 });
  if (!period?.sold || period.status === 'skipped') return;
  const terms = subscription.terms();
  const [days, whole] = [periodAt(terms.rhythm, period.index), wholeAt(terms.rhythm, period.index)];
  const items = subscription.items.map(saleOf);
  const billed = period.sold.flatMap((span) => {
    const item = items.find(({ id }) => id === span.item_id);
    return item ? [pieceOf(item, span, whole)] : [];
  });
  const billedUntil = latest(...billed.map(({ until }) => until));
  const now = billable(billed, items, terms, period.index);
  const invoice = period.invoiceId ? await em.findOne(Invoice, { id: period.invoiceId }, { filters: { allowed: false } }) : null;
  // Of a voided invoice nothing was paid, and only days that it was never for are billed.
  const { back, more } = invoice?.status === 'voided' ? difference([], since(now, billedUntil), whole) : difference(billed, now, whole);
  const changes = adjustmentsOf({ back, more }, whole, currency);
  const wanted = invoice ? await notTakenBack(em, invoice.id, changes) : changes;
  const older = subscription.adjustments.filter(({ period_start }) => period_start < days.start);
  if (wanted.length || older.length < subscription.adjustments.length) subscription.adjustments = [...older, ...wanted];
  const end = latest(endOf(days, terms), billedUntil);
  if (end > days.start) period.periodEnd = addDays(end, -1);
}

const since = <P extends { readonly from: string; readonly until: string }>(pieces: readonly P[], day: string): P[] =>
  pieces.map((piece) => ({ ...piece, from: latest(piece.from, day) })).filter(({ from, until }) => from < until);

/** Of each line of an invoice at most what no credit note has taken back is given back. */
async function notTakenBack(em: EntityManager, invoiceId: string, changes: readonly Adjustment[]): Promise<Adjustment[]> {
  const lines = await openLines(em, invoiceId);
  return changes.flatMap((one) => (one.quantity === '1' ? [one] : lowered(one, lines)));
}
/** What lines have left of an adjustment; they have so much less afterwards. */
function lowered(one: Adjustment, lines: readonly OpenLine[]): Adjustment[] {
  const billed = lines.filter((line) => billedIt(line, one));
  const taken = sumOf(takeOff(billed, -amountOf(one), least));
  return taken ? [{ ...one, unit_price: priceOf(taken) }] : [];
}

const least = ({ left }: OpenLine, rest: bigint) => (left < rest ? left : rest);

/**
 * What waits to be given back, after the invoice that billed it was voided or credited: no more than is left of its lines, less what later
 * invoices have given back of them already. What another invoice billed waits as it did.
 */
async function stillWaiting(em: EntityManager, { id, adjustments }: Whole, invoice: Invoice): Promise<Adjustment[]> {
  const lines = (await openLines(em, invoice.id)).filter(({ total }) => total > 0n);
  const ofIt = (one: Adjustment) => one.quantity === '-1' && lines.some((line) => billedIt(line, one));
  const concerned = adjustments.filter(ofIt);
  if (!concerned.length) return adjustments;
  if (invoice.status === 'voided') return adjustments.filter((one) => !ofIt(one));
  const days = concerned.map(({ period_start }) => period_start);
  for (const { description, periodStart, periodEnd, left } of await linesGivingBack(em, id, days)) {
    const given = { description, period_start: periodStart!, period_end: periodEnd! };
    takeOff(
      lines.filter((line) => billedIt(line, given)),
      -left,
      least,
    );
  }
  return adjustments.flatMap((one) => (ofIt(one) ? lowered(one, lines) : [one]));
}

/** An invoice was voided, or a credit note took something off it: what its subscription is to be given back, or billed, may be another now. */
export class MakeUp extends Reaction<InvoiceVoided | InvoiceCredited> {}

@Reacts([InvoiceVoided, InvoiceCredited], MakeUp)
class Handler {
  constructor(
    private readonly em: EntityManager,
    private readonly bus: Bus,
  ) {}

  async execute({ told: { event } }: MakeUp) {
    const invoice = await this.em.findOne(Invoice, { id: event.id, source: 'subscription' });
    if (!invoice) return;
    const subscription = await loadWhole(this.em, invoice.sourceId!, () => true);
    if (!subscription.isServed()) return;
    subscription.adjustments = await stillWaiting(this.em, subscription, invoice);
    await makeUp(this.em, subscription);
    subscription.settle();
    await wakeFor(this.bus, [subscription.wakeAt]);
  }
}
