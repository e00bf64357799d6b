import { isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js/min';

/**
 * A phone number in E.164 ("+442079460958"), when it can be read: with a country code, or as it is dialled within the given country
 * (ISO 3166, "GB"). Null otherwise. Only the length is checked, not whether the number is in use; an extension is left out.
 */
export function e164(typed: string, country?: string | null): string | null {
  const known = country && isSupportedCountry(country) ? country : undefined;
  const number = parsePhoneNumberFromString(typed, known);
  return number?.isPossible() ? number.number : null;
}

/** A phone number to keep and to find again: E.164 when it can be read, else as it was typed. */
export function phoneOf(typed: string, country?: string | null): string {
  return e164(typed, country) ?? typed.trim();
}

/** The country that a locale names ("en-GB" → "GB"); null when it names none. */
export function countryOf(locale: string): string | null {
  try {
    return new Intl.Locale(locale).region ?? null;
  } catch {
    return null;
  }
}
