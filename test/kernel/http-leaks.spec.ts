import { jest } from '@jest/globals';
import { readdir } from 'node:fs/promises';

// Read at the first use of the settings: one connection for each sort of work, shared by everybody.
Object.assign(process.env, {
  WRITE_POOL: '1',
  READ_CONNECTIONS: '1',
  WIDE_CONNECTIONS: '1',
  SLOW_CONNECTIONS: '1',
  POOL_WAIT_MS: '1000',
  STATEMENT_TIMEOUT_MS: '300',
  REQUEST_TIMEOUT_MS: '1500',
});
jest.setTimeout(300_000);
const { Lane } = await import('../../libs/kernel/lane.ts');
const { httpStorm, misplaced, settle, withHeld } = await import('./http-leaks.ts');
type Settled = Awaited<ReturnType<typeof settle>>[number];

let settled: Settled[];
beforeAll(async () => {
  settled = await settle(10);
});

it('over HTTP, on one connection of each sort, ten organizations are answered what is theirs and nothing else, whatever fails, leaves or is killed', async () => {
  const { foreign, own, statuses } = await withHeld(settled, () => httpStorm(settled, { requests: 1500 }));
  expect(foreign).toEqual([]);
  expect(await misplaced(settled)).toEqual([]);
  // All of it has happened.
  expect(own).toBeGreaterThan(400);
  for (const status of [200, 201, 400, 403, 404, 408, 412, 422, 503, 'aborted'])
    expect([status, statuses[status] ?? 0]).not.toEqual([status, 0]);
});

it('while every connection for writes is held, who wants to write is told when to come back, reads go on, and then writes do too', async () => {
  const { persona, held } = settled[0]!;
  const change = () => persona.patch(`contacts/${held}`, { job_title: 'Held up' });
  await withHeld(settled, async () => {
    const file = Buffer.from('Name\nAda Lovelace\n');
    const upload = () => persona.post('imports?resource=contact', file, { 'content-type': 'text/csv' });
    const [read, ...refused] = await Promise.all([persona.get('contacts'), ...Array.from({ length: 10 }, change), upload()]);
    expect(read!.status).toBe(200);
    for (const { status, headers, error } of refused)
      expect([status, error.code, Number(headers['retry-after'])]).toEqual([503, 'unavailable', expect.any(Number)]);
    // Nobody knows of the file that was received meanwhile.
    const kept = await readdir(process.env.STORAGE_DIR!, { recursive: true });
    expect(kept.filter((name) => name.includes(persona.organizationId) && name.includes('uploads/'))).toEqual([]);
  });
  expect((await change()).status).toBe(200);
});

it('canary: a connection that remembers now and then for whom it was asked before is noticed', async () => {
  const { rows } = Lane.prototype;
  let before = '';
  let asked = 0;
  Lane.prototype.rows = function (this: InstanceType<typeof Lane>, tenant, statement, values) {
    const other = ++asked % 10 === 0 && before ? before : tenant;
    before = tenant;
    return rows.call(
      this,
      other,
      statement,
      values.map((value) => (value === tenant ? other : value)),
    ) as never;
  };
  try {
    const { foreign } = await httpStorm(settled, { requests: 300, seed: 7 });
    expect(foreign.filter((one) => one.includes('was shown')).length).toBeGreaterThan(0);
  } finally {
    Object.assign(Lane.prototype, { rows });
  }
});
