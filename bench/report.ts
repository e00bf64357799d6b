import { readFileSync, writeFileSync } from 'node:fs';

const FILE = 'docs/benchmarks.md';

/** Each measurement has its place in the file; the rest of it is written by hand. */
export function written(name: string, title: string, text: string): void {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const fresh = `${begin}\n## ${title}\n\n${text}\n${end}`;
  console.log(`\n${fresh}`);
  const known = readFileSync(FILE, 'utf8');
  const place = new RegExp(`${begin}[\\s\\S]*${end}`);
  writeFileSync(FILE, place.test(known) ? known.replace(place, () => fresh) : `${known.trimEnd()}\n\n${fresh}\n`);
}
