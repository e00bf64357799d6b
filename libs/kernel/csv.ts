import { Readable } from 'node:stream';
export const csvStream = (columns: string[], rows: AsyncIterable<Record<string, unknown>>): Readable => Readable.from((async function* () { yield columns.join(',') + '\r\n'; for await (const row of rows) yield columns.map((c) => String(row[c] ?? '')).join(',') + '\r\n'; })());
