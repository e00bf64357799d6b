/**
 * Money, exactly: an amount is a bigint count of ten-thousandths of the currency's unit ("e4"), whatever the currency's own digits.
 * One scale for all currencies lets the database sort and compare them; no amount is ever a floating-point number.
 */

/** The largest amount that PostgreSQL's int8 holds; the smallest is its negative, so that negating always works. */
export const MAX_E4 = 9_223_372_036_854_775_807n;

/**
 * ISO 4217 code → digits after the decimal point. List one as of January 2026, with funds and accounting units; without metals, testing
 * codes and the like (XAU, XTS, XXX …), for which the standard gives no minor unit.
 */
// prettier-ignore
export const CURRENCIES = {
  AED: 2, AFN: 2, ALL: 2, AMD: 2, AOA: 2, ARS: 2, AUD: 2, AWG: 2, AZN: 2, BAM: 2, BBD: 2, BDT: 2, BHD: 3, BIF: 0, BMD: 2, BND: 2, BOB: 2,
  BOV: 2, BRL: 2, BSD: 2, BTN: 2, BWP: 2, BYN: 2, BZD: 2, CAD: 2, CDF: 2, CHE: 2, CHF: 2, CHW: 2, CLF: 4, CLP: 0, CNY: 2, COP: 2, COU: 2,
  CRC: 2, CUP: 2, CVE: 2, CZK: 2, DJF: 0, DKK: 2, DOP: 2, DZD: 2, EGP: 2, ERN: 2, ETB: 2, EUR: 2, FJD: 2, FKP: 2, GBP: 2, GEL: 2, GHS: 2,
  GIP: 2, GMD: 2, GNF: 0, GTQ: 2, GYD: 2, HKD: 2, HNL: 2, HTG: 2, HUF: 2, IDR: 2, ILS: 2, INR: 2, IQD: 3, IRR: 2, ISK: 0, JMD: 2, JOD: 3,
  JPY: 0, KES: 2, KGS: 2, KHR: 2, KMF: 0, KPW: 2, KRW: 0, KWD: 3, KYD: 2, KZT: 2, LAK: 2, LBP: 2, LKR: 2, LRD: 2, LSL: 2, LYD: 3, MAD: 2,
  MDL: 2, MGA: 2, MKD: 2, MMK: 2, MNT: 2, MOP: 2, MRU: 2, MUR: 2, MVR: 2, MWK: 2, MXN: 2, MXV: 2, MYR: 2, MZN: 2, NAD: 2, NGN: 2, NIO: 2,
  NOK: 2, NPR: 2, NZD: 2, OMR: 3, PAB: 2, PEN: 2, PGK: 2, PHP: 2, PKR: 2, PLN: 2, PYG: 0, QAR: 2, RON: 2, RSD: 2, RUB: 2, RWF: 0, SAR: 2,
  SBD: 2, SCR: 2, SDG: 2, SEK: 2, SGD: 2, SHP: 2, SLE: 2, SOS: 2, SRD: 2, SSP: 2, STN: 2, SVC: 2, SYP: 2, SZL: 2, THB: 2, TJS: 2, TMT: 2,
  TND: 3, TOP: 2, TRY: 2, TTD: 2, TWD: 2, TZS: 2, UAH: 2, UGX: 0, USD: 2, USN: 2, UYI: 0, UYU: 2, UYW: 4, UZS: 2, VED: 2, VES: 2, VND: 0,
  VUV: 0, WST: 2, XAD: 2, XAF: 0, XCD: 2, XCG: 2, XOF: 0, XPF: 0, YER: 2, ZAR: 2, ZMW: 2, ZWG: 2,
} as const;

/** An ISO 4217 code that {@link CURRENCIES} knows. */
export type Currency = keyof typeof CURRENCIES;

/** Whether a value is a known currency code, in capitals. */
export function isCurrency(value: unknown): value is Currency {
  return typeof value === 'string' && Object.hasOwn(CURRENCIES, value);
}

/** Digits after the decimal point, 0 to 4. Throws RangeError for an unknown currency. */
export function digitsOf(currency: string): number {
  if (!isCurrency(currency)) throw new RangeError(`Unknown currency: ${currency}`);
  return CURRENCIES[currency];
}

const DECIMAL = /^([+-]?)(\d{1,15})(?:\.(\d{1,4}))?$/;

