import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { buffer, text } from 'node:stream/consumers';
import { cellText, csvStream } from './csv.ts';

async function* each<T>(rows: T[]): AsyncGenerator<T> {
  yield* rows;
}
const write = (columns: string[], rows: Record<string, unknown>[]) => text(csvStream(columns, each(rows)));

it('is RFC 4180: a header, CR LF, quotes where they are needed', async () => {
  const rows = [
    { name: 'Ada', note: 'says "hi", twice' },
    { name: 'Bob\nSon', note: null, other: 1 },
    { name: 'Čapek', note: undefined },
  ];
  expect(await write(['name', 'note'], rows)).toBe('name,note\r\nAda,"says ""hi"", twice"\r\n"Bob\nSon",\r\nČapek,\r\n');
});

it('has a header also without rows, and a mark on request', async () => {
  expect(await write(['a', 'b'], [])).toBe('a,b\r\n');
  const marked = await buffer(csvStream(['a'], each([{ a: 1 }]), { bom: true }));
  expect(marked.toString()).toBe('\ufeffa\r\n1\r\n');
});

it.each([
  [null, ''],
  [undefined, ''],
  ['', ''],
  ['text', 'text'],
  [-5, '-5'],
  [12n, '12'],
  [true, 'true'],
  ['-12.50', '-12.50'],
  [new Date('2026-03-01T12:00:00Z'), '2026-03-01T12:00:00.000Z'],
  [['vip', 'press'], 'vip; press'],
  [[], ''],
  [{ city: 'Köln' }, '{"city":"Köln"}'],
  [[{ a: 1 }], '[{"a":1}]'],
])('%p is written as %p', (value, cell) => {
  expect(cellText(value)).toBe(cell);
});

it.each(['=1+1', '+442079460958', '-1+1', '-', '-5 units', '@sum(a1)', '\tx', '\rx', '-1e5'])('%j is neutralised', (value) => {
  expect(cellText(value)).toBe(`'${value}`);
});

it.each([
  ['Ada;=1+1', "Ada;'=1+1"],
  ['Ada;"=1+1"', `Ada;'"=1+1"`],
  ['a;b; =1', 'a;b; =1'],
  ['a;-5;-', "a;-5;'-"],
])('%j is neutralised behind the semicolon, where a spreadsheet may part cells', (value, cell) => {
  expect(cellText(value)).toBe(cell);
});

it('neutralises headers and lists as well', async () => {
  expect(await write(['=a'], [{ '=a': ['=1', '=2'] }])).toBe("'=a\r\n'=1; =2\r\n");
});

it('never lets a cell begin a formula, and loses nothing', async () => {
  const value = fc.oneof(
    fc.string({ unit: fc.constantFrom('=', '+', '-', '@', '\t', '\r', '\n', '"', ',', ';', "'", 'a', '1', ' ', 'é') }),
    fc.integer(),
    fc.constant(null),
  );
  const row = fc.record({ a: value, b: value });
  await fc.assert(
    fc.asyncProperty(fc.array(row, { maxLength: 10 }), async (rows) => {
      const [header, ...read] = parse(await write(['a', 'b'], rows), { record_delimiter: '\r\n' });
      expect(header).toEqual(['a', 'b']);
      expect(read).toEqual(rows.map(({ a, b }) => [cellText(a), cellText(b)]));
      for (const cell of read.flat().flatMap((text) => text.split(';'))) expect(cell).not.toMatch(/^([=+@\t\r]|-(?!\d+(\.\d+)?$))/);
    }),
  );
});

it('keeps empty cells of a single column', async () => {
  const read = parse(await write(['a'], [{ a: '' }, { a: 'x' }, { a: null }]), { record_delimiter: '\r\n', skip_empty_lines: true });
  expect(read).toEqual([['a'], [''], ['x'], ['']]);
});

it('writes many rows while they come', async () => {
  let made = 0;
  async function* many() {
    for (; made < 100_000; made++) yield { n: made };
  }
  const stream = csvStream(['n'], many());
  for await (const chunk of stream) {
    expect(String(chunk)).toMatch(/^n\r\n/);
    break;
  }
  expect(made).toBeLessThan(20_000);
  expect(stream.destroyed).toBe(true);
});

it('passes an error of the rows on', async () => {
  async function* broken() {
    yield { a: 1 };
    throw new Error('connection lost');
  }
  await expect(text(csvStream(['a'], broken()))).rejects.toThrow('connection lost');
});
