import { stringify } from 'csv-stringify/sync';
import { Readable } from 'node:stream';

/** Rows that are written at once: the library is set up for each batch, not for each row. */
const BATCH = 200;

/**
 * Writes rows as CSV (RFC 4180, UTF-8, CR LF, a header line), in the memory of a few rows. What spreadsheets would take for a formula is
 * neutralised. `bom` puts a byte order mark first, by which Excel knows that it is UTF-8. An error of the rows is one of the stream.
 */
export function csvStream(columns: readonly string[], rows: AsyncIterable<Record<string, unknown>>, { bom = false } = {}): Readable {
  return Readable.from(lines(columns, rows, bom), { objectMode: false });
}

async function* lines(columns: readonly string[], rows: AsyncIterable<Record<string, unknown>>, bom: boolean): AsyncGenerator<string> {
  yield (bom ? '\ufeff' : '') + written([columns.map(cellText)]);
  let batch: string[][] = [];
  for await (const row of rows) {
    batch.push(columns.map((name) => cellText(row[name])));
    if (batch.length < BATCH) continue;
    yield written(batch);
    batch = [];
  }
  if (batch.length > 0) yield written(batch);
}

function written(batch: string[][]): string {
  // In a table of one column an empty cell would be a blank line, which readers skip.
  return stringify(batch, { record_delimiter: '\r\n', quote_record_delimiter: true, quoted_empty: batch[0].length === 1 });
}

/**
 * The text of a cell: nothing for null, lists joined by "; ", instants in UTC, other objects as JSON. Text that begins with `=`, `+`,
 * `-`, `@`, tab or CR gets an apostrophe before it, so that a spreadsheet shows it instead of running it; negative numbers stay numbers. So
 * does what follows a semicolon: where that parts lists, spreadsheets part cells there too.
 */
export function cellText(value: unknown): string {
  const text = plain(value);
  const [first, ...others] = text.split(';') as [string, ...string[]];
  if (!others.length) return tame(text, FORMULA);
  return [tame(first, FORMULA), ...others.map((part) => tame(part, QUOTED_FORMULA))].join(';');
}
const FORMULA = /^[=+\-@\t\r]/;
const QUOTED_FORMULA = /^"*[=+\-@\t\r]/;
const tame = (text: string, formula: RegExp) => (formula.test(text) && !/^-\d+(\.\d+)?$/.test(text) ? `'${text}` : text);

function plain(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return value;
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value) && value.every((item) => item === null || typeof item !== 'object')) return value.map(plain).join('; ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
