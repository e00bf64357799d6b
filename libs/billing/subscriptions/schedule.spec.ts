import { addDays, CURRENCIES, digitsOf, formatAmount, parseAmount } from '#kernel';
import fc from 'fast-check';
import { daysIn, periodAt, type Rhythm, wholeAt } from './periods.ts';
import {
  caughtUp,
  costOf,
  difference,
  dueOn,
  MOST_MISSED,
  type Pause,
  pieces,
  served,
  type Sold,
  type Terms,
  without,
} from './schedule.ts';

const monthly = (start: string, more: Partial<Rhythm> = {}): Rhythm => ({ start, interval: 'month', count: 1, ...more });
const terms = (rhythm: Rhythm, more: Partial<Terms> = {}): Terms => ({ rhythm, billing: 'advance', pauses: [], cancelAt: null, ...more });
const days = (due: readonly { start: string; on: string }[]) => due.map(({ start, on }) => `${start} on ${on}`);
const spanned = ({ spans }: { spans: readonly { from: string; until: string }[] }) => spans.map(({ from, until }) => `${from}/${until}`);

describe('what is due', () => {
  const fromJanuary = monthly('2026-01-31');
  it('in advance on the first day, in arrears on the day after the last', () => {
    expect(days(dueOn(terms(fromJanuary), 0, '2026-03-31'))).toEqual([
      '2026-01-31 on 2026-01-31',
      '2026-02-28 on 2026-02-28',
      '2026-03-31 on 2026-03-31',
    ]);
    expect(days(dueOn(terms(fromJanuary, { billing: 'arrears' }), 0, '2026-03-31'))).toEqual([
      '2026-01-31 on 2026-02-28',
      '2026-02-28 on 2026-03-31',
    ]);
    expect(dueOn(terms(fromJanuary), 0, '2026-01-30')).toEqual([]);
  });

  it('after an outage from 20 February to 2 May: 28 February, 31 March, 30 April', () => {
    const due = dueOn(terms(fromJanuary), 1, '2026-05-02');
    expect(due.map(({ start }) => start)).toEqual(['2026-02-28', '2026-03-31', '2026-04-30']);
    const starts = (policy: Parameters<typeof caughtUp>[1]) => caughtUp(due, policy).invoices.map((one) => one.map(({ start }) => start));
    expect(starts('each_period')).toEqual([['2026-02-28'], ['2026-03-31'], ['2026-04-30']]);
    expect(starts('single_invoice')).toEqual([['2026-02-28', '2026-03-31', '2026-04-30']]);
    expect(starts('skip')).toEqual([['2026-04-30']]);
    expect(caughtUp(due, 'skip').skipped.map(({ start }) => start)).toEqual(['2026-02-28', '2026-03-31']);
  });

  it('skipped, it is billed for the last period alone: for none of those that others follow', () => {
    const due = dueOn(terms(fromJanuary), 1, '2026-05-02');
    const { invoices, skipped } = caughtUp(due, 'skip', true);
    expect([invoices, skipped]).toEqual([[], due]);
    expect(caughtUp(due.slice(0, 1), 'skip', true).skipped).toEqual(due.slice(0, 1));
    expect(caughtUp(due, 'single_invoice', true)).toEqual(caughtUp(due, 'single_invoice'));
  });

  it('is counted no further than asked', () => {
    expect(dueOn(terms({ start: '2020-01-01', interval: 'day', count: 1 }), 0, '2026-01-01', MOST_MISSED + 1)).toHaveLength(
      MOST_MISSED + 1,
    );
  });

  it('a pause is not billed: nothing without an end, the days around it with one', () => {
    const rhythm = monthly('2026-01-01');
    const open = terms(rhythm, { pauses: [{ from: '2026-02-10', until: null }] });
    expect(dueOn(open, 0, '2026-12-31').map(spanned)).toEqual([['2026-01-01/2026-02-01'], ['2026-02-01/2026-02-10']]);
    const ended = terms(rhythm, { pauses: [{ from: '2026-02-10', until: '2026-04-16' }] });
    const due = dueOn(ended, 0, '2026-05-01');
    expect(days(due)).toEqual([
      '2026-01-01 on 2026-01-01',
      '2026-02-01 on 2026-02-01',
      '2026-03-01 on 2026-03-01',
      '2026-04-01 on 2026-04-16',
      '2026-05-01 on 2026-05-01',
    ]);
    expect(due.map(spanned).slice(1, 4)).toEqual([['2026-02-01/2026-02-10'], [], ['2026-04-16/2026-05-01']]);
    expect(caughtUp(due, 'each_period').paused.map(({ start }) => start)).toEqual(['2026-03-01']);
  });

  it('nothing is due after the end; the last period ends with it', () => {
    const cancelled = terms(monthly('2026-01-01'), { cancelAt: '2026-02-15' });
    expect(dueOn(cancelled, 0, '2026-12-31').map(spanned)).toEqual([['2026-01-01/2026-02-01'], ['2026-02-01/2026-02-15']]);
    expect(days(dueOn({ ...cancelled, billing: 'arrears' }, 1, '2026-12-31'))).toEqual(['2026-02-01 on 2026-02-15']);
  });
});

