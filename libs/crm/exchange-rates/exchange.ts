import { digitsOf, divideRounded, formatAmount, type Ratio, ratio, Read } from '#kernel';
import { sql } from 'kysely';
import { z } from 'zod';
import { ExchangeRate, shortest } from './exchange-rate.ts';

export const UsedRate = z
  .object({
    from: z.string(),
    to: z.string(),
    date: z.iso.date(),
    rate: z.string(),
    inverted: z.boolean().meta({ description: 'only the rate of the other direction was there, and amounts were divided by it' }),
  })
  .meta({ id: 'UsedRate' });
export const MissingRate = z.object({ from: z.string(), to: z.string(), date: z.iso.date() }).meta({ id: 'MissingRate' });
type UsedRate = z.output<typeof UsedRate>;
type MissingRate = z.output<typeof MissingRate>;
type Found = Omit<UsedRate, 'inverted'>;

/** A sum in one currency: ten-thousandths of its unit, of however many amounts. */
export interface Sum {
  readonly currency: string;
  readonly e4: bigint;
}

/**
 * Brings sums into one currency by the last rate on or before a day; by the inverse of the other direction's where there is none. What has
 * no rate is left out and named, never guessed.
 */
export class Exchange {
  readonly rates: UsedRate[];
  readonly missing: MissingRate[];
  private readonly factors: Map<string, Ratio>;

  constructor(
    readonly currency: string,
    currencies: readonly string[],
    day: string,
    found: readonly Found[],
  ) {
    const others = [...new Set(currencies)].filter((other) => other !== currency).sort();
    const used = others.map((from): [string, UsedRate | undefined] => [from, rateOf(from, currency, found)]);
    this.rates = used.flatMap(([, rate]) => rate ?? []);
    this.missing = used.flatMap(([from, rate]) => (rate ? [] : [{ from, to: currency, date: day }]));
    this.factors = new Map([
      [currency, ratio(1)],
      ...used.flatMap(([from, rate]): [string, Ratio][] => (rate ? [[from, factorOf(rate)]] : [])),
    ]);
  }

  knows(currency: string): boolean {
    return this.factors.has(currency);
  }

  /** All that can be converted, each currency's sum rounded once, half away from zero, to the digits of the target. `per` divides them all. */
  total(sums: readonly Sum[], per = 1n): bigint {
    const unit = 10n ** BigInt(4 - digitsOf(this.currency));
    return grouped(sums).reduce((all, { currency, e4 }) => {
      const factor = this.factors.get(currency);
      return factor ? all + divideRounded(e4 * factor.numerator, factor.denominator * unit * per) * unit : all;
    }, 0n);
  }

  /** The same, as it is said on the wire. */
  say(sums: readonly Sum[], per = 1n): string {
    return formatAmount(this.total(sums, per), this.currency);
  }
}

function grouped(sums: readonly Sum[]): Sum[] {
  const all = new Map<string, bigint>();
  for (const { currency, e4 } of sums) all.set(currency, (all.get(currency) ?? 0n) + e4);
  return [...all].map(([currency, e4]) => ({ currency, e4 }));
}

function rateOf(from: string, to: string, found: readonly Found[]): UsedRate | undefined {
  const direct = found.find((rate) => rate.from === from && rate.to === to);
  if (direct) return { ...direct, inverted: false };
  const inverse = found.find((rate) => rate.from === to && rate.to === from);
  return inverse && { ...inverse, inverted: true };
}

function factorOf({ rate, inverted }: UsedRate): Ratio {
  const { numerator, denominator } = ratio(rate);
  return inverted ? { numerator: denominator, denominator: numerator } : { numerator, denominator };
}

/** The rates between one currency and others that count on a day. */
export async function exchangeInto(read: Read, currency: string, currencies: readonly string[], day: string): Promise<Exchange> {
  const others = [...new Set(currencies)].filter((other) => other !== currency);
  if (!others.length) return new Exchange(currency, [], day, []);
  const found = await read.some(
    read
      .from(ExchangeRate)
      .where('exchange_rate.date', '<=', day)
      .where(({ eb, or, and }) =>
        or([
          and([eb('exchange_rate.to', '=', currency), eb('exchange_rate.from', 'in', others)]),
          and([eb('exchange_rate.from', '=', currency), eb('exchange_rate.to', 'in', others)]),
        ]),
      )
      .distinctOn(['exchange_rate.from', 'exchange_rate.to'])
      .orderBy('exchange_rate.from')
      .orderBy('exchange_rate.to')
      .orderBy('exchange_rate.date', 'desc')
      .select(['exchange_rate.from', 'exchange_rate.to', 'exchange_rate.date', sql<string>`exchange_rate.rate::text`.as('rate')]),
  );
  return new Exchange(
    currency,
    others,
    day,
    found.map(({ rate, ...row }) => ({ ...row, rate: shortest(rate) })),
  );
}
