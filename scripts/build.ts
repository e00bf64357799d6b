// Compiles apps, libs and migrations into dist/ with swc, unless nothing changed since the last time. Types are checked by `npm run types`.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { copyFileSync, existsSync, globSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { plainly } from './plainly.ts';

const STAMP = '.sources';
const SOURCES = ['apps', 'libs', 'migrations', 'mikro-orm.config.ts'];

/** A running start may be reading dist/, so the new one is made beside it and takes its place whole. */
export async function build() {
  const now = fingerprint();
  const stamp = `dist/${STAMP}`;
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === now) return;
  console.log('Building …');
  sweep();
  const draft = `dist-${process.pid}`;
  try {
    const options = ['--out-dir', draft, '--ignore', '**/*.spec.ts', '--quiet'];
    const compiler = spawn(process.execPath, ['node_modules/@swc/cli/bin/swc.js', ...SOURCES, ...options], {
      stdio: 'inherit',
      detached: true,
    });
    const [code] = await once(compiler, 'exit');
    if (code !== 0) throw new Error('The build failed; the messages above say why.');
    // The one asset: the image has no development packages, and /redoc loads nothing from outside.
    copyFileSync('node_modules/redoc/bundles/redoc.standalone.js', `${draft}/redoc.js`);
    writeFileSync(`${draft}/${STAMP}`, now);
    swap(draft, 'dist');
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/** Two renames, a moment apart; when another build got in between, once more. */
function swap(draft: string, place: string) {
  const old = `${draft}-old`;
  for (let attempt = 1; ; attempt++) {
    try {
      if (existsSync(place)) renameSync(place, old);
      renameSync(draft, place);
      return;
    } catch (error) {
      if (attempt === 5) throw error;
    } finally {
      rmSync(old, { recursive: true, force: true });
    }
  }
}

/** What builds that were killed left behind. */
function sweep() {
  for (const left of globSync('dist-*')) if (!running(Number(left.split('-')[1]))) rmSync(left, { recursive: true, force: true });
}

function running(pid: number) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Changes whenever a build would give something else. */
export function fingerprint() {
  const hash = createHash('sha256');
  const files = globSync(['{apps,libs,migrations}/**/*.ts', 'mikro-orm.config.ts', '.swcrc', 'package-lock.json']);
  for (const file of files.sort()) if (!file.endsWith('.spec.ts')) hash.update(file).update(readFileSync(file));
  return hash.digest('hex');
}

if (import.meta.main) await plainly(build);
