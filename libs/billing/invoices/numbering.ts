import { dayOf } from '#kernel';

/**
 * A pattern such as `INV-{YYYY}-{00000}`: `{YYYY}`, `{YY}` and `{MM}` are of the issue date, the zeros are the number's least digits.
 * The number stands at the end; a month needs a year; with a year (and month) the count begins anew in each.
 */
export function isPattern(pattern: string): boolean {
  const tokens = [...pattern.matchAll(/\{([^{}]*)\}/g)].map(([, token]) => token!);
  const known = tokens.every((token) => /^(YYYY|YY|MM|0{1,12})$/.test(token));
  const counters = tokens.filter((token) => token.startsWith('0'));
  const rest = pattern.replace(/\{[^{}]*\}/g, '');
  return (
    known &&
    counters.length === 1 &&
    pattern.endsWith(`{${counters[0]!}}`) &&
    (!tokens.includes('MM') || tokens.some((token) => token.startsWith('Y'))) &&
    /^[\p{L}\p{N} ./_#-]*$/u.test(rest) &&
    // A digit before the count would make 1 + 12 and 11 + 2 the same number.
    !/\d$/.test(pattern.slice(0, pattern.lastIndexOf('{')))
  );
}

/** Which count a day belongs to: `2027-01`, `2027`, or an empty text for a count that never begins anew. */
export function periodOf(pattern: string, day: string): string {
  if (pattern.includes('{MM}')) return day.slice(0, 7);
  return /\{YY(YY)?\}/.test(pattern) ? day.slice(0, 4) : '';
}

/** The n-th number for a day. The day is the issue date in the entity's zone. */
export function numberOf(pattern: string, n: number, day: string): string {
  return pattern.replace(/\{([^{}]*)\}/g, (_, token: string) => {
    if (token === 'YYYY') return day.slice(0, 4);
    if (token === 'YY') return day.slice(2, 4);
    if (token === 'MM') return day.slice(5, 7);
    return String(n).padStart(token.length, '0');
  });
}

/** The number an instant gets: 2026-12-31T23:30Z is already 2027 in Berlin. */
export const numberAt = (pattern: string, n: number, instant: Date, zone: string): string => numberOf(pattern, n, dayOf(instant, zone));
