import { fixed, formatFixed, problem } from '#kernel';
import {
  grouped,
  rounded,
  sameTax,
  type Share,
  sum,
  type Tax,
  type TaxFigures,
  taxOn,
  taxWithin,
  type Totals,
  totalsOf,
} from './arithmetic.ts';

/** A line as it was billed, with what credit notes have taken of it so far. Amounts in e4; quantities are decimals. */
export interface BilledLine {
  readonly quantity: string;
  readonly total: bigint;
  readonly net: bigint;
  readonly tax: Tax;
  readonly credited: { readonly quantity: string; readonly total: bigint; readonly net: bigint };
}
/** What was billed, and what credit notes have taken of it. `total` is as it was priced: with tax when prices include it. */
export interface Billed {
  readonly currency: string;
  readonly pricesIncludeTax: boolean;
  readonly lines: readonly BilledLine[];
  /** By tax; in both signs as they stand in the document, that is above zero. */
  readonly allowances: readonly Share[];
  readonly charges: readonly Share[];
  readonly taxes: readonly Pick<TaxFigures, 'category' | 'percent' | 'taxable' | 'tax'>[];
  readonly credited: {
    readonly allowances: readonly Share[];
    readonly charges: readonly Share[];
    readonly taxes: readonly Pick<TaxFigures, 'category' | 'percent' | 'taxable' | 'tax'>[];
    /** What was credited with tax, per tax; only counted when prices include it. */
    readonly totals: readonly { readonly tax: Tax; readonly total: bigint }[];
  };
}
/** What to credit of a line: a quantity of it, an amount of its total, or (neither) all that is left. */
export interface Wanted {
  readonly line: number;
  readonly quantity?: string;
  readonly amount?: bigint;
}
export interface CreditedLine {
  readonly line: number;
  /** How much of the line's quantity this takes; "0" for a reduction of its price. */
  readonly quantity: string;
  readonly total: bigint;
  readonly net: bigint;
}
export interface Credit {
  readonly lines: readonly CreditedLine[];
  readonly allowances: readonly Share[];
  readonly charges: readonly Share[];
  readonly taxes: readonly TaxFigures[];
  readonly totals: Totals;
}

export const creditTooLarge = problem('invoice.credit_too_large', 422, 'More than what is left of the invoice');

export const creditsNothing = problem('invoice.credits_nothing', 422, 'A credit note takes something off: these lines together do not');

const PLACES = 6;

/**
 * Works out a credit note over some lines, or over all that is left. What is credited in parts adds up to what was billed: the last part
 * takes what is left, and tax is the tax on all that is credited by now less the tax credited before (25.00, 25.00, 24.99 of 74.99).
 * Allowances and charges of the same tax go along in proportion.
 * @throws invoice.credit_too_large, invoice.credits_nothing
 */
export function credit(billed: Billed, wanted: readonly Wanted[] | null): Credit {
  const everything = wanted === null;
  const asked = everything ? billed.lines.map((_, line) => ({ line })) : wanted;
  const lines = asked.map((one, index) => takeOf(billed, one, index)).filter(({ total, quantity }) => total !== 0n || quantity !== '0');
  const taken = grouped(lines.map(({ line, total, net }) => ({ tax: billed.lines[line]!.tax, total, net })));
  const along = (shares: readonly Share[], before: readonly Share[]) =>
    left(shares, before)
      .map((share) => (everything ? share : inProportion(share, billed, taken)))
      .filter(({ total }) => total !== 0n);
  const allowances = along(billed.allowances, billed.credited.allowances);
  const charges = along(billed.charges, billed.credited.charges);
  const parts = grouped([...taken, ...allowances.map(({ tax, total, net }) => ({ tax, total: -total, net: -net })), ...charges]);
  if (!parts.some(({ total }) => total !== 0n)) throw nothingLeft();
  for (const part of parts) mustFit(billed, part);
  const taxes = parts.map((part) => taxOf(billed, part));
  mustFitTogether(billed, taxes);
  const totals = totalsOf({
    lines: sum(lines.map(({ net }) => net)),
    allowances: sum(allowances.map(({ net }) => net)),
    charges: sum(charges.map(({ net }) => net)),
    taxes,
    priced: billed.pricesIncludeTax ? sum(parts.map(({ total }) => total)) : null,
    prepaid: 0n,
  });
  if (totals.payable <= 0n) throw everything ? nothingLeft() : creditsNothing();
  return { lines, allowances, charges, taxes, totals };
}

const nothingLeft = () => creditTooLarge('Nothing is left to credit');

