// npm run bench [-- small|full] [rounds]: the real API against hand-written servers on the same database, interleaved (A B A B …), so that
// what the machine does meanwhile hits all alike. Only ratios within one run count; medians are written to docs/benchmarks.md.
import autocannon from 'autocannon';
import { fork, spawnSync, type ChildProcess } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import pg from 'pg';
import { type Prepared, prepare, SIZES } from './prepare.ts';

const [size = 'small', rounds = '5', seconds = '4'] = process.argv.slice(2);
const CONNECTIONS = 32;
const TICKS_PER_SECOND = 100;
const secret = process.env.SECRET_KEY!;

interface Server {
  name: string;
  port: number;
  process: ChildProcess;
  token: string;
}
interface Operation {
  name: string;
  request: (ids: string[], n: number) => { method: 'GET' | 'POST' | 'PATCH'; path: string; body?: string };
}
interface Sample {
  perSecond: number;
  micros: number;
  p50: number;
  p99: number;
}

const OPERATIONS: Operation[] = [
  { name: 'GET by id', request: (ids, n) => ({ method: 'GET', path: `/api/v1/contacts/${ids[n % ids.length]}` }) },
  { name: 'list of 20, filter and cursor', request: () => ({ method: 'GET', path: '/api/v1/contacts?cursor=&status=active' }) },
  {
    name: 'POST contact',
    request: (_, n) => ({
      method: 'POST',
      path: '/api/v1/contacts',
      body: JSON.stringify({ name: `Bench ${n}`, email: `bench${n}@example.com` }),
    }),
  },
  {
    name: 'PATCH contact',
    request: (ids, n) => ({
      method: 'PATCH',
      path: `/api/v1/contacts/${ids[n % ids.length]}`,
      body: JSON.stringify({ name: `Bench ${n}` }),
    }),
  },
];

const { url, prepared } = await database();
const ids = await contactIds();
const servers = [
  await start('Tessera', 4101, 'dist/apps/api/main.js', await apiToken()),
  await start('same trick', 4102, 'bench/limit.ts', plainToken(), { MODE: 'trick' }),
  await start('classic', 4103, 'bench/limit.ts', plainToken(), { MODE: 'classic' }),
];
const results = new Map<string, Sample[]>();
try {
  await same(OPERATIONS[0]!);
  for (const operation of OPERATIONS) for (const server of servers) await load(server, operation, 1);
  for (let round = 1; round <= Number(rounds); round++)
    for (const operation of OPERATIONS)
      for (const server of servers) {
        const sample = await load(server, operation, Number(seconds));
        const key = `${operation.name}|${server.name}`;
        results.set(key, [...(results.get(key) ?? []), sample]);
        console.log(
          `${round}/${rounds} ${operation.name.padEnd(30)} ${server.name.padEnd(11)} ${Math.round(sample.perSecond)}/s ${Math.round(sample.micros)} µs`,
        );
      }
  report();
} finally {
  for (const server of servers) server.process.kill('SIGKILL');
}

