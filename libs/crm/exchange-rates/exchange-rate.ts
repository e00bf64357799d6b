import { currency, day, decimal, entity, fixed, formatFixed, invalid, List, ratio, text } from '#kernel';

const PLACES = 10;

/** What one unit of a currency was worth in another on a day, as the organization says; nothing is fetched from outside. */
export class ExchangeRate extends entity(
  'exchange_rate',
  {
    from: currency().describe('ISO 4217', 'USD'),
    to: currency().describe('ISO 4217', 'EUR'),
    date: day().describe('It counts from this day on, until the next one', '2026-11-20'),
    rate: decimal({ digits: 22, scale: PLACES }).describe('Units of `to` for one of `from`', '0.9215'),
    source: text({ max: 100 }).optional().describe('Where it was found', 'ECB'),
  },
  { unique: [{ on: ['from', 'to', 'date'] }], checks: { pair: '"from" <> "to"', rate: 'rate > 0' } },
) {}

export const ExchangeRateView = ExchangeRate.view(
  'id',
  'from',
  'to',
  'date',
  'rate',
  'source',
  'createdAt',
  'createdBy',
  'updatedAt',
  'version',
);

export const exchangeRateList = new List(ExchangeRateView, {
  sorts: ['date', 'from', 'to', 'createdAt'],
  filters: ['from', 'to', 'date', 'source', 'createdAt'],
  standard: '-date',
});

export const NewExchangeRate = ExchangeRate.input('from', 'to', 'date', 'rate', 'source').meta({ id: 'NewExchangeRate' });
export const ExchangeRateChanges = ExchangeRate.patch('rate', 'source').meta({ id: 'ExchangeRateChanges' });

/** 1.5 for 1.5000000000. */
export const shortest = (rate: string): string => formatFixed(fixed(rate, PLACES), PLACES);

/** @throws request.invalid for a rate of nothing, or between a currency and itself */
export function checkRate({ from, to, rate }: { from?: string; to?: string; rate?: string }): void {
  const refuse = (field: string, message: string) =>
    invalid(`${field} ${message}`, { details: [{ pointer: `/${field}`, code: 'invalid', message }] });
  if (from !== undefined && from === to) throw refuse('to', 'must be another currency than from');
  if (rate !== undefined && ratio(rate).numerator <= 0n) throw refuse('rate', 'must be more than 0');
}
