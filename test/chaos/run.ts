// npm run chaos -- core --runs 20 --seed 1: the real programs under load while they are killed, frozen, cut off and lied to; then everything
// that was acknowledged must be there, once. The faults of a run come from its seed and number alone: --only 7 plays that run again.
//   --plant <name>   with a bug on purpose, which must be found      --prove   all of them, each until it is found
//   --faults 'kill api,disk full'  only these
//   --queue redis    jobs travel through a Redis of the harness' own      --workers 4   so many workers, two unless given
//   --verify-each 10  asks `tessera verify` and `tessera audit verify` after every tenth run, and not after each
import { parseArgs } from 'node:util';
import { plainly } from '../../scripts/plainly.ts';
import { Arena } from './arena.ts';
import { billing } from './billing/scenario.ts';
import { core } from './core/scenario.ts';
import { play, type Played } from './play.ts';
import { type Plant, PLANTS } from './plants.ts';
import { hasRedis } from './redis.ts';
import type { Scenario } from './scenario.ts';

const SCENARIOS: readonly Scenario[] = [core, billing];
const LOG_TAIL = 1500;

interface Orders {
  scenario: Scenario;
  seed: string;
  runs: number;
  only?: number;
  /** `tessera verify` is asked once in so many runs, of all their organizations, and after the last. */
  verifyEach: number;
  faults: readonly string[];
  queue: 'postgres' | 'redis';
  workers: number;
  untilFound?: boolean;
}

await plainly(async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      runs: { type: 'string', default: '5' },
      seed: { type: 'string', default: '1' },
      only: { type: 'string' },
      faults: { type: 'string' },
      plant: { type: 'string' },
      'verify-each': { type: 'string', default: '1' },
      queue: { type: 'string', default: 'postgres' },
      workers: { type: 'string', default: '2' },
      prove: { type: 'boolean', default: false },
    },
  });
  const scenario = SCENARIOS.find(({ name }) => name === (positionals[0] ?? 'core'));
  if (!scenario) throw new Error(`There is no scenario ${positionals[0]}: ${SCENARIOS.map(({ name }) => name).join(', ')}.`);
  if (values.plant && !(values.plant in PLANTS)) throw new Error(`There is no plant ${values.plant}: ${Object.keys(PLANTS).join(', ')}.`);
  if (values.queue === 'redis' && !hasRedis()) throw new Error('There is no redis-server on this machine.');
  const orders: Orders = {
    scenario,
    seed: values.seed,
    runs: Number(values.runs),
    only: values.only ? Number(values.only) : undefined,
    verifyEach: Number(values['verify-each']),
    queue: values.queue === 'redis' ? 'redis' : 'postgres',
    workers: Number(values.workers),
    faults: values.faults?.split(',') ?? [],
  };
  if (values.prove) return prove(orders);
  const found = await playAll(orders, values.plant ? PLANTS[values.plant] : undefined);
  if (found) throw new Error(`${found} violation${found === 1 ? '' : 's'} found.`);
});

/** Every planted bug is found within so many runs, or the harness is not worth its time. */
async function prove(orders: Orders) {
  const missed: string[] = [];
  const plants = Object.entries(PLANTS).filter(([, plant]) => (plant.in ?? 'core') === orders.scenario.name);
  for (const [name, plant] of plants) {
    console.log(`\nPlanted: ${name} (${plant.does})`);
    if (!(await playAll({ ...orders, faults: orders.faults.length ? orders.faults : (plant.shows ?? []), untilFound: true }, plant)))
      missed.push(name);
  }
  if (missed.length) throw new Error(`Not found: ${missed.join(', ')}.`);
  console.log(`\nAll ${plants.length} planted bugs were found.`);
}

/** @returns how many violations there were */
async function playAll(
  { scenario, seed, runs, only, verifyEach, faults, queue, workers, untilFound }: Orders,
  plant?: Plant,
): Promise<number> {
  const endings: string[] = [];
  const arena = await Arena.open({ plant, workers, queue, failpoints: scenario.faults !== undefined, ended: (how) => endings.push(how) });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect'] as const)
    process.once(signal, () => void arena.close().then(() => process.exit(130)));
  // Listening for its parent alone keeps no program alive.
  process.channel?.unref();
  let found = 0;
  let done = 0;
  const worst = new Map<string, number>();
  const sums = new Map<string, number>();
  const numbers = only ? [only] : Array.from({ length: runs }, (_, i) => i + 1);
  try {
    for (const number of numbers) {
      const logs = new Map(arena.programs.map(({ name }) => [name, arena.logSize(name)]));
      const played = await play(arena, scenario, {
        seed,
        number,
        only: faults,
        verifies: done % verifyEach === verifyEach - 1 || number === numbers.at(-1),
      });
      const violations = [...played.violations, ...endings.splice(0).map((what) => ({ what, details: {} }))];
      report(number, played, violations.length);
      const kinds = [...new Set(violations.map((one) => one.what))];
      for (const what of untilFound ? kinds.slice(0, 3) : kinds) {
        const alike = violations.filter((one) => one.what === what);
        console.log(
          `  VIOLATION (seed ${seed}, run ${number}), ${alike.length}×: ${what}\n    ${shortened(alike[0]!.details, untilFound ? 300 : 3000)}`,
        );
      }
      if (violations.length && !untilFound)
        for (const [name, position] of logs) console.log(`  ${name}: ${errorsOf(arena.logSince(name, position))}`);
      for (const [what, ms] of played.measured) worst.set(what, Math.max(ms, worst.get(what) ?? 0));
      for (const [what, n] of played.counted) sums.set(what, n + (sums.get(what) ?? 0));
      found += violations.length;
      done++;
      if (found && untilFound) break;
    }
  } finally {
    await arena.close();
  }
  const measured = [...worst].map(([what, ms]) => `${what} ${Math.round(ms)} ms`).join(', ');
  const counted = [...sums].map(([what, n]) => `${what} ${n}`).join(', ');
  if (counted) console.log(`Happened: ${counted}.`);
  const struck = [...(arena.failpoints?.struck ?? [])].sort().map(([name, n]) => `${name} ${n}×`);
  if (struck.length) console.log(`Struck at failpoints: ${struck.join(', ')}.`);
  console.log(
    `${done} runs of ${scenario.name} on ${queue} with ${workers} workers and seed ${seed}: ${found} violations. At worst: ${measured || 'nothing measured'}.`,
  );
  return found;
}

function report(number: number, { faults, statuses, requests, ms }: Played, violations: number) {
  const answers = [...statuses]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([status, n]) => `${status}: ${n}`)
    .join(', ');
  console.log(
    `${violations ? '✗' : '✓'} run ${number}  ${(ms / 1000).toFixed(1)} s  ${requests} requests (${answers})  ${faults.join(', ')}`,
  );
}

function shortened(details: unknown, length: number) {
  return (typeof details === 'string' ? details : JSON.stringify(details)).slice(0, length);
}

/** The lines of a log that speak of defects. */
function errorsOf(log: string) {
  const lines = log.split('\n').filter((line) => line.trim() && !/"level":(10|20|30|40)/.test(line));
  return lines.join('\n').slice(-LOG_TAIL) || 'no errors in its log';
}
