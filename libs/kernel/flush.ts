import { type ChangeSet, ChangeSetType, type EventSubscriber, type FlushEventArgs } from '@mikro-orm/core';
import { hash } from 'node:crypto';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { type Actor, type Call, call } from './actor.ts';
import { entityOf, extrasOf, fieldsOf, keepersOf, Row, type Source, TenantRow } from './entity.ts';
import { forbidden, inUse, invalid, missing } from './errors.ts';
import type { AnyField } from './fields.ts';
import { reactionsTo } from './jobs/reactions.ts';
import { fitsCurrency, digitsOf } from './money.ts';
import { quoted } from './lean-driver.ts';
import { dotted, snake } from './naming.ts';
import { may, must, reach } from './permissions.ts';
import { predicate } from './predicate.ts';
import { randomPiece } from './random.ts';
import { type Retold, unit } from './transaction.ts';
import { uuidv7 } from './uuidv7.ts';

type Values = Record<string, unknown>;
export type Verb = 'create' | 'update' | 'delete' | 'restore';
/** One row about to be written: what it was (null for a new one), what it becomes, and which fields differ. */
export interface Change {
  readonly of: Source;
  readonly verb: Verb;
  readonly row: Row;
  readonly before: Values | null;
  readonly changed: readonly string[];
  /** What became of its parts. */
  readonly retold?: Retold;
}
/** Fields that every change changes. */
export const quiet = new Set(['version', 'updatedAt', 'createdAt', 'tenantId', 'id', 'createdBy']);
const PAST: Record<Verb, string> = { create: 'created', update: 'updated', delete: 'deleted', restore: 'restored' };

/** Nothing is written unguarded, unaudited or untold: permission, references and amounts are checked, audit and outbox written, per row. */
export class FlushLaw implements EventSubscriber {
  async onFlush({ uow, em }: FlushEventArgs) {
    const sql = em as unknown as SqlEntityManager;
    const changes = uow.getChangeSets().flatMap((change) => changeOf(change as ChangeSet<Row>));
    for (const change of changes) {
      permitted(change);
      exact(change);
    }
    await referencesHold(sql, changes);
    await nobodyKeeps(sql, changes);
    await told(sql, changes);
    const written = unit()?.written;
    for (const { of, verb, row } of changes) written?.push({ table: of.table, verb, id: row.id });
  }
}

function changeOf({ entity: row, type, originalEntity, payload }: ChangeSet<Row>): Change[] {
  if (!(row instanceof Row)) return [];
  const of = row.constructor as unknown as Source;
  const changed = Object.keys(payload).filter((name) => !quiet.has(name) && !fieldsOf(of)[name]?.column.quiet);
  const before = type === ChangeSetType.CREATE ? null : (originalEntity as unknown as Values);
  const verb: Verb =
    type === ChangeSetType.CREATE
      ? 'create'
      : type === ChangeSetType.DELETE
        ? 'delete'
        : 'deletedAt' in payload
          ? (payload as Values).deletedAt
            ? 'delete'
            : 'restore'
          : 'update';
  const retold = unit()?.retold.get(row);
  unit()?.retold.delete(row);
  return type === ChangeSetType.UPDATE && !changed.length && !retold ? [] : [{ of, verb, row, before, changed, retold }];
}

/** Checked against the row before and after. Platform rows are guarded by their use cases; they are known outside any organization. */
export function permitted({ of, verb, row, before, changed }: Change) {
  if (of.scope === 'platform') return;
  const { actor: me } = call();
  const action = verb === 'restore' ? 'delete' : verb;
  const earlier = before && (Object.assign(Object.create(Object.getPrototypeOf(row) as object), row, before) as Row);
  const owner = (row as Row & { ownerId?: string | null }).ownerId;
  if (me.kind !== 'system' && changed.includes('ownerId')) {
    const claims = !before?.ownerId && owner === me.userId;
    if (!claims && !may('reassign', of)) throw forbidden(`You may not decide who owns this ${of.label.toLowerCase()}`);
    if (claims) return must(action, row, of);
  }
  if (earlier) must(action, earlier, of);
  if (verb !== 'delete') must(action, row, of);
}

/** An amount cannot have more digits than its currency. */
export function exact({ of, row, changed }: Change) {
  const values = row as unknown as Values;
  for (const name of changed) {
    const field = fieldsOf(of)[name];
    const amountChanged = field?.kind === 'money' && typeof values[name] === 'bigint';
    const amounts = amountChanged ? [name] : name === 'currency' ? moneyNames(of) : [];
    for (const amount of amounts)
      if (typeof values[amount] === 'bigint' && !fitsCurrency(values[amount], values.currency as string)) {
        const message = `${values.currency as string} has ${digitsOf(values.currency as string)} digits after the point`;
        throw invalid(message, { details: [{ pointer: `/${snake(amount)}`, code: 'too_precise', message }] });
      }
  }
}
const moneyNames = (of: Source) => Object.entries(fieldsOf(of)).flatMap(([name, field]) => (field.kind === 'money' ? [name] : []));

