import { addDays, CURRENCIES, digitsOf, formatAmount, parseAmount } from '#kernel';
import fc from 'fast-check';
import { billingInstant, daysIn, indexOn, INTERVALS, periodAt, prorated, type Rhythm, splitByDays } from './periods.ts';

const starts = (rhythm: Rhythm, from: number, count: number) => Array.from({ length: count }, (_, i) => periodAt(rhythm, from + i).start);
const monthly = (start: string, more: Partial<Rhythm> = {}): Rhythm => ({ start, interval: 'month', count: 1, ...more });

it.each<[string, Rhythm, number, string[]]>([
  ['31 January', monthly('2026-01-31'), 0, ['2026-01-31', '2026-02-28', '2026-03-31', '2026-04-30', '2026-05-31', '2026-06-30']],
  ['31 January of a leap year', monthly('2028-01-31'), 0, ['2028-01-31', '2028-02-29', '2028-03-31', '2028-04-30']],
  ['30 January', monthly('2026-01-30'), 0, ['2026-01-30', '2026-02-28', '2026-03-30', '2026-04-30']],
  [
    '29 February, yearly',
    { start: '2024-02-29', interval: 'year', count: 1 },
    1,
    ['2025-02-28', '2026-02-28', '2027-02-28', '2028-02-29', '2029-02-28'],
  ],
  ['30 November, quarterly', monthly('2025-11-30', { count: 3 }), 1, ['2026-02-28', '2026-05-30', '2026-08-30', '2026-11-30']],
  ['the 31st from 30 April', monthly('2012-04-30', { anchorDay: 31 }), 0, ['2012-04-30', '2012-05-31']],
  ['the 30th from 16 February: a stub first', monthly('2012-02-16', { anchorDay: 30 }), 0, ['2012-02-16', '2012-02-29', '2012-03-30']],
  ['the 5th from 20 March: a stub first', monthly('2026-03-20', { anchorDay: 5 }), 0, ['2026-03-20', '2026-04-05', '2026-05-05']],
  ['the 31st from 31 January', monthly('2017-01-31', { anchorDay: 31 }), 0, ['2017-01-31', '2017-02-28', '2017-03-31', '2017-04-30']],
  [
    'every April from 10 March',
    { start: '2026-03-10', interval: 'year', count: 1, anchorDay: 1, anchorMonth: 4 },
    0,
    ['2026-03-10', '2026-04-01', '2027-04-01'],
  ],
  ['every two weeks', { start: '2026-01-01', interval: 'week', count: 2 }, 0, ['2026-01-01', '2026-01-15', '2026-01-29']],
  ['every ten days', { start: '2026-02-25', interval: 'day', count: 10 }, 0, ['2026-02-25', '2026-03-07']],
])('%s', (_, rhythm, from, expected) => {
  expect(starts(rhythm, from, expected.length)).toEqual(expected);
});

it('a period ends where the next begins, and a day lies in exactly one', () => {
  const rhythms = fc.record({
    start: fc.integer({ min: 0, max: 4000 }).map((n) => addDays('2020-01-01', n)),
    interval: fc.constantFrom(...INTERVALS),
    count: fc.integer({ min: 1, max: 12 }),
    anchorDay: fc.option(fc.integer({ min: 1, max: 31 }), { nil: undefined }),
  });
  fc.assert(
    fc.property(rhythms, fc.nat(60), (rhythm, index) => {
      const [period, next] = [periodAt(rhythm, index), periodAt(rhythm, index + 1)];
      expect(period.end).toBe(next.start);
      expect(daysIn(period)).toBeGreaterThan(0);
      expect([indexOn(rhythm, period.start), indexOn(rhythm, addDays(period.end, -1))]).toEqual([index, index]);
    }),
  );
  expect(indexOn(monthly('2026-01-31'), '2026-01-30')).toBe(-1);
});

it('a billing day begins at local midnight', () => {
  expect(billingInstant('2026-03-01', 'Pacific/Auckland').toISOString()).toBe('2026-02-28T11:00:00.000Z');
  expect(billingInstant('2026-03-01', 'America/New_York').toISOString()).toBe('2026-03-01T05:00:00.000Z');
});

describe('proration by days of the actual period', () => {
  const february = { start: '2026-02-01', end: '2026-03-01' };
  const march = { start: '2026-03-01', end: '2026-04-01' };
  it.each([
    ['30.00', february, '2026-02-10', '20.36'],
    ['-30.00', february, '2026-02-15', '-15.00'],
    ['50.00', february, '2026-02-15', '25.00'],
    ['-29.99', march, '2026-03-11', '-20.32'],
    ['49.99', march, '2026-03-11', '33.86'],
    ['30.00', february, '2026-01-01', '30.00'],
    ['30.00', february, '2026-03-01', '0.00'],
  ])('%s from %p on %s is %s', (amount, period, from, expected) => {
    expect(formatAmount(prorated(parseAmount(amount)!, period, from, 'EUR'), 'EUR')).toBe(expected);
  });

  it('splits of one period add up', () => {
    expect(splitByDays(parseAmount('10.00')!, [10, 10, 11], 'EUR').map((part) => formatAmount(part, 'EUR'))).toEqual([
      '3.23',
      '3.22',
      '3.55',
    ]);
    const days = fc.array(fc.integer({ min: 1, max: 31 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.keys(CURRENCIES)),
        fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }),
        days,
        (currency, units, parts) => {
          const amount = units * 10n ** BigInt(4 - digitsOf(currency));
          expect(splitByDays(amount, parts, currency).reduce((a, b) => a + b, 0n)).toBe(amount);
        },
      ),
    );
  });
});
