// node bench/profile.ts <operation> [small|full] [seconds]: where the CPU of the API goes under one operation. Prints the functions that
// cost most themselves, and the packages; the profile itself (.cpuprofile, for any viewer) stays in .tessera/profile.
import { mkdirSync, rmSync } from 'node:fs';
import { hottest } from './hottest.ts';
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
console.log(hottest(FOLDER));
