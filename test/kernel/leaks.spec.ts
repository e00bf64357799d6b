import { jest } from '@jest/globals';
import { EagerClient } from '../../libs/kernel/eager-client.ts';
import { levelled, plain, storm } from './leaks.ts';

// Few connections for many: every one of them is used by everybody.
process.env.WRITE_POOL = '2';

jest.setTimeout(300_000);
beforeAll(() => plain());
afterAll(levelled);

it.each([1, 4])(
  'on %i connections of a lane and a pool of two, a hundred organizations see nothing of each other, whatever is cancelled, killed or wrong',
  async (connections) => {
    const { foreign, rows, refused, lost } = await storm({ requests: 800, connections });
    expect(foreign).toEqual([]);
    expect(rows).toBeGreaterThan(800);
    expect(refused).toBeGreaterThan(150);
    expect(Object.keys(lost).length).toBeGreaterThan(0);
  },
);

it('canary: a connection of the pool that keeps for whom it was used, and now and then is not told anew, is noticed', async () => {
  const { query } = EagerClient.prototype;
  let told = 0;
  EagerClient.prototype.query = function (this: EagerClient, config, ...rest) {
    const sets = typeof config === 'string' && config.startsWith('select set_config(');
    const kept = () => (++told % 10 ? String(config).replace(', true)', ', false)') : String(config).replace('app.tenant', 'app.nobody'));
    return query.call(this, sets ? kept() : config, ...rest);
  };
  try {
    const { foreign } = await storm({ requests: 400, connections: 1, seed: 3 });
    expect(foreign.filter((one) => one.includes('was shown')).length).toBeGreaterThan(0);
  } finally {
    EagerClient.prototype.query = query;
  }
});
