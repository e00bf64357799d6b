import { Exchange, ExchangeRate } from '#crm';
import { divideRounded, type EntityManager, fitsCurrency, formatFixed, invalid, problem, ratio } from '#kernel';
import type { CustomerAccount } from '../customers/customer-account.ts';
import { Invoice } from '../invoices/invoice.ts';

export const noRate = problem('payment.no_rate', 422, 'There is no exchange rate for this currency');
export const mixedCurrencies = problem('payment.mixed_currencies', 422, 'One payment pays invoices of one currency');

/** @throws request.invalid when an amount has more digits than its currency */
export function fits(amount: bigint, currency: string, pointer = '/amount'): void {
  if (fitsCurrency(amount, currency)) return;
  const message = `has more digits than ${currency}`;
  throw invalid(`${pointer} ${message}`, { details: [{ pointer, code: 'too_precise', message }] });
}

export interface Received {
  amount: bigint;
  currency: string;
  receivedOn: string;
}
/** What a payment counts, and what it was where that is something else. */
export type Worth = { amount: bigint; currency: string } & (
  { receivedAmount: string; receivedCurrency: string; exchangeRate: string } | { receivedAmount?: undefined }
);

/**
 * In which currency money counts, and how much: as it came where the customer has dealt in that currency, else in that of the invoices it is
 * for, or of the customer, by the last rate on or before the day it came.
 * @throws payment.no_rate, payment.mixed_currencies, request.invalid for too many digits
 */
export async function worthOf(
  em: EntityManager,
  account: CustomerAccount,
  received: Received,
  named: readonly { currency: string }[] | null,
): Promise<Worth> {
  const { amount, currency: from, receivedOn } = received;
  fits(amount, from);
  const to = await countedIn(em, account, from, named);
  if (to === from) return { amount, currency: from };
  const found = await ratesBetween(em, from, to, receivedOn);
  const exchange = new Exchange(to, [from], receivedOn, found);
  const [rate] = exchange.rates;
  const counted = exchange.total([{ currency: from, e4: amount }]);
  if (!rate || counted <= 0n)
    throw noRate(`There is no rate from ${from} to ${to} on ${receivedOn}`, {
      details: [{ pointer: '/currency', code: 'no_rate', message: `has no rate to ${to}` }],
      missing_rates: exchange.missing,
    });
  return {
    amount: counted,
    currency: to,
    receivedAmount: formatFixed(amount, 4),
    receivedCurrency: from,
    exchangeRate: rate.inverted ? inverse(rate.rate) : rate.rate,
  };
}

async function countedIn(
  em: EntityManager,
  account: CustomerAccount,
  from: string,
  named: readonly { currency: string }[] | null,
): Promise<string> {
  const currencies = [...new Set((named ?? []).map(({ currency }) => currency))];
  if (currencies.length > 1) throw mixedCurrencies();
  if (currencies[0]) return currencies[0];
  if (account.currency === from) return from;
  const dealt = await em.count(
    Invoice,
    { customerAccountId: account.id, currency: from, status: { $ne: 'draft' } },
    { filters: { allowed: false } },
  );
  return dealt ? from : account.currency;
}

/** The last rate of either direction. */
async function ratesBetween(em: EntityManager, from: string, to: string, day: string) {
  const last = (pair: { from: string; to: string }) =>
    em.findOne(ExchangeRate, { ...pair, date: { $lte: day } }, { orderBy: { date: 'desc' } });
  const found = [await last({ from, to }), await last({ from: to, to: from })];
  return found.flatMap((row) => (row ? [{ from: row.from, to: row.to, date: row.date, rate: row.rate }] : []));
}

const PLACES = 10;
function inverse(rate: string): string {
  const { numerator, denominator } = ratio(rate);
  return formatFixed(divideRounded(denominator * 10n ** BigInt(PLACES), numerator), PLACES);
}
