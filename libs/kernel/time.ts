/**
 * Time, in two kinds that never mix: an instant is a Date (UTC, milliseconds), a day is a plain `YYYY-MM-DD` without a zone. What turns
 * one into the other names an IANA zone; the zone of the process plays no part. Nobody else does arithmetic on either.
 */
import { Temporal } from 'temporal-polyfill';

const system = () => new Date();
let clock = system;

/** The present instant. The only place where the program asks what time it is. */
export function now(): Date {
  return clock();
}

/** Replaces the clock (for tests), or gives the real one back when called without one. */
export function setClock(replacement: () => Date = system): void {
  clock = replacement;
}

/** The present day in a zone. */
export function today(zone: string): string {
  return dayOf(now(), zone);
}

/** The day on which an instant falls in a zone. */
export function dayOf(instant: Date, zone: string): string {
  return written(zoned(instant, zone).toPlainDate());
}

/**
 * The instants at which a day begins and the next one begins, `[from, until)`, in a zone: 23 or 25 hours apart when the clocks change,
 * nothing apart for a day that a zone has skipped. Throws RangeError for what is no day or no zone.
 */
export function dayBounds(day: string, zone: string): { from: Date; until: Date } {
  const date = plain(day);
  return { from: startOf(date, zone), until: startOf(date.add({ days: 1 }), zone) };
}

/** The day n days later, or earlier when n is negative. */
export function addDays(day: string, n: number): string {
  return written(plain(day).add({ days: n }));
}

/**
 * The day n months later, at most the last of its month (31 January + 1 = 28 or 29 February). A series counts from its anchor,
 * `anchor + n`, never from the date before, or the 31st drifts to the 28th.
 */
export function addMonths(day: string, n: number): string {
  return written(plain(day).add({ months: n }));
}

/** How many days later `to` is than `from`; negative when it is earlier. */
export function daysBetween(from: string, to: string): number {
  return plain(from).until(plain(to), { largestUnit: 'days' }).days;
}

/** The first day of a day's month. */
export function startOfMonth(day: string): string {
  return plain(day).with({ day: 1 }).toString();
}

/** The last day of a day's month. */
export function endOfMonth(day: string): string {
  const date = plain(day);
  return date.with({ day: date.daysInMonth }).toString();
}

/** Units that are equally long everywhere and at all times. */
export interface ExactDuration {
  hours?: number;
  minutes?: number;
  seconds?: number;
  milliseconds?: number;
}

/** A duration with units whose length depends on the calendar and the zone: "1 day" is not always "24 hours". */
export interface CalendarDuration extends ExactDuration {
  years?: number;
  months?: number;
  weeks?: number;
  days?: number;
}

/** The instant a duration of whole numbers later. Days and longer need the zone in which they pass. */
export function after(instant: Date, duration: ExactDuration): Date;
export function after(instant: Date, duration: CalendarDuration, zone: string): Date;
export function after(instant: Date, duration: CalendarDuration, zone?: string): Date {
  return dateOf(zone === undefined ? moment(instant).add(duration) : zoned(instant, zone).add(duration));
}

/** The instant a duration of whole numbers earlier. Days and longer need the zone in which they pass. */
export function before(instant: Date, duration: ExactDuration): Date;
export function before(instant: Date, duration: CalendarDuration, zone: string): Date;
export function before(instant: Date, duration: CalendarDuration, zone?: string): Date {
  return dateOf(zone === undefined ? moment(instant).subtract(duration) : zoned(instant, zone).subtract(duration));
}

/** Whole seconds from one instant to another, rounded up; never negative. For `Retry-After` and lifetimes. */
export function secondsUntil(instant: Date, from = now()): number {
  return Math.max(
    0,
    moment(from).until(moment(instant), { smallestUnit: 'seconds', largestUnit: 'seconds', roundingMode: 'ceil' }).seconds,
  );
}

/** Whether a name is an IANA time zone. Offsets such as `+01:00` are none: they know no daylight saving. */
export function isTimeZone(zone: unknown): zone is string {
  if (typeof zone !== 'string' || !/^[A-Za-z]/.test(zone)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

/** Whether a text is an existing day, `YYYY-MM-DD`, from year 1 to 9999 (what the database and the wire can hold). */
export function isDay(day: unknown): day is string {
  return typeof day === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(day) && parseDay(day, 'YYYY-MM-DD') !== null;
}

/** The orders and separators in which days are usually written. {@link parseDay} takes any other made of the same parts. */
export const DAY_FORMATS = [
  'YYYY-MM-DD',
  'YYYY/MM/DD',
  'YYYYMMDD',
  'M/D/YYYY',
  'MM/DD/YYYY',
  'D/M/YYYY',
  'DD/MM/YYYY',
  'D.M.YYYY',
  'DD.MM.YYYY',
  'D-M-YYYY',
  'DD-MM-YYYY',
] as const;

const readers = new Map<string, RegExp>();

/**
 * Reads a day written in a format of `YYYY`, `MM` or `M`, `DD` or `D` and separators; null when the text does not fit it or names no
 * existing day. Between separators a leading zero may be there or not, whatever the format says. Throws RangeError for a bad format.
 */
export function parseDay(text: string, format: string): string | null {
  let reader = readers.get(format);
  if (!reader) readers.set(format, (reader = readerOf(format)));
  const { year, month, day } = reader.exec(text.trim())?.groups ?? {};
  if (year === undefined || year === '0000') return null;
  try {
    return Temporal.PlainDate.from({ year: Number(year), month: Number(month), day: Number(day) }, { overflow: 'reject' }).toString();
  } catch {
    return null;
  }
}

/** Whether {@link parseDay} understands a format: year, month and day once each, with one kind of separator or none. */
export function isDayFormat(format: string): boolean {
  const parts = /^(YYYY|MM?|DD?)([-/. ]?)(YYYY|MM?|DD?)\2(YYYY|MM?|DD?)$/.exec(format);
  return parts !== null && new Set([parts[1][0], parts[3][0], parts[4][0]]).size === 3;
}

function readerOf(format: string): RegExp {
  if (!isDayFormat(format)) throw new RangeError(`Not a date format: ${format}`);
  const digits = /[-/. ]/.test(format) ? '\\d{1,2}' : '\\d{2}';
  const pattern = format
    .replace(/[-/. ]/g, '\\$&')
    .replace('YYYY', '(?<year>\\d{4})')
    .replace(/M+/, `(?<month>${digits})`)
    .replace(/D+/, `(?<day>${digits})`);
  return new RegExp(`^${pattern}$`);
}

function moment(instant: Date): Temporal.Instant {
  return Temporal.Instant.fromEpochMilliseconds(instant.getTime());
}

function zoned(instant: Date, zone: string): Temporal.ZonedDateTime {
  return moment(instant).toZonedDateTimeISO(zone);
}

function plain(day: string): Temporal.PlainDate {
  if (!isDay(day)) throw new RangeError(`Not a day: ${day}`);
  return Temporal.PlainDate.from(day);
}

function startOf(date: Temporal.PlainDate, zone: string): Date {
  return dateOf(date.toZonedDateTime({ timeZone: zone }));
}

function dateOf({ epochMilliseconds }: Temporal.Instant | Temporal.ZonedDateTime): Date {
  return new Date(epochMilliseconds);
}

function written(date: Temporal.PlainDate): string {
  if (date.year < 1 || date.year > 9999) throw new RangeError(`Out of range: ${date}`);
  return date.toString();
}
