import fc from 'fast-check';
import { LONGEST_RECORD } from './csv-text.ts';
import { type CsvOptions, parseCsv, type Row } from './parse-csv.ts';

/** The bytes in chunks of a size that cuts characters, quotes and line ends apart. */
async function* chunked(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(file: string | Uint8Array, size = 7, options: CsvOptions = {}) {
  const parsed = await parseCsv(chunked(typeof file === 'string' ? Buffer.from(file) : file, size), options);
  const rows: Row[] = [];
  for await (const row of parsed.rows) rows.push('cells' in row ? { line: row.line, cells: { ...row.cells } } : row);
  return { headers: parsed.headers, delimiter: parsed.delimiter, encoding: parsed.encoding, rows };
}

const cellsOf = (rows: Row[]) => rows.map((row) => ('cells' in row ? Object.values(row.cells).join('|') : `${row.line}: ${row.problem}`));

describe('a row', () => {
  it('is known by its line and its headers', async () => {
    const { headers, rows } = await read('Name, E-mail \nAda,ada@example.com\n\nBob,"bob\n@example.com"\nEve,\n');
    expect(headers).toEqual(['Name', 'E-mail']);
    expect(rows).toEqual([
      { line: 2, cells: { Name: 'Ada', 'E-mail': 'ada@example.com' } },
      { line: 4, cells: { Name: 'Bob', 'E-mail': 'bob\n@example.com' } },
      { line: 6, cells: { Name: 'Eve', 'E-mail': '' } },
    ]);
  });

  it.each([
    ['LF', '\n'],
    ['CR LF', '\r\n'],
    ['CR', '\r'],
  ])('ends with %s, the last one also without', async (_, end) => {
    for (const size of [1, 2, 3, 1000]) {
      const { rows } = await read(['a,b', '1,"x"', '"2","y ""z"""', '3,'].join(end), size);
      expect(cellsOf(rows)).toEqual(['1|x', '2|y "z"', '3|']);
      expect(rows.map(({ line }) => line)).toEqual([2, 3, 4]);
    }
  });

  it('keeps quotes that quote nothing', async () => {
    expect(cellsOf((await read('a,b\n5" disk,x"y"z\n')).rows)).toEqual(['5" disk|x"y"z']);
  });

  it('loses the apostrophe that an export has put before a formula', async () => {
    expect(cellsOf((await read("a,b\n'+442079460958,'tis\n'=1,''=1\n")).rows)).toEqual(["+442079460958|'tis", "=1|''=1"]);
  });

  it('is left out when it is blank', async () => {
    expect(cellsOf((await read('a,b\n,\n  \n" ",""\n1,2\n')).rows)).toEqual(['1|2']);
    expect(cellsOf((await read('a\n""\n1\n')).rows)).toEqual(['1']);
  });

  it('has as many cells as there are columns; blank ones behind the last do not count', async () => {
    const { rows } = await read('a,b\n1\n1,2,\n1,2,3\n1,2\n');
    expect(cellsOf(rows)).toEqual(['2: too_few_cells', '1|2', '4: too_many_cells', '1|2']);
  });

  it('may be followed by another after a quote that is never closed', async () => {
    const { rows } = await read('a,b\n1,"x\n2,y\n\n3,"z\n3"\n4,"q"r\n5,"end');
    expect(cellsOf(rows)).toEqual(['2: quote', '2|y', '3|z\n3', '7: quote', '8: quote']);
  });

  it('may be too long, and is not kept in memory then', async () => {
    const long = 'x'.repeat(LONGEST_RECORD + 1);
    const open = `9,"${'line\n'.repeat(LONGEST_RECORD / 4)}`;
    const { rows } = await read(`a,b\n1,2\n${long}\n3,4\n${open}`, 65_536);
    expect(cellsOf(rows).slice(0, 4)).toEqual(['1|2', '3: too_long', '3|4', '5: quote']);
    expect(rows.slice(4).every((row) => 'problem' in row && row.problem === 'too_few_cells')).toBe(true);
    expect(cellsOf((await read(`a\n1\n${long}`, 65_536)).rows)).toEqual(['1', '3: too_long']);
  });
});

describe('headers', () => {
  it('are each there once', async () => {
    const { headers, rows } = await read('Email,,Email, Email (2),__proto__\n1,2,3,4,5\n');
    expect(headers).toEqual(['Email', 'Column 2', 'Email (2)', 'Email (2) (2)', '__proto__']);
    expect(cellsOf(rows)).toEqual(['1|2|3|4|5']);
  });

  it('without a name at the end ask for no cells', async () => {
    expect(cellsOf((await read('a,b,,\n1,2\n1,2,3\n')).rows)).toEqual(['1|2||', '1|2|3|']);
  });

  it('that cannot be read make everything unreadable', async () => {
    const { headers, rows } = await read('a,"b"c\n1,2\n');
    expect({ headers, rows }).toEqual({ headers: [], rows: [{ line: 1, problem: 'quote' }] });
  });

  it('are all there is, or not even they', async () => {
    expect(await read('a,b')).toMatchObject({ headers: ['a', 'b'], rows: [] });
    for (const empty of ['', '\n\n', '\ufeff']) expect(await read(empty)).toMatchObject({ headers: [], rows: [] });
  });
});

describe('the delimiter', () => {
  it.each([
    ['a,b,c\n1,2,3', ','],
    ['a;b;c\n1;2,5;3', ';'],
    ['a\tb\n1,5\t2,5', '\t'],
    ['Name;Betrag, netto;Datum\nAda;1;2', ';'],
    ['"a;b",c\n1,2', ','],
    ['a\n1;2', ','],
    ['sep=;\na,b;c\n1;2', ';'],
    ['sep=|\na|b\n1|2', '|'],
  ])('of %p is %p', async (text, delimiter) => {
    expect((await read(text)).delimiter).toBe(delimiter);
  });

  it('may be given, and a sep= line is none of the rows', async () => {
    expect(cellsOf((await read('a|b\n1|2', 7, { delimiter: '|' })).rows)).toEqual(['1|2']);
    expect((await read('sep=;\na;b\n1;2')).rows).toEqual([{ line: 3, cells: { a: '1', b: '2' } }]);
  });
});

describe('the encoding', () => {
  const text = 'name,price\nMüller,1 €\nŠkoda,2 €\n';
  // As windows-1252 writes it.
  const western = Buffer.from('name,price\nM\xfcller,1 \x80\n\x8akoda,2 \x80\n', 'latin1');

  it.each([
    ['UTF-8', Buffer.from(text), 'utf-8'],
    ['UTF-8 with its mark', Buffer.from(`\ufeff${text}`), 'utf-8'],
    ['UTF-16', Buffer.from(`\ufeff${text}`, 'utf16le'), 'utf-16le'],
    ['UTF-16, big end first', Buffer.from(`\ufeff${text}`, 'utf16le').swap16(), 'utf-16be'],
    ['windows-1252', western, 'windows-1252'],
  ])('%s is found out, wherever the chunks end', async (_, bytes, encoding) => {
    for (let size = 1; size <= bytes.length; size++) {
      const file = await read(bytes, size);
      expect(file.headers).toEqual(['name', 'price']);
      expect(cellsOf(file.rows)).toEqual(['Müller|1 €', 'Škoda|2 €']);
      expect(file.encoding).toBe(encoding);
    }
  });

  it('may show late', async () => {
    const rows = 'Ada,1\n'.repeat(40_000);
    const file = await read(Buffer.concat([Buffer.from(`name,price\n${rows}`), Buffer.from('M\xfcller,1\n', 'latin1')]), 65_536);
    expect(cellsOf(file.rows).at(-1)).toBe('Müller|1');
    expect(file.rows).toHaveLength(40_001);
    expect(file.encoding).toBe('windows-1252');
  });

  it('is a problem of the rows that break it', async () => {
    const mixed = Buffer.concat([Buffer.from('name\nMüller\n'), Buffer.from('M\xfcller\n', 'latin1'), Buffer.from('Ada\nE\0ve\n')]);
    for (let size = 1; size <= mixed.length; size++) {
      expect(cellsOf((await read(mixed, size)).rows)).toEqual(['Müller', '3: encoding', 'Ada', '5: encoding']);
    }
  });

  it('may be given', async () => {
    expect(cellsOf((await read(Buffer.from('a\nÃ¼\n', 'latin1'), 7, { encoding: 'windows-1252' })).rows)).toEqual(['Ã¼']);
  });
});

it('closes its source when the reader stops', async () => {
  let closed = false;
  async function* source() {
    try {
      yield Buffer.from('a\n');
      for (;;) yield Buffer.from('1\n'.repeat(100));
    } finally {
      closed = true;
    }
  }
  for await (const row of (await parseCsv(source())).rows) if (row.line > 500) break;
  expect(closed).toBe(true);
});

it('passes an error of its source on', async () => {
  async function* source() {
    yield Buffer.from('a\n'.repeat(100));
    throw new Error('connection lost');
  }
  const { rows } = await parseCsv(source());
  const reading = async () => {
    for await (const row of rows) expect(row).toHaveProperty('cells');
  };
  await expect(reading()).rejects.toThrow('connection lost');
});

it('reads every table that is written as RFC 4180 says, whatever the chunks', async () => {
  const cell = fc.string({ unit: fc.constantFrom('a', 'é', '"', ',', ';', '\n', ' ', '1', '😀') });
  const table = fc
    .integer({ min: 2, max: 4 })
    .chain((width) => fc.array(fc.array(cell, { minLength: width, maxLength: width }), { minLength: 1 }));
  const quoted = (value: string) => `"${value.replaceAll('"', '""')}"`;
  await fc.assert(
    fc.asyncProperty(table, fc.integer({ min: 1, max: 50 }), fc.boolean(), async (rows, size, windows) => {
      const header = rows[0].map((_, index) => `h${index}`);
      const lines = [header, ...rows].map((values) => values.map(quoted).join(','));
      const { rows: found } = await read(lines.join(windows ? '\r\n' : '\n'), size, { delimiter: ',' });
      const expected = rows.filter((values) => values.some((value) => value.trim() !== ''));
      expect(found.map((row) => ('cells' in row ? Object.values(row.cells) : row))).toEqual(expected);
    }),
  );
});

it('says something about any bytes, at rising lines', async () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r'), maxLength: 100 }).map((text) => new TextEncoder().encode(text)),
  );
  await fc.assert(
    fc.asyncProperty(bytes, fc.integer({ min: 1, max: 50 }), async (file, size) => {
      const lines = (await read(file, size)).rows.map(({ line }) => line);
      expect(lines).toEqual([...new Set(lines)].sort((a, b) => a - b));
    }),
    { numRuns: 500 },
  );
});
