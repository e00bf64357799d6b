import { jest } from '@jest/globals';

// `WRITE_POOL=4 npm run leak`: on how many connections of each sort, which the settings read once.
process.env.WRITE_POOL ??= '1';
for (const name of ['READ_CONNECTIONS', 'WIDE_CONNECTIONS', 'SLOW_CONNECTIONS']) process.env[name] ??= process.env.WRITE_POOL;
Object.assign(process.env, { POOL_WAIT_MS: '1000', STATEMENT_TIMEOUT_MS: '300', REQUEST_TIMEOUT_MS: '1500' });
const { httpStorm, misplaced, settle, withHeld } = await import('../kernel/http-leaks.ts');

/** A request over HTTP costs about ten of those that are let loose on a lane. */
const REQUESTS = Math.ceil(Number(process.env.REQUESTS ?? 200_000) / 10);
jest.setTimeout(7_200_000);

it(`${REQUESTS} requests over HTTP on ${process.env.WRITE_POOL} connections of each sort`, async () => {
  const began = performance.now();
  const settled = await settle(20);
  const { foreign, ...seen } = await withHeld(settled, () => httpStorm(settled, { requests: REQUESTS, width: 64 }));
  const seconds = Math.round((performance.now() - began) / 1000);
  process.stdout.write(`HTTP: ${JSON.stringify({ ...seen, foreign: foreign.length })} in ${seconds} s\n`);
  expect(foreign).toEqual([]);
  expect(await misplaced(settled)).toEqual([]);
});
