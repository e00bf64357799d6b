import { MikroORM } from '@mikro-orm/postgresql';
import { createHash } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { entities } from './context.ts';
import { extrasOf } from './entity.ts';
import { ormOptions } from './orm.ts';

const OLDEST = 150_000;
export const QUEUE = 'work';
export const QUEUE_SCHEMA = 'bullmq';

/** Tables of which the app role may only add and read rows. */
const appendOnly = () => ['audit_entry', 'audit_seal', ...entities.filter((one) => extrasOf(one).appendOnly).map(({ table }) => table)];

/**
 * Checking a new foreign key reads both tables behind their policies, which want an organization: one that has no rows. And whoever must have
 * a table for himself keeps all others waiting behind him for no longer than this.
 */
const NOBODYS = '-c app.tenant=00000000-0000-0000-0000-000000000000 -c lock_timeout=2s';
const ATTEMPTS = 100;
const LET_BY_MS = 3000;

/**
 * Brings the database up to date as its owner and lets the application's role use, but not change, what is there. One at a time.
 * @returns the names of the migrations that were applied
 */
export async function migrate(ownerUrl: string, appRole: string, log: (line: string) => void = () => {}): Promise<string[]> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ version: number; role: string }>(
      `select current_setting('server_version_num')::int as version, current_user as role`,
    );
    if (rows[0]!.version < OLDEST) throw new Error(`PostgreSQL 15 or newer is needed; this is ${Math.floor(rows[0]!.version / 10_000)}.`);
    await alone(client);
    const orm = await MikroORM.init(ormOptions(ownerUrl, { driverOptions: { options: NOBODYS }, pool: { min: 0, max: 2 } }));
    try {
      const applied = await appliedTo(orm, log);
      // Here and not above: who only serves loads no queue.
      const { runMigrations } = await import('bullmq');
      await runMigrations(client, QUEUE_SCHEMA);
      // BullMQ makes this sequence at its first job, which the app role may not.
      await client.query(`create sequence if not exists ${QUEUE_SCHEMA}.bullmq_jid_${createHash('md5').update(QUEUE).digest('hex')}`);
      await client.query(grants(client.escapeIdentifier(appRole)));
      // Where one role is both, it would take its own rights to migrate again.
      if (appRole !== rows[0]!.role) await client.query(revokes(client.escapeIdentifier(appRole)));
      return applied;
    } finally {
      await orm.close();
    }
  } finally {
    await client.end();
  }
}

/** Where a table is in use for long, those who wait behind a migration are let by, and it is tried again: each is a transaction of its own. */
async function appliedTo({ migrator }: MikroORM, log: (line: string) => void): Promise<string[]> {
  const known = new Set((await migrator.getExecuted()).map(({ name }) => name));
  for (let attempt = 1; ; attempt++)
    try {
      await migrator.up();
      break;
    } catch (error) {
      if ((error as { code?: string }).code !== LOCK_NOT_AVAILABLE || attempt === ATTEMPTS) throw error;
      if (attempt === 1) log('A table is in use: waiting for whoever has it …');
      await wait(LET_BY_MS);
    }
  const applied = (await migrator.getExecuted()).map(({ name }) => name).filter((name) => !known.has(name));
  for (const name of applied) log(`Applied ${name}`);
  return applied;
}
const LOCK_NOT_AVAILABLE = '55P03';

/** Waits without a statement under way, for which an index that is made concurrently would wait in turn. */
async function alone(client: pg.Client) {
  const mine = async () =>
    (await client.query<{ mine: boolean }>(`select pg_try_advisory_lock(hashtext('tessera:migrate')) as mine`)).rows[0]!.mine;
  while (!(await mine())) await wait(200);
}

const grants = (role: string) => `
  ${['public', QUEUE_SCHEMA]
    .map(
      (schema) => `
  grant usage on schema ${schema} to ${role};
  grant select, insert, update, delete on all tables in schema ${schema} to ${role};
  grant usage, select on all sequences in schema ${schema} to ${role};
  alter default privileges in schema ${schema} grant select, insert, update, delete on tables to ${role};
  alter default privileges in schema ${schema} grant usage, select on sequences to ${role};`,
    )
    .join('')}
  grant usage on schema search to ${role};
  grant execute on function search.put(text, uuid, uuid, text), search.find(text, text), search.among(text, text, uuid[]),
    search.among(text, text, uuid[], int) to ${role};
`;

const revokes = (role: string) => `
  ${appendOnly()
    .map((table) => `revoke update, delete on ${table} from ${role};`)
    .join('\n  ')}
  revoke insert, update, delete on mikro_orm_migrations from ${role};`;
