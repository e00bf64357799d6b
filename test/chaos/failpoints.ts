import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

const LOOK_MS = 10;
const TOLD_MS = 10_000;

/** The places in the product at which a process can be told to die or hang; see libs/kernel/failpoint.ts. */
export class Failpoints {
  readonly folder: string;
  /** How often somebody was struck at each of them. */
  readonly struck = new Map<string, number>();
  private readonly armed = new Set<string>();

  constructor(folder: string) {
    this.folder = folder;
    mkdirSync(folder);
  }

  /** Whoever passes next gets the signal. @returns whether anybody passed within so many milliseconds */
  async strike(name: string, signal: 'SIGKILL' | 'SIGSTOP', patienceMs: number): Promise<boolean> {
    const file = join(this.folder, name);
    writeFileSync(`${file}.new`, signal);
    this.armed.add(name);
    renameSync(`${file}.new`, file);
    const deadline = performance.now() + patienceMs;
    while (existsSync(file) && performance.now() < deadline) await wait(LOOK_MS);
    const passed = !withdrawn(file);
    if (passed) this.struck.set(name, (this.struck.get(name) ?? 0) + 1);
    // Its end may be told a little later; one that was about to start anyway is told to nobody.
    for (const late = performance.now() + TOLD_MS; passed && signal === 'SIGKILL' && this.armed.has(name) && performance.now() < late;)
      await wait(LOOK_MS);
    this.armed.delete(name);
    return passed;
  }

  /** Whether an end that nobody ordered was one of these. */
  explains(how: string): boolean {
    if (!how.includes('SIGKILL')) return false;
    for (const name of this.armed) if (!existsSync(join(this.folder, name))) return this.armed.delete(name);
    return false;
  }
}

/** Whether it was still there: who takes it and who withdraws it both move it, and only one of them can. */
function withdrawn(file: string): boolean {
  try {
    renameSync(file, `${file}.old`);
  } catch {
    return false;
  }
  rmSync(`${file}.old`);
  return true;
}
