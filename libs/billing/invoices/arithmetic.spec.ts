import { CURRENCIES, digitsOf, fixed, formatAmount, parseAmount } from '#kernel';
import fc from 'fast-check';
import { type Bill, type Extra, type Figures, type Sold, taxOf, type TaxCategory, workOut } from './arithmetic.ts';

const e4 = (text: string) => parseAmount(text)!;
const tax = (percent: string, category?: TaxCategory) => taxOf(category ?? (percent === '0' ? 'Z' : 'S'), percent);
const line = (quantity: string, unitPrice: string, percent: string, more: Partial<Sold> = {}): Sold => ({
  quantity,
  unitPrice,
  tax: tax(percent),
  ...more,
});
const extra = (amount: string, percent?: string): Extra => ({ amount: e4(amount), tax: percent === undefined ? null : tax(percent) });
const bill = (lines: Sold[], more: Partial<Bill> = {}): Bill => ({ currency: 'EUR', pricesIncludeTax: false, lines, ...more });
const shown = ({ totals }: Figures, currency = 'EUR') =>
  Object.fromEntries(Object.entries(totals).map(([name, amount]) => [name, formatAmount(amount, currency)]));
const taxes = ({ taxes: rows }: Figures, currency = 'EUR') =>
  rows.map(({ percent, taxable, tax: amount }) => [percent, formatAmount(taxable, currency), formatAmount(amount, currency)]);
const nets = ({ lines }: Figures, currency = 'EUR') => lines.map(({ net }) => formatAmount(net, currency));

describe('tax once per category and percent, on summed nets', () => {
  it('three lines of 99.99 at 25 %', () => {
    const figures = workOut(bill([line('1', '99.99', '25'), line('1', '99.99', '25'), line('1', '99.99', '25')]));
    expect(shown(figures)).toMatchObject({ net: '299.97', tax: '74.99', gross: '374.96', payable: '374.96', rounding: '0.00' });
    expect(taxes(figures)).toEqual([['25', '299.97', '74.99']]);
  });

  it('26,935.78 × 0.25 at 19 %', () => {
    const figures = workOut(bill([line('26935.78', '0.25', '19')]));
    expect(nets(figures)).toEqual(['6733.95']);
    expect(shown(figures)).toMatchObject({ tax: '1279.45', payable: '8013.40' });
  });

  it('charge and allowance, two rates', () => {
    const lines = [line('1', '4000', '25'), line('1', '2000', '15'), line('1', '900', '25')];
    const figures = workOut(bill(lines, { charges: [extra('200', '25')], allowances: [extra('100', '25')] }));
    expect(taxes(figures)).toEqual([
      ['25', '5000.00', '1250.00'],
      ['15', '2000.00', '300.00'],
    ]);
    expect(shown(figures)).toMatchObject({ lines: '6900.00', charges: '200.00', allowances: '100.00', net: '7000.00', payable: '8550.00' });
  });

  it('prepaid, and an exempt line', () => {
    const lines = [line('1', '4000', '25'), line('1', '1000', '0', { tax: tax('0', 'E') }), line('1', '900', '25')];
    const more = { charges: [extra('200', '25')], allowances: [extra('200', '25')], prepaid: e4('1000') };
    const figures = workOut(bill(lines, more));
    expect(taxes(figures)).toEqual([
      ['25', '4900.00', '1225.00'],
      ['0', '1000.00', '0.00'],
    ]);
    expect(shown(figures)).toMatchObject({ net: '5900.00', tax: '1225.00', gross: '7125.00', prepaid: '1000.00', payable: '6125.00' });
  });

  it.each([
    ['-6491.34', '25', '-1622.84'],
    ['2141.05', '14', '299.75'],
    ['2141.19', '2.1', '44.96'],
    ['10.10', '5', '0.51'],
  ])('%s at %s %% is %s', (net, percent, amount) => {
    const negative = net.startsWith('-');
    expect(shown(workOut(bill([line(negative ? '-1' : '1', net.replace('-', ''), percent)]))).tax).toBe(amount);
  });

  it('a percentage discount is rounded by itself', () => {
    const figures = workOut(bill([line('20', '12.36', '21', { discountPercent: '12.5' })]));
    expect(figures.lines[0]).toMatchObject({ amount: e4('247.20'), discount: e4('30.90'), net: e4('216.30') });
    expect(shown(figures)).toMatchObject({ tax: '45.42', payable: '261.72' });
  });

  it('small amounts and a zero rate', () => {
    const figures = workOut(bill([line('1', '90.30', '0'), line('0.45', '2.54', '6'), line('0.28', '6.87', '6')]));
    expect(nets(figures)).toEqual(['90.30', '1.14', '1.92']);
    expect(shown(figures)).toMatchObject({ tax: '0.18', payable: '93.54' });
  });

  it('currencies without digits, and with three', () => {
    expect(shown(workOut(bill([line('1', '1005', '10')], { currency: 'JPY' })), 'JPY')).toMatchObject({ tax: '101', payable: '1106' });
    expect(shown(workOut(bill([line('1', '1.001', '5')], { currency: 'KWD' })), 'KWD')).toMatchObject({ tax: '0.050', payable: '1.051' });
  });
});

