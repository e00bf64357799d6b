import fc from 'fast-check';
import {
  allocate,
  convert,
  CURRENCIES,
  type Currency,
  digitsOf,
  divideRounded,
  fitsCurrency,
  fixed,
  formatAmount,
  formatFixed,
  isCurrency,
  MAX_E4,
  Money,
  parseAmount,
  ratio,
} from './money.ts';

const currency = fc.constantFrom(...Object.keys(CURRENCIES).filter(isCurrency));
const amount = fc.bigInt({ min: -MAX_E4, max: MAX_E4 });
const modest = fc.bigInt({ min: -(10n ** 14n), max: 10n ** 14n });
const unitOf = (code: Currency) => 10n ** BigInt(4 - digitsOf(code));

describe('currencies', () => {
  it('have the digits that ISO 4217 gives them', () => {
    expect([digitsOf('USD'), digitsOf('JPY'), digitsOf('KWD'), digitsOf('CLF')]).toEqual([2, 0, 3, 4]);
    expect(Object.values(CURRENCIES).every((digits) => digits >= 0 && digits <= 4)).toBe(true);
  });

  it('are known by their code in capitals only', () => {
    expect(isCurrency('EUR')).toBe(true);
    for (const other of ['eur', 'XXX', 'HRK', '', 'toString', '__proto__', null, 978]) expect(isCurrency(other)).toBe(false);
    expect(() => digitsOf('constructor')).toThrow(RangeError);
  });
});

describe('parseAmount', () => {
  it.each([
    ['1054', 10_540_000n],
    ['1054.00', 10_540_000n],
    ['-0.5', -5_000n],
    ['+12.3456', 123_456n],
    ['-0.0000', 0n],
    ['007', 70_000n],
    ['922337203685477.5807', MAX_E4],
    ['-922337203685477.5807', -MAX_E4],
    [0.1, 1_000n],
    [1.005, 10_050n],
    [-0, 0n],
    [8_800_000_000_000.12, 88_000_000_000_001_200n],
  ])('reads %s', (text, e4) => {
    expect(parseAmount(text)).toBe(e4);
  });

  // prettier-ignore
  it.each([
    '', ' 1', '1 ', '1.', '.5', '1.23456', '1e3', '1,000.00', '0x10', '--1', '1.2.3', '١٢', 'NaN', 'Infinity',
    '922337203685477.5808', '-922337203685477.5808', '1'.repeat(100_000), 0.1 + 0.2, 1e21, 1e-7, NaN, Infinity, 1e15,
  ])('refuses %p', (text) => {
    expect(parseAmount(text)).toBeNull();
  });

  it('reads back what formatAmount writes, whatever the currency', () => {
    fc.assert(fc.property(amount, currency, (e4, code) => parseAmount(formatAmount(e4, code)) === e4));
  });

  it('reads a JSON number as its text', () => {
    fc.assert(
      fc.property(fc.integer({ min: -(10 ** 11), max: 10 ** 11 }), (e4) => {
        const text = formatAmount(BigInt(e4), 'CLF');
        return parseAmount(JSON.parse(text) as number) === BigInt(e4);
      }),
    );
  });
});

describe('formatAmount', () => {
  it.each([
    [10_540_000n, 'USD', '1054.00'],
    [10_540_000n, 'JPY', '1054'],
    [10_010n, 'KWD', '1.001'],
    [12_345n, 'CLF', '1.2345'],
    [-500n, 'EUR', '-0.05'],
    [0n, 'EUR', '0.00'],
    [-MAX_E4, 'CLF', '-922337203685477.5807'],
  ])('writes %s %s as %s', (e4, code, text) => {
    expect(formatAmount(e4, code)).toBe(text);
  });

  it('shows an amount finer than its currency as it is', () => {
    expect(formatAmount(10_005_000n, 'JPY')).toBe('1000.5');
    expect(formatAmount(1n, 'USD')).toBe('0.0001');
  });

  it('has exactly the digits of the currency when the amount fits it', () => {
    fc.assert(
      fc.property(modest, currency, (units, code) => {
        const [, decimals = ''] = formatAmount(units * unitOf(code), code).split('.');
        expect(decimals).toHaveLength(digitsOf(code));
        expect(fitsCurrency(units * unitOf(code), code)).toBe(true);
      }),
    );
  });
});

