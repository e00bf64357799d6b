// Where figures are written down: each measurement has its place in docs/benchmarks.md, and the rest of the file is written by hand.
import { readFileSync, writeFileSync } from 'node:fs';

const FILE = 'docs/benchmarks.md';

/** Writes what was measured under this name, in place of what stood there. */
export function report(name: string, title: string, lines: readonly string[]) {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const fresh = `${begin}\n## ${title}\n\n${lines.join('\n')}\n${end}`;
  console.log(`\n${fresh}`);
  const known = readFileSync(FILE, 'utf8');
  const place = new RegExp(`${begin}[\\s\\S]*${end}`);
  writeFileSync(FILE, place.test(known) ? known.replace(place, () => fresh) : `${known.trimEnd()}\n\n${fresh}\n`);
}

/** A table of Markdown. */
export const table = (head: readonly string[], rows: readonly (readonly (string | number)[])[]): string[] => [
  `| ${head.join(' | ')} |`,
  `| ${head.map(() => '---').join(' | ')} |`,
  ...rows.map((row) => `| ${row.join(' | ')} |`),
];
