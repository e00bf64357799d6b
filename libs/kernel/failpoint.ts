import { readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { settings } from './settings.ts';

/**
 * A named place at which a fault test lets this process die or hang: where the folder FAILPOINTS has a file of that name, one process takes
 * it and gets the signal that stands in it. Without the folder nothing happens; in production there is none, see settings.ts.
 */
export function failpoint(name: string): void {
  const folder = settings.FAILPOINTS;
  if (folder) strike(join(folder, name));
}

function strike(file: string): void {
  const mine = `${file} ${process.pid}`;
  try {
    renameSync(file, mine);
  } catch {
    return;
  }
  const signal = readFileSync(mine, 'utf8');
  rmSync(mine);
  process.kill(process.pid, signal);
}
