import { TransactionContext } from '@mikro-orm/core';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';
import { call } from './actor.ts';
import { columnOf, extrasOf, fieldsOf, type Source, type TenantRow } from './entity.ts';
import type { AnyField } from './fields.ts';
import {
  AUDIT_COLUMNS,
  auditOf,
  type Change,
  exact,
  messageOf,
  OUTBOX_COLUMNS,
  permitted,
  quiet,
  recorded,
  referencesHold,
} from './flush.ts';
import { unit } from './transaction.ts';

type Values = Record<string, unknown>;

/**
 * Writes many new rows of one entity with a handful of statements, under the same laws as a flush: permission per row, exact amounts,
 * living references, one audit entry and one message each, and what the rows recorded. For imports; a single row is `em.create`. Runs in
 * the transaction of the command; what it wrote is not in the EntityManager. Rows that only keep track of others (`quiet`) may be written
 * over those which have the same values in `over`, the fields of a unique index.
 */
export async function insertMany<T extends TenantRow>(
  of: Source & (new () => T),
  rows: readonly Partial<T>[],
  { over = [] }: { over?: readonly (keyof T & string)[] } = {},
): Promise<T[]> {
  if (over.length && !extrasOf(of).quiet) throw new Error(`${of.table}: only quiet rows can be written over`);
  const em = TransactionContext.getEntityManager() as unknown as SqlEntityManager | undefined;
  if (!em) throw new Error('insertMany runs inside a command');
  if (!rows.length) return [];
  const fields = entriesOf(of);
  const changes = rows.map((given) => creation(of, given as Values));
  for (const change of changes) {
    permitted(change);
    exact(change);
  }
  await referencesHold(em, changes);
  const now = call();
  const columns = fields.map(([name, field]): Column => ({ column: columnOf(name, field), type: sqlType(field), name }));
  const values = changes.map(({ row }) => row as unknown as Values);
  await write(em, of.table, columns, values, conflict(over, columns));
  const entries = changes.flatMap((change) => auditOf(change, now));
  await writeTuples(em, 'audit_entry', AUDIT_COLUMNS, AUDIT_TYPES, entries);
  const messages = [...changes.flatMap((change) => messageOf(change, now)), ...recorded(now)];
  await writeTuples(em, 'outbox', OUTBOX_COLUMNS, OUTBOX_TYPES, messages);
  const written = unit()?.written;
  for (const { row } of changes) written?.push({ table: of.table, verb: 'create', id: row.id });
  return changes.map(({ row }) => row as T);
}

/** What makes new records: the EntityManager, one by one, or {@link Drafts}. */
export type Scribe = Pick<SqlEntityManager, 'create'>;

/**
 * Takes the place of the EntityManager where the code that makes one record makes a thousand: they are complete at once, may be changed
 * and record what happened to them, and are written by `insert`.
 */
export class Drafts {
  private readonly rows = new Map<Source & (new () => TenantRow), TenantRow[]>();

  /** To hand to code that makes records. The overloads of `em.create` are about relations and partial loading, which drafts have not. */
  readonly scribe = { create: (of: Source & (new () => TenantRow), values: Values) => this.draft(of, values) } as unknown as Scribe;

  private draft(of: Source & (new () => TenantRow), values: Values): TenantRow {
    const { row } = creation(of, values);
    if (!this.rows.has(of)) this.rows.set(of, []);
    this.rows.get(of)!.push(row as TenantRow);
    return row as TenantRow;
  }

  /** Takes over what others hold, which are written with these. */
  take(others: Drafts): void {
    for (const [of, rows] of others.rows) this.rows.set(of, [...(this.rows.get(of) ?? []), ...rows]);
    others.rows.clear();
  }

  /** Writes them, in the order in which their entities came first: what is referred to before what refers to it. */
  async insert(): Promise<void> {
    for (const [of, rows] of this.rows) await insertMany(of, rows);
    this.rows.clear();
  }
}

const entries = new Map<Source, [string, AnyField][]>();
function entriesOf(of: Source): [string, AnyField][] {
  let known = entries.get(of);
  if (!known) entries.set(of, (known = Object.entries(fieldsOf(of))));
  return known;
}

