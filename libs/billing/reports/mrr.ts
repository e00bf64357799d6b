import { divideRounded, fixed, type Ratio } from '#kernel';
import type { Interval } from '../subscriptions/periods.ts';
import { type Pause, type Span, without } from '../subscriptions/schedule.ts';

/** So often an interval comes in twelve months: a year has 52 weeks and 365 days, whichever year it is. */
const IN_A_YEAR: Record<Interval, bigint> = { day: 365n, week: 52n, month: 12n, year: 1n };
const PLACES = 6;
const WHOLE = 1_000_000n;
/** After every day there is. */
const FOREVER = '9999-12-31';

/** An item of a subscription, with the terms it is sold on. Days are in the zone of the subscription. */
export interface Sold {
  readonly subscription: string;
  readonly customer: string;
  readonly currency: string;
  readonly interval: Interval;
  readonly intervalCount: number;
  readonly quantity: string;
  readonly unitPrice: string;
  /** Null where prices are without tax. */
  readonly includedTaxPercent: string | null;
  /** The first day that is billed: after the trial, if there was one. */
  readonly begins: string;
  readonly validFrom: string;
  readonly validUntil: string | null;
  readonly cancelAt: string | null;
  readonly pauses: readonly Pause[];
}

/**
 * What it is worth in a month, without tax, in e4 and exactly: quantity × price × times a year ÷ (12 × count). Usual definition (ChartMogul,
 * Stripe): what is agreed to come again, whether it is paid or not.
 */
export function monthly({ quantity, unitPrice, interval, intervalCount, includedTaxPercent }: Sold): Ratio {
  const tax = includedTaxPercent === null ? 0n : fixed(includedTaxPercent, 4);
  return {
    numerator: fixed(quantity, PLACES) * fixed(unitPrice, PLACES) * IN_A_YEAR[interval] * WHOLE,
    denominator: 12n * BigInt(intervalCount) * 10n ** BigInt(2 * PLACES - 4) * (WHOLE + tax),
  };
}

/** The days on which it counts: neither those of a trial or a pause, nor those after the end. */
export function counting({ begins, validFrom, validUntil, cancelAt, pauses }: Sold): Span[] {
  const from = begins > validFrom ? begins : validFrom;
  const until = [validUntil, cancelAt].reduce<string>((least, day) => (day !== null && day < least ? day : least), FOREVER);
  return without(
    [{ from, until }],
    pauses.map((pause) => ({ from: pause.from, until: pause.until ?? FOREVER })),
  );
}

export const MOVEMENTS = ['new', 'expansion', 'reactivation', 'contraction', 'churn'] as const;
export type Movement = (typeof MOVEMENTS)[number];
/** What a month did, in e4, rounded: what was at its beginning and the movements add up to what is at its end. Losses are below zero. */
export interface Month extends Record<Movement, bigint> {
  readonly opening: bigint;
  readonly closing: bigint;
  /** Twelve times the exact closing. */
  readonly arr: bigint;
  readonly subscriptions: number;
  readonly customers: ReadonlySet<string>;
}

/**
 * The months that end on some days (ascending; the first is where it all begins, and has no month itself), per currency. A month compares
 * each customer's end with his end before: from nothing it is new, or a reactivation if he ever had something; to nothing it is churn.
 * Everything is exact until the end. `unit`: the smallest amount of a currency, in e4.
 */
