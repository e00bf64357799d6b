import { parse } from 'csv-parse/sync';
import { type CsvRecord, Decoder, type Encoding, Lines, Records, sniffDelimiter } from './csv-text.ts';

/** Why a row cannot be read. `encoding`: it holds bytes that are no text in the encoding of the file. */
export type RowProblem = 'too_few_cells' | 'too_many_cells' | 'quote' | 'encoding' | 'too_long';

/** A row, by the number of the line on which it begins (the header is usually on line 1). */
export type Row = { line: number; cells: Record<string, string> } | { line: number; problem: RowProblem };

export interface CsvFile {
  /** Trimmed, each once: an empty one is "Column 3", a second "Email" is "Email (2)". None when the first row cannot be read. */
  readonly headers: string[];
  readonly delimiter: string;
  /** What it is taken for so far: the first character that is not ASCII may come late. */
  readonly encoding: Encoding;
  /** To be read once, to the end or to a `break`, which closes the source; who reads none closes the source himself. */
  readonly rows: AsyncGenerator<Row>;
}

/** What the file does not say by itself; found out when left out. */
export interface CsvOptions {
  delimiter?: string;
  encoding?: Encoding;
}

const SNIFFED_LINES = 50;

/**
 * Reads a CSV file row by row, in the memory of one chunk. Takes what spreadsheets write: UTF-8 with and without mark, UTF-16,
 * windows-1252; comma, semicolon or tab (also by a first line `sep=;`); all line ends. Blank rows are left out, blank cells behind the
 * last column too. An apostrophe that an export has put before a formula is taken away again. A row that cannot be read is a problem in
 * its place, and the next one is read again.
 */
export async function parseCsv(source: AsyncIterable<Uint8Array>, options: CsvOptions = {}): Promise<CsvFile> {
  const decoder = new Decoder(options.encoding);
  const batches = linesOf(source, decoder)[Symbol.asyncIterator]();
  const head: (string | null)[] = [];
  for (let next = await batches.next(); !next.done; next = await batches.next()) {
    head.push(...next.value);
    if (head.length >= SNIFFED_LINES) break;
  }

  const named = /^sep=(.)$/i.exec(head[0] ?? '')?.[1];
  if (named) head[0] = '';
  const sample = head.slice(0, SNIFFED_LINES).filter((line) => line !== null);
  const delimiter = options.delimiter ?? named ?? sniffDelimiter(sample);
  const records = recordsOf(head, batches, delimiter);
  let first = await records.next();
  while (!first.done && first.value.length === 0) first = await records.next();
  const [header, ...begun] = first.done ? [] : first.value;
  const columns = header && 'cells' in header ? columnsOf(header.cells) : { headers: [], least: 0 };
  const unreadable = header && 'problem' in header ? header : null;
  return {
    headers: columns.headers,
    delimiter,
    get encoding() {
      return decoder.found;
    },
    rows: unreadable ? only(unreadable, records) : rowsOf(columns, begun, records),
  };
}

interface Columns {
  headers: string[];
  /** How many cells a row has at least: columns at the end that have no name may be left out. */
  least: number;
}

type Cells = { line: number; cells: string[] } | { line: number; problem: RowProblem };

async function* linesOf(source: AsyncIterable<Uint8Array>, decoder: Decoder): AsyncGenerator<(string | null)[]> {
  const lines = new Lines();
  for await (const chunk of source) yield lines.push(decoder.write(chunk));
  yield [...lines.push(decoder.end()), ...lines.end()];
}

/** Records with their cells, in batches: csv-parse is set up once for each and not for every record. */
async function* recordsOf(head: (string | null)[], rest: AsyncIterator<(string | null)[]>, delimiter: string): AsyncGenerator<Cells[]> {
  const records = new Records(delimiter);
  try {
    yield cellsOf(
      [...head].flatMap((line) => [...records.push(line)]),
      delimiter,
    );
    for (let next = await rest.next(); !next.done; next = await rest.next()) {
      yield cellsOf(
        next.value.flatMap((line) => [...records.push(line)]),
        delimiter,
      );
    }
    yield cellsOf([...records.end()], delimiter);
  } finally {
    await rest.return?.();
  }
}

function cellsOf(records: CsvRecord[], delimiter: string): Cells[] {
  const text = records.flatMap((record) => ('text' in record ? [record.text] : [])).join('\n');
  const parsed = text === '' ? [] : parse(text, { delimiter, record_delimiter: '\n', relax_quotes: true, relax_column_count: true });
  let index = 0;
  const cells = records.map((record) => ('text' in record ? { line: record.line, cells: parsed[index++] } : record));
  if (index !== parsed.length) throw new Error('The records of a CSV file were cut in two ways');
  return cells;
}

/** Without a header nothing that follows has a meaning. */
async function* only(problem: Row, records: AsyncGenerator<Cells[]>): AsyncGenerator<Row> {
  await records.return(undefined);
  yield problem;
}

async function* rowsOf(columns: Columns, begun: Cells[], records: AsyncGenerator<Cells[]>): AsyncGenerator<Row> {
  try {
    for (const record of begun) yield* rowOf(columns, record);
    for await (const batch of records) for (const record of batch) yield* rowOf(columns, record);
  } finally {
    await records.return(undefined);
  }
}

function* rowOf(columns: Columns, record: Cells): Generator<Row> {
  if ('problem' in record) {
    yield record;
    return;
  }
  const { line, cells: values } = record;
  if (values.every((value) => value.trim() === '')) return;
  const problem = problemOf(columns, values);
  if (problem) yield { line, problem };
  else {
    // Without a prototype: a header may be called "constructor".
    const cells: Record<string, string> = Object.create(null);
    for (const [index, header] of columns.headers.entries()) cells[header] = withoutApostrophe(values[index] ?? '');
    yield { line, cells };
  }
}

function withoutApostrophe(value: string): string {
  return /^'[=+\-@\t\r]/.test(value) ? value.slice(1) : value;
}

function problemOf({ headers, least }: Columns, values: string[]): RowProblem | null {
  if (values.length < least) return 'too_few_cells';
  if (values.slice(headers.length).some((value) => value.trim() !== '')) return 'too_many_cells';
  return values.some((value) => value.includes('\ufffd') || value.includes('\0')) ? 'encoding' : null;
}

function columnsOf(cells: string[]): Columns {
  const headers: string[] = [];
  for (const [index, cell] of cells.entries()) {
    const name = cell.trim().replace(/\s+/g, ' ') || `Column ${index + 1}`;
    let free = name;
    for (let n = 2; headers.includes(free); n++) free = `${name} (${n})`;
    headers.push(free);
  }
  return { headers, least: cells.findLastIndex((cell) => cell.trim() !== '') + 1 };
}