/** A database of its own beside the one that is used every day. */
async function database(): Promise<{ url: { app: string; owner: string }; prepared: Prepared }> {
  const name = `tessera_bench_${size}`;
  const owner = new pg.Client({ connectionString: process.env.DATABASE_OWNER_URL });
  await owner.connect();
  const { rowCount } = await owner.query('select from pg_database where datname = $1', [name]);
  if (!rowCount) await owner.query(`create database ${name}`);
  const app = decodeURIComponent(new URL(process.env.DATABASE_URL!).username);
  await owner.query(`grant connect, temporary on database ${name} to ${owner.escapeIdentifier(app)}`);
  await owner.end();
  const at = (text: string) => Object.assign(new URL(text), { pathname: `/${name}` }).href;
  const found = { app: at(process.env.DATABASE_URL!), owner: at(process.env.DATABASE_OWNER_URL!) };
  const environment = { ...process.env, DATABASE_URL: found.app, DATABASE_OWNER_URL: found.owner };
  const { status, stderr } = spawnSync(process.execPath, ['dist/apps/cli/main.js', 'db', 'migrate'], {
    env: environment,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  const shape = SIZES[size];
  if (!shape) throw new Error(`Sizes are ${Object.keys(SIZES).join(', ')}`);
  return { url: found, prepared: await prepare(found.owner, shape, (line) => console.log(line)) };
}

async function contactIds() {
  const owner = new pg.Client({ connectionString: url.app });
  await owner.connect();
  await owner.query('begin');
  await owner.query(`select set_config('app.tenant', $1, true)`, [prepared.organizationId]);
  const { rows } = await owner.query<{ id: string }>('select id from contact where tenant_id = $1 order by created_at desc limit 500', [
    prepared.organizationId,
  ]);
  await owner.end();
  return rows.map((row) => row.id);
}

async function start(name: string, port: number, file: string, token: string, more: Record<string, string> = {}): Promise<Server> {
  const env = {
    ...process.env,
    ...more,
    PORT: String(port),
    DATABASE_URL: url.app,
    LOG_LEVEL: 'warn',
    RATE_LIMITS: 'off',
    NODE_ENV: 'development',
  };
  const child = fork(file, { env, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  await Promise.race([once(child, 'message'), once(child, 'exit').then(() => Promise.reject(new Error(`${name} did not start`)))]);
  return { name, port, process: child, token };
}

async function apiToken() {
  const { Tokens } = await import('../dist/libs/identity/tokens.js');
  const tokens = new Tokens({ issuer: `http://localhost:4101`, secretKey: secret });
  return tokens.sign({ sub: prepared.userId, sid: prepared.sessionId, org: prepared.organizationId }, 'tessera');
}
function plainToken() {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const head = `${part({ alg: 'HS256' })}.${part({ sub: prepared.userId, org: prepared.organizationId })}`;
  return `${head}.${createHmac('sha256', secret).update(head).digest('base64url')}`;
}

/** The comparison is fair only while all answer the same bytes. */
async function same(operation: Operation) {
  const { path } = operation.request(ids, 0);
  const bodies = await Promise.all(
    servers.map(async ({ port, token }) =>
      (await fetch(`http://127.0.0.1:${port}${path}`, { headers: { authorization: `Bearer ${token}`, 'x-request-id': 'bench' } })).text(),
    ),
  );
  for (const body of bodies) if (body !== bodies[0]) throw new Error(`The answers differ:\n${bodies.join('\n')}`);
}

/** Microseconds of CPU a process has used, user and system (Linux). */
function cpu({ pid }: ChildProcess) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return ((Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND) * 1_000_000;
}

async function load(server: Server, operation: Operation, duration: number): Promise<Sample> {
  let n = Math.floor(Math.random() * 1_000_000);
  const before = cpu(server.process);
  const result = await autocannon({
    url: `http://127.0.0.1:${server.port}`,
    connections: CONNECTIONS,
    duration,
    headers: { authorization: `Bearer ${server.token}`, 'content-type': 'application/json' },
    requests: [{ setupRequest: (request) => ({ ...request, ...operation.request(ids, n++) }) }],
  });
  if (result.non2xx || result.errors)
    throw new Error(`${server.name}, ${operation.name}: ${result.non2xx} refused, ${result.errors} failed`);
  const answered = result['2xx'];
  return {
    perSecond: answered / result.duration,
    micros: (cpu(server.process) - before) / answered,
    p50: result.latency.p50,
    p99: result.latency.p99,
  };
}

function median(values: number[]) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}

function report() {
  const lines = OPERATIONS.map(({ name }) => {
    const of = (server: string) => results.get(`${name}|${server}`)!;
    const paired = (other: string) => median(of('Tessera').map(({ perSecond }, i) => perSecond / of(other)[i]!.perSecond)).toFixed(2);
    const cells = servers.map(
      ({ name: server }) =>
        `${Math.round(median(of(server).map((s) => s.perSecond)))} (${Math.round(median(of(server).map((s) => s.micros)))} µs)`,
    );
    return `| ${name} | ${cells.join(' | ')} | ${paired('classic')} | ${paired('same trick')} | ${median(of('Tessera').map((s) => s.p50))} / ${median(of('Tessera').map((s) => s.p99))} ms |`;
  });
  const memory = (pid: number | undefined) =>
    Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024);
  const table = [
    `## ${size}: ${JSON.stringify(SIZES[size]).replace(/[{}"]/g, '').replaceAll(':', ' ').replaceAll(',', ', ')}`,
    '',
    `${cpus().length} cores shared by load generator, Node and PostgreSQL; ${CONNECTIONS} connections; medians of ${rounds} interleaved rounds of ${seconds} s; requests per second (CPU of the server's process per request).`,
    '',
    '| operation | Tessera | same trick | classic | Tessera : classic | Tessera : same trick | p50 / p99 |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...lines,
    '',
    `Memory of the API after the run: ${memory(servers[0]!.process.pid)} MB.`,
    '',
  ].join('\n');
  console.log(`\n${table}`);
  const file = 'docs/benchmarks.md';
  const text = readFileSync(file, 'utf8');
  const [start, end] = [`<!-- ${size} -->`, `<!-- /${size} -->`];
  const fresh = `${start}\n${table}${end}`;
  writeFileSync(
    file,
    text.includes(start) ? text.replace(new RegExp(`${start}[\\s\\S]*${end}`), fresh) : `${text.trimEnd()}\n\n${fresh}\n`,
  );
}