export function months(all: readonly Sold[], ends: readonly string[], unit: (currency: string) => bigint): Map<string, Month[]> {
  const parts = all.flatMap((sold) => counting(sold).map((span) => ({ ...sold, ...span, worth: monthly(sold) })));
  const found = new Map<string, Month[]>();
  for (const [currency, ofCurrency] of groups(parts, (part) => part.currency)) {
    const denominator = ofCurrency.reduce((least, { worth }) => common(least, worth.denominator), 1n);
    const sums = ends.map((): Record<Movement, bigint> => ({ new: 0n, expansion: 0n, reactivation: 0n, contraction: 0n, churn: 0n }));
    const [had, customers] = [ends.map(() => 0n), ends.map(() => new Set<string>())];
    for (const [customer, his] of groups(ofCurrency, (part) => part.customer)) {
      const worths = worthAt(his, ends, denominator);
      const since = his.reduce((first, { from, worth }) => (worth.numerator > 0n && from < first ? from : first), FOREVER);
      worths.forEach((worth, i) => {
        had[i]! += worth;
        if (worth > 0n) customers[i]!.add(customer);
        if (i === 0) return;
        const change = worth - worths[i - 1]!;
        if (change !== 0n) sums[i]![kindOf(worths[i - 1]!, worth, since <= ends[i - 1]!)] += change;
      });
    }
    const rounded = (exact: bigint) => divideRounded(exact, denominator * unit(currency)) * unit(currency);
    const running = subscriptionsAt(ofCurrency, ends);
    found.set(
      currency,
      ends.slice(1).map((_, i) => ({
        ...partsOf(had[i]!, sums[i + 1]!, rounded),
        arr: rounded(had[i + 1]! * 12n),
        subscriptions: running[i + 1]!,
        customers: customers[i + 1]!,
      })),
    );
  }
  return found;
}

function kindOf(before: bigint, after: bigint, known: boolean): Movement {
  if (before === 0n) return known ? 'reactivation' : 'new';
  if (after === 0n) return 'churn';
  return after > before ? 'expansion' : 'contraction';
}

/** Each running total is rounded and not each part, so that the parts add up. Works for any rounding that keeps the order. */
export function partsOf(
  opening: bigint,
  sums: Readonly<Record<Movement, bigint>>,
  rounded: (exact: bigint) => bigint,
): Pick<Month, 'opening' | 'closing' | Movement> {
  let exact = opening;
  let said = rounded(opening);
  const part = (movement: Movement) => {
    exact += sums[movement];
    const before = said;
    said = rounded(exact);
    return said - before;
  };
  const begun = said;
  const [fresh, expansion, reactivation, contraction, churn] = MOVEMENTS.map(part) as [bigint, bigint, bigint, bigint, bigint];
  return { opening: begun, new: fresh, expansion, reactivation, contraction, churn, closing: said };
}

type Part = Sold & Span & { worth: Ratio };

/** What one customer is worth on each of the days, over a common denominator. */
function worthAt(parts: readonly Part[], days: readonly string[], denominator: bigint): bigint[] {
  const changes = Array.from({ length: days.length + 1 }, () => 0n);
  for (const { from, until, worth } of parts) {
    const amount = (worth.numerator * denominator) / worth.denominator;
    changes[firstFrom(days, from)]! += amount;
    changes[firstFrom(days, until)]! -= amount;
  }
  let sum = 0n;
  return days.map((_, i) => (sum += changes[i]!));
}

/** How many subscriptions are worth something on each of the days. */
function subscriptionsAt(parts: readonly Part[], days: readonly string[]): number[] {
  const counts = days.map(() => 0);
  for (const [, its] of groups(parts, (part) => part.subscription)) {
    const on = new Set<number>();
    for (const { from, until, worth } of its)
      if (worth.numerator > 0n) for (let i = firstFrom(days, from), end = firstFrom(days, until); i < end; i++) on.add(i);
    for (const i of on) counts[i]!++;
  }
  return counts;
}

/** The place of the first of ascending days that is this one or later. */
function firstFrom(days: readonly string[], day: string): number {
  let [low, high] = [0, days.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (days[middle]! < day) low = middle + 1;
    else high = middle;
  }
  return low;
}

function groups<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const all = new Map<string, T[]>();
  for (const item of items) {
    const group = all.get(key(item));
    if (group) group.push(item);
    else all.set(key(item), [item]);
  }
  return all;
}

/** The least common multiple. */
function common(a: bigint, b: bigint): bigint {
  let [x, y] = [a, b];
  while (y) [x, y] = [y, x % y];
  return (a / x) * b;
}
