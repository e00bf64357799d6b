import { jest } from '@jest/globals';
import pg from 'pg';

// One after the other: the application reads at its first import where its database is.
const { done } = await import('../plans/database.ts');
const { fill } = await import('../plans/large.ts');
const { faults, Listener } = await import('../plans/plans.ts');
const { everything } = await import('../plans/requests.ts');
const { world } = await import('../world.ts');
const { Inhabitant } = await import('./samples.ts');

jest.setTimeout(900_000);
/** Enough for PostgreSQL to prefer an index where there is one. */
const ROWS = Number(process.env.PLANS_ROWS ?? 3000);
const listener = new Listener();
let organizationId: string;

beforeAll(async () => {
  const { owner, drain } = await world();
  organizationId = owner.organizationId;
  const me = new Inhabitant(owner);
  await me.furnish();
  await drain();
  const client = new pg.Client(process.env.DATABASE_OWNER_URL);
  await client.connect();
  await fill(client, owner.organizationId, owner.userId, ROWS).finally(() => client.end());
  listener.runs.length = 0;
  await everything(me, (what, excuse) => Object.assign(listener, { during: what, excuse }));
  Object.assign(listener, { during: 'the worker', excuse: undefined });
  await drain();
});
afterAll(() => done(organizationId));

it('no statement looks at more than a hundred rows in vain, or handles more than a thousand', () => {
  const found = listener.runs.flatMap((run) => faults(run).map((fault) => `${run.during}: ${fault}`));
  expect(found.map((fault) => fault.slice(0, 300))).toEqual([]);
});

it('and all of them were heard: reads, wide and slow ones, writes', () => {
  const heard = new Set(listener.runs.map(({ by }) => by));
  expect([...heard]).toEqual(expect.arrayContaining(['tessera read', 'tessera wide', 'tessera slow', 'tessera write']));
  expect(listener.runs.length).toBeGreaterThan(1000);
});

describe('canary', () => {
  const planted = async (where: string, order: string): Promise<string[]> => {
    const client = new pg.Client({ connectionString: process.env.DATABASE_URL, application_name: 'tessera read' });
    await client.connect();
    try {
      const before = listener.runs.length;
      await client.query(`select set_config('app.tenant', $1, false)`, [organizationId]);
      await client.query(`select id from contact where tenant_id = $1 and deleted_at is null and ${where} order by ${order} limit 21`, [
        organizationId,
      ]);
      return listener.runs.slice(before).flatMap((run) => faults({ ...run, excuse: undefined }));
    } finally {
      await client.end();
    }
  };
  it('a filter without an index is found', async () => {
    expect(await planted(`job_title = 'nobody'`, 'created_at desc, id desc')).toEqual([expect.stringContaining('rows in vain')]);
  });
  it('an order without an index is found', async () => {
    expect(await planted('true', 'job_title')).toEqual([expect.stringMatching(/on contact: \d{4,} rows$/)]);
  });
  it('the order of the list is none', async () => {
    expect(await planted('true', 'created_at desc, id desc')).toEqual([]);
  });
});
