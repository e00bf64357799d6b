import { fold } from '#kernel';

/** What lists say instead of the name. */
const ALSO: Record<string, string> = {
  usa: 'US',
  'united states of america': 'US',
  uk: 'GB',
  'great britain': 'GB',
  england: 'GB',
  'czech republic': 'CZ',
  uae: 'AE',
};
/** Assigned by the runtime for tests and for what is unknown. */
const NO_COUNTRY = /^(X[AB]|ZZ|EU|EZ|UN|QO)$/;
const LETTERS = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];

let names: Map<string, string> | undefined;

/** ISO 3166 of a country by its code or its English name, whatever the case; null for what is neither. */
export function countryCode(text: string): string | null {
  names ??= known();
  return names.get(fold(text.trim())) ?? null;
}

function known(): Map<string, string> {
  const spoken = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });
  const found = new Map(Object.entries(ALSO));
  for (const code of LETTERS.flatMap((first) => LETTERS.map((second) => first + second))) {
    const current = Intl.getCanonicalLocales(`und-${code}`)[0] === `und-${code}`;
    const name = current && !NO_COUNTRY.test(code) ? spoken.of(code) : undefined;
    if (!name) continue;
    found.set(fold(name), code);
    found.set(code.toLowerCase(), code);
  }
  return found;
}
