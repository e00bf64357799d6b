import { TransactionContext } from '@mikro-orm/core';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { call } from './actor.ts';
import { columnOf, fieldsOf, type Source, type TenantRow } from './entity.ts';
import type { AnyField } from './fields.ts';
import { AUDIT_COLUMNS, auditOf, type Change, exact, messageOf, OUTBOX_COLUMNS, permitted, referencesHold } from './flush.ts';
import { unit } from './transaction.ts';

type Values = Record<string, unknown>;

/**
 * Writes many new rows of one entity with a handful of statements, under the same laws as a flush: permission per row, exact amounts,
 * living references, one audit entry and one message each. For imports; a single row is `em.create`. Runs in the transaction of the
 * command; what it wrote is not in the EntityManager.
 */
export async function insertMany<T extends TenantRow>(of: Source & (new () => T), rows: readonly Partial<T>[]): Promise<T[]> {
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
  await insertRows(
    em,
    of.table,
    fields.map(([name, field]) => [columnOf(name, field), sqlType(field), name] as const),
    changes.map(({ row }) => row as unknown as Values),
  );
  await insertTuples(
    em,
    'audit_entry',
    AUDIT_COLUMNS,
    AUDIT_TYPES,
    changes.flatMap((change) => auditOf(change, now)),
  );
  await insertTuples(
    em,
    'outbox',
    OUTBOX_COLUMNS,
    OUTBOX_TYPES,
    changes.flatMap((change) => messageOf(change, now)),
  );
  unit()?.written.push(...changes.map(({ row }) => ({ table: of.table, verb: 'create', id: row.id })));
  return changes.map(({ row }) => row as T);
}

function creation(of: Source, fields: [string, AnyField][], given: Values): Change {
  const row = Object.create(of.prototype as object) as Change['row'] & Values;
  for (const [name, { column, fallback }] of fields)
    row[name] = given[name] !== undefined ? given[name] : (column.generate?.() ?? fallback ?? null);
  return {
    of,
    verb: 'create',
    row,
    before: null,
    changed: Object.keys(given).filter((name) => given[name] !== undefined && given[name] !== null && name !== 'id'),
  };
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

/** One statement for all rows: PostgreSQL takes a JSON array apart far faster than a thousand tuples of placeholders. */
async function insertRows(
  em: SqlEntityManager,
  table: string,
  columns: readonly (readonly [string, string, string])[],
  rows: readonly Values[],
) {
  const text = JSON.stringify(
    rows.map((row) =>
      Object.fromEntries(columns.map(([column, , name]) => [column, typeof row[name] === 'bigint' ? String(row[name]) : row[name]])),
    ),
  );
  const names = columns.map(([column]) => `"${column}"`).join(', ');
  const typed = columns.map(([column, type]) => `"${column}" ${type}`).join(', ');
  await em.execute(`insert into "${table}" (${names}) select ${names} from json_to_recordset(?::json) as rows (${typed})`, [text]);
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
  await em.execute(`insert into ${table} (${columns}) select ${selected} from json_to_recordset(?::json) as rows (${typed})`, [
    JSON.stringify(rows),
  ]);
}
