import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What became of the mutants of one kind. */
export interface Killed {
  /** What was taken away or opened, in words. */
  readonly guard: string;
  readonly mutants: number;
  readonly killed: number;
  /** What noticed, with how many of them. */
  readonly by: Readonly<Record<string, number>>;
  readonly survivors: readonly string[];
}

/** Counts the mutants of a kind. */
export class Grave {
  private mutants = 0;
  private readonly by: Record<string, number> = {};
  readonly survivors: string[] = [];
  constructor(readonly guard: string) {}

  /** `by`: what noticed; undefined when nothing did. */
  lay(mutant: string, by: string | undefined) {
    this.mutants++;
    if (by) this.by[by] = (this.by[by] ?? 0) + 1;
    else this.survivors.push(mutant);
  }
  get sum(): Killed {
    const { guard, mutants, by, survivors } = this;
    return { guard, mutants, killed: mutants - survivors.length, by, survivors };
  }
}

/** Keeps the figures for the table that run.ts writes. */
export function bury(name: string, graves: readonly Grave[]) {
  const folder = process.env.MUTANTS_DIR;
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.json`), JSON.stringify(graves.map(({ sum }) => sum)));
}