function creation(of: Source, given: Values): Change {
  const values: Values = {};
  for (const [name, { column, fallback }] of entriesOf(of))
    values[name] = given[name] !== undefined ? given[name] : (column.generate?.() ?? fallback ?? null);
  // Own properties: those of the prototype belong to the unit of work, and would track each change.
  const row = Object.setPrototypeOf(values, of.prototype as object) as Change['row'];
  const changed = Object.keys(given).filter((name) => given[name] !== undefined && given[name] !== null && !quiet.has(name));
  return { of, verb: 'create', row, before: null, changed };
}

const TYPES: Record<string, string> = {
  string: 'text',
  text: 'text',
  integer: 'int',
  datetime: 'timestamptz',
  json: 'jsonb',
  'string[]': 'text[]',
};
const sqlType = ({ column }: AnyField) => column.columnType ?? TYPES[column.type] ?? column.type;

interface Column {
  readonly column: string;
  readonly type: string;
  /** Of its value in the rows. */
  readonly name: string;
  /** JSON that travels as text, so that what was hashed is what is stored. */
  readonly text?: boolean;
}

/** The newer row takes the place of the older one, which keeps its id. */
function conflict(over: readonly string[], columns: readonly Column[]): string {
  if (!over.length) return '';
  const unique = columns.filter(({ name }) => over.includes(name)).map(({ column }) => `"${column}"`);
  const kept = ['id', 'tenantId', 'createdAt', 'createdBy', 'version', ...over];
  const set = columns.flatMap(({ name, column }) => (kept.includes(name) ? [] : [`"${column}" = excluded."${column}"`])).join(', ');
  return `on conflict ("tenant_id", ${unique.join(', ')}) where deleted_at is null do update set ${set}, "version" = old."version" + 1`;
}

/**
 * One statement for all rows. They travel as one JSON value, which PostgreSQL takes apart far faster than a thousand tuples of
 * placeholders, and what is the same in all of them (the organization, the time, what is empty) travels once.
 */
async function write(em: SqlEntityManager, table: string, columns: readonly Column[], rows: readonly Values[], onConflict = '') {
  const [first] = rows;
  if (!first) return;
  const differs = (name: string) => rows.some((row) => !same(row[name], first[name]));
  const [own, shared] = [columns.filter(({ name }) => differs(name)), columns.filter(({ name }) => !differs(name))];
  const lineOf = (row: Values, of: readonly Column[]) => {
    const line: Values = {};
    for (const { column, name } of of) line[column] = typeof row[name] === 'bigint' ? String(row[name]) : row[name];
    return line;
  };
  // A record has at least one column.
  const typed = (of: readonly Column[]) =>
    ['"~" int', ...of.map(({ column, type, text }) => `"${column}" ${text ? 'text' : type}`)].join(', ');
  const names = columns.map(({ column }) => `"${column}"`).join(', ');
  const selected = columns.map(({ column, type, text }) => (text ? `"${column}"::${type}` : `"${column}"`)).join(', ');
  const lines = JSON.stringify(rows.map((row) => lineOf(row, own)));
  const once = JSON.stringify(lineOf(first, shared));
  const from = (source: string) => sql.raw(`insert into "${table}" as old (${names}) select ${selected} from ${source}(`);
  // Bound: a text of a megabyte is neither escaped nor parsed as SQL.
  await sql`${from('json_to_recordset')}${lines}${sql.raw(`::json) as rows (${typed(own)}) cross join json_to_record(`)}${once}${sql.raw(
    `::json) as every (${typed(shared)}) ${onConflict}`,
  )}`.execute(em.getKysely());
}
const same = (one: unknown, other: unknown) =>
  one === other || (one instanceof Date && other instanceof Date && one.valueOf() === other.valueOf());

const AUDIT_TYPES = 'uuid, uuid, text, uuid, uuid, uuid, text, text, text, uuid, json, text, text';
const OUTBOX_TYPES = 'uuid, text, text, uuid, jsonb, text, uuid, smallint';
async function writeTuples(em: SqlEntityManager, table: string, names: string, types: string, tuples: readonly unknown[][]) {
  const kinds = types.split(', ');
  const columns = names
    .split(', ')
    .map((column, i): Column => ({ column, name: String(i), type: kinds[i]!, text: kinds[i]!.startsWith('json') }));
  await write(em, table, columns, tuples as unknown as readonly Values[]);
}
