// npm run bench -- strain [small|full] [--only start,idle,slow,overload]: what the API does under strain. Written to docs/benchmarks.md.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { Agent } from 'node:http';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { know, type Known, OPERATIONS } from './operations.ts';
import { report, table } from './report.ts';
import { answered, apiToken, cpu, load, median, memory, paced, place, type Sample, send, type Server, start, stop } from './servers.ts';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { only: { type: 'string', default: 'start,idle,slow,overload' }, connections: { type: 'string', default: '10000' } },
});
const size = positionals[0] ?? 'small';
const PORT = 4151;
const SETTLED_MS = 15_000;
const SECONDS = 8;
/** Sockets of one client address: the ports of one are used up before the connections are. */
const PER_ADDRESS = 5000;
const SLOW_MS = 5000;

const where = await place(size);
const token = await apiToken(where.prepared, PORT);
const begin = () => start(where, { name: 'Tessera', port: PORT, file: 'dist/apps/api/main.js', token });
type Line = readonly [what: string, measured: string, goal: string];
const get = OPERATIONS.find(({ key }) => key === 'get')!;
const post = OPERATIONS.find(({ key }) => key === 'post')!;

async function ready(): Promise<Line[]> {
  const times: number[] = [];
  const busy: number[] = [];
  const megabytes: number[] = [];
  for (let i = 0; i < 3; i++) {
    const began = performance.now();
    const server = await begin();
    times.push((performance.now() - began) / 1000);
    busy.push(cpu(server) / 1_000_000);
    await wait(SETTLED_MS);
    megabytes.push(memory(server));
    await stop(server);
  }
  return [
    ['start on a ready database, best of 3', `${Math.min(...times).toFixed(1)} s (${Math.min(...busy).toFixed(1)} s of CPU)`, '≤ 2 s'],
    [`memory after ${SETTLED_MS / 1000} s without a request`, `${Math.min(...megabytes)} MB`, '≤ 200 MB'],
  ];
}

async function idle(server: Server, known: Known): Promise<Line[]> {
  const before = memory(server);
  const wanted = Number(options.connections);
  const sockets: Socket[] = [];
  for (let i = 0; i < wanted; i += 200)
    sockets.push(...(await Promise.all(Array.from({ length: Math.min(200, wanted - i) }, (_, j) => dial(i + j)))));
  const sample = await load(server, (n) => get.request(known, server.name, n), { seconds: SECONDS });
  const answers: string[] = [];
  for (let i = 0; i < sockets.length; i += 500)
    answers.push(...(await Promise.all(sockets.slice(i, i + 500).map((socket) => asked(socket)))));
  const good = answers.filter((status) => status === '200').length;
  const after = memory(server);
  for (const socket of sockets) socket.destroy();
  return [
    [`${wanted} idle connections: answered on them afterwards`, `${good}`, 'all'],
    ['requests beside them', `${Math.round(sample.perSecond)}/s, ${sample.refused + sample.failed} not answered`, 'none'],
    ['memory with them', `${after} MB, ${before} MB before`, ''],
  ];
}

async function dial(n: number): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port: PORT, localAddress: `127.0.0.${2 + Math.floor(n / PER_ADDRESS)}` });
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}
async function asked(socket: Socket): Promise<string> {
  if (socket.destroyed) return 'closed';
  socket.write('GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n');
  const [answer] = (await Promise.race([once(socket, 'data'), once(socket, 'close').then(() => ['']), wait(20_000, [''])])) as [
    Buffer | string,
  ];
  return /^HTTP\/1\.1 (\d+)/.exec(String(answer))?.[1] ?? 'closed';
}

