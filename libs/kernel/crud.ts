import { LockMode, type EntityManager } from '@mikro-orm/core';
import { EntityManager as SqlEntityManager } from '@mikro-orm/postgresql';
import { actor, call, tenantId } from './actor.ts';
import { entityOf, fieldsOf, type Row, type Source, type TenantRow } from './entity.ts';
import { invalid, missing, stale } from './errors.ts';
import { fitsMetadata, METADATA_SAID } from './fields.ts';
import type { Asked, List, Page } from './list.ts';
import { mustOnErrand, reach } from './permissions.ts';
import { now } from './time.ts';
import { Read } from './read.ts';
import { Command, HandlesAny, Query } from './use-case.ts';
import type { View } from './view.ts';

/**
 * The row a command is about to change: locked until the commit, so that parallel commands queue up instead of losing races.
 * @throws not_found when it is not there or may not be seen; permission.denied when the command's own action is not for this caller and
 * row; version.mismatch when the caller named another version
 */
export async function load<T extends Row>(em: EntityManager, of: (new () => T) & Pick<Source, 'table' | 'label'>, id: string): Promise<T> {
  const row = await locked(em as SqlEntityManager, of, id);
  if (!row) throw missing(of.label);
  mustOnErrand(row, of);
  asExpected(row as T);
  return row as T;
}

/**
 * MikroORM takes longer to build this statement than PostgreSQL to answer it, so where nothing but the id decides it is written here. Where
 * a rule, a pending change or a row that is known already has a say, MikroORM finds it.
 */
async function locked<T extends Row>(em: SqlEntityManager, of: (new () => T) & Pick<Source, 'table'>, id: string): Promise<T | null> {
  const work = em.getUnitOfWork();
  const free =
    entityOf(of.table)?.scope === 'tenant' && !work.getPersistStack().size && !Object.keys(reach(actor(), 'read', of.table)).length;
  if (!free || work.getById(of as never, id as never))
    return (await em.findOne(of, { id } as never, { lockMode: LockMode.PESSIMISTIC_WRITE })) as T | null;
  const [found] = await em.execute<object[]>(
    `select * from "${of.table}" where tenant_id = ? and deleted_at is null and id = ? for update`,
    [tenantId(), id],
  );
  return found ? (em.map(of, found as never) as T) : null;
}

/** The row a command brings back: as `load`, also when it is deleted. */
export async function loadDeleted<T extends TenantRow>(
  em: EntityManager,
  of: (new () => T) & Pick<Source, 'table' | 'label'>,
  id: string,
): Promise<T> {
  const row = await em.findOne(of, { id } as never, { filters: { alive: false }, lockMode: LockMode.PESSIMISTIC_WRITE });
  if (!row) throw missing(of.label);
  mustOnErrand(row, of);
  asExpected(row as T);
  return row as T;
}

/** Refuses when the caller named another version of this record. @throws version.mismatch */
export function asExpected(row: { id: string; version: number }) {
  const { expects } = call();
  if (expects?.id === row.id && expects.version !== row.version)
    throw stale(`You named version ${expects.version}; it is ${row.version} now`, { version: row.version });
}

const there = new WeakSet<object>();
/** The row that a creation answers with because it was made before: the answer is 200, not 201. For routes that are marked `again`. */
export function alreadyThere<T extends object>(row: T): T {
  there.add(row);
  return row;
}
export const wasThere = (row: unknown): boolean => typeof row === 'object' && row !== null && there.has(row);

type Values = Record<string, unknown>;

/**
 * A checked PATCH whose objects (free metadata, an address) are merged into what is there, key by key, as RFC 7396 says: null takes a key
 * away, and of an address without any nothing is left.
 * @throws request.invalid when the whole of the metadata is too large
 */
export function amended<C extends object>(row: Row, changes: C): C {
  const out: Values = Object.fromEntries(Object.entries(changes));
  for (const [name, { column, nullable }] of Object.entries(fieldsOf(row.constructor as unknown as Source))) {
    const sent = out[name];
    if (!column.merges || !isObject(sent)) continue;
    const known = (row as unknown as Values)[name];
    const all = merged(isObject(known) ? known : {}, sent);
    out[name] = nullable && !Object.keys(all).length ? null : all;
  }
  if (isObject(out.custom) && !fitsMetadata(out.custom)) throw invalid(`custom takes ${METADATA_SAID}`, { details: [TOO_MUCH] });
  return out as C;
}
const TOO_MUCH = { pointer: '/custom', code: 'too_big', message: METADATA_SAID };

