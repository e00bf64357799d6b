import { jest } from '@jest/globals';
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