describe('what days cost', () => {
  const february = { index: 0, start: '2026-02-01', end: '2026-03-01' };
  const cost = (amount: string, from: string, until: string, whole = february) =>
    formatAmount(costOf(parseAmount(amount)!, { from, until }, whole, 'EUR'), 'EUR');

  it.each([
    ['30.00', '2026-02-10', '2026-03-01', '20.36'],
    ['30.00', '2026-02-15', '2026-03-01', '15.00'],
    ['50.00', '2026-02-15', '2026-03-01', '25.00'],
    ['30.00', '2026-02-01', '2026-03-01', '30.00'],
  ])('%s from %s to %s is %s', (amount, from, until, expected) => {
    expect(cost(amount, from, until)).toBe(expected);
  });

  it('10.00 split into 10, 10 and 11 days of January', () => {
    const january = { index: 0, start: '2026-01-01', end: '2026-02-01' };
    const parts = [
      cost('10.00', '2026-01-01', '2026-01-11', january),
      cost('10.00', '2026-01-11', '2026-01-21', january),
      cost('10.00', '2026-01-21', '2026-02-01', january),
    ];
    expect(parts).toEqual(['3.23', '3.22', '3.55']);
  });

  it('a stub at the beginning is a part of the period it was cut from', () => {
    expect(wholeAt(monthly('2026-02-10', { anchorDay: 1 }), 0)).toEqual(february);
    expect(periodAt(monthly('2026-02-10', { anchorDay: 1 }), 0)).toEqual({ index: 0, start: '2026-02-10', end: '2026-03-01' });
    expect(wholeAt(monthly('2026-02-16', { anchorDay: 30 }), 0)).toEqual({ index: 0, start: '2026-01-30', end: '2026-02-28' });
    expect(wholeAt(monthly('2026-01-31'), 1)).toEqual(periodAt(monthly('2026-01-31'), 1));
  });

  it('cut anywhere, the parts add up', () => {
    const currencies = fc.constantFrom(...(Object.keys(CURRENCIES) as (keyof typeof CURRENCIES)[]));
    fc.assert(
      fc.property(
        currencies,
        fc.bigInt({ min: 0n, max: 10n ** 10n }),
        fc.array(fc.integer({ min: 1, max: 364 }), { maxLength: 8 }),
        (currency, units, cuts) => {
          const whole = { index: 0, start: '2026-01-01', end: '2027-01-01' };
          const amount = units * 10n ** BigInt(4 - digitsOf(currency));
          const edges = [0, ...new Set(cuts.sort((a, b) => a - b)), 365].map((n) => addDays(whole.start, n));
          const parts = edges.slice(1).map((until, i) => costOf(amount, { from: edges[i]!, until }, whole, currency));
          expect(parts.reduce((a, b) => a + b, 0n)).toBe(amount);
        },
      ),
    );
  });
});

describe('a change in a period that was billed', () => {
  const rhythm = monthly('2026-02-01');
  const basic: Sold = { id: 'basic', validFrom: '2026-02-01', validUntil: null };
  const said = (piece: { item: Sold; from: string; until: string }) => `${piece.item.id} ${piece.from}/${piece.until}`;

  const whole = wholeAt(rhythm, 0);
  const sold = (items: Sold[], more: Partial<Terms> = {}) => pieces(items, served(periodAt(rhythm, 0), terms(rhythm, more)), whole);

  it('upgrading on 15 February gives the rest of the old back and bills the rest of the new', () => {
    const plus: Sold = { id: 'plus', validFrom: '2026-02-15', validUntil: null };
    const { back, more } = difference(sold([basic]), sold([{ ...basic, validUntil: '2026-02-15' }, plus]), whole);
    expect([back.map(said), more.map(said)]).toEqual([['basic 2026-02-15/2026-03-01'], ['plus 2026-02-15/2026-03-01']]);
  });

  it('pausing gives its days back, resuming bills what is left', () => {
    const paused = (until: string | null) => sold([basic], { pauses: [{ from: '2026-02-10', until }] });
    expect(difference(sold([basic]), paused(null), whole).back.map(said)).toEqual(['basic 2026-02-10/2026-03-01']);
    const { back, more } = difference(paused(null), paused('2026-02-20'), whole);
    expect([back, more.map(said)]).toEqual([[], ['basic 2026-02-20/2026-03-01']]);
  });
});

it('each day of a subscription is billed once or lies in a pause', () => {
  const day = fc.integer({ min: 0, max: 300 });
  const pauses = fc.array(fc.tuple(day, fc.integer({ min: 1, max: 90 })), { maxLength: 3 });
  fc.assert(
    fc.property(
      pauses,
      fc.constantFrom('advance' as const, 'arrears' as const),
      fc.integer({ min: 1, max: 31 }),
      (given, billing, anchorDay) => {
        const start = '2026-01-17';
        const cut = given.map(([from, length]): Pause => ({ from: addDays(start, from), until: addDays(start, from + length) }));
        const one = terms(monthly(start, { anchorDay }), { billing, pauses: cut });
        const due = dueOn(one, 0, addDays(start, 400));
        expect(due.map(({ index }) => index)).toEqual(due.map((_, i) => i));
        const all = due.map(({ start: from, end: until }) => ({ from, until }));
        for (let i = 1; i < all.length; i++) expect(all[i]!.from).toBe(all[i - 1]!.until);
        const length = (spans: readonly { from: string; until: string }[]) =>
          spans.reduce((sum, { from, until }) => sum + daysIn({ start: from, end: until }), 0);
        const paused = cut.map(({ from, until }) => ({ from, until: until! }));
        const expected = length(without(all, paused));
        expect(length(due.flatMap(({ spans }) => spans))).toBe(expected);
        const item: Sold = { id: 'x', validFrom: start, validUntil: null };
        expect(length(due.flatMap((period) => pieces([item], period.spans, wholeAt(one.rhythm, period.index))))).toBe(expected);
        expect(due.every((period) => length(period.spans) <= length(served(period, one)))).toBe(true);
      },
    ),
    { numRuns: 30 },
  );
});
