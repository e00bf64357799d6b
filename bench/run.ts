// npm run bench [-- small|full] [--only get,list] [--rounds n] [--seconds n]: the real API against others on the same database,
// interleaved (A B A B …), so that what the machine does meanwhile hits all alike. Only ratios within one run count; medians are written
// to docs/benchmarks.md. npm run bench -- billing | ageing | import | latency | strain | plans | profile: see the files of these names.
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { agree, know, type Known, type Operation, OPERATIONS } from './operations.ts';
import { SIZES } from './prepare.ts';
import { report } from './report.ts';
import { apiToken, CONNECTIONS, load, median, memory, place, plainToken, type Sample, type Server, start, stop } from './servers.ts';

const [other = ''] = process.argv.slice(2);
if (['billing', 'ageing', 'import', 'latency', 'strain', 'plans', 'profile'].includes(other)) {
  process.argv.splice(2, 1);
  await import(`./${other}.ts`);
  process.exit();
}

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '4' },
  },
});
const size = positionals[0] ?? 'small';
const FIRST_PORT = 4101;
const where = await place(size);

await compare();

async function compare() {
  const token = plainToken(where.prepared);
  const servers = [
    await start(where, {
      name: 'Tessera',
      port: FIRST_PORT,
      file: 'dist/apps/api/main.js',
      token: await apiToken(where.prepared, FIRST_PORT),
    }),
    await start(where, { name: 'same trick', port: FIRST_PORT + 1, file: 'bench/limit.ts', token, env: { MODE: 'trick' } }),
    await start(where, { name: 'classic', port: FIRST_PORT + 2, file: 'bench/limit.ts', token, env: { MODE: 'classic' } }),
    await start(where, { name: 'plain', port: FIRST_PORT + 3, file: 'bench/plain.ts', token }),
  ];
  try {
    const known = await know(where, servers);
    const operations = await offered(servers[0]!);
    const samples = await rounds(operations, servers, known);
    write('', table(operations, servers, samples));
  } finally {
    await Promise.all(servers.map(stop));
  }
}

async function offered({ port }: Server): Promise<Operation[]> {
  const { paths } = (await (await fetch(`http://127.0.0.1:${port}/openapi.json`)).json()) as { paths: Record<string, object> };
  const wanted = options.only?.split(',');
  const chosen = OPERATIONS.filter(({ key }) => !wanted || wanted.includes(key));
  for (const { name, path } of chosen) if (!paths[path]) console.log(`not offered, so not measured: ${name}`);
  return chosen.filter(({ path }) => paths[path]);
}

type Samples = Map<string, Sample[]>;
function samplesOf(samples: Samples, { key }: Operation, { name }: Server): Sample[] {
  return samples.get(`${key} ${name}`) ?? [];
}

async function rounds(operations: readonly Operation[], servers: readonly Server[], known: Known): Promise<Samples> {
  const samples: Samples = new Map();
  const measured = async (operation: Operation, server: Server, seconds: number) => {
    const { connections = CONNECTIONS } = operation;
    const sample = await load(server, (n) => operation.request(known, server.name, n), { seconds, connections });
    if (sample.refused || sample.failed)
      throw new Error(`${server.name}, ${operation.name}: ${sample.refused} refused, ${sample.failed} failed`);
    return sample;
  };
  const doing = (operation: Operation) => servers.filter(({ name }) => name === 'Tessera' || operation.rivals.includes(name));
  for (const operation of operations) {
    await agree(
      operation,
      known,
      doing(operation).filter(({ name }) => name !== 'plain'),
    );
    for (const server of doing(operation)) await measured(operation, server, 1);
  }
  for (let round = 1; round <= Number(options.rounds); round++)
    for (const operation of operations)
      for (const server of doing(operation)) {
        const sample = await measured(operation, server, Number(options.seconds));
        const key = `${operation.key} ${server.name}`;
        samples.set(key, [...(samples.get(key) ?? []), sample]);
        console.log(
          `${round}/${options.rounds} ${operation.key.padEnd(9)} ${server.name.padEnd(11)} ${Math.round(sample.perSecond)}/s ${Math.round(sample.micros)} µs`,
        );
      }
  return samples;
}

function table(operations: readonly Operation[], servers: readonly Server[], samples: Samples): string {
  const [tessera, ...rivals] = servers as [Server, ...Server[]];
  const figure = (all: readonly Sample[], items = 1) =>
    all.length
      ? `${Math.round(median(all.map((s) => s.perSecond * items)))} (${Math.round(median(all.map((s) => s.micros / items)))} µs)`
      : '';
  const lines = operations.map((operation) => {
    const ours = samplesOf(samples, operation, tessera);
    const ratios = rivals.map((rival) => {
      const theirs = samplesOf(samples, operation, rival);
      if (!theirs.length) return '';
      const goal = operation.goals?.[rival.name];
      const paired = (of: (s: Sample) => number) => median(ours.map((sample, i) => of(sample) / of(theirs[i]!)));
      const reached = paired((s) => s.perSecond);
      const byCpu = 1 / paired((s) => s.micros);
      return `${reached.toFixed(2)}${goal ? ` (goal ${goal})` : ''}, CPU ${byCpu.toFixed(2)}`;
    });
    const latency = `${median(ours.map((s) => s.p50))} / ${median(ours.map((s) => s.p99))} ms`;
    const others = rivals.map((rival) => figure(samplesOf(samples, operation, rival)));
    return `| ${operation.name} | ${figure(ours, operation.items)} | ${others.join(' | ')} | ${ratios.join(' | ')} | ${latency} |`;
  });
  const names = rivals.map(({ name }) => name);
  return [
    `${cpus().length} cores shared by load generator, Node and PostgreSQL; ${CONNECTIONS} connections; medians of ${options.rounds} interleaved rounds of ${options.seconds} s; things per second (CPU of the server's process for each). Ratios are Tessera's: per second, and per CPU second of the server.`,
    '',
    `| operation | Tessera | ${names.join(' | ')} | ${names.map((name) => `: ${name}`).join(' | ')} | p50 / p99 |`,
    `| --- | ${[...names, ...names, ''].map(() => '---').join(' | ')} | --- |`,
    ...lines,
    '',
    `Memory of the API after the run: ${memory(tessera)} MB.`,
  ].join('\n');
}

/** Each size, and each kind of measurement, has its place in the file; the rest of it is written by hand. */
function write(kind: string, text: string) {
  const name = [size, kind].filter(Boolean).join(' ');
  const shape = Object.entries(SIZES[size]!).map(([what, n]) => `${n.toLocaleString('en')} ${what}`);
  report(name, `${name}: ${shape.join(', ')}`, [text]);
}
