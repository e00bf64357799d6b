// npm run bench -- profile <operation> [small|full] [seconds]: where the CPU goes under one operation, in the API and in the hand-written
// server with the same transport, without their starts. Prints the functions that cost the API most themselves; the shares are written to
// docs/benchmarks.md, and the profiles (for any viewer) stay in .tessera/profile.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { hottest, type Profile, spentOn } from './hottest.ts';
import { know, OPERATIONS } from './operations.ts';
import { report, table } from './report.ts';
import { apiToken, load, place, plainToken, type Sample, start, type Starting, stop } from './servers.ts';

const [key, size = 'small', seconds = '8'] = process.argv.slice(2);
const operation = OPERATIONS.find((one) => one.key === key);
if (!operation) throw new Error(`Operations are ${OPERATIONS.map((one) => one.key).join(', ')}`);
const where = await place(size);
const PORT = 4121;
const INSPECTOR = 4130;
const FOLDER = '.tessera/profile';
rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(FOLDER, { recursive: true });

const starting: Starting[] = [
  { name: 'Tessera', port: PORT, file: 'dist/apps/api/main.js', token: await apiToken(where.prepared, PORT) },
  { name: 'same trick', port: PORT + 1, file: 'bench/limit.ts', token: plainToken(where.prepared), env: { MODE: 'trick' } },
];
const profiles: { name: string; sample: Sample; spent: ReadonlyMap<string, number> }[] = [];
for (const one of starting) {
  const server = await start(where, { ...one, execArgv: [`--inspect=127.0.0.1:${INSPECTOR}`] });
  const known = await know(where, [server]);
  const request = (n: number) => operation.request(known, server.name, n);
  await load(server, request, { seconds: 3, connections: operation.connections });
  const { ask, close } = await inspector();
  await ask('Profiler.enable');
  await ask('Profiler.setSamplingInterval', { interval: 200 });
  await ask('Profiler.start');
  const sample = await load(server, request, { seconds: Number(seconds), connections: operation.connections });
  const { profile } = (await ask('Profiler.stop')) as { profile: Profile };
  close();
  writeFileSync(`${FOLDER}/${one.name.replace(' ', '-')}.cpuprofile`, JSON.stringify(profile));
  await stop(server);
  profiles.push({ name: one.name, sample, spent: spentOn(profile) });
}

console.log(hottest(FOLDER, 'Tessera.cpuprofile'));
const kinds = [...new Set(profiles.flatMap(({ spent }) => [...spent.keys()]))];
const micros = ({ sample, spent }: (typeof profiles)[number], kind: string) => Math.round((spent.get(kind) ?? 0) * sample.micros);
report(`profile ${key}`, `Where the CPU goes: ${operation.name}`, [
  'Microseconds of the server for one request, by a profile of each under full load, one after the other; the profiler itself is in it.',
  '',
  ...table(
    ['', ...profiles.map(({ name }) => name)],
    [
      ...kinds
        .map((kind) => [kind, ...profiles.map((one) => micros(one, kind))] as const)
        .sort(([, one], [, other]) => Number(other) - Number(one)),
      ['all of it', ...profiles.map(({ sample }) => Math.round(sample.micros))],
    ],
  ),
]);

/** Asks the server's V8 by its debugging protocol. */
async function inspector() {
  const [target] = (await (await fetch(`http://127.0.0.1:${INSPECTOR}/json`)).json()) as [{ webSocketDebuggerUrl: string }];
  const socket = new WebSocket(target.webSocketDebuggerUrl);
  await new Promise((resolve) => socket.addEventListener('open', resolve));
  let asked = 0;
  const ask = (method: string, params: object = {}) =>
    new Promise<unknown>((resolve) => {
      const id = ++asked;
      socket.addEventListener('message', ({ data }) => {
        const answer = JSON.parse(data as string) as { id?: number; result: unknown };
        if (answer.id === id) resolve(answer.result);
      });
      socket.send(JSON.stringify({ id, method, params }));
    });
  return { ask, close: () => socket.close() };
}
