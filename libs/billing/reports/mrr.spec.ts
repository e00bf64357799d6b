import { addDays, addMonths, digitsOf, divideRounded, endOfMonth } from '#kernel';
import fc from 'fast-check';
import { counting, type Month, monthly, months, MOVEMENTS, type Sold } from './mrr.ts';

const plan: Sold = {
  subscription: 's',
  customer: 'c',
  currency: 'EUR',
  interval: 'month',
  intervalCount: 1,
  quantity: '1',
  unitPrice: '30',
  includedTaxPercent: null,
  begins: '2026-01-15',
  validFrom: '2026-01-15',
  validUntil: null,
  cancelAt: null,
  pauses: [],
};
const unit = (currency: string) => 10n ** BigInt(4 - digitsOf(currency));
const ENDS = ['2025-12-31', '2026-01-31', '2026-02-28', '2026-03-31', '2026-04-30'];
const of = (...sold: Partial<Sold>[]): Month[] =>
  months(
    sold.map((one) => ({ ...plan, ...one })),
    ENDS,
    unit,
  ).get('EUR')!;
const moved = (all: readonly Month[]) => all.map((month) => MOVEMENTS.flatMap((kind) => (month[kind] ? [`${kind} ${month[kind]}`] : [])));

it.each([
  [{}, 300_000n],
  [{ interval: 'year', unitPrice: '120' } as const, 100_000n],
  [{ interval: 'month', intervalCount: 3, quantity: '2', unitPrice: '15' } as const, 100_000n],
  [{ interval: 'week', unitPrice: '12' } as const, 520_000n],
  [{ interval: 'day', unitPrice: '1.2' } as const, 365_000n],
  [{ unitPrice: '119', includedTaxPercent: '19' }, 1_000_000n],
])('%j is worth %d a month', (more, e4) => {
  const { numerator, denominator } = monthly({ ...plan, ...more });
  expect([numerator / denominator, numerator % denominator]).toEqual([e4, 0n]);
});

it('counts neither trials nor pauses nor what is over', () => {
  expect(
    counting({ ...plan, begins: '2026-01-29', cancelAt: '2026-06-01', pauses: [{ from: '2026-03-01', until: '2026-04-01' }] }),
  ).toEqual([
    { from: '2026-01-29', until: '2026-03-01' },
    { from: '2026-04-01', until: '2026-06-01' },
  ]);
  expect(counting({ ...plan, pauses: [{ from: '2026-01-01', until: null }] })).toEqual([]);
});

it('tells new, expansion, contraction, churn and reactivation apart, by customer', () => {
  const grown = of(
    { validUntil: '2026-02-10' },
    { unitPrice: '50', validFrom: '2026-02-10', validUntil: '2026-03-10' },
    { unitPrice: '20', validFrom: '2026-03-10', cancelAt: '2026-04-01' },
  );
  expect(moved(grown)).toEqual([['new 300000'], ['expansion 200000'], ['contraction -300000'], ['churn -200000']]);
  expect(grown.map(({ subscriptions, customers }) => [subscriptions, customers.size])).toEqual([
    [1, 1],
    [1, 1],
    [1, 1],
    [0, 0],
  ]);
  const rested = of({ pauses: [{ from: '2026-02-20', until: '2026-04-01' }] });
  expect(moved(rested)).toEqual([['new 300000'], ['churn -300000'], [], ['reactivation 300000']]);
  const second = of({}, { subscription: 't', begins: '2026-02-01', unitPrice: '5' });
  expect(moved(second)).toEqual([['new 300000'], ['expansion 50000'], [], []]);
});

it('is a reactivation also of what was lost long before the first month', () => {
  const [january] = of({ begins: '2020-01-01', validFrom: '2020-01-01', cancelAt: '2020-03-01' }, { subscription: 't' });
  expect(january).toMatchObject({ opening: 0n, reactivation: 300_000n, new: 0n, closing: 300_000n });
});

const day = fc.integer({ min: 0, max: 500 }).map((n) => addDays('2025-06-01', n));
const sold: fc.Arbitrary<Sold> = fc
  .record({
    subscription: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
    customer: fc.constantFrom('x', 'y', 'z'),
    currency: fc.constantFrom('EUR', 'JPY', 'KWD'),
    interval: fc.constantFrom('day', 'week', 'month', 'year'),
    intervalCount: fc.integer({ min: 1, max: 13 }),
    quantity: fc.integer({ min: 1, max: 9_999_999 }).map((n) => (n / 1000).toFixed(3)),
    unitPrice: fc.integer({ min: 0, max: 99_999_999 }).map((n) => (n / 1_000_000).toFixed(6)),
    includedTaxPercent: fc.constantFrom(null, '0', '19', '7.7'),
    begins: day,
    validFrom: day,
    length: fc.option(fc.integer({ min: 0, max: 200 })),
    cancelAt: fc.option(day),
    pause: fc.option(fc.tuple(day, fc.option(fc.integer({ min: 1, max: 90 })))),
  })
  .map(({ length, pause, ...one }) => ({
    ...one,
    validUntil: length === null ? null : addDays(one.validFrom, length),
    pauses: pause ? [{ from: pause[0], until: pause[1] === null ? null : addDays(pause[0], pause[1]) }] : [],
  }));
const ends = Array.from({ length: 14 }, (_, i) => endOfMonth(addMonths('2025-06-01', i)));

/** The same, worked out anew for one day, by its definition. */
function worthOn(all: readonly Sold[], currency: string, on: string): bigint {
  const runs = all.filter(
    (one) =>
      one.currency === currency &&
      one.begins <= on &&
      one.validFrom <= on &&
      (one.validUntil === null || on < one.validUntil) &&
      (one.cancelAt === null || on < one.cancelAt) &&
      !one.pauses.some(({ from, until }) => from <= on && (until === null || on < until)),
  );
  const shared = runs.reduce((product, one) => product * monthly(one).denominator, 1n);
  const sum = runs.reduce((total, one) => total + (monthly(one).numerator * shared) / monthly(one).denominator, 0n);
  return divideRounded(sum, shared * unit(currency)) * unit(currency);
}

it('movements add up to what the closing moved by, to the smallest unit, and closings are those of their days', () => {
  fc.assert(
    fc.property(fc.array(sold, { maxLength: 12 }), (all) => {
      for (const [currency, found] of months(all, ends, unit))
        found.forEach((month, i) => {
          expect(MOVEMENTS.reduce((sum, kind) => sum + month[kind], month.opening)).toBe(month.closing);
          expect(month.closing).toBe(worthOn(all, currency, ends[i + 1]!));
          expect(month.opening).toBe(worthOn(all, currency, ends[i]!));
          expect(month.new >= 0n && month.expansion >= 0n && month.reactivation >= 0n).toBe(true);
          expect(month.contraction <= 0n && month.churn <= 0n).toBe(true);
        });
    }),
  );
});
