import { ImportedMembers } from '#identity';
import type { z } from 'zod';
import type { PeopleFile } from './mapping-file.ts';
import { parseCsv } from './parse-csv.ts';
import type { Refused } from './read-row.ts';

type People = z.output<typeof ImportedMembers>;

/** The people of a file, and the rows that name none. */
export async function readPeople(
  content: AsyncIterable<Uint8Array>,
  { columns }: PeopleFile,
): Promise<{ people: People; failed: ({ line: number } & Refused)[] }> {
  const people: People = [];
  const failed: ({ line: number } & Refused)[] = [];
  const { headers, rows } = await parseCsv(content);
  const missing = Object.values(columns).find((column) => !headers.includes(column));
  for await (const row of rows) {
    if (missing) return { people: [], failed: [{ line: 1, column: missing, reason: 'is not a column of the file' }] };
    if ('problem' in row) {
      failed.push({ line: row.line, column: null, reason: row.problem });
      continue;
    }
    const said: Record<string, unknown> = {};
    const custom: Record<string, string> = {};
    for (const [field, column] of Object.entries(columns)) {
      const text = row.cells[column]?.trim();
      if (text && field.startsWith('custom.')) custom[field.slice('custom.'.length)] = text;
      else if (text) said[field] = text;
    }
    const read = ImportedMembers.element.safeParse({ ...said, custom });
    if (read.success) people.push(read.data);
    else failed.push({ line: row.line, column: columns.name!, reason: read.error.issues[0]!.message });
  }
  return { people, failed };
}
