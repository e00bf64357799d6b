import type { Actor, AnyField, Bus, EntityManager, Source, TenantRow } from '#kernel';
import type { Target as At } from '../../deals/deal.ts';
import type { Line } from '../../pipelines/line.ts';
import type { ImportedResource } from '../guess-columns.ts';
import type { Expected } from '../expected.ts';
import type { Import } from '../import.ts';
import type { ReadRow, Refused } from '../read-row.ts';

/** What a target works with, inside the transaction of a chunk. */
export interface Work {
  readonly em: EntityManager;
  readonly bus: Bus;
  readonly order: Import;
  /** Who started it: rows reach what he may see, and change what he may change. */
  readonly starter: Actor;
  /** Only in a dry run. */
  readonly expected?: Expected;
}
/** A row with the values a new record would have, and the record that is there already, if any. */
export interface Settled extends ReadRow {
  readonly settled: Record<string, unknown>;
  readonly known?: string;
}
/** Where a deal stands, and the pipeline around it. */
export type Place = At & { readonly line: Line };
/** A row whose names have become ids. */
export interface Prepared {
  readonly row: Settled;
  /** Of a new record, by the names of its fields. */
  readonly values: Record<string, unknown>;
  /** What a record that is there already takes of it. */
  readonly changes: Record<string, unknown>;
  /** Another record of the same file that may come later: linked when all rows are in. */
  readonly pending?: Refused & { name: string };
  /** Where a new deal goes. */
  readonly place?: Place;
  /** What it names and does not get; the row itself is taken. */
  readonly without?: Refused;
}
export interface Created {
  readonly resource: ImportedResource;
  readonly id: string;
}

/** What importing into one resource means. */
export interface Target {
  readonly resource: ImportedResource;
  readonly of: Source & (new () => TenantRow);
  readonly fields: Readonly<Record<string, AnyField>>;
  /** The values of a new record, with what follows from the row alone; worked out ahead of the transaction. */
  settle(row: ReadRow): Record<string, unknown> | Refused[];
  /**
   * Looks up what the rows name, one query each. @returns in order, what each row becomes or why it is refused; and the
   * records made on the way
   */
  prepare(work: Work, rows: readonly Settled[]): Promise<{ rows: (Prepared | Refused)[]; created: Created[] }>;
  /** Writes new records with all that belongs to them. Answers their ids, in order. */
  create(work: Work, rows: readonly Prepared[]): Promise<string[]>;
  /** Changes a record as its own use case does. */
  update(work: Work, id: string, row: Prepared): Promise<{ version: number }>;
}