describe('prices that include tax', () => {
  const including = (lines: Sold[]) => workOut(bill(lines, { pricesIncludeTax: true }));

  it.each([
    ['100.00', '20', '83.33', '16.67', '0.00', '16.67', '0.00'],
    ['79.20', '19', '66.55', '12.65', '0.00', '12.64', '0.01'],
    ['9.99', '20', '8.33', '1.67', '-0.01', '1.67', '-0.01'],
  ])('%s at %s %%', (price, percent, net, amount, rounding, einvoiceTax, einvoiceRounding) => {
    expect(shown(including([line('1', price, percent)]))).toMatchObject({
      net,
      tax: amount,
      rounding,
      payable: price,
      einvoiceTax,
      einvoiceRounding,
    });
  });

  it('340.00 and 13.90 at 19 %: both figures are kept', () => {
    expect(shown(including([line('1', '340.00', '19'), line('1', '13.90', '19')]))).toMatchObject({
      net: '297.39',
      tax: '56.51',
      rounding: '0.00',
      payable: '353.90',
      einvoiceTax: '56.50',
      einvoiceRounding: '0.01',
    });
  });
});

describe('discounts', () => {
  const spread = (lines: Sold[], amount: string) =>
    workOut(bill(lines, { allowances: [extra(amount)] })).allowances[0]!.map(({ total }) => formatAmount(total, 'EUR'));

  it('on the whole are shared by largest remainder', () => {
    expect(spread([line('1', '30', '1'), line('1', '30', '2'), line('1', '30', '3')], '10.00')).toEqual(['3.34', '3.33', '3.33']);
    expect(spread([line('1', '50', '1'), line('1', '30', '2'), line('1', '20', '3')], '0.05')).toEqual(['0.03', '0.01', '0.01']);
  });

  it('are never more than the line', () => {
    expect(() => workOut(bill([line('1', '5', '0', { discountAmount: e4('5.01') })]))).toThrow('more than the line');
    expect(() => workOut(bill([line('-1', '5', '0', { discountAmount: e4('1') })]))).toThrow('more than the line');
    expect(() => workOut(bill([line('1', '0', '0')], { allowances: [extra('1')] }))).toThrow('needs a line');
  });

  it('what cannot be kept is refused', () => {
    expect(() => workOut(bill([line('999999999999', '999999999999', '19')]))).toThrow('larger than can be kept');
  });
});

