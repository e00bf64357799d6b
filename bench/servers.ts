// The servers that are measured, the database they share, and how load is put on them. CPU and memory are read from /proc (Linux).
import autocannon from 'autocannon';
import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent, type IncomingMessage, request as httpRequest } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { built } from './built.ts';
import { type Prepared, prepare, SIZES } from './prepare.ts';

const TICKS_PER_SECOND = 100;
export const CONNECTIONS = 32;
/** Whoever asks, at a login. */
export const [EMAIL, PASSWORD] = ['user0@bench.example', 'bench-password-1'];
/** What the database says of itself when all its data is in. */
const PREPARED = 'prepared for measurements';

export interface Server {
  readonly name: string;
  readonly port: number;
  readonly process: ChildProcess;
  readonly token: string;
}
export interface Sent {
  readonly method: 'GET' | 'POST' | 'PATCH';
  readonly path: string;
  readonly body?: string;
}
export interface Sample {
  readonly perSecond: number;
  /** Microseconds of the server's CPU, user and system, per request. */
  readonly micros: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly refused: number;
  readonly failed: number;
}
export interface Place {
  readonly app: string;
  readonly owner: string;
  readonly prepared: Prepared;
}

/** A database of its own beside the one that is used every day, filled once. */
export async function place(size: string): Promise<Place> {
  const shape = SIZES[size];
  if (!shape) throw new Error(`Sizes are ${Object.keys(SIZES).join(', ')}`);
  const name = `tessera_bench_${size}`;
  const owner = new pg.Client({ connectionString: process.env.DATABASE_OWNER_URL });
  await owner.connect();
  const { rows } = await owner.query<{ whole: boolean }>(
    `select coalesce(shobj_description(oid, 'pg_database'), '') = $2 as whole from pg_database where datname = $1`,
    [name, PREPARED],
  );
  // What was interrupted lacks its indexes and keys; what was measured has all the contacts that were posted, and a search finds them all.
  const anew = size === 'small' || !rows[0]?.whole;
  if (rows[0] && anew) await owner.query(`drop database ${name}`);
  if (anew) await owner.query(`create database ${name}`);
  const app = decodeURIComponent(new URL(process.env.DATABASE_URL!).username);
  await owner.query(`grant connect, temporary on database ${name} to ${owner.escapeIdentifier(app)}`);
  await owner.end();
  const at = (text: string) => Object.assign(new URL(text), { pathname: `/${name}` }).href;
  const found = { app: at(process.env.DATABASE_URL!), owner: at(process.env.DATABASE_OWNER_URL!) };
  const env = { ...process.env, DATABASE_URL: found.app, DATABASE_OWNER_URL: found.owner };
  const { status, stderr } = spawnSync(process.execPath, ['dist/apps/cli/main.js', 'db', 'migrate'], { env, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  const prepared = await prepare(found.owner, shape, (line) => console.log(line));
  const done = new pg.Client({ connectionString: found.owner });
  await done.connect();
  const { hashPassword } = await built<typeof import('../libs/identity/passwords.ts')>('libs/identity/passwords');
  await done.query(`update "user" set password_hash = $1 where email = $2`, [await hashPassword(PASSWORD), EMAIL]);
  await done.query(`comment on database ${name} is '${PREPARED}'`);
  await done.end();
  return { ...found, prepared };
}

/** Runs a statement inside the organization that is measured, as the app role. */
export async function ask<T extends object>({ app, prepared }: Place, sql: string, values: unknown[] = []): Promise<T[]> {
  const client = new pg.Client({ connectionString: app });
  await client.connect();
  try {
    await client.query('begin');
    await client.query(`select set_config('app.tenant', $1, true)`, [prepared.organizationId]);
    const { rows } = await client.query<T>(sql, values);
    await client.query('commit');
    return rows;
  } finally {
    await client.end();
  }
}

export interface Starting {
  readonly name: string;
  readonly port: number;
  readonly file: string;
  readonly token: string;
  readonly env?: Record<string, string>;
  readonly execArgv?: string[];
}
/** Starts a server and waits until it says that it is ready. */
export async function start({ app }: Pick<Place, 'app'>, { name, port, file, token, env = {}, execArgv = [] }: Starting): Promise<Server> {
  const all = {
    ...process.env,
    PORT: String(port),
    DATABASE_URL: app,
    LOG_LEVEL: 'warn',
    RATE_LIMITS: 'off',
    NODE_ENV: 'development',
    ...env,
  };
  const child = fork(file, {
    env: all,
    execArgv,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  await Promise.race([once(child, 'message'), once(child, 'exit').then(() => Promise.reject(new Error(`${name} did not start`)))]);
  return { name, port, process: child, token };
}
export async function stop({ process: child }: Server) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

/** A token as login gives it. */
export async function apiToken({ userId, sessionId, organizationId }: Prepared, port: number): Promise<string> {
  const { Tokens } = await built<typeof import('../libs/identity/tokens.ts')>('libs/identity/tokens');
  const tokens = new Tokens({ issuer: `http://localhost:${port}`, secretKey: process.env.SECRET_KEY! });
  return tokens.sign({ sub: userId, sid: sessionId, org: organizationId }, 'tessera');
}
/** A token of the hand-written servers. */
export function plainToken({ userId, organizationId }: Prepared): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const head = `${part({ alg: 'HS256' })}.${part({ sub: userId, org: organizationId })}`;
  return `${head}.${createHmac('sha256', process.env.SECRET_KEY!).update(head).digest('base64url')}`;
}

/** Microseconds of CPU a process has used, user and system. */
export function cpu({ process: { pid } }: Server): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return ((Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND) * 1_000_000;
}
/** Resident memory in MB. */
export const memory = ({ process: { pid } }: Server): number =>
  Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024);

export interface Load {
  readonly seconds: number;
  readonly connections?: number;
}
/** For each request its own: autocannon writes the length of a body into them, and the next request may have none. */
const headersOf = ({ token }: Server) => ({ authorization: `Bearer ${token}`, 'content-type': 'application/json' });

/** Puts as much load on a server as it bears. What is refused or fails is counted, and is for the caller to judge. */
export async function load(server: Server, request: (n: number) => Sent, { seconds, connections = CONNECTIONS }: Load): Promise<Sample> {
  let n = Math.floor(Math.random() * 1_000_000_000);
  const before = cpu(server);
  const result = await autocannon({
    url: `http://127.0.0.1:${server.port}`,
    connections,
    duration: seconds,
    requests: [{ setupRequest: (made) => ({ ...made, ...request(n++), headers: headersOf(server) }) }],
  });
  const answered = result['2xx'];
  return {
    perSecond: answered / result.duration,
    micros: (cpu(server) - before) / answered,
    p50: result.latency.p50,
    p99: result.latency.p99,
    refused: result.non2xx,
    failed: result.errors,
  };
}

/** Asks at an even pace, whether or not the answers keep up (autocannon sends those of a second all at once). */
export async function paced(
  server: Server,
  request: (n: number) => Sent,
  { seconds, rate, told }: { seconds: number; rate: number; told?: (n: number, milliseconds: number) => void },
): Promise<Sample> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const before = cpu(server);
  const times: number[] = [];
  const answers: Promise<void>[] = [];
  let [n, succeeded, failed] = [Math.floor(Math.random() * 1_000_000_000), 0, 0];
  const asked = async () => {
    const began = performance.now();
    const mine = n++;
    const status = await answered(agent, server, request(mine)).then(
      ({ statusCode }) => statusCode ?? 0,
      () => 0,
    );
    times.push(performance.now() - began);
    told?.(mine, times.at(-1)!);
    if (status >= 200 && status < 300) succeeded++;
    else if (!status) failed++;
  };
  const began = performance.now();
  while (performance.now() - began < seconds * 1000) {
    for (const due = (rate * (performance.now() - began)) / 1000; answers.length < due;) answers.push(asked());
    await wait(1);
  }
  await Promise.all(answers);
  agent.destroy();
  times.sort((one, other) => one - other);
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? NaN;
  return {
    perSecond: succeeded / seconds,
    micros: (cpu(server) - before) / succeeded,
    p50: at(0.5),
    p99: at(0.99),
    refused: times.length - succeeded - failed,
    failed,
  };
}

/** One request on a connection of this agent, its answer read to the end. Cheaper than fetch, which the load generator would measure itself by. */
export function answered(agent: Agent, server: Server, { method, path, body }: Sent): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = { ...headersOf(server), ...(body ? { 'content-length': Buffer.byteLength(body) } : {}) };
    const asked = httpRequest({ agent, port: server.port, method, path, headers }, (answer) =>
      answer
        .resume()
        .on('end', () => resolve(answer))
        .on('error', reject),
    );
    asked.on('error', reject).end(body);
  });
}

export async function send(server: Server, { method, path, body }: Sent) {
  const headers = { authorization: `Bearer ${server.token}`, 'content-type': 'application/json', 'x-request-id': 'bench' };
  return fetch(`http://127.0.0.1:${server.port}${path}`, { method, headers, ...(body ? { body } : {}) });
}

export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}
