import { allocate, divideRounded, fixed, formatFixed, MAX_E4, Money, problem, type Ratio, scale } from '#kernel';

/** EN 16931 (UNTDID 5305): standard, zero rated, exempt, reverse charge, intra-community supply, export, outside the scope of tax. */
export const TAX_CATEGORIES = ['S', 'Z', 'E', 'AE', 'K', 'G', 'O'] as const;
export type TaxCategory = (typeof TAX_CATEGORIES)[number];

/** A tax: there is one row of it per category and percent. The percent is a decimal such as "12.5", as short as it can be. */
export interface Tax {
  readonly category: TaxCategory;
  readonly percent: string;
}
/** A line as it is sold. Quantity and price are decimals with up to six places; a discount is a percent or an amount in e4. */
export interface Sold {
  readonly quantity: string;
  readonly unitPrice: string;
  readonly discountPercent?: string | null;
  readonly discountAmount?: bigint | null;
  readonly tax: Tax;
}
/** An allowance or a charge on the whole document, in e4. Without a tax it is shared over the lines. */
export interface Extra {
  readonly amount: bigint;
  readonly tax: Tax | null;
}
export interface Bill {
  /** ISO 4217 */
  readonly currency: string;
  /** Whether prices, discounts, allowances and charges contain the tax. */
  readonly pricesIncludeTax: boolean;
  readonly lines: readonly Sold[];
  readonly allowances?: readonly Extra[];
  readonly charges?: readonly Extra[];
  /** What was paid before, in e4. */
  readonly prepaid?: bigint;
}

/** A line worked out, in e4: quantity × price, less the discount, is the total; net is the total without tax. */
export interface LineFigures {
  readonly amount: bigint;
  readonly discount: bigint;
  readonly total: bigint;
  readonly net: bigint;
}
/** The part of an allowance or a charge that falls to one tax, in e4: as it was priced, and without tax. */
export interface Share {
  readonly tax: Tax;
  readonly total: bigint;
  readonly net: bigint;
}
/** One row per category and percent, in e4. `einvoiceTax` is what EN 16931 demands: the rounded product of the taxable amount. */
export interface TaxFigures extends Tax {
  readonly taxable: bigint;
  readonly tax: bigint;
  readonly einvoiceTax: bigint;
}
/** In e4. payable = gross + rounding − prepaid; the e-invoice reaches the same payable by its own tax and rounding (BT-114). */
export interface Totals {
  readonly lines: bigint;
  readonly allowances: bigint;
  readonly charges: bigint;
  readonly net: bigint;
  readonly tax: bigint;
  readonly gross: bigint;
  readonly rounding: bigint;
  readonly prepaid: bigint;
  readonly payable: bigint;
  readonly einvoiceTax: bigint;
  readonly einvoiceRounding: bigint;
}
export interface Figures {
  readonly lines: readonly LineFigures[];
  /** For each allowance, and for each charge, its shares. */
  readonly allowances: readonly (readonly Share[])[];
  readonly charges: readonly (readonly Share[])[];
  readonly taxes: readonly TaxFigures[];
  readonly totals: Totals;
}

export const amountTooLarge = problem('invoice.amount_too_large', 422, 'The amounts are larger than can be kept');
export const discountTooLarge = problem('invoice.discount_too_large', 422, 'A discount cannot be more than the line it is on');
export const cannotShare = problem('invoice.cannot_share', 422, 'An allowance or charge without a tax needs a line it can be shared over');

const PLACES = 6;
const PERCENT_PLACES = 4;
const ONE = 10_000n;
const HUNDRED = 100n * 10n ** BigInt(PERCENT_PLACES);

/** A tax with its percent written as short as it can be, so that equal taxes are one row. A standard rate of zero is the zero rate. */
export function taxOf(category: TaxCategory, percent: string): Tax {
  const count = fixed(percent, PERCENT_PLACES);
  return { category: category === 'S' && count === 0n ? 'Z' : category, percent: formatFixed(count, PERCENT_PLACES) };
}
export const sameTax = (a: Tax, b: Tax): boolean => a.category === b.category && a.percent === b.percent;

/** round(net × p), half away from zero, to the currency's digits. */
export const taxOn = (net: bigint, { percent }: Tax, currency: string): bigint =>
  rounded(net, { numerator: fixed(percent, PERCENT_PLACES), denominator: HUNDRED }, currency);
/** round(gross × p ÷ (100 + p)): the tax inside an amount. */
export function taxWithin(gross: bigint, { percent }: Tax, currency: string): bigint {
  const count = fixed(percent, PERCENT_PLACES);
  return rounded(gross, { numerator: count, denominator: HUNDRED + count }, currency);
}
/** round(gross ÷ (1 + p)): an amount without the tax inside it. */
const netOf = (gross: bigint, { percent }: Tax, currency: string): bigint =>
  rounded(gross, { numerator: HUNDRED, denominator: HUNDRED + fixed(percent, PERCENT_PLACES) }, currency);

/** The part of an amount that a fraction of it is, rounded to the currency's digits. @throws invoice.amount_too_large */
export function rounded(e4: bigint, ratio: Ratio, currency: string): bigint {
  try {
    return scale(e4, ratio, currency);
  } catch (error) {
    throw error instanceof RangeError ? amountTooLarge() : error;
  }
}

/**
 * Works an invoice out. Each line is rounded to the currency's digits; tax is taken once per category and percent, from the summed nets
 * (or from the summed gross amounts, when prices include it), half away from zero; totals only add up what is shown.
 * @throws invoice.amount_too_large, invoice.discount_too_large, invoice.cannot_share
 */
