import { choice, choices, currency, day, email, flag, json, moment, money, text, texts, whole } from '#kernel';
import { z } from 'zod';
import { countryCode } from './countries.ts';
import type { Origin } from './mapping.ts';
import { plainNumber, RowReader, type Surroundings } from './read-row.ts';

const fields = {
  title: text({ max: 15 }),
  email: email().optional(),
  amount: money({ min: 0n }),
  currency: currency(),
  employees: whole().optional(),
  kinds: choices(['lead', 'big_customer']),
  tags: texts(),
  category: choice(['best_case', 'commit']),
  active: flag(),
  birthday: day().optional(),
  createdAt: moment(),
  address: json(z.strictObject({ street: z.string().max(20).optional(), city: z.string().optional(), country: z.string().optional() })),
} as unknown as Surroundings['fields'];

const reader = (columns: Record<string, Origin>, more: Partial<Surroundings> = {}) =>
  new RowReader({
    resource: 'deal',
    columns,
    values: {},
    dateFormat: 'M/D/YYYY',
    fields,
    timeZone: 'America/New_York',
    currency: 'EUR',
    ...more,
  });
/** One field out of one cell. */
const one = (field: string, cell: string, more: Partial<Surroundings> = {}) => {
  const read = reader({ [field]: 'c' }, more).read(2, { c: cell });
  return Array.isArray(read) ? read[0] : read.values;
};

describe('a field of a row', () => {
  it.each([
    ['amount', '$1,054.50', { amount: 10_545_000n }],
    ['amount', '1.054,50 €', { amount: 10_545_000n }],
    ['amount', '-1', { column: 'c', reason: 'must not be less than 0' }],
    ['amount', '1.999', { column: 'c', reason: 'has more digits than EUR, which has 2 after the point' }],
    ['amount', '12.500', { column: 'c', reason: 'could mean 12500 or 12.5000: write the one that is meant' }],
    ['amount', '-€ 1.000', { column: 'c', reason: 'could mean -1000 or -1.0000: write the one that is meant' }],
    ['amount', '12.5000', { amount: 125_000n }],
    ['amount', '0.500', { amount: 5_000n }],
    ['amount', '1,012.500', { amount: 10_125_000n }],
    ['amount', 'much', { column: 'c', reason: 'is not an amount' }],
    ['employees', '1,200', { employees: 1200 }],
    ['employees', '1.5', { column: 'c', reason: 'is not a whole number' }],
    ['kind', 'Lead; Big Customer', { kinds: ['lead', 'big_customer'] }],
    ['tags', 'a, b, a', { tags: ['a', 'b'] }],
    ['category', 'Best case', { category: 'best_case' }],
    ['active', 'YES', { active: true }],
    ['active', 'maybe', { column: 'c', reason: 'is neither yes nor no' }],
    ['birthday', '2/29/2016', { birthday: '2016-02-29' }],
    ['birthday', '2/29/2017', { column: 'c', reason: 'is not a date like M/D/YYYY' }],
    ['birthday', '2016-02-29', { birthday: '2016-02-29' }],
    ['created_at', '10/20/2016', { createdAt: new Date('2016-10-20T04:00:00Z') }],
    ['created_at', '2016-10-20T10:00:00+02:00', { createdAt: new Date('2016-10-20T08:00:00Z') }],
    ['birthday', '0999-12-31', { column: 'c', reason: 'lies outside of the years 1000 to 2999' }],
    ['birthday', '1/1/3000', { column: 'c', reason: 'lies outside of the years 1000 to 2999' }],
    ['created_at', '2024-02-30T10:00Z', { column: 'c', reason: 'is not a date like M/D/YYYY' }],
    ['created_at', '2024-02-29T10:00Z', { createdAt: new Date('2024-02-29T10:00Z') }],
    ['created_at', '0999-12-31T00:00:00Z', { column: 'c', reason: 'lies outside of the years 1000 to 2999' }],
    ['created_at', '1/1/2999', { column: 'c', reason: 'lies in the future' }],
    ['currency', 'usd', { currency: 'USD' }],
    ['currency', 'XXL', { column: 'c', reason: 'is not an ISO 4217 currency' }],
    ['email', ' ADA@Example.com ', { email: 'ada@example.com' }],
    ['address.country', 'United States', { address: { country: 'US' } }],
    ['address.country', 'Atlantis', { column: 'c', reason: 'is not a country' }],
    ['address', 'St James’s Square', { address: { street: 'St James’s Square' } }],
    ['custom.office', 'Central', { custom: { office: 'Central' } }],
    ['product', 'GTX', { custom: { product: 'GTX' } }],
    ['title', '', {}],
  ])('%s: %j', (field, cell, expected) => {
    const { name: _, ...found } = { name: '', ...one(field, cell) };
    expect(found).toEqual(expected);
  });

  it('says what is wrong with all of them at once', () => {
    const read = reader({ title: 'Title', amount: 'Sum', created_at: 'When' }).read(7, {
      Title: 'far too long a title',
      Sum: 'x',
      When: 'y',
    });
    expect(Array.isArray(read) && read.map(({ column }) => column)).toEqual(['Title', 'Sum', 'When']);
  });

  it('has the digits of the currency beside it, whichever comes first', () => {
    const columns = { amount: 'Sum', currency: 'In' };
    expect(reader(columns).read(2, { Sum: '10.5', In: 'JPY' })).toEqual([
      { column: 'Sum', reason: 'has more digits than JPY, which has 0 after the point' },
    ]);
    expect(reader(columns).read(2, { Sum: '10.555', In: 'KWD' })).toMatchObject({ values: { amount: 105_550n } });
    expect(reader(columns).read(2, { Sum: '12.500', In: 'KWD' })).toMatchObject({ values: { amount: 125_000n } });
  });

  it('names another record by what can be its name', () => {
    expect(one('company', 'x'.repeat(256))).toEqual({ column: 'c', reason: 'is longer than 255 characters' });
    expect(one('external_id', 'a\0b')).toEqual({ column: 'c', reason: 'cannot be stored' });
  });

  it('is multiplied exactly', () => {
    expect(reader({ amount: { column: 'c', times: '1000000' } }).read(2, { c: '1100.04' })).toMatchObject({
      values: { amount: 11_000_400_000_000n },
    });
  });
});

