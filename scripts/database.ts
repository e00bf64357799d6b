// The database that a command works with: the private one of this checkout, or one from outside.
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { AlreadyRunning, EmbeddedPostgres } from './embedded-postgres.ts';
import { given } from './environment.ts';
import { lock } from './lock.ts';
import { reason } from './machine.ts';

export const STATE = '.tessera';
const KEPT = `${STATE}/env`;
const OLDEST_POSTGRES = 15;

export interface Roles {
  owner: string;
  app: string;
}

/** The owner migrates. The application is neither superuser nor owner, so row security binds it. Both connection strings. */
export async function provision(postgres: EmbeddedPostgres, database: string, passwords: Roles) {
  const client = new pg.Client(postgres.url());
  await client.connect();
  try {
    const roles = [
      ['tessera_owner', 'createdb', passwords.owner],
      ['tessera_app', 'nocreatedb', passwords.app],
    ] as const;
    for (const [role, rights, password] of roles) {
      const { rowCount } = await client.query('select from pg_roles where rolname = $1', [role]);
      const secret = client.escapeLiteral(password);
      await client.query(`${rowCount ? 'alter' : 'create'} role ${role} login nosuperuser nobypassrls ${rights} password ${secret}`);
    }
    const { rowCount } = await client.query('select from pg_database where datname = $1', [database]);
    const name = client.escapeIdentifier(database);
    if (!rowCount) await client.query(`create database ${name} owner tessera_owner`);
    // BullMQ works with temporary tables, so the application needs that right too.
    await client.query(`revoke all on database ${name} from public`);
    await client.query(`grant connect, temporary on database ${name} to tessera_app`);
  } finally {
    await client.end();
  }
  return {
    DATABASE_URL: postgres.url('tessera_app', passwords.app, database),
    DATABASE_OWNER_URL: postgres.url('tessera_owner', passwords.owner, database),
  };
}

/** What this checkout invented for itself at its first start, readable by this user only. */
function secrets(): Record<'OWNER_PASSWORD' | 'APP_PASSWORD' | 'SECRET_KEY', string> & Record<string, string | undefined> {
  const kept: Record<string, string | undefined> = existsSync(KEPT) ? parseEnv(readFileSync(KEPT, 'utf8')) : {};
  const secret = (name: string) => (kept[name] ??= randomBytes(32).toString('base64url'));
  return { ...kept, OWNER_PASSWORD: secret('OWNER_PASSWORD'), APP_PASSWORD: secret('APP_PASSWORD'), SECRET_KEY: secret('SECRET_KEY') };
}

function keep(values: Record<string, string | undefined>) {
  mkdirSync(STATE, { recursive: true });
  const lines = Object.entries(values).map(([name, value]) => `${name}=${value}\n`);
  writeFileSync(KEPT, lines.join(''), { mode: 0o600 });
}

/** A secret key for work on this machine with a database from outside. */
export function ownSecretKey() {
  const kept = secrets();
  keep(kept);
  return kept.SECRET_KEY;
}

/**
 * The private PostgreSQL of this checkout and its settings.
 * @throws AlreadyRunning when another process holds it
 */
export async function localDatabase() {
  const postgres = await EmbeddedPostgres.start({ folder: STATE });
  try {
    const kept = secrets();
    const urls = await provision(postgres, 'tessera', { owner: kept.OWNER_PASSWORD, app: kept.APP_PASSWORD });
    keep({ ...kept, ...urls });
    return { environment: { ...urls, SECRET_KEY: given().SECRET_KEY || kept.SECRET_KEY }, postgres };
  } catch (error) {
    await postgres.stop();
    throw error;
  }
}

/** The same for one command, together with whoever holds the database already. The last to leave stops it. */
export async function sharedDatabase() {
  try {
    const { environment, postgres } = await localDatabase();
    return { environment, release: () => lastToLeave().then(() => postgres.stop()) };
  } catch (error) {
    if (!(error instanceof AlreadyRunning)) throw error;
    const leave = lock(`${STATE}/guests`, 'shared');
    const { DATABASE_URL, DATABASE_OWNER_URL, SECRET_KEY } = secrets();
    if (!leave || !DATABASE_URL) throw new Error('Tessera is just starting or stopping here: try again in a moment.', { cause: error });
    return {
      environment: { DATABASE_URL, DATABASE_OWNER_URL, SECRET_KEY: given().SECRET_KEY || SECRET_KEY },
      release: async () => leave(),
    };
  }
}

async function lastToLeave() {
  if (lock(`${STATE}/guests`, 'exclusive')) return;
  console.error('Others still use the database: it stops when they have left.');
  while (!lock(`${STATE}/guests`, 'exclusive')) await wait(100);
}

/**
 * Asks a database from outside whether it can serve.
 * @throws an Error in one sentence when it does not answer, refuses the role, or is too old
 */
export async function mustServe(name: string, url: string) {
  const at = new URL(url).host || 'the local socket';
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000 });
  client.on('error', () => {});
  try {
    await client.connect();
    const { rows } = await client.query<{ version: string }>("select current_setting('server_version_num') as version");
    const version = Math.floor(Number(rows[0]?.version) / 10_000);
    if (version < OLDEST_POSTGRES) throw new Error(`it is PostgreSQL ${version}, and ${OLDEST_POSTGRES} or newer is needed`);
  } catch (error) {
    throw new Error(`${name} names the PostgreSQL at ${at}, which cannot serve: ${reason(error)}.`, { cause: error });
  } finally {
    await client.end().catch(() => {});
  }
}