export function workOut(bill: Bill): Figures {
  const { currency, pricesIncludeTax: inclusive } = bill;
  const net = (total: bigint, tax: Tax) => (inclusive ? netOf(total, tax, currency) : total);
  const lines = bill.lines.map((line, index) => lineOf(line, index, currency, net));
  const sharing = (extras: readonly Extra[] = []) =>
    extras.map((extra) => sharesOf(extra, bill, lines).map(({ tax, total }) => ({ tax, total, net: net(total, tax) })));
  const allowances = sharing(bill.allowances);
  const charges = sharing(bill.charges);

  const parts = [
    ...bill.lines.map(({ tax }, i) => ({ tax, total: lines[i]!.total, net: lines[i]!.net })),
    ...allowances.flat().map(({ tax, total, net: part }) => ({ tax, total: -total, net: -part })),
    ...charges.flat(),
  ];
  const taxes = grouped(parts).map(({ tax, total, net: taxable }) => ({
    ...tax,
    taxable,
    tax: inclusive ? taxWithin(total, tax, currency) : taxOn(taxable, tax, currency),
    einvoiceTax: taxOn(taxable, tax, currency),
  }));
  const totals = totalsOf({
    lines: sum(lines.map((line) => line.net)),
    allowances: sum(allowances.flat().map((share) => share.net)),
    charges: sum(charges.flat().map((share) => share.net)),
    taxes,
    priced: inclusive ? sum(parts.map(({ total }) => total)) : null,
    prepaid: bill.prepaid ?? 0n,
  });
  return { lines, allowances, charges, taxes, totals };
}

interface Sums {
  lines: bigint;
  allowances: bigint;
  charges: bigint;
  taxes: readonly TaxFigures[];
  /** What the buyer was told it costs; null when prices are without tax. */
  priced: bigint | null;
  prepaid: bigint;
}
/** Adds up what is shown; nothing is rounded again. @throws invoice.amount_too_large */
export function totalsOf({ lines, allowances, charges, taxes, priced, prepaid }: Sums): Totals {
  const net = lines - allowances + charges;
  const tax = sum(taxes.map((row) => row.tax));
  const gross = net + tax;
  const rounding = priced === null ? 0n : priced - gross;
  const payable = gross + rounding - prepaid;
  const einvoiceTax = sum(taxes.map((row) => row.einvoiceTax));
  const einvoiceRounding = gross + rounding - net - einvoiceTax;
  const totals = { lines, allowances, charges, net, tax, gross, rounding, prepaid, payable, einvoiceTax, einvoiceRounding };
  if (Object.values(totals).some((figure) => figure > MAX_E4 || figure < -MAX_E4)) throw amountTooLarge();
  return totals;
}

/** Sums per tax, in the order in which the taxes come up. */
export function grouped(parts: readonly Share[]): Share[] {
  const groups = new Map<string, { tax: Tax; total: bigint; net: bigint }>();
  for (const { tax, total, net } of parts) {
    const key = `${tax.category} ${tax.percent}`;
    const known = groups.get(key);
    if (!known) groups.set(key, { tax, total, net });
    else {
      known.total += total;
      known.net += net;
    }
  }
  return [...groups.values()];
}

export const sum = (all: readonly bigint[]): bigint => all.reduce((total, one) => total + one, 0n);

/** The part of the line before the discount and the discount are rounded apart, as Peppol calculates a line. */
function lineOf(line: Sold, index: number, currency: string, net: (total: bigint, tax: Tax) => bigint): LineFigures {
  const product = fixed(line.quantity, PLACES) * fixed(line.unitPrice, PLACES);
  const amount = rounded(ONE, { numerator: product, denominator: 10n ** BigInt(2 * PLACES) }, currency);
  const discount = line.discountPercent
    ? rounded(amount, { numerator: fixed(line.discountPercent, PERCENT_PLACES), denominator: HUNDRED }, currency)
    : (line.discountAmount ?? 0n);
  const [size, off] = amount < 0n ? [-amount, -discount] : [amount, discount];
  if (off > size || off < 0n)
    throw discountTooLarge(undefined, {
      details: [{ pointer: `/lines/${index}/discount_amount`, code: 'too_large', message: 'is more than the line' }],
    });
  const total = amount - discount;
  return { amount, discount, total, net: net(total, line.tax) };
}

/** By largest remainder over the lines' totals, so that the shares add up to the amount. */
function sharesOf({ amount, tax }: Extra, bill: Bill, lines: readonly LineFigures[]): { tax: Tax; total: bigint }[] {
  if (tax) return [{ tax, total: amount }];
  const weights = lines.map(({ total }) => (total > 0n ? total : 0n));
  if (weights.every((weight) => weight === 0n)) throw cannotShare();
  const parts = allocate(Money.of(amount, bill.currency), weights);
  return grouped(parts.map(({ e4 }, i) => ({ tax: bill.lines[i]!.tax, total: e4, net: 0n })));
}

/** A price has twelve digits before the point at most, fewer than an amount. In e4. */
const MAX_PRICE = 10n ** 16n;
/** A price in e4 as a decimal with up to six places, as lines keep it. @throws invoice.amount_too_large */
export function priceOf(e4: bigint): string {
  if (e4 >= MAX_PRICE || e4 <= -MAX_PRICE) throw amountTooLarge('The price of a line has at most twelve digits before the point');
  return formatFixed(e4 * 100n, PLACES);
}
/** What one unit costs when so many cost an amount (e4): a price with up to six places, rounded half away from zero. */
export function pricePer(e4: bigint, quantity: string): string {
  const count = fixed(quantity, PLACES);
  const [size, by] = count < 0n ? [-e4, -count] : [e4, count];
  return formatFixed(divideRounded(size * 100n * 10n ** BigInt(PLACES), by), PLACES);
}