/** Somebody holds a table for five seconds that one kind of query wants; everybody else wants another one. */
async function slow(server: Server, known: Known): Promise<Line[]> {
  const sent = (n: number) => get.request(known, server.name, n);
  const most = await load(server, sent, { seconds: SECONDS });
  const rate = Math.floor(most.perSecond / 2);
  const owner = new pg.Client({ connectionString: where.owner });
  await owner.connect();
  const beside = async (held: string, path: string) => {
    await owner.query('begin');
    await owner.query(`lock table ${held} in access exclusive mode`);
    const began = performance.now();
    const answers = Promise.all([1, 2].map(() => send(server, { method: 'GET', path })));
    const measured = paced(server, sent, { seconds: SLOW_MS / 1000 + 1, rate });
    await wait(SLOW_MS - (performance.now() - began));
    await owner.query('rollback');
    await answers;
    return measured;
  };
  const alone = () => paced(server, sent, { seconds: SLOW_MS / 1000 + 1, rate });
  const quiet = [await alone()];
  const held: [what: string, sample: Sample][] = [];
  for (const [what, table, path] of [
    ['a report', 'stage_history', '/api/v1/analytics/deals/funnel'],
    ['a list', 'exchange_rate', '/api/v1/exchange-rates'],
  ] as const) {
    held.push([what, await beside(table, path)]);
    quiet.push(await alone());
  }
  const usual = median(quiet.map(({ p99 }) => p99));
  const lines: Line[] = [['p99 of GET at half load, alone (median of 3)', `${usual.toFixed(1)} ms`, '']];
  for (const [what, { p99, refused, failed }] of held)
    lines.push([
      `the same beside ${what} that takes 5 s, twice`,
      `${p99.toFixed(1)} ms (× ${(p99 / usual).toFixed(1)}), ${refused + failed} not answered`,
      '× 2',
    ]);
  await owner.end();
  return lines;
}

/** Many more writers than it can bear; then none. */
async function overload(server: Server): Promise<Line[]> {
  const body = (n: number) => post.request({} as Known, server.name, n);
  const known = await send(server, { method: 'GET', path: '/api/v1/contacts?page_size=1' });
  if (!known.ok) throw new Error('does not answer before the overload');
  const waits: number[] = [];
  const statuses = new Map<number, number>();
  let unasked = 0;
  const until = performance.now() + SECONDS * 1000;
  let n = Math.floor(Math.random() * 1_000_000_000);
  const agent = new Agent({ keepAlive: true });
  const writer = async () => {
    while (performance.now() < until) {
      const began = performance.now();
      const answer = await answered(agent, server, body(n++)).catch(() => null);
      const status = answer?.statusCode ?? 0;
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      if (status !== 503) continue;
      waits.push(performance.now() - began);
      if (!answer?.headers['retry-after']) unasked++;
    }
  };
  await Promise.all(Array.from({ length: 1500 }, writer));
  agent.destroy();
  const ended = performance.now();
  let back = NaN;
  for (let tries = 0; tries < 100 && Number.isNaN(back); tries++) {
    const began = performance.now();
    const answer = await send(server, body(n++));
    if (answer.status === 201 && performance.now() - began < 500) back = performance.now() - ended;
    else await wait(100);
  }
  const counts = [...statuses].map(([status, times]) => `${times} × ${status || 'no answer'}`).join(', ');
  waits.sort((one, other) => one - other);
  return [
    ['1,500 writers at once', counts, 'only 201 and 503'],
    [
      'a refusal comes after (median, p99)',
      `${(waits[waits.length >> 1] ?? NaN).toFixed(0)}, ${(waits[Math.floor(waits.length * 0.99)] ?? NaN).toFixed(0)} ms`,
      'about 1 s',
    ],
    ['refusals without Retry-After', String(unasked), '0'],
    ['writes as usual again after', `${back.toFixed(0)} ms, without a restart`, ''],
  ];
}

const wanted = options.only.split(',');
const lines: Line[] = [];
if (wanted.includes('start')) lines.push(...(await ready()));
if (wanted.some((one) => one !== 'start')) {
  const server = await begin();
  try {
    const known = await know(where, [server]);
    if (wanted.includes('idle')) lines.push(...(await idle(server, known)));
    if (wanted.includes('slow')) lines.push(...(await slow(server, known)));
    if (wanted.includes('overload')) lines.push(...(await overload(server)));
  } finally {
    await stop(server);
  }
}
report('strain', 'Under strain', table(['what', 'measured', 'goal'], lines));
process.exit();