describe('divideRounded', () => {
  it.each([
    [5n, 2n, 3n],
    [-5n, 2n, -3n],
    [1n, 3n, 0n],
    [-1n, 3n, 0n],
    [2n, 3n, 1n],
    [-649_134n * 25n, 100n, -162_284n],
  ])('%s / %s = %s', (numerator, denominator, result) => {
    expect(divideRounded(numerator, denominator)).toBe(result);
  });

  it('is never off by more than half, and symmetric', () => {
    fc.assert(
      fc.property(amount, fc.bigInt({ min: 1n, max: 10n ** 20n }), (numerator, denominator) => {
        const result = divideRounded(numerator, denominator);
        const off = 2n * (numerator - result * denominator);
        expect(off <= denominator && off >= -denominator).toBe(true);
        expect(divideRounded(-numerator, denominator)).toBe(-result);
      }),
    );
  });

  it('refuses a denominator that is not positive', () => {
    expect(() => divideRounded(1n, 0n)).toThrow(RangeError);
    expect(() => divideRounded(1n, -1n)).toThrow(RangeError);
  });
});

describe('ratio', () => {
  it('is exact', () => {
    expect(ratio('2.50')).toEqual({ numerator: 250n, denominator: 100n });
    expect(ratio('-19', 100)).toEqual({ numerator: -19n, denominator: 100n });
    expect(ratio(3n)).toEqual({ numerator: 3n, denominator: 1n });
  });

  it.each(['', '1/3', '1e2', ' 1', '.5'])('refuses %p', (text) => {
    expect(() => ratio(text)).toThrow(RangeError);
  });

  it('refuses a base that is not positive', () => {
    expect(() => ratio('1', 0)).toThrow(RangeError);
  });
});

describe('Money', () => {
  const usd = (text: string) => Money.of(text, 'USD');

  it('adds, subtracts, negates and compares', () => {
    expect(usd('0.10').plus(usd('0.20')).toString()).toBe('0.30');
    expect(usd('1').minus(usd('1.01')).toString()).toBe('-0.01');
    expect(usd('-3').negate().equals(usd('3'))).toBe(true);
    expect([usd('2'), usd('-1'), usd('1')].sort((a, b) => a.compare(b)).map(String)).toEqual(['-1.00', '1.00', '2.00']);
    expect([usd('0.01').isPositive(), usd('0').isPositive(), usd('-1').isPositive()]).toEqual([true, false, false]);
    expect(Money.zero('USD').isZero()).toBe(true);
  });

  it.each([
    ['299.97', ratio('25', 100), 'EUR', '74.99'],
    ['26935.78', '0.25', 'EUR', '6733.95'],
    ['6733.95', ratio(19, 100), 'EUR', '1279.45'],
    ['-6491.34', ratio('25', 100), 'EUR', '-1622.84'],
    ['1005', ratio(10, 100), 'JPY', '101'],
    ['1.001', ratio(5, 100), 'KWD', '0.050'],
    ['12.36', 20, 'EUR', '247.20'],
    ['247.20', ratio('12.5', 100), 'EUR', '30.90'],
    ['30.00', { numerator: 19n, denominator: 28n }, 'EUR', '20.36'],
  ])('%s × %o %s is %s', (text, factor, code, result) => {
    expect(Money.of(text, code).times(factor).toString()).toBe(result);
  });

  it('refuses to mix currencies', () => {
    expect(() => usd('1').plus(Money.of('1', 'EUR'))).toThrow('USD and EUR do not mix');
    expect(() => usd('1').minus(Money.of('1', 'EUR'))).toThrow(RangeError);
    expect(() => usd('1').compare(Money.of('1', 'EUR'))).toThrow(RangeError);
    expect(usd('1').equals(Money.of('1', 'EUR'))).toBe(false);
  });

  it('refuses what is no amount, no currency, or out of range', () => {
    expect(() => usd('1.')).toThrow('Not an amount');
    expect(() => Money.of('1', 'usd')).toThrow('Unknown currency');
    expect(() => Money.of(MAX_E4, 'USD').plus(usd('0.01'))).toThrow('out of range');
    expect(() => Money.of(MAX_E4, 'USD').times(2)).toThrow('out of range');
  });

  it('cannot be changed', () => {
    expect(Object.isFrozen(usd('1'))).toBe(true);
  });

  it('is a decimal string and a currency in JSON', () => {
    expect(JSON.stringify(Money.of(10_540_000n, 'GBP'))).toBe('{"amount":"1054.00","currency":"GBP"}');
  });

  it('is a group under addition', () => {
    fc.assert(
      fc.property(modest, modest, currency, (a, b, code) => {
        const [one, other] = [Money.of(a, code), Money.of(b, code)];
        expect(one.plus(other).minus(other).equals(one)).toBe(true);
        expect(one.plus(other).equals(other.plus(one))).toBe(true);
        expect(one.plus(one.negate()).isZero()).toBe(true);
      }),
    );
  });
});

