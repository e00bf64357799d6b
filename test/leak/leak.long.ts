import { levelled, plain, storm } from '../kernel/leaks.ts';

process.env.WRITE_POOL ??= '2';
const REQUESTS = Number(process.env.REQUESTS ?? 200_000);

beforeAll(() => plain());
afterAll(levelled);

it.each([1, 2, 3, 4])(`a share of ${REQUESTS} requests on %i connections`, async (connections) => {
  const began = performance.now();
  const { foreign, ...seen } = await storm({ requests: Math.ceil(REQUESTS / 4), connections, seed: connections });
  process.stdout.write(
    `${connections} connections: ${JSON.stringify({ ...seen, foreign: foreign.length })} in ${Math.round((performance.now() - began) / 1000)} s\n`,
  );
  expect(foreign).toEqual([]);
});
