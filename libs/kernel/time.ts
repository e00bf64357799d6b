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
  const at = instant.getTime();
  const last = lastDays.get(zone);
  if (last && last.from <= at && at < last.until) return last.day;
  const day = inYears(zoned(instant, zone).toPlainDate().toString());
  const { from, until } = dayBounds(day, zone);
  remember(lastDays, zone, { day, from: from.getTime(), until: until.getTime() });
  return day;
}

/**
 * The instants at which a day begins and the next one begins, `[from, until)`, in a zone: 23 or 25 hours apart when the clocks change,
 * nothing apart for a day that a zone has skipped. Throws RangeError for what is no day or no zone.
 */
export function dayBounds(day: string, zone: string): { from: Date; until: Date } {
  const key = `${day} ${zone}`;
  let known = bounds.get(key);
  if (!known) remember(bounds, key, (known = [startOf(day, zone), startOf(day, zone, 1)]));
  return { from: new Date(known[0]), until: new Date(known[1]) };
}

/** The day n days later, or earlier when n is negative. */
export function addDays(day: string, n: number): string {
  return dayNumbered(numberOf(day) + whole(n));
}

/**
 * The day n months later, at most the last of its month (31 January + 1 = 28 or 29 February). A series counts from its anchor,
 * `anchor + n`, never from the date before, or the 31st drifts to the 28th.
 */
export function addMonths(day: string, n: number): string {
  const [year, month, dayOfMonth] = partsOf(day);
  const months = year * 12 + month - 1 + whole(n);
  const [toYear, toMonth] = [Math.floor(months / 12), (((months % 12) + 12) % 12) + 1];
  return written(toYear, toMonth, Math.min(dayOfMonth, daysInMonth(toYear, toMonth)));
}

/** The latest of some days; those that are none do not count. Of no day at all, a text before every day. */
export const latest = (...days: readonly (string | null | undefined)[]): string =>
  days.reduce<string>((last, day) => (day && day > last ? day : last), '');

/** How many days later `to` is than `from`; negative when it is earlier. */
export function daysBetween(from: string, to: string): number {
  return numberOf(to) - numberOf(from);
}

/** The first day of a day's month. */
export function startOfMonth(day: string): string {
  const [year, month] = partsOf(day);
  return written(year, month, 1);
}

/** The last day of a day's month. */
export function endOfMonth(day: string): string {
  const [year, month] = partsOf(day);
  return written(year, month, daysInMonth(year, month));
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

/**
 * Whether a name is an IANA time zone. Offsets such as `+01:00` are none: they know no daylight saving. Asked of what reckons with it: ICU
 * alone also takes letters for a zone (`BST` for Dhaka), and a few names that PostgreSQL does not have.
 */
export function isTimeZone(zone: unknown): zone is string {
  if (typeof zone !== 'string' || !/^[A-Za-z]/.test(zone) || /^SystemV\/|^US\/Pacific-New$/i.test(zone)) return false;
  try {
    zoned(new Date(0), zone);
    return true;
  } catch {
    return false;
  }
}

/** Whether a text is an existing day, `YYYY-MM-DD`, from year 1 to 9999 (what the database and the wire can hold). */
export function isDay(day: unknown): day is string {
  return typeof day === 'string' && partsIn(day) !== null;
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
  if (year === undefined || !exists(Number(year), Number(month), Number(day))) return null;
  return written(Number(year), Number(month), Number(day));
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

/** Epoch milliseconds at which a day begins, or one some days later. */
function startOf(day: string, zone: string, days = 0): number {
  return Temporal.PlainDate.from(inYears(day)).add({ days }).toZonedDateTime({ timeZone: zone }).epochMilliseconds;
}

function dateOf({ epochMilliseconds }: Temporal.Instant | Temporal.ZonedDateTime): Date {
  return new Date(epochMilliseconds);
}

// Days by whole numbers alone, in the Gregorian calendar: billing and reports count them by the hundred thousand, where a calendar library
// costs more than everything else. The day numbers are those of Howard Hinnant, "chrono-compatible low-level date algorithms": a year begins
// in March, so that the leap day is its last.
const DAYS_IN_ERA = 146_097;
const YEARS_IN_ERA = 400;

type Parts = readonly [year: number, month: number, day: number];

function partsIn(day: string): Parts | null {
  const found = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day);
  if (!found) return null;
  const [year, month, dayOfMonth] = [Number(found[1]), Number(found[2]), Number(found[3])];
  return exists(year, month, dayOfMonth) ? [year, month, dayOfMonth] : null;
}

/** @throws RangeError for what is no day */
function partsOf(day: string): Parts {
  const parts = partsIn(day);
  if (!parts) throw new RangeError(`Not a day: ${day}`);
  return parts;
}

const exists = (year: number, month: number, day: number) =>
  year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month);

function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % YEARS_IN_ERA === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Days since the first of March of the year 0. */
function numberOf(day: string): number {
  const [year, month, dayOfMonth] = partsOf(day);
  const from = month <= 2 ? year - 1 : year;
  const era = Math.floor(from / YEARS_IN_ERA);
  const yearOfEra = from - era * YEARS_IN_ERA;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + dayOfMonth - 1;
  return era * DAYS_IN_ERA + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
}

function dayNumbered(number: number): string {
  const era = Math.floor(number / DAYS_IN_ERA);
  const dayOfEra = number - era * DAYS_IN_ERA;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / (DAYS_IN_ERA - 1))) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const march = Math.floor((5 * dayOfYear + 2) / 153);
  const month = march < 10 ? march + 3 : march - 9;
  const year = yearOfEra + era * YEARS_IN_ERA + (month <= 2 ? 1 : 0);
  return written(year, month, dayOfYear - Math.floor((153 * march + 2) / 5) + 1);
}

function written(year: number, month: number, day: number): string {
  if (year < 1 || year > 9999) throw new RangeError(`Out of range: the year ${year}`);
  return `${String(year).padStart(4, '0')}-${month < 10 ? '0' : ''}${month}-${day < 10 ? '0' : ''}${day}`;
}

/** Calendars outside the years 1 to 9999 are written differently, and are no days here. */
function inYears(day: string): string {
  if (!isDay(day)) throw new RangeError(`Not a day: ${day}`);
  return day;
}

function whole(n: number): number {
  if (!Number.isInteger(n)) throw new RangeError(`Not a whole number: ${n}`);
  return n;
}

// What a zone makes of an instant is dear to find out, and asked again and again for the same days.
const REMEMBERED = 1000;
const lastDays = new Map<string, { day: string; from: number; until: number }>();
const bounds = new Map<string, readonly [from: number, until: number]>();
function remember<T>(known: Map<string, T>, key: string, value: T): void {
  if (known.size >= REMEMBERED) known.clear();
  known.set(key, value);
}
