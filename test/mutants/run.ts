// npm run mutants: takes every guard away, one after the other, and shows that something notices; writes the table in docs/isolation.md.
//   npm run mutants -- schema      policies and keys only; also: rules, gates
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import type { Killed } from './grave.ts';

const FILE = 'docs/isolation.md';
const [BEGIN, END] = ['<!-- mutants -->', '<!-- /mutants -->'];
const folder = mkdtempSync(join(tmpdir(), 'tessera-mutants-'));
const wanted = process.argv.slice(2);

const { status } = spawnSync(
  process.execPath,
  ['scripts/test.ts', '--config', 'test/mutants/jest.config.mjs', '--runInBand', ...wanted.map((name) => `${name}.mutants`)],
  { stdio: 'inherit', env: { ...process.env, MUTANTS_DIR: folder } },
);
const found = readdirSync(folder)
  .toSorted()
  .flatMap((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Killed[]);
rmSync(folder, { recursive: true });

const line = ({ guard, mutants, killed, by, survivors }: Killed) => {
  const noticed = Object.entries(by).map(([who, n]) => `${who} (${n})`);
  return `| ${guard} | ${mutants} | ${killed} | ${noticed.join(', ') || 'nothing'} | ${survivors.join('; ') || '–'} |`;
};
const text = readFileSync(FILE, 'utf8');
const before = text
  .slice(text.indexOf(BEGIN) + BEGIN.length, text.indexOf(END))
  .split('\n')
  .filter((row) => row.startsWith('| '));
// A run of some kinds leaves the figures of the others.
const guards = new Set(found.map(({ guard }) => guard));
const kept = before.slice(2).filter((row) => !guards.has(row.split('|')[1]!.trim()));
const rows = [
  '| what is taken away or opened | mutants | noticed | by | not noticed |',
  '| --- | --- | --- | --- | --- |',
  ...kept,
  ...found.map(line),
];
const table = `${BEGIN}\n\n${rows.join('\n')}\n\n${END}`;
const written = text.slice(0, text.indexOf(BEGIN)) + table + text.slice(text.indexOf(END) + END.length);
writeFileSync(FILE, await format(written, { ...(await resolveConfig(FILE)), filepath: FILE }));
process.exit(status ?? 1);
