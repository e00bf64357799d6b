import type { Read, Source } from '#kernel';
import { type RawBuilder, sql, type SqlBool } from 'kysely';

/** One thing that happened around a contact. */
export interface Entry {
  at: string;
  kind: string;
  id: string;
  title: string | null;
  detail: Record<string, unknown>;
}

/**
 * What a context contributes to the timeline of a contact. Its rows pass the gates of their own entity (tenant, permission, deleted), so
 * nobody sees here what he may not see there.
 */
export interface TimelinePart {
  /** How these entries are called: `task`, `invoice`. */
  readonly kind: string;
  readonly of: Source;
  /** The column that says when; `created_at` unless given. */
  readonly at?: string;
  /** The column that says what. */
  readonly title: string;
  /** Further columns, by their name in `detail`; instants, amounts and lists as JSON says them. */
  readonly detail: Record<string, string>;
  /**
   * Which rows are the contact's; those whose `contact_id` is his unless given. Several ways exclude each other: each is asked by itself,
   * because PostgreSQL has an index for the one and for the other, and none for "or".
   */
  readonly belongs?: (contactId: string, read: Read) => readonly RawBuilder<SqlBool>[];
  /** Puts a detail into the form of the API, such as an amount with the digits of its currency. */
  readonly finish?: (detail: Record<string, unknown>) => Record<string, unknown>;
}

const parts = new Map<string, TimelinePart>();

/** Lets a context show its records in the timeline of their contact. */
export function onTimeline(part: TimelinePart) {
  if (parts.has(part.kind)) throw new Error(`Two parts of the timeline are called ${part.kind}`);
  parts.set(part.kind, part);
}
export const timelineKinds = () => [...parts.keys()].sort();
export const timelinePart = (kind: string) => parts.get(kind)!;

/** Amounts go as text: a JSON number would round them. */
const jsonOf = (column: RawBuilder<unknown>, name: string) => (name.endsWith('_e4') ? sql`${column}::text` : column);

/** The newest entries of one part, from a position on: a query for each way in which they belong to the contact. */
export function entriesOf(
  read: Read,
  part: TimelinePart,
  contactId: string,
  after: readonly [at: string, id: string] | null,
  size: number,
) {
  const { of, kind } = part;
  const column = (name: string) => sql.ref(`${of.table}.${name}`);
  const at = column(part.at ?? 'created_at');
  const ways = part.belongs?.(contactId, read) ?? [sql<SqlBool>`${column('contact_id')} = ${contactId}`];
  const pairs = Object.entries(part.detail).flatMap(([name, source]) => [sql.lit(name), jsonOf(column(source), source)]);
  return ways.map((belongs) =>
    read
      .from(of)
      .where(belongs)
      .$if(after !== null, (query) => query.where(sql<SqlBool>`(${at}, ${column('id')}) < (${after![0]}::timestamptz, ${after![1]}::uuid)`))
      .select([
        sql<string>`${at}`.as('at'),
        sql<string>`${sql.lit(kind)}`.as('kind'),
        sql<string>`${column('id')}`.as('id'),
        sql<string | null>`${column(part.title)}`.as('title'),
        sql<Record<string, unknown>>`jsonb_build_object(${sql.join(pairs)})`.as('detail'),
      ])
      .orderBy(sql`${at} desc`)
      .orderBy(sql`${column('id')} desc`)
      .limit(size),
  );
}
