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
  const fields = Object.entries(fieldsOf(of));
  const changes = rows.map((given) => creation(of, fields, given as Values));
  for (const change of changes) {
    permitted(change);
    exact(change);
  }
  await referencesHold(em, changes);
  const now = call();
  const columns = fields.map(([name, field]) => [columnOf(name, field), sqlType(field), name] as const);
  const values = changes.map(({ row }) => row as unknown as Values);
  await insertRows(em, of.table, columns, values, conflict(over, columns));
  const entries = changes.flatMap((change) => auditOf(change, now));
  await insertTuples(em, 'audit_entry', AUDIT_COLUMNS, AUDIT_TYPES, entries);
  const messages = [...changes.flatMap((change) => messageOf(change, now)), ...recorded(now)];
  await insertTuples(em, 'outbox', OUTBOX_COLUMNS, OUTBOX_TYPES, messages);
  unit()?.written.push(...changes.map(({ row }) => ({ table: of.table, verb: 'create', id: row.id })));
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
    const { row } = creation(of, Object.entries(fieldsOf(of)), values);
    if (!this.rows.has(of)) this.rows.set(of, []);
    this.rows.get(of)!.push(row as TenantRow);
    return row as TenantRow;
  }

  /** Writes them, in the order in which their entities came first: what is referred to before what refers to it. */
  async insert(): Promise<void> {
    for (const [of, rows] of this.rows) await insertMany(of, rows);
    this.rows.clear();
  }
}

function creation(of: Source, fields: [string, AnyField][], given: Values): Change {
  const values: Values = {};
  for (const [name, { column, fallback }] of fields)
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

type Columns = readonly (readonly [column: string, type: string, name: string])[];

/** The newer row takes the place of the older one, which keeps its id. */
function conflict(over: readonly string[], columns: Columns): string {
  if (!over.length) return '';
  const unique = columns.filter(([, , name]) => over.includes(name)).map(([column]) => `"${column}"`);
  const taken = columns.filter(
    ([, , name]) => !over.includes(name) && !['id', 'tenantId', 'createdAt', 'createdBy', 'version'].includes(name),
  );
  const set = taken.map(([column]) => `"${column}" = excluded."${column}"`).join(', ');
  return `on conflict ("tenant_id", ${unique.join(', ')}) where deleted_at is null do update set ${set}, "version" = old."version" + 1`;
}

/** One statement for all rows: PostgreSQL takes a JSON array apart far faster than a thousand tuples of placeholders. */
async function insertRows(em: SqlEntityManager, table: string, columns: Columns, rows: readonly Values[], onConflict: string) {
  const lines = rows.map((row) => {
    const line: Values = {};
    for (const [column, , name] of columns) line[column] = typeof row[name] === 'bigint' ? String(row[name]) : row[name];
    return line;
  });
  const names = columns.map(([column]) => `"${column}"`).join(', ');
  const typed = columns.map(([column, type]) => `"${column}" ${type}`).join(', ');
  await takeApart(em, `insert into "${table}" as old (${names}) select ${names}`, lines, typed, onConflict);
}

/** As one bound value: a text of a megabyte is neither escaped nor parsed as SQL. */
async function takeApart(em: SqlEntityManager, insert: string, lines: readonly object[], typed: string, onConflict = '') {
  const after = `::json) as rows (${typed}) ${onConflict}`;
  await sql`${sql.raw(`${insert} from json_to_recordset(`)}${JSON.stringify(lines)}${sql.raw(after)}`.execute(em.getKysely());
}

const AUDIT_TYPES = 'uuid, uuid, text, uuid, uuid, uuid, text, text, text, uuid, json, text, text';
const OUTBOX_TYPES = 'uuid, text, text, uuid, jsonb, text, uuid';
async function insertTuples(em: SqlEntityManager, table: string, columns: string, types: string, tuples: unknown[][]) {
  if (!tuples.length) return;
  const names = columns.split(', ');
  const kinds = types.split(', ');
  // JSON columns travel as text, so that what was hashed is what is stored.
  const rows = tuples.map((tuple) => Object.fromEntries(names.map((name, i) => [name, tuple[i]])));
  const typed = names.map((name, i) => `${name} ${kinds[i]!.startsWith('json') ? 'text' : kinds[i]}`).join(', ');
  const selected = names.map((name, i) => (kinds[i]!.startsWith('json') ? `${name}::${kinds[i]}` : name)).join(', ');
  await takeApart(em, `insert into ${table} (${columns}) select ${selected}`, rows, typed);
}