/**
 * A referenced record must be alive and readable, and stays so until the commit (for share). That it belongs to the same organization, and
 * that a row of the deployment is there at all, is the keys' business.
 */
export async function referencesHold(em: SqlEntityManager, changes: readonly Change[]) {
  const wanted = new Map<string, Map<string, { name: string; field: AnyField }>>();
  for (const { of, row, changed, verb } of changes)
    for (const name of verb === 'delete' ? [] : verb === 'restore' ? neededReferences(of) : changed) {
      const field = fieldsOf(of)[name];
      const id = (row as unknown as Values)[name];
      if (!field?.column.to || typeof id !== 'string') continue;
      const table = typeof field.column.to === 'string' ? field.column.to : field.column.to().table;
      if (table === 'membership' ? id === call().actor.userId : entityOf(table)?.scope === 'platform') continue;
      if (!wanted.has(table)) wanted.set(table, new Map());
      wanted.get(table)!.set(id, { name, field });
    }
  // What this transaction has made nobody else can take away: asking would only lock each row once more.
  const created = new Set(changes.filter(({ verb }) => verb === 'create').map(({ row }) => row.id));
  for (const { verb, id } of unit()?.written ?? [])
    if (verb === 'create') created.add(id);
    else if (verb === 'delete') created.delete(id);
  for (const [table, ids] of wanted) {
    const asked = [...ids.keys()].filter((id) => !created.has(id));
    if (!asked.length) continue;
    const found = new Set(table === 'membership' ? await members(em, asked) : await readable(em, table, asked));
    for (const id of asked)
      if (!found.has(id)) {
        const pointer = `/${snake(ids.get(id)!.name)}`;
        const what = table === 'membership' ? 'Member' : (entityOf(table)?.label ?? table);
        throw missingReference(what, pointer);
      }
  }
}
/** Also by those the actor may not see. @throws in_use */
async function nobodyKeeps(em: SqlEntityManager, changes: readonly Change[]) {
  for (const { of, verb, row } of changes)
    for (const { table, label, column } of verb === 'delete' ? keepersOf(of.table) : []) {
      const kept = `select from ${table} where tenant_id = current_setting('app.tenant')::uuid and ${column} = ? and deleted_at is null limit 1`;
      if ((await em.execute<unknown[]>(kept, [row.id])).length)
        throw inUse(`There is a ${label.toLowerCase()} of this ${of.label.toLowerCase()}`);
    }
}
/**
 * What comes back needs what it cannot be without, and what it would have kept. Besides, it may lead to what has gone meanwhile, as what has
 * stayed does; and its owner may have left.
 */
const neededReferences = (of: Source) =>
  Object.entries(fieldsOf(of)).flatMap(([name, { column, nullable }]) =>
    column.to && column.to !== 'membership' && (column.keeps || !nullable) ? [name] : [],
  );
const missingReference = (what: string, pointer: string) => {
  const refusal = missing(what);
  refusal.more.details = [{ pointer, code: 'not_found', message: refusal.message }];
  return refusal;
};

async function members(em: SqlEntityManager, ids: string[]) {
  const rows = await em.execute<{ user_id: string }[]>(
    `select user_id from membership where organization_id = ? and user_id in (${ids.map(() => '?').join(', ')}) and status <> 'left' for share`,
    [call().actor.organization!.id, ...ids],
  );
  return rows.map((row) => row.user_id);
}

async function readable(em: SqlEntityManager, table: string, ids: string[]) {
  const db = em.getKysely();
  const query = db
    .selectFrom(table as never)
    .select('id' as never)
    .where('id' as never, 'in', ids as never)
    .where('deleted_at' as never, 'is', null as never)
    .forShare();
  const condition = reach(call().actor, 'read', table);
  const rows = await query.where((eb) => predicate(eb as never, condition, table) as never).execute();
  return (rows as { id: string }[]).map((row) => row.id);
}

/** One audit entry per changed row and one message per event, both leaving with the commit. */
async function told(em: SqlEntityManager, changes: readonly Change[]) {
  const now = call();
  const entries = changes.flatMap((change) => auditOf(change, now));
  const messages = [...changes.flatMap((change) => messageOf(change, now)), ...recorded(now)];
  await insertLater(em, 'audit_entry', AUDIT_COLUMNS, entries);
  await insertLater(em, 'outbox', OUTBOX_COLUMNS, messages);
}

