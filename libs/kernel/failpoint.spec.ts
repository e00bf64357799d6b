import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'failpoints-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const SCRIPT = `const { failpoint } = await import('./libs/kernel/failpoint.ts'); failpoint('here'); console.log('passed')`;
/** A program of its own passes the place. */
const pass = (environment: Record<string, string> = { FAILPOINTS: folder }) => {
  const enough = { DATABASE_URL: 'postgresql://a:b@localhost/c', SECRET_KEY: 'mJ4vQ8xZr1Lw6Tn0Bc7Hy3Kd9Sg5Pf2U' };
  const { signal, stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', SCRIPT], {
    env: { ...enough, ...environment },
    encoding: 'utf8',
  });
  return { signal, passed: stdout.includes('passed') };
};

it('does nothing where nobody is waited for', () => {
  writeFileSync(join(folder, 'there'), 'SIGKILL');
  expect(pass()).toEqual({ signal: null, passed: true });
  expect(pass({})).toEqual({ signal: null, passed: true });
  expect(readdirSync(folder)).toEqual(['there']);
});

it('strikes whoever passes first, and nobody after him', () => {
  writeFileSync(join(folder, 'here'), 'SIGKILL');
  expect(pass()).toEqual({ signal: 'SIGKILL', passed: false });
  expect(pass()).toEqual({ signal: null, passed: true });
  expect(readdirSync(folder)).toEqual([]);
});
