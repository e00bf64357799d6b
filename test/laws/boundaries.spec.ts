// Who may know whom, and that each of these rules can fail: for every one a canary, a tree of files that breaks it.
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';

interface Violation {
  from: string;
  to: string;
  rule: { name: string };
}
interface Rules {
  forbidden: { name: string }[];
}

const run = promisify(execFile);
const CONFIG = resolve('.dependency-cruiser.cjs');
const { forbidden } = createRequire(import.meta.url)(CONFIG) as Rules;

/** The smallest house that keeps every rule. */
const HOUSE = {
  'libs/kernel/index.ts': `export { kernel } from './kernel.ts';`,
  'libs/kernel/kernel.ts': `export const kernel = 1;`,
  'libs/identity/index.ts': `import { kernel } from '#kernel'; export const identity = kernel;`,
  'libs/identity/users/user.ts': `export const user = 1;`,
  'libs/scheduling/index.ts': `import { kernel } from '#kernel'; export const scheduling = kernel;`,
  'libs/reporting/index.ts': `import { kernel } from '#kernel'; export const reporting = kernel;`,
  'libs/crm/index.ts': `import { identity } from '#identity'; import { kernel } from '#kernel'; export const crm = [identity, kernel];`,
  'libs/billing/index.ts': `import { crm } from '#crm'; export const billing = crm;`,
  'libs/clinic/index.ts': `import { scheduling } from '#scheduling'; import { crm } from '#crm'; export const clinic = [scheduling, crm];`,
  'libs/estate/index.ts': `import { billing } from '#billing'; export const estate = billing;`,
  'libs/contexts.ts': `export { clinic } from '#clinic';`,
  'apps/api/main.ts': `import { kernel } from '#kernel'; import * as contexts from '../../libs/contexts.ts'; export const api = [kernel, contexts];`,
  'apps/worker/main.ts': `import { kernel } from '#kernel'; export const worker = kernel;`,
  'scripts/start.ts': `import { kernel } from '../libs/kernel/kernel.ts'; export const start = kernel;`,
  'test/world.ts': `import { api } from '../apps/api/main.ts'; export const world = api;`,
  'libs/crm/crm.spec.ts': `import { world } from '../../test/world.ts'; export const spec = world;`,
};

/** For each rule: a file, and the import in it that may not be. */
const CANARIES: Record<string, [file: string, imports: string]> = {
  'kernel-knows-nothing': ['libs/kernel/canary.ts', '#identity'],
  'identity-knows-kernel': ['libs/identity/canary.ts', '#crm'],
  'scheduling-knows-kernel': ['libs/scheduling/canary.ts', '#identity'],
  'reporting-knows-kernel': ['libs/reporting/canary.ts', '#crm'],
  'crm-knows-identity-and-kernel': ['libs/crm/canary.ts', '#billing'],
  'billing-knows-crm-and-identity-and-kernel': ['libs/billing/canary.ts', '#scheduling'],
  'verticals-know-the-core-and-never-each-other': ['libs/clinic/canary.ts', '#estate'],
  'only-through-the-index': ['libs/crm/contacts/canary.ts', '../../identity/users/user.ts'],
  'apps-only-through-the-index': ['apps/api/canary.ts', '../../libs/identity/users/user.ts'],
  'contexts-by-name': ['libs/crm/canary.ts', '../identity/index.ts'],
  'own-files-by-path': ['libs/identity/canary.ts', '#identity'],
  'libs-know-no-app': ['libs/crm/canary.ts', '../../apps/api/main.ts'],
  'apps-are-apart': ['apps/worker/canary.ts', '../api/main.ts'],
  'one-bus': ['libs/crm/canary.ts', '@nestjs/cqrs'],
  'terminal-only-in-cli': ['apps/worker/canary.ts', 'nest-commander'],
  'no-scripts-at-run-time': ['libs/kernel/canary.ts', '../../scripts/start.ts'],
  'no-tests-at-run-time': ['libs/crm/canary.ts', '../../test/world.ts'],
  'no-tools-at-run-time': ['libs/kernel/canary.ts', 'fast-check'],
  declared: ['libs/kernel/canary.ts', 'enhanced-resolve'],
  resolvable: ['apps/worker/canary.ts', './nowhere.ts'],
};

let house: string;
beforeEach(() => {
  house = mkdtempSync(join(tmpdir(), 'tessera-boundaries-'));
  cpSync('package.json', join(house, 'package.json'));
  symlinkSync(resolve('node_modules'), join(house, 'node_modules'));
  for (const [file, text] of Object.entries(HOUSE)) write(file, text);
});
afterEach(() => rmSync(house, { recursive: true, force: true }));

function write(file: string, text: string) {
  mkdirSync(dirname(join(house, file)), { recursive: true });
  writeFileSync(join(house, file), text);
}

async function violations(): Promise<Violation[]> {
  const cruiser = resolve('node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const args = [cruiser, '--config', CONFIG, '--output-type', 'json', 'apps', 'libs', 'scripts', 'test'];
  const { stdout } = await run(process.execPath, args, { cwd: house, maxBuffer: 1 << 25, env: { ...process.env, NODE_OPTIONS: '' } });
  return (JSON.parse(stdout) as { summary: { violations: Violation[] } }).summary.violations;
}

it('leaves a house that keeps the rules alone', async () => {
  expect(await violations()).toEqual([]);
});

it('has a canary for every rule', () => {
  expect(Object.keys(CANARIES).sort()).toEqual(forbidden.map(({ name }) => name).sort());
});

it('sees every canary', async () => {
  // A file for each, because some rules are broken together.
  const planted = Object.entries(CANARIES).map(([rule, [file, imports]]) => ({
    rule,
    file: file.replace('canary', `canary-${rule}`),
    imports,
  }));
  for (const { file, imports } of planted) write(file, `export * from '${imports}';`);
  const found = await violations();
  const seen = planted.filter(({ rule, file }) => found.some((violation) => violation.rule.name === rule && violation.from === file));
  expect(seen.map(({ rule }) => rule)).toEqual(Object.keys(CANARIES));
});
