/** Amounts, quantities and days as a locale writes them. Decimal strings go in, never floats. */
import { digitsOf } from '#kernel';

type Decimal = `${number}`;

/** How a document writes its figures. */
export interface Figures {
  /** An amount of the document's currency, with all its digits. */
  amount(decimal: string): string;
  /** The same with the code of the currency: 1,054.00 EUR. */
  money(decimal: string): string;
  /** A price of one unit, with the digits it needs, at least those of the currency. */
  price(decimal: string): string;
  quantity(decimal: string): string;
  percent(decimal: string): string;
  /** A day (YYYY-MM-DD), in words as far as the locale has them. */
  day(day: string): string;
  country(code: string): string;
}

/** @throws RangeError for what is no language tag or no currency */
export function figuresIn(locale: string, currency: string): Figures {
  const digits = digitsOf(currency);
  const number = (least: number, most: number) =>
    new Intl.NumberFormat(locale, { minimumFractionDigits: least, maximumFractionDigits: most });
  // Strings are read exactly, as far as they go beyond what a float can hold.
  const written = (format: Intl.NumberFormat) => (decimal: string) => format.format(decimal as Decimal);
  const [amount, price, quantity, percent] = [number(digits, digits), number(digits, 6), number(0, 6), number(0, 4)].map(written);
  const days = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeZone: 'UTC', calendar: 'gregory' });
  const countries = new Intl.DisplayNames(locale, { type: 'region', fallback: 'code' });
  return {
    amount: amount!,
    money: (decimal) => `${amount!(decimal)}\u00a0${currency}`,
    price: price!,
    quantity: quantity!,
    percent: (decimal) => `${percent!(decimal)}\u00a0%`,
    day: (day) => days.format(new Date(`${day}T00:00:00Z`)),
    country: (code) => countries.of(code) ?? code,
  };
}