function merged(known: Values, sent: Values): Values {
  const out = { ...known };
  for (const [key, value] of Object.entries(sent)) {
    if (value === null) delete out[key];
    else out[key] = isObject(value) ? merged(isObject(out[key]) ? out[key] : {}, value) : value;
  }
  return out;
}
const isObject = (value: unknown): value is Values => typeof value === 'object' && value !== null && !Array.isArray(value);

type TenantSource = Source & (new () => TenantRow);

/** One record as a view shows it. */
export class GetOne<R> extends Query<R> {
  constructor(
    readonly view: View<R>,
    readonly id: string,
  ) {
    super();
  }
}
@HandlesAny(GetOne, ({ view }: GetOne<unknown>) => ({ action: 'read', subject: view.of }))
class GetHandler {
  constructor(private readonly read: Read) {}
  execute({ view, id }: GetOne<unknown>) {
    return this.read.one(view, id);
  }
}

/** Part of a list, with the relations that were asked for embedded by one query each. */
export class ListPage<R> extends Query<Page<R>> {
  constructor(
    readonly list: List<R>,
    readonly asked: Asked,
  ) {
    super();
  }
}
@HandlesAny(ListPage, ({ list }: ListPage<unknown>) => ({ action: 'read', subject: list.of }))
class ListHandler {
  constructor(private readonly read: Read) {}
  execute({ list, asked }: ListPage<unknown>) {
    return pageOf(this.read, list, asked);
  }
}

async function pageOf(read: Read, list: List<unknown>, asked: Asked) {
  const page = await read.page(list, asked);
  for (const name of asked.include) {
    const { view, by } = list.options.include![name]!;
    const rows = page.items as Record<string, unknown>[];
    const ids = [...new Set(rows.flatMap((row) => (row[by] as string | null) ?? []))];
    const found = await read.many(view, ids);
    for (const row of rows) row[name] = found.get(row[by] as string) ?? null;
  }
  // What was read for the relations alone.
  for (const name of asked.fields ? asked.include : []) {
    const { by } = list.options.include![name]!;
    if (!asked.fields!.includes(by)) for (const row of page.items as Record<string, unknown>[]) delete row[by];
  }
  return page;
}

/** Part of the list of what belongs to one record: 404 when that one may not be seen. */
export class ListUnder<R> extends Query<Page<R>> {
  constructor(
    readonly list: List<R>,
    readonly parent: View<unknown>,
    readonly id: string,
    readonly asked: Asked,
  ) {
    super();
  }
}
@HandlesAny(ListUnder, ({ list }: ListUnder<unknown>) => ({ action: 'read', subject: list.of }))
class ListUnderHandler {
  constructor(private readonly read: Read) {}
  async execute({ list, parent, id, asked }: ListUnder<unknown>) {
    await this.read.one(parent, id);
    return pageOf(this.read, list, asked);
  }
}

/** Deletes a record softly: it can be restored until it is purged. */
export class RemoveOne extends Command<TenantRow> {
  constructor(
    readonly of: TenantSource,
    readonly id: string,
  ) {
    super();
  }
}
@HandlesAny(RemoveOne, ({ of }: RemoveOne) => ({ action: 'delete', subject: of }))
class RemoveHandler {
  constructor(private readonly em: SqlEntityManager) {}
  async execute({ of, id }: RemoveOne) {
    const row = await load(this.em, of, id);
    row.remove();
    return row;
  }
}

/** Brings a deleted record back. */
export class RestoreOne extends Command<TenantRow> {
  constructor(
    readonly of: TenantSource,
    readonly id: string,
  ) {
    super();
  }
}
@HandlesAny(RestoreOne, ({ of }: RestoreOne) => ({ action: 'delete', subject: of }))
class RestoreHandler {
  constructor(private readonly em: SqlEntityManager) {}
  async execute({ of, id }: RestoreOne) {
    const row = await loadDeleted(this.em, of, id);
    row.deletedAt = null;
    return row;
  }
}

export const genericUseCases = [GetOne, ListPage, ListUnder, RemoveOne, RestoreOne];
export const deletedAnswer = (row: TenantRow) => ({ id: row.id, deleted_at: (row.deletedAt ?? now()).toISOString() });