/**
 * Reads a decimal ("1054", "-0.5", "+12.3456") as ten-thousandths; null when it is none, has more than four decimals, an exponent or
 * spaces, or does not fit int8. A number is read through its shortest decimal text, which is what the sender wrote up to 15 digits.
 */
export function parseAmount(text: string | number): bigint | null {
  const [, sign, whole, decimals = ''] = DECIMAL.exec(String(text)) ?? [];
  if (whole === undefined) return null;
  const e4 = BigInt(whole + decimals.padEnd(4, '0'));
  if (e4 > MAX_E4) return null;
  return sign === '-' ? -e4 : e4;
}

/**
 * Writes ten-thousandths as a decimal with the currency's digits: "1054.00", JPY "1054". An amount finer than the currency keeps the
 * digits it needs: what is shown is never another amount than what is held.
 */
export function formatAmount(e4: bigint, currency: string): string {
  const size = (e4 < 0n ? -e4 : e4).toString().padStart(5, '0');
  const needed = size.slice(-4).replace(/0+$/, '').length;
  const digits = Math.max(digitsOf(currency), needed);
  const decimals = digits === 0 ? '' : `.${size.slice(-4, size.length - 4 + digits)}`;
  return `${e4 < 0n ? '-' : ''}${size.slice(0, -4)}${decimals}`;
}

/** Whether an amount needs no more digits than its currency has. */
export function fitsCurrency(e4: bigint, currency: string): boolean {
  return e4 % smallest(currency) === 0n;
}

/** The currency's smallest unit (a cent, a yen) in ten-thousandths. */
function smallest(currency: string): bigint {
  return 10n ** BigInt(4 - digitsOf(currency));
}

/** An exact fraction; the denominator is positive. */
export interface Ratio {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** Reads a decimal as an exact fraction: `ratio('2.5')`, and `ratio('19', 100)` for 19 %. Throws RangeError when it is no decimal. */
export function ratio(decimal: string | number | bigint, per: number | bigint = 1): Ratio {
  const [, sign, whole, decimals = ''] = /^([+-]?)(\d{1,30})(?:\.(\d{1,30}))?$/.exec(String(decimal)) ?? [];
  if (whole === undefined || per <= 0) throw new RangeError(`Not a decimal ratio: ${decimal} per ${per}`);
  const size = BigInt(whole + decimals);
  return { numerator: sign === '-' ? -size : size, denominator: BigInt(per) * 10n ** BigInt(decimals.length) };
}

/**
 * Reads a decimal as a count of its smallest places: `fixed('12.36', 6)` is 12360000n. For quantities, prices and percents.
 * Throws RangeError when it is no decimal or has more places.
 */
export function fixed(decimal: string | number, places: number): bigint {
  const [, sign, whole, decimals = ''] = /^([+-]?)(\d{1,30})(?:\.(\d{1,30}))?$/.exec(String(decimal)) ?? [];
  const kept = decimals.replace(/0+$/, '');
  if (whole === undefined || kept.length > places) throw new RangeError(`Not a decimal of ${places} places: ${decimal}`);
  const size = BigInt(whole + kept.padEnd(places, '0'));
  return sign === '-' ? -size : size;
}

/** The decimal of such a count, as short as it can be: `formatFixed(12360000n, 6)` is "12.36". */
export function formatFixed(count: bigint, places: number): string {
  const size = (count < 0n ? -count : count).toString().padStart(places + 1, '0');
  const decimals = size.slice(size.length - places).replace(/0+$/, '');
  return `${count < 0n ? '-' : ''}${size.slice(0, size.length - places)}${places && decimals ? `.${decimals}` : ''}`;
}

/** Divides integers and rounds half away from zero, as invoices do. Throws RangeError when the denominator is not positive. */
export function divideRounded(numerator: bigint, denominator: bigint): bigint {
  if (denominator <= 0n) throw new RangeError('The denominator must be positive');
  const twice = 2n * (numerator < 0n ? -numerator : numerator);
  const size = (twice + denominator) / (2n * denominator);
  return numerator < 0n ? -size : size;
}

/**
 * Rounds `e4 × factor` half away from zero to the currency's digits. It is rounded once, from the exact product.
 * Throws RangeError when the result does not fit int8.
 */
export function scale(e4: bigint, { numerator, denominator }: Ratio, currency: string): bigint {
  const unit = smallest(currency);
  return bounded(divideRounded(e4 * numerator, denominator * unit) * unit);
}

/**
 * Converts an amount by a rate (how many units of the target one unit of the source is worth, a decimal string) into ten-thousandths of
 * the target currency, rounded half away from zero to its digits. Throws RangeError for a rate that is not above zero.
 */
export function convert(e4: bigint, rate: string, currency: string): bigint {
  const factor = ratio(rate);
  if (factor.numerator <= 0n) throw new RangeError(`An exchange rate is above zero, not ${rate}`);
  return scale(e4, factor, currency);
}

function bounded(e4: bigint): bigint {
  if (e4 > MAX_E4 || e4 < -MAX_E4) throw new RangeError('The amount is out of range');
  return e4;
}

/** An amount of one currency. Immutable; what would mix currencies or leave int8 throws RangeError. */
export class Money {
  readonly e4: bigint;
  readonly currency: Currency;