describe('for any invoice', () => {
  const percent = fc.integer({ min: 0, max: 300_000 }).map((count) => tax(String(count / 10_000)));
  const decimal = (max: number) => fc.bigInt({ min: 0n, max: BigInt(max) * 1_000_000n });
  const text = (count: bigint) => `${count / 1_000_000n}.${String(count % 1_000_000n).padStart(6, '0')}`;
  const sold = fc.record({
    quantity: fc.tuple(decimal(500), fc.boolean()).map(([count, minus]) => (minus ? '-' : '') + text(count)),
    unitPrice: decimal(20_000).map(text),
    discountPercent: fc.option(fc.integer({ min: 0, max: 100 }).map(String)),
    tax: fc.oneof(fc.constantFrom(tax('19'), tax('7'), tax('0')), percent),
  });
  const currency = fc.constantFrom(...Object.keys(CURRENCIES));
  const bills = fc
    .record({
      currency,
      pricesIncludeTax: fc.boolean(),
      lines: fc.array(sold, { minLength: 1, maxLength: 12 }),
      extras: fc.array(fc.record({ cents: fc.nat(5_000), tax: fc.constantFrom(tax('19'), tax('7')), charge: fc.boolean() }), {
        maxLength: 3,
      }),
    })
    .map(({ extras, ...rest }): Bill => {
      const unit = 10n ** BigInt(4 - digitsOf(rest.currency));
      const of = (charge: boolean) =>
        extras.filter((one) => one.charge === charge).map((one) => ({ amount: BigInt(one.cents) * unit, tax: one.tax }));
      return { ...rest, allowances: of(false), charges: of(true) };
    });
  const add = (all: readonly bigint[]) => all.reduce((a, b) => a + b, 0n);

  it('totals are the sums of what is shown, in the digits of the currency', () => {
    fc.assert(
      fc.property(bills, (given) => {
        const { lines, allowances, charges, taxes: rows, totals } = workOut(given);
        const unit = 10n ** BigInt(4 - digitsOf(given.currency));
        expect(totals.lines).toBe(add(lines.map(({ net }) => net)));
        expect(totals.net).toBe(totals.lines - add(allowances.flat().map(({ net }) => net)) + add(charges.flat().map(({ net }) => net)));
        expect(totals.net).toBe(add(rows.map(({ taxable }) => taxable)));
        expect(totals.tax).toBe(add(rows.map((row) => row.tax)));
        expect(totals.payable).toBe(totals.net + totals.tax + totals.rounding);
        expect(totals.payable).toBe(totals.net + totals.einvoiceTax + totals.einvoiceRounding);
        expect(Object.values(totals).every((amount) => amount % unit === 0n)).toBe(true);
        expect(new Set(rows.map((row) => `${row.category} ${row.percent}`)).size).toBe(rows.length);
      }),
    );
  });

  it('included prices survive; without them nothing is rounded at the end', () => {
    fc.assert(
      fc.property(bills, (given) => {
        const { lines, allowances, charges, totals } = workOut(given);
        const priced =
          add(lines.map(({ total }) => total)) -
          add(allowances.flat().map(({ total }) => total)) +
          add(charges.flat().map(({ total }) => total));
        if (given.pricesIncludeTax) expect(totals.payable).toBe(priced);
        else expect(totals.rounding).toBe(0n);
      }),
    );
  });

  it('tax is within half a unit of the exact one, per row', () => {
    fc.assert(
      fc.property(bills, (given) => {
        const unit = 10n ** BigInt(4 - digitsOf(given.currency));
        for (const row of workOut({ ...given, pricesIncludeTax: false }).taxes) {
          const off = row.tax * 1_000_000n - row.taxable * fixed(row.percent, 4);
          expect(2n * (off < 0n ? -off : off) <= unit * 1_000_000n).toBe(true);
        }
      }),
    );
  });

  it('the negative of an invoice is the negative of its figures', () => {
    fc.assert(
      fc.property(bills, ({ allowances: _, charges: __, ...given }) => {
        const minus = (quantity: string) => (quantity.startsWith('-') ? quantity.slice(1) : `-${quantity}`);
        const mirrored = { ...given, lines: given.lines.map((one) => ({ ...one, quantity: minus(one.quantity) })) };
        const [a, b] = [workOut(given).totals, workOut(mirrored).totals];
        expect([b.net, b.tax, b.payable]).toEqual([-a.net, -a.tax, -a.payable]);
      }),
    );
  });
});
