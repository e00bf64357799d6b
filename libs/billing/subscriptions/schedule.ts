import { type Period, type Rhythm, periodAt, splitByDays, wholeAt } from './periods.ts';
import { daysBetween, latest } from '#kernel';

/** A stretch of days, from its first to the day before `until`. */
export interface Span {
  readonly from: string;
  readonly until: string;
}
/** Days that are not billed; without an end until somebody says so. */
export interface Pause {
  readonly from: string;
  readonly until: string | null;
}
/** When a subscription is billed, and for which days. Days are in its zone. */
export interface Terms {
  readonly rhythm: Rhythm;
  readonly billing: 'advance' | 'arrears';
  readonly pauses: readonly Pause[];
  /** The first day it is not served any more. */
  readonly cancelAt: string | null;
}
export const CATCH_UP = ['each_period', 'single_invoice', 'skip'] as const;
export type CatchUp = (typeof CATCH_UP)[number];
/** So many missed periods are caught up without asking; with more, something is wrong, and a person has to look. */
export const MOST_MISSED = 24;

/** The days of the first spans that lie in none of the second. Spans of one list do not overlap. */
export function without(spans: readonly Span[], taken: readonly Span[]): Span[] {
  return taken.reduce<Span[]>(
    (left, gap) =>
      left.flatMap(({ from, until }) => [
        ...(from < gap.from ? [{ from, until: least(until, gap.from) }] : []),
        ...(until > gap.until ? [{ from: latest(from, gap.until), until }] : []),
      ]),
    spans.filter(({ from, until }) => from < until),
  );
}
/** The part of a span that lies in another. */
function within(span: Span, { from, until }: { from: string; until: string | null }): Span[] {
  const both = { from: latest(span.from, from), until: until === null ? span.until : least(span.until, until) };
  return both.from < both.until ? [both] : [];
}
const least = (a: string, b: string) => (a < b ? a : b);

/** The last day of it that can be served, plus one; before its start when it was cancelled before. */
export const endOf = ({ end }: Period, { cancelAt }: Terms) => (cancelAt === null ? end : least(end, cancelAt));

/** The days of a period that are billed: not those in a pause, nor those after the end of the subscription. */
export function served(period: Period, terms: Terms): Span[] {
  const all = { from: period.start, until: endOf(period, terms) };
  return without(
    [all],
    terms.pauses.flatMap((pause) => within(all, pause)),
  );
}

/**
 * The day a period is billed on: its first served day in advance, the day after its last in arrears. Null for a period that is never
 * served, because it was cancelled before, or of which nobody can tell yet, because of a pause without an end.
 */
export function billedOn(period: Period, terms: Terms): string | null {
  if (terms.cancelAt !== null && terms.cancelAt <= period.start) return null;
  const [first] = served(period, terms);
  if (!first && terms.pauses.some(({ until }) => until === null)) return null;
  return terms.billing === 'arrears' ? endOf(period, terms) : (first?.from ?? period.start);
}

/** A period whose day has come. Without spans it lies in a pause. */
export interface Due extends Period {
  readonly on: string;
  readonly spans: readonly Span[];
}
/** The periods from `next` on whose billing day has come on a day, the oldest first, at most `most` of them. */
export function dueOn(terms: Terms, next: number, day: string, most = Infinity): Due[] {
  const found: Due[] = [];
  for (let index = next; found.length < most; index++) {
    const period = periodAt(terms.rhythm, index);
    const on = billedOn(period, terms);
    if (on === null || on > day) break;
    found.push({ ...period, end: endOf(period, terms), on, spans: served(period, terms) });
  }
  return found;
}

/** What becomes of periods that are due: what each invoice is for, and which of them get none. */
export interface Catching {
  readonly invoices: readonly (readonly Due[])[];
  readonly paused: readonly Due[];
  readonly skipped: readonly Due[];
}
/** Where others follow that are due and served too, none of these is the last. */
export function caughtUp(due: readonly Due[], policy: CatchUp, othersFollow = false): Catching {
  const paused = due.filter(({ spans }) => !spans.length);
  const billable = due.filter(({ spans }) => spans.length);
  if (policy === 'skip' && othersFollow) return { invoices: [], paused, skipped: billable };
  if (policy === 'each_period' || billable.length < 2) return { invoices: billable.map((period) => [period]), paused, skipped: [] };
  if (policy === 'single_invoice') return { invoices: [billable], paused, skipped: [] };
  return { invoices: [billable.slice(-1)], paused, skipped: billable.slice(0, -1) };
}

/** Something that is sold from a day to the day before another, or on and on. */
export interface Sold {
  readonly id: string;
  readonly validFrom: string;
  readonly validUntil: string | null;
}
/** Days of a period for which something is billed. */
export interface Piece<S extends Sold> extends Span {
  readonly item: S;
  /** Whether it is the whole of the period, and costs the whole of the price. */
  readonly whole: boolean;
}
export function pieces<S extends Sold>(items: readonly S[], spans: readonly Span[], whole: Period): Piece<S>[] {
  return items.flatMap((item) =>
    spans.flatMap((span) => within(span, { from: item.validFrom, until: item.validUntil })).map((span) => pieceOf(item, span, whole)),
  );
}
export const pieceOf = <S extends Sold>(item: S, { from, until }: Span, whole: Period): Piece<S> => ({
  from,
  until,
  item,
  whole: from === whole.start && until === whole.end,
});

/**
 * What some days of a period cost, in e4, when all of it costs `amount`. A period may be cut anywhere: the parts add up to the amount, for
 * what is rounded is what has run up to the cut.
 */
export function costOf(amount: bigint, { from, until }: Span, whole: Period, currency: string): bigint {
  const days = [daysBetween(whole.start, from), daysBetween(from, until), daysBetween(until, whole.end)];
  return splitByDays(amount, days, currency)[1]!;
}

/**
 * What a period should have been billed for by now: what is served of it. From the end of the subscription on, what was billed ahead stays so,
 * but for days in a pause.
 */
export function billable<S extends Sold>(billed: readonly Piece<S>[], items: readonly S[], terms: Terms, index: number): Piece<S>[] {
  const whole = wholeAt(terms.rhythm, index);
  const now = pieces(items, served(periodAt(terms.rhythm, index), terms), whole);
  const { cancelAt, pauses } = terms;
  if (cancelAt === null) return now;
  const staying = billed.flatMap((piece) => {
    const late = within(piece, { from: cancelAt, until: null });
    const resting = pauses.flatMap((pause) => within(piece, pause));
    return without(late, resting).map((span) => pieceOf(piece.item, span, whole));
  });
  return [...now, ...staying];
}

/** How the days that a period was billed for differ from those it should be: what is given back, and what is billed besides. */
export interface Difference<S extends Sold> {
  readonly back: readonly Piece<S>[];
  readonly more: readonly Piece<S>[];
}
export function difference<S extends Sold>(billed: readonly Piece<S>[], now: readonly Piece<S>[], whole: Period): Difference<S> {
  const less = (from: readonly Piece<S>[], to: readonly Piece<S>[]) => {
    const items = new Map(from.map(({ item }) => [item.id, item]));
    return [...items.values()].flatMap((item) => {
      const of = (all: readonly Piece<S>[]) => all.filter((piece) => piece.item.id === item.id);
      return without(of(from), of(to)).map((span) => pieceOf(item, span, whole));
    });
  };
  return { back: less(billed, now), more: less(now, billed) };
}
