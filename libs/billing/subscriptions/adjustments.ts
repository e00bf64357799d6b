import { addDays, fixed } from '#kernel';
import { priceOf, rounded } from '../invoices/arithmetic.ts';
import type { LineInput } from '../invoices/pricing.ts';
import type { Period } from './periods.ts';
import { costOf, type Difference, type Piece } from './schedule.ts';
import type { Adjustment } from './subscription.ts';
import type { SubscriptionItem } from './subscription-item.ts';

const PLACES = 6;
const ONE = 10_000n;
/** An item as it is sold, apart from its row. */
export type Sale = Pick<
  SubscriptionItem,
  | 'id'
  | 'description'
  | 'quantity'
  | 'unit'
  | 'unitPrice'
  | 'taxCategory'
  | 'taxPercent'
  | 'taxRateId'
  | 'priceId'
  | 'validFrom'
  | 'validUntil'
>;
export const saleOf = (item: SubscriptionItem): Sale => ({
  id: item.id,
  description: item.description,
  quantity: item.quantity,
  unit: item.unit,
  unitPrice: item.unitPrice,
  taxCategory: item.taxCategory,
  taxPercent: item.taxPercent,
  taxRateId: item.taxRateId,
  priceId: item.priceId,
  validFrom: item.validFrom,
  validUntil: item.validUntil,
});

/** A price of up to four places in e4: what an adjustment's is. */
const e4Of = (price: string) => fixed(price, PLACES) / 10n ** BigInt(PLACES - 4);

/** What an item costs for a whole period, in e4. */
const fullPrice = ({ quantity, unitPrice }: Sale, currency: string) =>
  rounded(ONE, { numerator: fixed(quantity, PLACES) * fixed(unitPrice, PLACES), denominator: 10n ** BigInt(2 * PLACES) }, currency);

const taxOf = ({ taxRateId, taxCategory, taxPercent }: Sale) => (taxRateId ? { taxRateId } : { taxCategory, taxPercent });

/** The line of some days of a period: as it is sold when they are all of it, else one line over what they cost. */
export function lineOf(piece: Piece<Sale>, whole: Period, currency: string): LineInput {
  const { item, from, until } = piece;
  const { description, quantity, unit, unitPrice, priceId } = item;
  const when = { periodStart: from, periodEnd: addDays(until, -1) };
  if (piece.whole) return { description, quantity, unit, unitPrice, priceId, ...taxOf(item), ...when };
  return {
    description,
    quantity: '1',
    unitPrice: priceOf(costOf(fullPrice(item, currency), piece, whole, currency)),
    ...taxOf(item),
    ...when,
  };
}

/** What a change gives back and bills besides, to go on the next invoice. */
export function adjustmentsOf({ back, more }: Difference<Sale>, whole: Period, currency: string): Adjustment[] {
  const adjusted = (quantity: '1' | '-1') => (piece: Piece<Sale>) => {
    const { item, from, until } = piece;
    return {
      description: item.description,
      quantity,
      unit_price: priceOf(costOf(fullPrice(item, currency), piece, whole, currency)),
      tax_category: item.taxRateId ? null : item.taxCategory,
      tax_percent: item.taxRateId ? null : item.taxPercent,
      tax_rate_id: item.taxRateId,
      period_start: from,
      period_end: addDays(until, -1),
    };
  };
  return [...back.map(adjusted('-1')), ...more.map(adjusted('1'))].filter(({ unit_price }) => e4Of(unit_price) !== 0n);
}

export const adjustedLine = (one: Adjustment): LineInput => ({
  description: one.description,
  quantity: one.quantity,
  unitPrice: one.unit_price,
  ...(one.tax_rate_id
    ? { taxRateId: one.tax_rate_id }
    : { taxCategory: one.tax_category ?? undefined, taxPercent: one.tax_percent ?? undefined }),
  periodStart: one.period_start,
  periodEnd: one.period_end,
});

/** In e4; below zero it gives back. */
export const amountOf = ({ quantity, unit_price }: Pick<Adjustment, 'quantity' | 'unit_price'>): bigint =>
  quantity === '-1' ? -e4Of(unit_price) : e4Of(unit_price);

/** What is to be billed less what is to be given back, in e4. */
export const balanceOf = (adjustments: readonly Pick<Adjustment, 'quantity' | 'unit_price'>[]): bigint =>
  adjustments.reduce((sum, one) => sum + amountOf(one), 0n);

/**
 * What of the adjustments goes on an invoice over an amount (e4): all that is billed, and of what is given back as much as leaves nothing
 * below zero. The rest waits for the invoice after.
 */
export function fitting(adjustments: readonly Adjustment[], amount: bigint): { now: Adjustment[]; later: Adjustment[] } {
  const now = adjustments.filter(({ quantity }) => quantity === '1');
  const later: Adjustment[] = [];
  let room = now.reduce((sum, one) => sum + amountOf(one), amount);
  for (const one of adjustments.filter(({ quantity }) => quantity === '-1')) {
    const size = -amountOf(one);
    const part = size < room ? size : room;
    if (part > 0n) now.push({ ...one, unit_price: priceOf(part) });
    if (part < size) later.push({ ...one, unit_price: priceOf(size - part) });
    room -= part;
  }
  return { now, later };
}

/** What lines cost together, before tax where prices are without, in e4. */
export const lineTotal = (lines: readonly LineInput[], currency: string): bigint =>
  lines.reduce(
    (sum, { quantity = '1', unitPrice = '0' }) =>
      sum +
      rounded(ONE, { numerator: fixed(quantity, PLACES) * fixed(unitPrice, PLACES), denominator: 10n ** BigInt(2 * PLACES) }, currency),
    0n,
  );
