import type { EntityManager } from '#kernel';
import { InvoiceLine } from '../invoices/invoice-line.ts';
import { amountOf } from './adjustments.ts';
import type { Adjustment } from './subscription.ts';

/** A line that was billed, and what of it no credit note has taken back, in e4. */
export interface OpenLine extends Pick<InvoiceLine, 'id' | 'description' | 'periodStart' | 'periodEnd'> {
  left: bigint;
}

export async function openLines(em: EntityManager, invoiceId: string): Promise<OpenLine[]> {
  const lines = await em.find(InvoiceLine, { invoiceId });
  const credits = await em.find(InvoiceLine, { creditsLineId: { $in: lines.map(({ id }) => id) } });
  return lines.map(({ id, description, periodStart, periodEnd, total }) => {
    const left = credits.reduce((sum, one) => (one.creditsLineId === id ? sum - one.total : sum), total);
    return { id, description, periodStart, periodEnd, left };
  });
}

/** Of which of the lines something is given back: what was billed for those days; undefined when it was billed elsewhere. */
export const lineBehind = (lines: readonly OpenLine[], one: Adjustment): OpenLine | undefined =>
  lines.find(
    ({ description, periodStart, periodEnd }) =>
      description === one.description && (periodStart ?? '') <= one.period_start && one.period_end <= (periodEnd ?? ''),
  );

/** Takes what is given back off the line behind it, as far as something of it is left: so much, in e4. */
export function takeOff(line: OpenLine, one: Adjustment): bigint {
  const wanted = -amountOf(one);
  const taken = wanted < line.left ? wanted : line.left;
  if (taken <= 0n) return 0n;
  line.left -= taken;
  return taken;
}
