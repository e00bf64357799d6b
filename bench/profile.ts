// node bench/profile.ts <operation> [small|full] [seconds]: where the CPU of the API goes under one operation, without its start. Prints
// the functions that cost most themselves, and the packages; the profile itself (for any viewer) stays in .tessera/profile.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { hottest } from './hottest.ts';
import { know, OPERATIONS } from './operations.ts';
import { apiToken, load, place, start, stop } from './servers.ts';

const [key, size = 'small', seconds = '6'] = process.argv.slice(2);
const operation = OPERATIONS.find((one) => one.key === key);
if (!operation) throw new Error(`Operations are ${OPERATIONS.map((one) => one.key).join(', ')}`);
const where = await place(size);
const PORT = 4121;
const INSPECTOR = 4122;
const FOLDER = '.tessera/profile';
rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(FOLDER, { recursive: true });

const server = await start(where, {
  name: 'Tessera',
  port: PORT,
  file: 'dist/apps/api/main.js',
  token: await apiToken(where.prepared, PORT),
  execArgv: [`--inspect=127.0.0.1:${INSPECTOR}`],
});
const known = await know(where, [server]);
const request = (n: number) => operation.request(known, server.name, n);
await load(server, request, { seconds: 3, connections: operation.connections });
const { ask, close } = await inspector();
await ask('Profiler.enable');
await ask('Profiler.setSamplingInterval', { interval: 200 });
await ask('Profiler.start');
const sample = await load(server, request, { seconds: Number(seconds), connections: operation.connections });
const { profile } = (await ask('Profiler.stop')) as { profile: object };
close();
writeFileSync(`${FOLDER}/api.cpuprofile`, JSON.stringify(profile));
await stop(server);
console.log(
  `${operation.name}: ${Math.round(sample.perSecond)}/s, ${Math.round(sample.micros)} µs of CPU each, ${sample.refused} refused\n`,
);
console.log(hottest(FOLDER));

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