  private constructor(e4: bigint, currency: string) {
    if (!isCurrency(currency)) throw new RangeError(`Unknown currency: ${currency}`);
    this.e4 = bounded(e4);
    this.currency = currency;
    Object.freeze(this);
  }

  /** From ten-thousandths, or from a decimal as {@link parseAmount} reads it. */
  static of(amount: bigint | string | number, currency: string): Money {
    const e4 = typeof amount === 'bigint' ? amount : parseAmount(amount);
    if (e4 === null) throw new RangeError(`Not an amount: ${amount}`);
    return new Money(e4, currency);
  }

  static zero(currency: string): Money {
    return new Money(0n, currency);
  }

  plus(other: Money): Money {
    return new Money(this.e4 + this.alike(other).e4, this.currency);
  }

  minus(other: Money): Money {
    return new Money(this.e4 - this.alike(other).e4, this.currency);
  }

  /** The exact product, rounded once, half away from zero, to the currency's digits. */
  times(factor: Ratio | string | number | bigint): Money {
    return new Money(scale(this.e4, typeof factor === 'object' ? factor : ratio(factor), this.currency), this.currency);
  }

  negate(): Money {
    return new Money(-this.e4, this.currency);
  }

  isPositive(): boolean {
    return this.e4 > 0n;
  }

  isZero(): boolean {
    return this.e4 === 0n;
  }

  /** Negative, zero or positive, for sorting. */
  compare(other: Money): -1 | 0 | 1 {
    const difference = this.e4 - this.alike(other).e4;
    return difference < 0n ? -1 : difference > 0n ? 1 : 0;
  }

  equals(other: Money): boolean {
    return this.currency === other.currency && this.e4 === other.e4;
  }

  toString(): string {
    return formatAmount(this.e4, this.currency);
  }

  toJSON(): { amount: string; currency: Currency } {
    return { amount: this.toString(), currency: this.currency };
  }

  private alike(other: Money): Money {
    if (other.currency !== this.currency) throw new RangeError(`${this.currency} and ${other.currency} do not mix`);
    return other;
  }
}

/**
 * Shares a total by weights so that the parts add up to it exactly, each with the currency's digits: every part is rounded towards zero,
 * then the units left over go to the largest remainders, the earlier one first. Throws RangeError when a weight is negative or no
 * integer, when all are zero, or when the total is finer than its currency.
 */
export function allocate(total: Money, weights: readonly (bigint | number)[]): Money[] {
  const shares = weights.map(BigInt);
  const sum = shares.reduce((all, share) => all + share, 0n);
  if (sum <= 0n || shares.some((share) => share < 0n)) throw new RangeError('Weights are not negative and not all zero');
  if (!fitsCurrency(total.e4, total.currency)) throw new RangeError(`${total} is finer than ${total.currency}`);

  const unit = smallest(total.currency);
  const sign = total.e4 < 0n ? -1n : 1n;
  const units = (sign * total.e4) / unit;
  const parts = shares.map((share, index) => ({ index, part: (units * share) / sum, remainder: (units * share) % sum }));
  const left = units - parts.reduce((all, { part }) => all + part, 0n);
  const favoured = [...parts].sort((a, b) => (a.remainder === b.remainder ? a.index - b.index : a.remainder < b.remainder ? 1 : -1));
  for (const entry of favoured.slice(0, Number(left))) entry.part += 1n;
  return parts.map(({ part }) => Money.of(sign * part * unit, total.currency));
}
