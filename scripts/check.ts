// `npm run check`: everything that must hold before a change is pushed, and exactly what CI runs. Stops at the first thing that does not.
//   --no-tests  without the tests    --go-on  every step, whatever the others say
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { plainly } from './plainly.ts';

const tool = (path: string, ...args: string[]) => [`node_modules/${path}`, ...args];
const SOURCES = ['apps', 'libs', 'migrations', 'scripts', 'test', 'mikro-orm.config.ts'];

const STEPS: Record<string, string[]> = {
  format: tool('prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.'),
  lint: tool('oxlint/bin/oxlint', '--quiet'),
  types: tool('typescript/bin/tsc', '--noEmit'),
  boundaries: tool('dependency-cruiser/bin/dependency-cruise.mjs', '--progress', 'none', ...SOURCES),
  leftovers: tool('knip/bin/knip.js', '--no-progress'),
  // Entities against the snapshot of the last migration: a forgotten migration shows here.
  drift: ['scripts/with-database.ts', ...tool('@mikro-orm/cli/cli.js', 'migration:check')],
  errors: ['scripts/errors.ts', '--check'],
  tests: ['scripts/test.ts', '--coverage'],
};

await plainly(async () => {
  const failed: string[] = [];
  for (const [name, args] of Object.entries(STEPS)) {
    if (name === 'tests' && process.argv.includes('--no-tests')) continue;
    const began = performance.now();
    const step = spawn(process.execPath, args, { stdio: 'inherit' });
    const [code] = await once(step, 'exit');
    console.log(`${code === 0 ? '✓' : '✗'} ${name.padEnd(10)} ${((performance.now() - began) / 1000).toFixed(1)} s`);
    if (code === 0) continue;
    failed.push(name);
    if (!process.argv.includes('--go-on')) break;
  }
  if (failed.length) throw new Error(`Failed: ${failed.join(', ')}.`);
});