describe('allocate', () => {
  const parts = (text: string, code: string, weights: number[]) => allocate(Money.of(text, code), weights).map(String);

  it.each([
    ['10.00', 'EUR', [1, 1, 1], ['3.34', '3.33', '3.33']],
    ['0.05', 'EUR', [50, 30, 20], ['0.03', '0.01', '0.01']],
    ['10.00', 'EUR', [10, 10, 11], ['3.23', '3.22', '3.55']],
    ['-0.05', 'EUR', [50, 30, 20], ['-0.03', '-0.01', '-0.01']],
    ['100', 'JPY', [1, 0, 2], ['33', '0', '67']],
    ['0', 'KWD', [1, 2], ['0.000', '0.000']],
  ])('%s %s by %j', (text, code, weights, expected) => {
    expect(parts(text, code, weights)).toEqual(expected);
  });

  it.each([
    ['10', [0, 0]],
    ['10', []],
    ['10', [2, -1]],
    ['10', [0.5]],
    ['0.001', [1]],
  ])('refuses %s by %j', (text, weights) => {
    expect(() => parts(text, 'EUR', weights)).toThrow(RangeError);
  });

  it('loses and invents nothing, and gives nobody a unit too many', () => {
    const weights = fc
      .array(fc.bigInt({ min: 0n, max: 10n ** 9n }), { minLength: 1, maxLength: 20 })
      .filter((all) => all.some((w) => w > 0n));
    fc.assert(
      fc.property(modest, currency, weights, (units, code, all) => {
        const total = Money.of(units * unitOf(code), code);
        const shared = allocate(total, all);
        const sum = all.reduce((a, b) => a + b, 0n);
        expect(shared.reduce((a, b) => a.plus(b), Money.zero(code)).equals(total)).toBe(true);
        shared.forEach((part, index) => {
          const off = part.e4 * sum - total.e4 * all[index];
          expect(off < unitOf(code) * sum && off > -unitOf(code) * sum).toBe(true);
          expect(fitsCurrency(part.e4, code)).toBe(true);
        });
      }),
    );
  });
});

describe('convert', () => {
  it.each([
    ['100.00', '0.92345', 'EUR', '92.35'],
    ['-0.01', '0.5', 'EUR', '-0.01'],
    ['1', '149.505', 'JPY', '150'],
    ['1', '149.495', 'JPY', '149'],
    ['1000000', '0.000000001', 'KWD', '0.001'],
    ['12.34', '1', 'USD', '12.34'],
  ])('%s by %s gives %s %s', (text, rate, code, result) => {
    expect(formatAmount(convert(parseAmount(text) ?? 0n, rate, code), code)).toBe(result);
  });

  it.each(['0', '-1', 'abc', '1e3', ''])('refuses the rate %p', (rate) => {
    expect(() => convert(1n, rate, 'EUR')).toThrow(RangeError);
  });

  it('answers in the digits of the target', () => {
    fc.assert(
      fc.property(modest, currency, fc.integer({ min: 1, max: 9_000 }), (e4, code, n) =>
        fitsCurrency(convert(e4, `${n}.0625`, code), code),
      ),
    );
  });
});

describe('fixed', () => {
  it.each([
    ['12.36', 6, 12_360_000n, '12.36'],
    ['-0.5', 1, -5n, '-0.5'],
    ['20.000000', 0, 20n, '20'],
    ['0.000001', 6, 1n, '0.000001'],
  ])('%s with %i places', (text, places, count, short) => {
    expect(fixed(text, places)).toBe(count);
    expect(formatFixed(count, places)).toBe(short);
  });

  it.each(['', '1e3', '1.', '.5', '0.1234567', ' 1'])('refuses %p', (text) => {
    expect(() => fixed(text, 6)).toThrow(RangeError);
  });

  it('reads back what it wrote', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n - 10n ** 30n, max: 10n ** 30n - 1n }), fc.nat(12), (count, places) => {
        expect(fixed(formatFixed(count, places), places)).toBe(count);
      }),
    );
  });
});
