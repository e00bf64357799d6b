// node bench/profile.ts <operation> [small|full] [seconds]: where the CPU of the API goes under one operation. Prints the functions that
// cost most themselves, and the packages; the profile itself (.cpuprofile, for any viewer) stays in .tessera/profile.
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { know, OPERATIONS } from './operations.ts';
import { apiToken, load, place, start, stop } from './servers.ts';

const [key, size = 'small', seconds = '6'] = process.argv.slice(2);
const operation = OPERATIONS.find((one) => one.key === key);
if (!operation) throw new Error(`Operations are ${OPERATIONS.map((one) => one.key).join(', ')}`);
const where = await place(size);
const PORT = 4121;
const FOLDER = '.tessera/profile';
rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(FOLDER, { recursive: true });

const server = await start(where, {
  name: 'Tessera',
  port: PORT,
  file: 'dist/apps/api/main.js',
  token: await apiToken(where.prepared, PORT),
  execArgv: ['--cpu-prof', `--cpu-prof-dir=${FOLDER}`, '--cpu-prof-interval', '200'],
});
const known = await know(where, [server]);
const sample = await load(server, (n) => operation.request(known, server.name, n), {
  seconds: Number(seconds),
  connections: operation.connections,
});
await stop(server);
console.log(
  `${operation.name}: ${Math.round(sample.perSecond)}/s, ${Math.round(sample.micros)} µs of CPU each, ${sample.refused} refused\n`,
);

interface Profile {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[];
  samples: number[];
  timeDeltas: number[];
}
const [file] = readdirSync(FOLDER);
const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(`${FOLDER}/${file}`, 'utf8')) as Profile;
const spent = new Map<number, number>();
samples.forEach((node, i) => spent.set(node, (spent.get(node) ?? 0) + timeDeltas[i]!));
const byFunction = new Map<string, number>();
const byPackage = new Map<string, number>();
let total = 0;
for (const { id, callFrame } of nodes) {
  const time = spent.get(id) ?? 0;
  if (callFrame.functionName === '(idle)') continue;
  total += time;
  const path = callFrame.url.replace(/.*\/node_modules\//, '').replace(/.*\/dist\//, '');
  const name = `${callFrame.functionName || 'anonymous'} ${path}:${callFrame.lineNumber + 1}`;
  const part = /^(@[^/]+\/[^/]+|[^/]+)/.exec(path)?.[0] ?? callFrame.functionName;
  byFunction.set(name, (byFunction.get(name) ?? 0) + time);
  byPackage.set(part, (byPackage.get(part) ?? 0) + time);
}
const most = (of: Map<string, number>, count: number) =>
  [...of]
    .sort(([, one], [, other]) => other - one)
    .slice(0, count)
    .map(([name, time]) => `${((time / total) * 100).toFixed(1).padStart(5)} % ${name}`);
console.log([...most(byPackage, 15), '', ...most(byFunction, 45)].join('\n'));
