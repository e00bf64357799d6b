// A calendar of the harness' own, so that what the product works out is compared with something it had no part in. Days are `YYYY-MM-DD`.
const DAY = 24 * 60 * 60 * 1000;
const MORNING = 10;
/** So many days pass in the end: the next step of dunning comes, and the next periods of what is billed daily and weekly. */
export const DAYS_AFTER = 6;

/** Hours from UTC to where it is the middle of the morning: midnight, at which subscriptions are billed, is then far away. */
const offset = (() => {
  const hours = MORNING - new Date().getUTCHours();
  return hours < -12 ? hours + 24 : hours;
})();
/** As a zone; POSIX counts the other way round. */
export const ZONE = offset === 0 ? 'Etc/GMT' : `Etc/GMT${offset > 0 ? '-' : '+'}${Math.abs(offset)}`;

/** The day it is in {@link ZONE}, or so many days later. */
export const dayFromNow = (days = 0): string => new Date(Date.now() + offset * (DAY / 24) + days * DAY).toISOString().slice(0, 10);
export const plusDays = (day: string, days: number): string =>
  new Date(Date.parse(`${day}T00:00Z`) + days * DAY).toISOString().slice(0, 10);

/** The same day so many months later, or the last of a shorter month. */
export function plusMonths(day: string, months: number): string {
  const [year, month, wanted] = day.split('-').map(Number) as [number, number, number];
  const at = year * 12 + month - 1 + months;
  const [y, m] = [Math.floor(at / 12), at % 12];
  const last = new Date(Date.UTC(y, m + 1, 0)).getUTCDate();
  return `${y}-${String(m + 1).padStart(2, '0')}-${String(Math.min(wanted, last)).padStart(2, '0')}`;
}

/** A subscription as its row says it. */
export interface Terms {
  start: string;
  interval: 'day' | 'week' | 'month' | 'year';
  count: number;
  billing: 'advance' | 'arrears';
  pauses: { from: string; until: string | null }[];
  cancelAt: string | null;
}
/** A period that should have been seen to by a day. */
export interface Expected {
  index: number;
  from: string;
  /** Its last day. */
  until: string;
  served: boolean;
}

/** Every period whose day has come by a day, told day by day, without any arithmetic on spans. */
export function expectedBy(terms: Terms, day: string): Expected[] {
  const found: Expected[] = [];
  for (let index = 0; ; index++) {
    const [from, next] = [edge(terms, index), edge(terms, index + 1)];
    if (terms.cancelAt !== null && terms.cancelAt <= from) return found;
    const end = terms.cancelAt !== null && terms.cancelAt < next ? terms.cancelAt : next;
    const rests = (one: string) => terms.pauses.some((pause) => pause.from <= one && (pause.until === null || one < pause.until));
    let first: string | undefined;
    for (let one = from; one < end && !first; one = plusDays(one, 1)) if (!rests(one)) first = one;
    if (!first && terms.pauses.some(({ until }) => until === null)) return found;
    const on = terms.billing === 'arrears' ? end : (first ?? from);
    if (on > day) return found;
    found.push({ index, from, until: plusDays(end, -1), served: first !== undefined });
  }
}

function edge({ start, interval, count }: Terms, n: number): string {
  if (interval === 'day') return plusDays(start, n * count);
  if (interval === 'week') return plusDays(start, n * count * 7);
  return plusMonths(start, n * count * (interval === 'year' ? 12 : 1));
}
