import { addDays, addMonths, dayBounds, daysBetween, endOfMonth, scale, startOfMonth } from '#kernel';

export const INTERVALS = ['day', 'week', 'month', 'year'] as const;
export type Interval = (typeof INTERVALS)[number];

/** How a subscription goes on: every `count` intervals from its start. Days are `YYYY-MM-DD` in the zone of the billing entity. */
export interface Rhythm {
  readonly start: string;
  readonly interval: Interval;
  readonly count: number;
  /** 1 to 31, for months and years: the day the periods begin on, at most the last of the month; the day of the start unless given. */
  readonly anchorDay?: number;
  /** 1 to 12, for years: the month they begin in; the month of the start unless given. */
  readonly anchorMonth?: number;
}
/** From its first day to the day before `end`, which is the first of the next. */
export interface Period {
  readonly index: number;
  readonly start: string;
  readonly end: string;
}

/**
 * The n-th period, from 0. Dates are anchor + n, clamped to the month, never the date before + 1: from 31 January they go 28 February,
 * 31 March. Where the start is not on the anchor the first period is the stub up to it.
 */
export function periodAt(rhythm: Rhythm, index: number): Period {
  return { index, start: edge(rhythm, index), end: edge(rhythm, index + 1) };
}

/** The n-th period as it would be had the start not cut it: what a stub at the beginning is a part of. */
export function wholeAt(rhythm: Rhythm, index: number): Period {
  const first = anchored(rhythm, 0);
  if (index > 0 || first === rhythm.start) return periodAt(rhythm, index);
  const n = first > rhythm.start ? -1 : 0;
  return { index, start: anchored(rhythm, n), end: anchored(rhythm, n + 1) };
}

/** The index of the period a day lies in; -1 before the start. */
export function indexOn(rhythm: Rhythm, day: string): number {
  if (day < rhythm.start) return -1;
  let [from, until] = [0, 1];
  while (edge(rhythm, until) <= day) [from, until] = [until, until * 2];
  while (until - from > 1) {
    const middle = (from + until) >> 1;
    if (edge(rhythm, middle) <= day) from = middle;
    else until = middle;
  }
  return from;
}

/** The first day of the n-th period. */
function edge(rhythm: Rhythm, n: number): string {
  if (n === 0) return rhythm.start;
  const first = anchored(rhythm, 0);
  if (first === rhythm.start) return anchored(rhythm, n);
  return anchored(rhythm, first > rhythm.start ? n - 1 : n);
}

/** The n-th day of the series that the anchor makes, counted from the month of the start. */
function anchored({ start, interval, count, anchorDay, anchorMonth }: Rhythm, n: number): string {
  if (interval === 'day') return addDays(start, n * count);
  if (interval === 'week') return addDays(start, n * count * 7);
  const month =
    interval === 'year' && anchorMonth ? `${start.slice(0, 4)}-${String(anchorMonth).padStart(2, '0')}-01` : startOfMonth(start);
  return clamped(addMonths(month, n * count * (interval === 'year' ? 12 : 1)), anchorDay ?? Number(start.slice(8)));
}

function clamped(firstOfMonth: string, day: number): string {
  const [wanted, last] = [addDays(firstOfMonth, day - 1), endOfMonth(firstOfMonth)];
  return wanted < last ? wanted : last;
}

/** The instant at which a billing day begins: local midnight in the zone. */
export const billingInstant = (day: string, zone: string): Date => dayBounds(day, zone).from;

/** How many days a period has. */
export const daysIn = ({ start, end }: Pick<Period, 'start' | 'end'>): number => daysBetween(start, end);

/**
 * What the days from `from` (to the day before `until`, or to the end) of a period are worth, in e4, by days of the actual period,
 * rounded once. 30.00 for 10–28 February 2026 is 20.36.
 */
export function prorated(amount: bigint, period: Pick<Period, 'start' | 'end'>, from: string, currency: string, until?: string): bigint {
  const start = from > period.start ? from : period.start;
  const end = until !== undefined && until < period.end ? until : period.end;
  const days = daysBetween(start, end);
  return days <= 0 ? 0n : scale(amount, { numerator: BigInt(days), denominator: BigInt(daysIn(period)) }, currency);
}

/** Splits an amount (e4) by days so that the parts add up to it: each running total is rounded, not each part. */
export function splitByDays(amount: bigint, days: readonly number[], currency: string): bigint[] {
  const all = days.reduce((total, one) => total + one, 0);
  let [passed, given] = [0, 0n];
  return days.map((one) => {
    passed += one;
    const running = scale(amount, { numerator: BigInt(passed), denominator: BigInt(all) }, currency);
    const part = running - given;
    given = running;
    return part;
  });
}
