import type { EntityMetadata, EntityProperty, QueryResult } from '@mikro-orm/core';
import { isRaw } from '@mikro-orm/core';
import { PostgreSqlDriver } from '@mikro-orm/postgresql';
import { changingOne } from './eager-client.ts';
import { unit } from './transaction.ts';

type Values = Record<string, unknown>;
type InsertMany = PostgreSqlDriver['nativeInsertMany'];
type Update = PostgreSqlDriver['nativeUpdate'];

/** A value as SQL text. Backslashes are told of, so that no setting of the server decides what they mean. */
export function quoted(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  const text = value instanceof Date ? value.toISOString() : String(value as string);
  const plain = text.includes("'") ? text.replaceAll("'", "''") : text;
  return plain.includes('\\') ? ` E'${plain.replaceAll('\\', '\\\\')}'` : `'${plain}'`;
}

/**
 * MikroORM's driver, which does not wait for answers it knows. After the last flush of a transaction nothing comes but the commit, so the
 * rows it writes leave together with it in one round trip, as SQL written straight from the change set. What an insert would answer is
 * known, for every column is given; that an update found its row in the version it was read in is checked by PostgreSQL itself, which
 * fails the commit otherwise. Anything out of the ordinary goes the usual way.
 */
export class LeanDriver extends PostgreSqlDriver {
  // The base class is generic over the entity; here it is only looked up and never typed.
  override nativeInsertMany = (async (entityName, data, options, transform) => {
    const known = unit();
    const meta = this.metadata.get(entityName as never) as unknown as EntityMetadata;
    const rows = data as unknown as Values[];
    const names = known?.closing && !transform && options?.convertCustomTypes === false ? insertable(meta, rows) : undefined;
    if (!names) return super.nativeInsertMany(entityName, data, options, transform);
    const columns = names.map((name) => `"${columnOf(meta, name)}"`).join(', ');
    const lines = rows.map((row) => `(${names.map((name) => this.literal(row[name])).join(', ')})`);
    known!.leaving.push(`insert into "${meta.tableName}" (${columns}) values ${lines.join(', ')}`);
    const answers = rows.map(({ id }) => ({ id, ...(meta.versionProperty ? { [columnOf(meta, meta.versionProperty)]: 1 } : {}) }));
    return { affectedRows: rows.length, insertId: rows[0]!.id, row: answers[0], rows: answers } as unknown as QueryResult<never>;
  }) as InsertMany;

  override nativeUpdate = (async (entityName, where, data, options) => {
    const known = unit();
    const meta = this.metadata.get(entityName as never) as unknown as EntityMetadata;
    const [cond, values] = [where as Values, data as Values];
    if (!known?.closing || options?.convertCustomTypes !== false || !updatable(meta, cond, values))
      return super.nativeUpdate(entityName, where, data, options);
    const set = Object.keys(values).map((name) => `"${columnOf(meta, name)}" = ${this.literal(values[name])}`);
    const version = `"${columnOf(meta, meta.versionProperty)}"`;
    const found = `"id" = ${quoted(cond.id)} and ${version} = ${quoted(cond[meta.versionProperty])}`;
    known.leaving.push(changingOne(`update "${meta.tableName}" set ${set.join(', ')}, ${version} = ${version} + 1 where ${found}`));
    const row = { [columnOf(meta, meta.versionProperty)]: Number(cond[meta.versionProperty]) + 1 };
    return { affectedRows: 1, insertId: cond.id, row, rows: [row] } as unknown as QueryResult<never>;
  }) as Update;

  private literal(value: unknown): string {
    return typeof value === 'object' && value !== null && !(value instanceof Date) ? this.platform.quoteValue(value) : quoted(value);
  }
}

const propertyOf = (meta: EntityMetadata, name: string) => (meta.properties as Record<string, EntityProperty | undefined>)[name];
const columnOf = (meta: EntityMetadata, name: string) => propertyOf(meta, name)!.fieldNames[0]!;

const plains = new WeakMap<EntityMetadata, boolean>();
/** One table, one id, one column for each property, nothing made by the database but the version. */
function plain(meta: EntityMetadata): boolean {
  let known = plains.get(meta);
  if (known === undefined) {
    const ordinary = (prop: EntityProperty) =>
      prop.fieldNames?.length === 1 &&
      !prop.generated &&
      !prop.autoincrement &&
      !prop.formula &&
      (prop.kind === 'scalar' || prop.kind === 'm:1');
    known = meta.primaryKeys.length === 1 && meta.primaryKeys[0] === 'id' && !meta.inheritanceType && meta.props.every(ordinary);
    plains.set(meta, known);
  }
  return known;
}

/** The properties to write; undefined when the database would have to answer what became of others. */
function insertable(meta: EntityMetadata, rows: readonly Values[]): string[] | undefined {
  if (!plain(meta)) return undefined;
  const names = Object.keys(rows[0]!);
  const same = rows.every(
    (row) => Object.keys(row).length === names.length && names.every((name) => row[name] !== undefined && !isRaw(row[name])),
  );
  if (!same || !names.includes('id')) return undefined;
  const answered = (meta.props as EntityProperty[]).some(
    (prop) => (prop.defaultRaw !== undefined || prop.default !== undefined) && !prop.version && !names.includes(prop.name),
  );
  return answered || names.includes(meta.versionProperty) ? undefined : names;
}

function updatable(meta: EntityMetadata, where: Values, data: Values): boolean {
  const names = Object.keys(data);
  return (
    plain(meta) &&
    Boolean(meta.versionProperty) &&
    Object.keys(where).length === 2 &&
    where.id !== undefined &&
    where[meta.versionProperty] !== undefined &&
    names.length > 0 &&
    names.every((name) => name !== meta.versionProperty && propertyOf(meta, name) && data[name] !== undefined && !isRaw(data[name]))
  );
}
