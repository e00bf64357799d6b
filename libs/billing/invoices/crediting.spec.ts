import { formatAmount, parseAmount } from '#kernel';
import fc from 'fast-check';
import { type Bill, taxOf, workOut } from './arithmetic.ts';
import { type Billed, type Credit, credit, type Wanted } from './crediting.ts';

const e4 = (text: string) => parseAmount(text)!;
const S25 = taxOf('S', '25');

/** An invoice, and each credit note taken of it in turn. */
function series(bill: Bill) {
  const figures = workOut(bill);
  let credited: Credit[] = [];
  const billed = (): Billed => ({
    currency: bill.currency,
    pricesIncludeTax: bill.pricesIncludeTax,
    lines: bill.lines.map(({ quantity, tax }, line) => {
      const before = credited.flatMap(({ lines }) => lines).filter((one) => one.line === line);
      const add = (of: (one: (typeof before)[number]) => bigint) => before.reduce((sum, one) => sum + of(one), 0n);
      const taken = {
        quantity: formatAmount(
          add((one) => parseAmount(one.quantity)!),
          'CLF',
        ),
        total: add((one) => one.total),
        net: add((one) => one.net),
      };
      return { quantity, total: figures.lines[line]!.total, net: figures.lines[line]!.net, tax, credited: taken };
    }),
    allowances: figures.allowances.flat(),
    charges: figures.charges.flat(),
    taxes: figures.taxes,
    credited: {
      allowances: credited.flatMap(({ allowances }) => allowances),
      charges: credited.flatMap(({ charges }) => charges),
      taxes: credited.flatMap(({ taxes }) => taxes),
      totals: credited.flatMap(({ lines, allowances, charges }) => [
        ...lines.map(({ line, total }) => ({ tax: bill.lines[line]!.tax, total })),
        ...allowances.map(({ tax, total }) => ({ tax, total: -total })),
        ...charges.map(({ tax, total }) => ({ tax, total })),
      ]),
    },
  });
  const next = (wanted: Wanted[] | null) => {
    const made = credit(billed(), wanted);
    credited = [...credited, made];
    return made;
  };
  return { figures, next, made: () => credited };
}
const shown = ({ totals }: Credit) => [totals.net, totals.tax, totals.payable].map((amount) => formatAmount(amount, 'EUR'));

describe('three credit notes over an invoice of 74.99 tax', () => {
  const first = ['99.99', '25.00', '124.99'];
  const last = ['99.99', '24.99', '124.98'];

  it('one line of three units', () => {
    const { next } = series({ currency: 'EUR', pricesIncludeTax: false, lines: [{ quantity: '3', unitPrice: '99.99', tax: S25 }] });
    expect([1, 2, 3].map(() => shown(next([{ line: 0, quantity: '1' }])))).toEqual([first, first, last]);
    expect(() => next([{ line: 0, quantity: '1' }])).toThrow('More than what is left');
    expect(() => next(null)).toThrow('Nothing is left');
  });

  it('three lines of one', () => {
    const lines = [1, 2, 3].map(() => ({ quantity: '1', unitPrice: '99.99', tax: S25 }));
    const { next } = series({ currency: 'EUR', pricesIncludeTax: false, lines });
    const notes = [0, 1, 2].map((line) => next([{ line, quantity: '1' }]));
    expect(notes.map(shown)).toEqual([first, first, last]);
    // The e-invoice of the last states 25.00 and takes the cent as rounding.
    expect(notes[2]!.totals).toMatchObject({ einvoiceTax: e4('25.00'), einvoiceRounding: e4('-0.01') });
  });
});

it('an amount, a quantity, the rest', () => {
  const { next, figures } = series({ currency: 'EUR', pricesIncludeTax: false, lines: [{ quantity: '3', unitPrice: '10', tax: S25 }] });
  expect(shown(next([{ line: 0, amount: e4('10.00') }]))).toEqual(['10.00', '2.50', '12.50']);
  expect(shown(next([{ line: 0, quantity: '1' }]))).toEqual(['6.67', '1.67', '8.34']);
  expect(() => next([{ line: 0, amount: e4('13.34') }])).toThrow('More than what is left');
  expect(shown(next(null))).toEqual(['13.33', '3.33', '16.66']);
  expect(figures.totals.payable).toBe(e4('37.50'));
});

it('allowances and charges go along in proportion', () => {
  const { next } = series({
    currency: 'EUR',
    pricesIncludeTax: false,
    lines: [{ quantity: '2', unitPrice: '100', tax: S25 }],
    allowances: [{ amount: e4('20'), tax: S25 }],
    charges: [{ amount: e4('5'), tax: S25 }],
  });
  expect(shown(next([{ line: 0, quantity: '1' }]))).toEqual(['92.50', '23.13', '115.63']);
  expect(shown(next([{ line: 0, quantity: '1' }]))).toEqual(['92.50', '23.12', '115.62']);
});

it('whatever is credited in whatever parts adds up to what was billed', () => {
  const S19 = taxOf('S', '19');
  const lines = fc.array(
    fc.record({
      quantity: fc.integer({ min: 1, max: 9 }).map(String),
      unitPrice: fc.integer({ min: 1, max: 99_999 }).map((cents) => formatAmount(BigInt(cents) * 100n, 'EUR')),
      tax: fc.constantFrom(S25, S19, taxOf('Z', '0')),
    }),
    { minLength: 1, maxLength: 4 },
  );
  const cuts = fc.array(fc.record({ line: fc.nat(3), percent: fc.integer({ min: 1, max: 100 }), byAmount: fc.boolean() }), {
    maxLength: 8,
  });
  const extra = fc.option(fc.integer({ min: 1, max: 500 }).map((cents) => ({ amount: BigInt(cents) * 100n, tax: S25 })));
  fc.assert(
    fc.property(lines, cuts, extra, extra, fc.boolean(), (sold, parts, allowance, charge, pricesIncludeTax) => {
      const { figures, next, made } = series({
        currency: 'EUR',
        pricesIncludeTax,
        lines: sold,
        allowances: allowance ? [allowance] : [],
        charges: charge ? [charge] : [],
      });
      fc.pre(figures.totals.payable > 0n);
      for (const { line, percent, byAmount } of parts) {
        if (line >= sold.length) continue;
        const amount = ((figures.lines[line]!.total * BigInt(percent)) / 100n / 100n) * 100n;
        try {
          next([
            byAmount
              ? { line, amount }
              : { line, quantity: formatAmount((parseAmount(sold[line]!.quantity)! * BigInt(percent)) / 100n, 'CLF') },
          ]);
        } catch (error) {
          expect((error as Error).message).toMatch(/left|something off/);
        }
      }
      for (const name of ['net', 'payable'] as const)
        expect(made().reduce((sum, { totals }) => sum + totals[name], 0n)).toBeLessThanOrEqual(figures.totals[name]);
      let names: (keyof Credit['totals'])[] = ['lines', 'allowances', 'charges', 'net', 'tax', 'payable', 'rounding'];
      try {
        next(null);
      } catch (error) {
        expect((error as Error).message).toMatch(/Nothing is left/);
        // Lines and what lowers them may be left, which are nothing together.
        names = ['payable'];
      }
      for (const name of names)
        expect([name, made().reduce((sum, { totals }) => sum + totals[name], 0n)]).toEqual([name, figures.totals[name]]);
    }),
  );
});
