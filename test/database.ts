import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';

/** Checking a foreign key runs behind the policies too, which want an organization: one that has no rows. */
const NO_ORGANIZATION = '00000000-0000-0000-0000-000000000000';
let made: pg.Pool | undefined;
const pool = () => (made ??= opened());
/** The cluster may stop before the last connection is idle long enough to be closed. */
function opened() {
  const pool = new pg.Pool({
    connectionString: process.env.DATABASE_OWNER_URL,
    options: `-c TimeZone=UTC -c app.tenant=${NO_ORGANIZATION}`,
    max: 1,
    pipeline: true,
    allowExitOnIdle: true,
    idleTimeoutMillis: 500,
  });
  return pool.on('error', () => {});
}

/** Runs a statement as the tables' owner, outside any organization. */
export const asOwner = async <T extends object>(sql: string, values?: unknown[]): Promise<T[]> => (await pool().query<T>(sql, values)).rows;

/**
 * Work inside one organization, as the tables' owner, undone unless `keep` is set. Forced policies bind the owner like everybody else: it
 * sees the rows of one organization at a time.
 */
export async function inside<T>(organizationId: string, work: (client: pg.PoolClient) => Promise<T>, keep = false): Promise<T> {
  const client = await pool().connect();
  try {
    await client.query('begin');
    await client.query(`select set_config('app.tenant', $1, true)`, [organizationId]);
    const result = await work(client);
    await client.query(keep ? 'commit' : 'rollback');
    return result;
  } catch (error) {
    await client.query('rollback');
    throw error;
  } finally {
    client.release();
  }
}

/** Comes back when so many sessions of this database wait for locks, or when what they were asked is answered without that. */
export async function blocked(client: pg.PoolClient, sessions: number, asked: Promise<unknown>): Promise<void> {
  let answered = false;
  const end = () => (answered = true);
  asked.then(end, end);
  const waiting = 'select from pg_stat_activity where datname = current_database() and cardinality(pg_blocking_pids(pid)) > 0';
  while (!answered && (await client.query(waiting)).rowCount! < sessions) {
    await wait(20);
    // Within a transaction, who is there is looked up once.
    await client.query('select pg_stat_clear_snapshot()');
  }
}

/** One statement inside one organization, in one round trip. */
async function one<T extends object>(organizationId: string, sql: string, values: unknown[], end: 'commit' | 'rollback'): Promise<T[]> {
  const client = await pool().connect();
  try {
    const opened = [client.query('begin'), client.query(`select set_config('app.tenant', $1, true)`, [organizationId])];
    const answer = client.query<T>(sql, values);
    const [settled] = await Promise.allSettled([answer, ...opened, client.query(end)]);
    if (settled.status === 'rejected') throw settled.reason;
    return settled.value.rows;
  } finally {
    client.release();
  }
}

/** The rows of a query inside one organization. */
export const rowsOf = <T extends object>(organizationId: string, sql: string, values: unknown[] = []): Promise<T[]> =>
  one<T>(organizationId, sql, values, 'rollback');

/** Changes rows behind the application's back. */
export const tamper = async (organizationId: string, sql: string, values: unknown[] = []): Promise<void> =>
  void (await one(organizationId, sql, values, 'commit'));