export const AUDIT_COLUMNS =
  'id, tenant_id, actor_kind, user_id, api_key_id, on_behalf_of, request_id, action, subject, subject_id, content, salt, content_hash';
export const OUTBOX_COLUMNS = 'organization_id, name, subject, subject_id, payload, request_id, on_behalf_of, awaits';

export async function insertLater(em: SqlEntityManager, into: string, columns: string, rows: unknown[][]) {
  if (!rows.length) return;
  const lines = rows.map((row) => `(${row.map(quoted).join(', ')})`);
  const statement = `insert into ${into} (${columns}) values ${lines.join(', ')}`;
  const waiting = unit()?.leaving;
  if (waiting) waiting.push(statement);
  else await em.execute(statement);
}

/** The organization a row belongs to; null for what is known outside any (a user, a session). */
const organizationOf = ({ of, row }: Change): string | null => {
  const values = row as unknown as Values;
  if (row instanceof TenantRow) return row.tenantId;
  return of.table === 'organization' ? row.id : ((values.organizationId as string | undefined) ?? null);
};

/** What an audit entry says of something that is no row of the organization, but concerns it. Secrets are the caller's to mask. */
export interface Witnessed {
  readonly action: Verb;
  readonly subject: string;
  readonly subjectId: string;
  readonly before: Values | null;
  readonly after: Values | null;
}
/** Writes it with the transaction it stands in, whose organization it is for. */
export async function witnessed(em: SqlEntityManager, { action, subject, subjectId, before, after }: Witnessed): Promise<void> {
  const { actor: me, requestId } = call();
  const content = JSON.stringify({ before, after });
  await insertLater(em, 'audit_entry', AUDIT_COLUMNS, [entry(unit()!.tenantId!, me, requestId, action, subject, subjectId, content)]);
}

function entry(organization: string, me: Actor, requestId: string, verb: Verb, subject: string, id: string, content: string): unknown[] {
  const salt = randomPiece(12).toString('base64url');
  return [uuidv7(), organization, ...who(me), requestId, verb, subject, id, content, salt, contentHash(salt, content)];
}

export function auditOf(change: Change, { actor: me, requestId }: Call): unknown[][] {
  const organization = organizationOf(change);
  if (!organization || organization !== unit()?.tenantId || extrasOf(change.of).quiet) return [];
  const { of, verb, row, before, changed, retold } = change;
  const spoken = (values: Values) =>
    Object.fromEntries(
      changed.map((name) => [snake(name), fieldsOf(of)[name]?.masked ? (values[name] == null ? null : '***') : plain(values[name])]),
    );
  const content = JSON.stringify({
    before: before ? { ...spoken(before), ...retold?.before } : null,
    after: { ...spoken(row as unknown as Values), ...retold?.after },
  });
  return [entry(organization, me, requestId, verb, of.table, row.id, content)];
}
export const contentHash = (salt: string, content: string) => hash('sha256', salt + content, 'base64url');
const who = (me: Actor) =>
  me.carriedOn ? ['system', null, null, me.userId] : [me.kind, me.userId, me.apiKeyId ?? null, me.onBehalfOf ?? null];
const plain = (value: unknown) => (typeof value === 'bigint' ? String(value) : (value ?? null));

export function messageOf(change: Change, now: Call): unknown[][] {
  const organization = organizationOf(change);
  if (!organization || extrasOf(change.of).quiet) return [];
  const { of, verb, row, retold } = change;
  const changed = [...change.changed.map(snake), ...Object.keys(retold?.after ?? {})];
  const payload = JSON.stringify({ id: row.id, ...(verb === 'update' ? { changed } : {}) });
  return [message(now, organization, `${of.table}.${PAST[verb]}`, of.table, row.id, payload)];
}

const message = ({ actor: me, requestId }: Call, organization: string, name: string, subject: string, id: string, payload: string) => {
  const { size } = reactionsTo(name);
  return [organization, name, subject, id, payload, requestId, me.userId ?? me.onBehalfOf ?? null, size];
};

/** What the rows recorded since it was asked last. */
export function recorded(now: Call): unknown[][] {
  const happened = unit()?.happened.splice(0) ?? [];
  return happened.map(({ row, event }) => {
    const of = row.constructor as unknown as Source;
    const payload = JSON.stringify(event, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
    const subject = row as Row & { organizationId?: string; tenantId?: string };
    const organization = subject.tenantId ?? subject.organizationId ?? now.actor.organization?.id ?? subject.id;
    return message(now, organization, dotted(event.constructor.name), of.table, subject.id, payload);
  });
}