describe('a row', () => {
  it('takes the first template whose columns are filled, with what is meant by them', () => {
    const made = reader({ title: { template: ['{p} for {a}', '{p}'] } }, { values: { p: { GTXPro: 'GTX Pro' } } });
    expect(made.read(2, { p: 'GTXPro', a: 'X' })).toMatchObject({ values: { title: 'GTX Pro for X' } } as object);
    expect(made.read(3, { p: 'MG', a: ' ' })).toMatchObject({ values: { title: 'MG' } });
    expect(made.read(4, { p: '', a: 'X' })).toMatchObject({ values: {} });
  });

  it('names other records instead of being them, and knows itself again', () => {
    const made = reader({ company: 'a', owner: 'o', external_id: 'i', title: 't' });
    const row = made.read(2, { a: 'Acme', o: 'Ada', i: 'X1', t: 'A' });
    expect(row).toMatchObject({ line: 2, names: { company: 'Acme', owner: 'Ada' }, externalId: 'X1', values: { title: 'A' } });
    const print = (cells: Record<string, string>) => (made.read(9, cells) as { fingerprint: string }).fingerprint;
    expect(print({ a: 'Acme', o: 'Ada', i: 'X1', t: 'A' })).toBe((row as { fingerprint: string }).fingerprint);
    expect(print({ a: 'Acme', o: 'Ada', i: 'X1', t: 'B' })).not.toBe((row as { fingerprint: string }).fingerprint);
  });
});

describe('plainNumber', () => {
  it.each([
    ['1054', '1054'],
    ['1,054', '1054'],
    ['1,054,000.5', '1054000.5'],
    ['1.054.000,5', '1054000.5'],
    ['1 054,5', '1054.5'],
    ["1'054.50", '1054.50'],
    ['USD 12', '12'],
    ['12 kr', null],
    ['£-3', '-3'],
    ['(3.50)', '-3.50'],
    ['1,5', '1.5'],
    ['1e5', null],
    ['', null],
    ['--1', null],
  ])('%j is %j', (text, plain) => {
    expect(plainNumber(text)).toBe(plain);
  });
});

describe('countryCode', () => {
  it.each([
    ['us', 'US'],
    ['United States', 'US'],
    ['usa', 'US'],
    ['UK', 'GB'],
    ['germany', 'DE'],
    ['Cote d’Ivoire', 'CI'],
    ['ZZ', null],
    ['Philipines', null],
  ])('%j is %j', (text, code) => {
    expect(countryCode(text)).toBe(code);
  });
});
