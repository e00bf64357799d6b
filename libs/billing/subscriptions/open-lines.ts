import { type EntityManager, fixed } from '#kernel';
import { Invoice } from '../invoices/invoice.ts';
import { InvoiceLine } from '../invoices/invoice-line.ts';
import type { Adjustment } from './subscription.ts';

/** A line that was billed, and what of it no credit note has taken back, in e4. */
export interface OpenLine extends Pick<
  InvoiceLine,
  'id' | 'description' | 'periodStart' | 'periodEnd' | 'taxRateId' | 'taxCategory' | 'taxPercent' | 'total'
> {
  left: bigint;
}

/** The lines of an invoice, those that lower it among them. */
export async function openLines(em: EntityManager, invoiceId: string): Promise<OpenLine[]> {
  return opened(em, await em.find(InvoiceLine, { invoiceId }, { filters: { allowed: false } }));
}
async function opened(em: EntityManager, lines: readonly InvoiceLine[]): Promise<OpenLine[]> {
  const credits = await em.find(InvoiceLine, { creditsLineId: { $in: lines.map(({ id }) => id) } }, { filters: { allowed: false } });
  return lines.map(({ id, description, periodStart, periodEnd, taxRateId, taxCategory, taxPercent, total }) => {
    const left = credits.reduce((sum, one) => (one.creditsLineId === id ? sum - one.total : sum), total);
    return { id, description, periodStart, periodEnd, taxRateId, taxCategory, taxPercent, total, left };
  });
}

/** Whether the line billed what is given back, on its own days; else whether it bears the same tax. */
type Sold = Pick<Adjustment, 'description' | 'period_start' | 'period_end'>;
export const billedIt = ({ description, periodStart, periodEnd }: OpenLine, one: Sold): boolean =>
  description === one.description && (periodStart ?? '') <= one.period_start && one.period_end <= (periodEnd ?? '');
export const taxedAlike = ({ taxRateId, taxCategory, taxPercent }: OpenLine, one: Adjustment): boolean =>
  one.tax_rate_id
    ? taxRateId === one.tax_rate_id
    : taxCategory === one.tax_category && fixed(taxPercent, 4) === fixed(one.tax_percent ?? '0', 4);

/** The lines of a subscription's invoices that give something back of days that begin on one of these. */
export async function linesGivingBack(em: EntityManager, sourceId: string, days: readonly string[]): Promise<OpenLine[]> {
  const counted = { source: 'subscription', sourceId, kind: 'invoice', status: { $nin: ['draft', 'voided'] } } as const;
  const how = { filters: { allowed: false }, disableIdentityMap: true } as const;
  const invoices = await em.find(Invoice, counted, { ...how, fields: ['id'] });
  const where = { invoiceId: { $in: invoices.map(({ id }) => id) }, total: { $lt: 0n }, periodStart: { $in: [...days] } };
  return opened(em, await em.find(InvoiceLine, where, how));
}

/** How much of an amount a credit note can take off a line: what is left of it, of its tax, and of the invoice. In e4. */
export function takeable(line: OpenLine, lines: readonly OpenLine[], amount: bigint): bigint {
  const left = (some: readonly OpenLine[]) => some.reduce((sum, one) => sum + one.left, 0n);
  const tax = lines.filter((one) => one.taxCategory === line.taxCategory && fixed(one.taxPercent, 4) === fixed(line.taxPercent, 4));
  return [line.left, left(tax), left(lines)].reduce((least, one) => (one < least ? one : least), amount);
}

/** So much (e4) of a line. */
export interface Taken {
  readonly line: OpenLine;
  readonly amount: bigint;
}
/** Takes an amount (e4) off lines, one after the other, of each as much as it may give. */
export function takeOff(lines: readonly OpenLine[], amount: bigint, most: (line: OpenLine, rest: bigint) => bigint): Taken[] {
  let rest = amount;
  return lines.flatMap((line) => {
    const part = most(line, rest);
    if (part <= 0n) return [];
    line.left -= part;
    rest -= part;
    return [{ line, amount: part }];
  });
}
export const sumOf = (taken: readonly Taken[]): bigint => taken.reduce((sum, { amount }) => sum + amount, 0n);