function takeOf({ lines, currency }: Billed, { line, quantity, amount }: Wanted, index: number): CreditedLine {
  const of = lines[line]!;
  const [whole, before] = [fixed(of.quantity, PLACES), fixed(of.credited.quantity, PLACES)];
  const open = { quantity: whole - before, total: of.total - of.credited.total, net: of.net - of.credited.net };
  const all = { line, quantity: formatFixed(open.quantity, PLACES), total: open.total, net: open.net };
  const refuse = (field: string, most: string) =>
    creditTooLarge(undefined, {
      details: [{ pointer: `/lines/${index}/${field}`, code: 'too_large', message: `at most ${most} is left` }],
    });

  if (quantity !== undefined) {
    const taking = fixed(quantity, PLACES);
    if (!within(taking, open.quantity)) throw refuse('quantity', all.quantity);
    if (taking === open.quantity) return all;
    const share = fraction(taking, open.quantity);
    return {
      line,
      quantity: formatFixed(taking, PLACES),
      total: rounded(open.total, share, currency),
      net: rounded(open.net, share, currency),
    };
  }
  if (amount !== undefined) {
    if (!within(amount, open.total)) throw refuse('amount', formatFixed(open.total, 4));
    if (amount === open.total) return all;
    return { line, quantity: '0', total: amount, net: rounded(open.net, fraction(amount, open.total), currency) };
  }
  return all;
}

/** Not nothing, of the same sign, and not more. */
const within = (part: bigint, whole: bigint) => part !== 0n && (whole > 0n ? part > 0n && part <= whole : part < 0n && part >= whole);
const fraction = (part: bigint, whole: bigint) =>
  whole < 0n ? { numerator: -part, denominator: -whole } : { numerator: part, denominator: whole };

const left = (shares: readonly Share[], before: readonly Share[]): Share[] =>
  grouped([...shares, ...before.map(({ tax, total, net }) => ({ tax, total: -total, net: -net }))]);

function inProportion(share: Share, billed: Billed, taken: readonly Share[]): Share {
  const { tax, total, net } = share;
  const now = taken.find((group) => sameTax(group.tax, tax))?.total ?? 0n;
  const open = sum(billed.lines.filter((line) => sameTax(line.tax, tax)).map((line) => line.total - line.credited.total));
  if (open <= 0n || now <= 0n) return { tax, total: 0n, net: 0n };
  if (now >= open) return share;
  const part = { numerator: now, denominator: open };
  return { tax, total: rounded(total, part, billed.currency), net: rounded(net, part, billed.currency) };
}

/** What is credited of a tax by now lies between nothing and all of it: another line may have lowered it. @throws invoice.credit_too_large */
function mustFit({ taxes, credited }: Billed, { tax, net }: Share): void {
  const whole = taxes.find((row) => sameTax(row, tax))?.taxable ?? 0n;
  const byNow = net + sum(credited.taxes.filter((row) => sameTax(row, tax)).map((row) => row.taxable));
  const fits = whole < 0n ? byNow <= 0n && byNow >= whole : byNow >= 0n && byNow <= whole;
  if (!fits) throw creditTooLarge(`More than what is left of the invoice at ${tax.percent} %: lines that lower it go with it`);
}

/** Nor is more credited of all taxes together than was billed: lines of another tax may have lowered that. @throws invoice.credit_too_large */
function mustFitTogether({ taxes, credited }: Billed, now: readonly Pick<TaxFigures, 'taxable' | 'tax'>[]): void {
  const byNow = [...credited.taxes, ...now];
  const net = (rows: typeof now) => sum(rows.map(({ taxable }) => taxable));
  const gross = (rows: typeof now) => sum(rows.map(({ taxable, tax }) => taxable + tax));
  if (net(byNow) > net(taxes) || gross(byNow) > gross(taxes))
    throw creditTooLarge('More than what is left of the invoice: lines that lower it go with it');
}

/** Tax on all that is credited by now, less what was credited before; all of it when nothing of the group is left. */
function taxOf({ currency, pricesIncludeTax, taxes, credited }: Billed, { tax, total, net }: Share): TaxFigures {
  const whole = taxes.find((row) => sameTax(row, tax))!;
  const before = sum(credited.taxes.filter((row) => sameTax(row, tax)).map((row) => row.tax));
  const base = net + sum(credited.taxes.filter((row) => sameTax(row, tax)).map((row) => row.taxable));
  const priced = total + sum(credited.totals.filter((row) => sameTax(row.tax, tax)).map((row) => row.total));
  const byNow = base === whole.taxable ? whole.tax : pricesIncludeTax ? taxWithin(priced, tax, currency) : taxOn(base, tax, currency);
  return { ...tax, taxable: net, tax: byNow - before, einvoiceTax: taxOn(net, tax, currency) };
}
