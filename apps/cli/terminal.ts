import { Refusal } from '#kernel';
import { Presets, SingleBar } from 'cli-progress';
import { ZodError } from 'zod';

type Cell = string | number | boolean | null | undefined | readonly string[];
const written = (cell: Cell) => (Array.isArray(cell) ? cell.join(' ') : String(cell ?? ''));

/** Writes rows as a table with aligned columns, or as JSON for programs. */
export function show(rows: readonly Record<string, Cell>[], { json = false, nothing = 'Nothing' } = {}): void {
  if (json) return console.log(JSON.stringify(rows, null, 2));
  const names = Object.keys(rows[0] ?? {});
  if (!names.length) return console.log(nothing);
  const lines = [names, ...rows.map((row) => names.map((name) => written(row[name])))];
  const widths = names.map((_, i) => Math.max(...lines.map((line) => line[i]!.length)));
  for (const line of lines)
    console.log(
      line
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join('  ')
        .trimEnd(),
    );
}

export interface Progress {
  total(n: number): void;
  at(n: number): void;
  done(): void;
}

/** Whatever ends the program gives the cursor back. */
const bars = new Set<SingleBar>();
process.on('exit', () => bars.forEach((bar) => bar.stop()));

/** A bar on a terminal; elsewhere (a log, a pipe) nothing. */
export function progress(what: string): Progress {
  if (!process.stderr.isTTY) return { total: () => {}, at: () => {}, done: () => {} };
  const options = { format: `${what} {bar} {value}/{total}`, stream: process.stderr, hideCursor: true, clearOnComplete: true };
  const bar = new SingleBar(options, Presets.shades_classic);
  bar.start(0, 0);
  bars.add(bar);
  const done = () => {
    bar.stop();
    bars.delete(bar);
  };
  return { total: (n) => bar.setTotal(n), at: (n) => bar.update(n), done };
}

/** What went wrong, in words: a name with several addresses fails with an error that holds one for each, and says nothing itself. */
export function reason(error: unknown): string {
  if (error instanceof AggregateError && !error.message && error.errors.length) return reason(error.errors[0]);
  if (error instanceof ZodError) return error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
  if (error instanceof Refusal && error.more.details?.length)
    return `${error.message}: ${error.more.details.map(({ pointer = '', message }) => `${pointer.slice(1)} ${message}`.trim()).join('; ')}`;
  if (!(error instanceof Error)) return String(error);
  const code = (error as { code?: unknown }).code;
  if (code === 'ECONNREFUSED') return `The database does not answer (${error.message}).`;
  return error.message || error.name;
}
