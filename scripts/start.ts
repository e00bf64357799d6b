// `npm start`: database, build, migration, demo data, API and worker, on one machine, with one Ctrl-C.
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { loadSettings, ownerUrl, type Settings } from '../libs/kernel/settings.ts';
import { build } from './build.ts';
import { localDatabase, mustServe, ownSecretKey } from './database.ts';
import { given } from './environment.ts';
import { mustAnswer, mustBeFree, reason } from './machine.ts';

interface Database {
  environment: Record<string, string>;
  description: string;
  stop: () => Promise<void>;
}

/** Stands in until the database and its secrets are made, so that all settings can be judged before anything is started. */
const EMBEDDED = { DATABASE_URL: 'postgresql://embedded', SECRET_KEY: 'invented at the first start' };
const PATIENCE = 20_000;

const children: ChildProcess[] = [];
let database: Promise<Database> | undefined;
let compiled: Promise<void> | undefined;
let stopping: Promise<never> | undefined;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect'] as const) process.on(signal, () => void stop(0));

try {
  await start();
} catch (error) {
  if (!stopping) console.error(process.env.DEBUG ? error : reason(error));
  await stop(1);
}

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
  await command(...(settings.NODE_ENV === 'production' ? ['db', 'migrate'] : ['setup']));
  await Promise.all([service('api'), service('worker')]);
  if (!stopping) console.log(banner(settings, description, (performance.now() - began) / 1000));
}

async function embedded(): Promise<Database> {
  const { environment, postgres } = await localDatabase();
  const failed = (error: Error) => {
    console.error(reason(error));
    void stop(1);
  };
  postgres.keepAlive((event) => console.log(`start  | ${event}`), failed);
  return { environment, description: `embedded PostgreSQL in ${postgres.place}, port ${postgres.port}`, stop: () => postgres.stop() };
}

async function external(settings: Settings, secret: string | undefined): Promise<Database> {
  const owner = ownerUrl(settings);
  await mustServe('DATABASE_URL', settings.DATABASE_URL);
  if (owner !== settings.DATABASE_URL) await mustServe('DATABASE_OWNER_URL', owner);
  const description = `your PostgreSQL at ${new URL(settings.DATABASE_URL).host || 'the local socket'}`;
  return { environment: { SECRET_KEY: secret ?? ownSecretKey() }, description, stop: async () => {} };
}

/** Every child is in its own session, so that Ctrl-C reaches only this process, which then stops them in order. */
async function command(...args: string[]) {
  if (stopping) return stopping;
  const child = spawn(process.execPath, ['dist/apps/cli/main.js', ...args], { stdio: ['ignore', 'inherit', 'inherit'], detached: true });
  children.push(child);
  const [code, signal] = await once(child, 'exit');
  if (code !== 0) throw new Error(`tessera ${args.join(' ')} failed (${signal ?? `code ${code}`}).`);
}

async function service(name: string) {
  if (stopping) return stopping;
  const options = { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] as ('ignore' | 'pipe' | 'ipc')[], detached: true };
  const child = fork(`dist/apps/${name}/main.js`, { ...options, execArgv: ['--enable-source-maps'] });
  children.push(child);
  for (const stream of [child.stdout!, child.stderr!])
    createInterface({ input: stream }).on('line', (line) => console.log(`${name.padEnd(6)} | ${line}`));
  child.on('exit', (code, signal) => {
    if (!stopping) console.error(`${name} ended unexpectedly (${signal ?? `code ${code}`}); stopping.`);
    void stop(code || 1);
  });
  const failed = once(child, 'exit').then(() => Promise.reject(new Error(`${name} did not start.`)));
  await Promise.race([once(child, 'message'), failed]);
  failed.catch(() => {});
}

function stop(code: number) {
  return (stopping ??= (async () => {
    const running = children.filter((child) => child.exitCode === null && child.signalCode === null);
    if (running.length) console.log('\nStopping …');
    const gone = Promise.all(running.map((child) => once(child, 'exit')));
    running.forEach((child) => child.kill('SIGTERM'));
    const patience = setTimeout(() => running.forEach((child) => child.kill('SIGKILL')), PATIENCE);
    await gone;
    clearTimeout(patience);
    const [made] = await Promise.allSettled([database, compiled]);
    if (made.status === 'fulfilled') await made.value?.stop();
    process.exit(code);
  })());
}

function banner({ PORT, REDIS_URL, SMTP_URL, OUTBOX_DIR }: Settings, database: string, seconds: number) {
  const api = `http://localhost:${PORT}`;
  return `
  Ready in ${seconds.toFixed(1)} s

  API        ${api}/api/v1
  Docs       ${api}/docs (Swagger), ${api}/redoc
  Database   ${database}
  Jobs       ${REDIS_URL ? 'Redis' : 'PostgreSQL'}
  E-mails    ${SMTP_URL ? 'sent' : `kept in ${OUTBOX_DIR}`}

  Ctrl-C stops everything.
`;
}
