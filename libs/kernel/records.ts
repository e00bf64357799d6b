import { EntitySchema, type FilterDef } from '@mikro-orm/core';

/**
 * The kernel's own tables. They are written by the flush law, the bus and the workers as plain SQL: no unit of work and no extra round
 * trip; the classes exist so that migrations and the drift check know the tables.
 */
const tenant = {
  name: 'tenant',
  cond: ({ id }: { id: string }) => ({ tenantId: id }),
  rls: { setting: 'app.tenant' },
  default: true,
  strict: true,
} as FilterDef;

const uuid = (more: object = {}) => ({ type: 'uuid', ...more });
const words = (more: object = {}) => ({ type: 'text', ...more });
const instant = (more: object = {}) => ({ type: 'datetime', columnType: 'timestamptz(3)', ...more });
const orNull = { nullable: true };
const atNow = { defaultRaw: 'now()' };

const table = (tableName: string, properties: object, more: object = {}) =>
  new EntitySchema({ name: tableName, tableName, properties: withColumns(properties), ...more } as unknown as ConstructorParameters<
    typeof EntitySchema
  >[0]);
const withColumns = (properties: object) =>
  Object.fromEntries(
    Object.entries(properties).map(([name, definition]) => [
      name,
      { fieldName: name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`), ...definition },
    ]),
  );

/** Who did what to which row, with its fields before and after. The app role may insert and read it, nothing else. */
const auditEntry = table(
  'audit_entry',
  {
    id: uuid({ primary: true }),
    tenantId: uuid(),
    at: instant(atNow),
    actorKind: words(),
    userId: uuid(orNull),
    apiKeyId: uuid(orNull),
    onBehalfOf: uuid(orNull),
    requestId: words(),
    action: words(),
    subject: words(),
    subjectId: uuid(),
    // json, not jsonb: the hash is over the text as it was written.
    content: { type: 'text', columnType: 'json', nullable: true },
    salt: words(),
    contentHash: words(),
  },
  {
    rowLevelSecurity: 'force',
    filters: { tenant },
    indexes: [{ properties: ['tenantId', 'at', 'id'] }, { properties: ['tenantId', 'subject', 'subjectId', 'at'] }],
  },
);

/** The hash chain over the audit entries of an organization: position n seals one entry and everything before it. */
const auditSeal = table(
  'audit_seal',
  {
    tenantId: uuid({ primary: true }),
    position: { type: 'bigint', primary: true },
    entryId: uuid(),
    hash: words(),
    sealedAt: instant(atNow),
  },
  { rowLevelSecurity: 'force', filters: { tenant }, uniques: [{ properties: ['tenantId', 'entryId'] }] },
);

/** What happened, to be told after the commit: pointers and figures, never business content. */
const outbox = table(
  'outbox',
  {
    id: { type: 'bigint', primary: true, autoincrement: true },
    organizationId: uuid(),
    name: words(),
    subject: words(),
    subjectId: uuid(),
    payload: { type: 'json' },
    requestId: words(),
    onBehalfOf: uuid(orNull),
    // How many reactions the writer knew of: a worker that knows fewer is of the version before, and leaves the message to others.
    awaits: { type: 'smallint', default: 0 },
    createdAt: instant(atNow),
    sentAt: instant(orNull),
    doneAt: instant(orNull),
    attempts: { type: 'integer', default: 0 },
    retryAt: instant(orNull),
    error: words(orNull),
  },
  {
    indexes: [
      { name: 'outbox_open', expression: 'create index "outbox_open" on "outbox" ("id") where done_at is null' },
      {
        name: 'outbox_open_subject',
        expression: 'create index "outbox_open_subject" on "outbox" ("subject_id", "id") where done_at is null',
      },
    ],
  },
);

/** Which reaction has seen which message: the key that makes a reaction happen once. */
const inbox = table('inbox', { messageId: { type: 'bigint', primary: true }, reaction: words({ primary: true }), doneAt: instant(atNow) });

/** A command to be run later, once per key. The row is the truth; a queue job only wakes. */
const due = table(
  'due',
  {
    id: uuid({ primary: true }),
    organizationId: uuid(),
    kind: words(),
    key: words(),
    subjectId: uuid(orNull),
    payload: { type: 'json' },
    requestId: words(),
    onBehalfOf: uuid(orNull),
    createdAt: instant(atNow),
    dueAt: instant(),
    sentAt: instant(orNull),
    doneAt: instant(orNull),
    failedAt: instant(orNull),
    /** Until then a process that goes in steps belongs to the worker that said so. */
    leasedUntil: instant(orNull),
    attempts: { type: 'integer', default: 0 },
    error: words(orNull),
  },
  {
    uniques: [{ properties: ['organizationId', 'kind', 'key'] }],
    indexes: [{ name: 'due_open', expression: 'create index "due_open" on "due" ("due_at") where done_at is null and failed_at is null' }],
  },
);

/** The answer to a request with an Idempotency-Key, kept for a day in the same transaction as its effect. */
const idempotency = table(
  'idempotency',
  {
    organizationId: uuid({ primary: true }),
    caller: words({ primary: true }),
    route: words({ primary: true }),
    key: words({ primary: true }),
    fingerprint: words(),
    status: { type: 'integer' },
    headers: { type: 'json' },
    body: words(),
    createdAt: instant(atNow),
  },
  { indexes: [{ properties: ['createdAt'] }] },
);

export const kernelTables: EntitySchema[] = [auditEntry, auditSeal, outbox, inbox, due, idempotency];
