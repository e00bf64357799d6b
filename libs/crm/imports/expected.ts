import type { MappingFile } from './mapping-file.ts';

/** What a dry run takes as given: what the rows, and the files, before would have brought in. */
export class Expected {
  private readonly known = new Set<string>();

  constructor(readonly pipelines: MappingFile['pipelines'] = []) {}

  /** `key`: a name or e-mail as `keyOf` writes it, or what a row is recognised by. */
  has(kind: 'contact' | 'company' | 'deal' | 'member', key: string): boolean {
    return this.known.has(`${kind} ${key}`);
  }
  add(kind: 'contact' | 'company' | 'deal' | 'member', key: string): void {
    this.known.add(`${kind} ${key}`);
  }
}

/** Stands for the id of a record that a dry run does not make. */
export const WOULD_BE_MADE = 'would be made';
