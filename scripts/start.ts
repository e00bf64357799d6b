// `npm start`: database, build, migration, demo data, API and worker, on one machine, with one Ctrl-C.
// `npm run dev` (--watch): the same, and API and worker start again when a source changes.
import { readdirSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { loadSettings, ownerUrl, type Settings } from '../libs/kernel/settings.ts';
import { build, fingerprint } from './build.ts';
import { localDatabase, mustServe, ownSecretKey } from './database.ts';
import { given } from './environment.ts';
import { mustAnswer, mustBeFree, reason } from './machine.ts';
import { Services } from './services.ts';

interface Database {
  environment: Record<string, string>;
  description: string;
  stop: () => Promise<void>;
}

/** Stands in until the database and its secrets are made, so that all settings can be judged before anything is started. */
const EMBEDDED = { DATABASE_URL: 'postgresql://tessera_app@embedded', SECRET_KEY: 'invented at the first start' };
const WATCHING = process.argv.includes('--watch');

const services = new Services((name, how) => {
  console.error(`${name} ended unexpectedly (${how}); ${WATCHING ? 'waiting for a change' : 'stopping'}.`);
  if (!WATCHING) void stop(1);
});
let database: Promise<Database> | undefined;
let compiled: Promise<void> | undefined;
let stopping: Promise<never> | undefined;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect'] as const) process.on(signal, () => void stop(0));
await start().catch(fail);

async function start() {
  const began = performance.now();
  const environment = given();
  const settings = loadSettings(environment.NODE_ENV === 'production' ? environment : { ...EMBEDDED, ...environment });
  await mustBeFree(settings.PORT, settings.HOST);
  if (settings.REDIS_URL) await mustAnswer('REDIS_URL', settings.REDIS_URL, 6379);
  database = environment.DATABASE_URL ? external(settings, environment.SECRET_KEY) : embedded();
  if (environment.DATABASE_URL) await database;
  compiled = build();
  const [{ environment: made, description }] = await Promise.all([database, compiled]);
  Object.assign(process.env, environment, made);
  process.env[process.stdout.isTTY ? 'FORCE_COLOR' : 'NO_COLOR'] ??= '1';
  await services.command(...(settings.NODE_ENV === 'production' ? ['db', 'migrate'] : ['setup']));
  await Promise.all([services.start('api'), services.start('worker')]);
  console.log(banner(settings, description, (performance.now() - began) / 1000));
  if (WATCHING) await watchSources();
}

async function embedded(): Promise<Database> {
  const { environment, postgres } = await localDatabase();
  postgres.keepAlive((event) => console.log(`start  | ${event}`), fail);
  return { environment, description: `embedded PostgreSQL in ${postgres.place}, port ${postgres.port}`, stop: () => postgres.stop() };
}

async function external(settings: Settings, secret: string | undefined): Promise<Database> {
  const owner = ownerUrl(settings);
  await mustServe('DATABASE_URL', settings.DATABASE_URL);
  if (owner !== settings.DATABASE_URL) await mustServe('DATABASE_OWNER_URL', owner);
  const description = `your PostgreSQL at ${new URL(settings.DATABASE_URL).host || 'the local socket'}`;
  return { environment: { SECRET_KEY: secret ?? ownSecretKey() }, description, stop: async () => {} };
}

/** Looks instead of listening: what a file system tells about changes differs from one to the next, and on Linux some are missed. */
async function watchSources() {
  let built = fingerprint();
  let migrated = String(readdirSync('migrations'));
  for (;;) {
    await wait(500);
    try {
      const now = fingerprint();
      if (now === built) continue;
      built = now;
      await build();
      await services.stop();
      if (String(readdirSync('migrations')) !== migrated) await services.command('db', 'migrate');
      migrated = String(readdirSync('migrations'));
      await Promise.all([services.start('api'), services.start('worker')]);
    } catch (error) {
      if (!stopping) console.error(reason(error));
    }
  }
}

function fail(error: unknown) {
  if (!stopping) console.error(process.env.DEBUG ? error : reason(error));
  return stop(1);
}

function stop(code: number) {
  return (stopping ??= (async () => {
    if (services.busy) console.log('\nStopping …');
    await services.close();
    const [made] = await Promise.allSettled([database, compiled]);
    if (made.status === 'fulfilled') await made.value?.stop();
    process.exit(code);
  })());
}

function banner({ PORT, REDIS_URL, SMTP_URL, OUTBOX_DIR }: Settings, description: string, seconds: number) {
  const api = `http://localhost:${PORT}`;
  return `
  Ready in ${seconds.toFixed(1)} s

  API        ${api}/api/v1
  Docs       ${api}/docs (Swagger), ${api}/redoc
  Database   ${description}
  Jobs       ${REDIS_URL ? 'Redis' : 'PostgreSQL'}
  E-mails    ${SMTP_URL ? 'sent' : `kept in ${OUTBOX_DIR}`}

  Ctrl-C stops everything.
`;
}
