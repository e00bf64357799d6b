// npm run bench -- latency [--seconds n] [--rounds n]: how long answers take at half load on the full data, and on a hundredth of it. A mix of
// reads and writes; the same rate on both, interleaved. Written to docs/benchmarks.md.
import { parseArgs } from 'node:util';
import { know, type Known, OPERATIONS } from './operations.ts';
import { report, table } from './report.ts';
import { apiToken, load, median, paced, place, type Sent, type Server, start, stop } from './servers.ts';

const { values: options } = parseArgs({
  options: { seconds: { type: 'string', default: '10' }, rounds: { type: 'string', default: '5' } },
});
const [SECONDS, ROUNDS] = [Number(options.seconds), Number(options.rounds)];
const SIZES = ['small', 'full'];
const FIRST_PORT = 4141;
/** Seconds before a side is measured. */
const RUN_IN = 2;
/** Of a hundred requests. */
const MIX: Record<string, number> = { get: 42, list: 25, page: 5, search: 5, timeline: 10, patch: 7, post: 4, move: 2 };

/** The mix in an order in which nothing comes in a row. */
const order = Object.entries(MIX)
  .flatMap(([key, times]) => Array.from({ length: times }, (_, i) => ({ key, at: (i + 0.5) / times })))
  .sort((one, other) => one.at - other.at)
  .map(({ key }) => OPERATIONS.find((operation) => operation.key === key)!);

/** The median and the hundredth. */
function spread(times: number[]): string {
  const sorted = times.toSorted((one, other) => one - other);
  const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? NaN;
  return `${at(0.5).toFixed(1)} / ${at(0.99).toFixed(0)} ms`;
}

interface Side {
  readonly size: string;
  readonly server: Server;
  readonly known: Known;
}
const sides: Side[] = [];
for (const [i, size] of SIZES.entries()) {
  const where = await place(size);
  const port = FIRST_PORT + i;
  const server = await start(where, {
    name: 'Tessera',
    port,
    file: 'dist/apps/api/main.js',
    token: await apiToken(where.prepared, port),
  });
  sides.push({ size, server, known: await know(where, [server]) });
}

try {
  // One further each hundred, or each place of the mix would always ask the same of what its operation chooses from.
  const sent =
    ({ known, server }: Side) =>
    (n: number): Sent =>
      order[n % order.length]!.request(known, server.name, n + Math.floor(n / order.length));
  const each = new Map<string, number[]>();
  const told = (size: string) => (n: number, milliseconds: number) => {
    const key = `${order[n % order.length]!.key} ${size}`;
    each.set(key, [...(each.get(key) ?? []), milliseconds]);
  };
  const run = async (side: Side, seconds: number, rate?: number) => {
    const { server, size } = side;
    const sample = await (rate ? paced(server, sent(side), { seconds, rate, told: told(size) }) : load(server, sent(side), { seconds }));
    if (sample.refused || sample.failed) throw new Error(`${side.size}: ${sample.refused} refused, ${sample.failed} failed`);
    return sample;
  };
  for (const side of sides) await run(side, 3);
  const most = await run(sides.at(-1)!, SECONDS);
  const rate = Math.floor(most.perSecond / 2);
  console.log(`full load ${Math.round(most.perSecond)}/s, half of it ${rate}/s`);
  const samples = new Map(SIZES.map((size) => [size, [] as Awaited<ReturnType<typeof run>>[]]));
  for (let round = 1; round <= ROUNDS; round++)
    for (const side of sides) {
      // The side that waited has tidied its memory up meanwhile, which V8 does after eight idle seconds, and first has to warm up again.
      await paced(side.server, sent(side), { seconds: RUN_IN, rate });
      const sample = await run(side, SECONDS, rate);
      samples.get(side.size)!.push(sample);
      console.log(`${round}/${ROUNDS} ${side.size.padEnd(5)} p50 ${sample.p50.toFixed(2)} ms, p99 ${sample.p99.toFixed(1)} ms`);
    }
  const of = (size: string, figure: 'p50' | 'p99') => median(samples.get(size)!.map((sample) => sample[figure]));
  const growth = median(samples.get('full')!.map((sample, i) => sample.p50 / samples.get('small')![i]!.p50));
  report('latency', 'Latency at half load', [
    `A mix (${Object.entries(MIX)
      .map(([key, times]) => `${times} ${key}`)
      .join(
        ', ',
      )} of 100) at ${rate} requests per second, half of what the full data bears; medians of ${ROUNDS} interleaved rounds of ${SECONDS} s, each after ${RUN_IN} s of the same.`,
    '',
    ...table(
      ['data', 'p50', 'p99'],
      SIZES.map((size) => [size, `${of(size, 'p50').toFixed(2)} ms`, `${of(size, 'p99').toFixed(1)} ms`]),
    ),
    '',
    ...table(
      ['operation', ...SIZES.map((size) => `${size}: p50 / p99`)],
      Object.keys(MIX).map((key) => [key, ...SIZES.map((size) => spread(each.get(`${key} ${size}`) ?? []))]),
    ),
    '',
    `p99 on the full data: goal 25 ms. p50 on the full data against a hundredth of it: ${growth.toFixed(2)} (goal 1.3).`,
  ]);
} finally {
  await Promise.all(sides.map(({ server }) => stop(server)));
}
