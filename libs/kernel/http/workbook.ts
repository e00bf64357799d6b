import { Readable } from 'node:stream';
import { Worker } from 'node:worker_threads';
import { invalid, unavailable } from '../errors.ts';

/** A workbook is made in memory, as a whole: so many rows and characters of so many at once. */
const ROWS = 50_000;
const CHARACTERS = 32 << 20;
const AT_ONCE = 2;
const HEAP_MB = 1024;
const PORTION = 200;
const THREAD = new URL(`./workbook-thread${import.meta.url.slice(-3)}`, import.meta.url);

let underWay = 0;

/**
 * An XLSX file with a header and every row as text.
 * @throws unavailable while others are being made; request.invalid for what is too large for one
 */
export async function workbook(columns: string[], rows: AsyncIterable<Record<string, unknown>>): Promise<Readable> {
  if (underWay >= AT_ONCE) throw unavailable('Other workbooks are being made: try again in a moment, or ask for csv', { retryAfter: 5 });
  underWay++;
  const thread = new Worker(THREAD, { execArgv: [], resourceLimits: { maxOldGenerationSizeMb: HEAP_MB } });
  const made = new Promise<Uint8Array>((resolve, reject) => {
    thread.once('message', resolve);
    thread.once('exit', () => reject(new Error('The thread ended without a workbook')));
    thread.once('error', (error: NodeJS.ErrnoException) => reject(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? tooLarge() : error));
  });
  try {
    await Promise.race([made, filled(thread, columns, rows)]);
    return Readable.from(Buffer.from(await made));
  } finally {
    made.catch(() => {});
    void thread.terminate();
    underWay--;
  }
}

async function filled(thread: Worker, columns: string[], rows: AsyncIterable<Record<string, unknown>>) {
  thread.postMessage([columns]);
  let portion: (string | null)[][] = [];
  let [count, characters] = [0, 0];
  for await (const row of rows) {
    const cells = columns.map((name) => cellOf(row[name]));
    for (const cell of cells) characters += cell?.length ?? 0;
    if (++count > ROWS || characters > CHARACTERS) throw tooLarge();
    if (portion.push(cells) < PORTION) continue;
    thread.postMessage(portion);
    portion = [];
  }
  thread.postMessage(portion);
  thread.postMessage(null);
}

const cellOf = (value: unknown): string | null =>
  value === null || value === undefined ? null : typeof value === 'object' ? JSON.stringify(value) : String(value as string | number);

const tooLarge = () => {
  const message = `a workbook takes at most ${ROWS} rows and ${CHARACTERS >> 20} million characters: narrow the list, or ask for csv`;
  return invalid(message, { details: [{ parameter: 'format', code: 'too_large', message }] });
};
