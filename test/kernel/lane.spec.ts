import pg from 'pg';
import { refusalOf } from '../../libs/kernel/http/problems.ts';
import { Lane, type LaneOptions, NO_TENANT } from '../../libs/kernel/lane.ts';
import { ScopedQuery, type Statement } from '../../libs/kernel/scoped-query.ts';
import { asOwner, tamper } from '../database.ts';

/** No statement here has a predicate on the tenant: the policy alone must hold, whoever shares the connection. */
const TENANTS = 40;
const tenant = (n: number) => `00000000-0000-4000-8000-${String(n % TENANTS).padStart(12, '0')}`;
const url = () => process.env.DATABASE_URL!;
const good: Statement[] = [
  { name: 'good_1', text: 'select tenant_id, n from test_lane order by n desc limit 7' },
  { name: 'good_2', text: 'select tenant_id from test_lane where word = $1 limit 3' },
  { name: 'good_3', text: 'select distinct tenant_id from test_lane' },
];
const bad: [Statement, unknown[], RegExp][] = [
  [{ name: 'bad_1', text: 'select 1/(count(*)-count(*)) from test_lane' }, [], /division by zero/],
  [{ name: 'bad_2', text: 'select tenant_id from test_lane where tenant_id = $1' }, ['not-a-uuid'], /invalid input syntax/],
  [{ name: 'bad_3', text: 'select nope from test_lane' }, [], /does not exist/],
  [{ name: 'bad_4', text: 'selec 1' }, [], /syntax error/],
  [{ name: 'bad_5', text: 'select tenant_id, 1/(n-3) from test_lane order by n' }, [], /division by zero/],
];
interface Found {
  tenant_id: string;
}
const open = (more: Partial<LaneOptions> = {}) =>
  new Lane(url(), { connections: 1, statementTimeout: 5000, queue: 10_000, name: `lane ${Math.random()}`, ...more }).open();
const canceller = async () => {
  const client = new pg.Client(url());
  await client.connect();
  return client;
};

beforeAll(async () => {
  await asOwner('drop table if exists test_lane');
  await asOwner(`create table test_lane (tenant_id uuid not null, n int not null, word text not null);
    alter table test_lane enable row level security; alter table test_lane force row level security;
    create policy test_lane_policy on test_lane using (tenant_id = current_setting('app.tenant')::uuid)`);
  for (let i = 0; i < TENANTS; i++)
    await tamper(tenant(i), `insert into test_lane select $1, n, 'word' from generate_series(1, 10) n`, [tenant(i)]);
});
afterAll(async () => void (await asOwner('drop table test_lane')));

type Send = (tenant: string, statement: Statement, values: unknown[]) => Promise<Found[]>;

/** Many callers at once, a quarter of whose statements fail, each in its own organization. */
async function storm(send: Send, work: number, width = 64) {
  let n = 0;
  const seen = { rows: 0, refused: 0 };
  const one = async () => {
    while (n < work) {
      const k = n++;
      const mine = tenant(k * 7919);
      if (k % 4 === 3) {
        const [statement, values, why] = bad[k % bad.length]!;
        await expect(send(mine, statement, values)).rejects.toThrow(why);
        seen.refused++;
        continue;
      }
      const statement = good[k % good.length]!;
      const found = await send(mine, statement, statement.name === 'good_2' ? ['word'] : []);
      if (!found.length) throw new Error('an organization lost its rows');
      for (const row of found) if (row.tenant_id !== mine) throw new Error(`${row.tenant_id} was shown to ${mine}`);
      seen.rows += found.length;
    }
  };
  await Promise.all(Array.from({ length: width }, one));
  return seen;
}

describe.each([1, 2, 3, 4])('on %i connections', (connections) => {
  it('many organizations share them, with failing statements in between, and each sees its own rows', async () => {
    const lane = await open({ connections });
    const { rows, refused } = await storm((...asked) => lane.rows<Found>(...asked), 2000);
    expect(rows).toBeGreaterThan(4000);
    expect(refused).toBe(500);
    await lane.close();
  });

  it('queries that the server cancels at random show nothing foreign', async () => {
    const name = `cancelled ${connections}`;
    const lane = await open({ connections, name });
    const axe = await canceller();
    let going = true;
    let cancelled = 0;
    const swinging = (async () => {
      while (going)
        await axe.query(`select pg_cancel_backend(pid) from pg_stat_activity where application_name = $1 and state = 'active'`, [name]);
    })();
    let n = 0;
    const one = async () => {
      while (n < 4000 && (n < 800 || !cancelled)) {
        const mine = tenant(n++ * 31);
        const found = await lane.rows<Found>(mine, good[n % 2 ? 0 : 2]!, []).catch((error: { code?: string }) => {
          if (error.code !== '57014') throw error;
          cancelled++;
          return [];
        });
        for (const row of found) if (row.tenant_id !== mine) throw new Error(`${row.tenant_id} was shown to ${mine}`);
      }
    };
    await Promise.all(Array.from({ length: 32 }, one));
    going = false;
    await swinging;
    await axe.end();
    await lane.close();
    expect(cancelled).toBeGreaterThan(0);
  });
});

it('the same query object is safe on checked-out connections too', async () => {
  const pool = new pg.Pool({ connectionString: url(), max: 3 });
  const types = new pg.TypeOverrides() as unknown as ConstructorParameters<typeof ScopedQuery>[3];
  const send: Send = async (mine, statement, values) => {
    const client = await pool.connect();
    try {
      return await new Promise<Found[]>((resolve, reject) => {
        const query = new ScopedQuery(mine, statement, values, types, (error, rows) =>
          error ? reject(error as Error) : resolve(rows as never),
        );
        client.query(query as never);
      });
    } finally {
      client.release();
    }
  };
  expect((await storm(send, 800)).rows).toBeGreaterThan(1000);
  await pool.end();
});

describe('without an organization', () => {
  it('a table behind a policy refuses: the setting of the query before is gone', async () => {
    const lane = await open();
    await lane.rows(tenant(1), good[0]!, []);
    for (const nobody of [NO_TENANT, 'x', `${tenant(1)}0`])
      await expect(lane.rows(nobody, good[0]!, [])).rejects.toThrow(/invalid input syntax for type uuid/);
    expect(await lane.rows(NO_TENANT, { name: 'two', text: 'select 2 as two' }, [])).toEqual([{ two: 2 }]);
    const [left] = await lane.rows<{ left: string }>(NO_TENANT, { name: '', text: `select current_setting('app.tenant') as left` }, []);
    expect(left).toEqual({ left: '' });
    await lane.close();
  });

  it('canary: a setting that lasts for the session, sent beside the query, does show foreign rows when it fails', async () => {
    const client = new pg.Client({ connectionString: url(), pipeline: true } as pg.ClientConfig);
    await client.connect();
    await client.query('select set_config($1, $2, false)', ['app.tenant', tenant(1)]);
    const setting = client
      .query('select set_config($1, $2, false), 1/(0*length($2))', ['app.tenant', tenant(2)])
      .catch((error: Error) => error.message);
    const { rows } = await client.query<Found>('select tenant_id from test_lane limit 1');
    expect(await setting).toMatch(/division by zero/);
    // Organization 2 asked, organization 1 was shown: the design that ScopedQuery replaces.
    expect(rows[0]!.tenant_id).toBe(tenant(1));
    await client.end();
  });
});

it('cannot write, nor say so in the statement', async () => {
  const lane = await open();
  const texts = [
    'delete from test_lane',
    `update test_lane set word = 'x'`,
    'select n from test_lane for update',
    'create table test_lane_2 (n int)',
  ];
  for (const text of texts) await expect(lane.rows(tenant(1), { name: '', text }, [])).rejects.toThrow(/read-only transaction/);
  await lane.close();
});

it('asks a changed table anew, survives a killed connection, and dials again', async () => {
  const name = 'killed';
  const lane = await open({ name });
  const look = () => lane.rows(tenant(1), { name: 'shape', text: 'select * from test_shape' }, []);
  await asOwner('drop table if exists test_shape; create table test_shape (a int); insert into test_shape values (1)');
  expect([await look(), await look()]).toEqual([[{ a: 1 }], [{ a: 1 }]]);
  await asOwner('alter table test_shape add b int');
  expect(await look()).toEqual([{ a: 1, b: null }]);

  const axe = await canceller();
  const sleeping = lane.rows(tenant(1), { name: 'sleep', text: 'select pg_sleep(4)' }, []).catch((error: Error) => error);
  const kill = `select pg_terminate_backend(pid) as n from pg_stat_activity where application_name = $1 and query like '%pg_sleep%'`;
  while (!(await axe.query(kill, [name])).rowCount);
  expect(await sleeping).toBeInstanceOf(Error);
  const found = await eventually(look);
  expect(found).toEqual([{ a: 1, b: null }]);
  await axe.end();
  await lane.close();
  await asOwner('drop table test_shape');
});

/** Asks until the lane has dialled again; while it has not, it must say so with a 503 and at once. */
async function eventually<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (refusalOf(error).status !== 503) throw error;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

it('a dead connection is not chosen while another lives', async () => {
  const name = 'half dead';
  const lane = await open({ connections: 2, name });
  const look = () => lane.rows<Found>(tenant(3), good[2]!, []);
  await Promise.all([look(), look()]);
  const axe = await canceller();
  const { rowCount } = await axe.query(
    'select pg_terminate_backend(pid) from (select pid from pg_stat_activity where application_name = $1 limit 1) one',
    [name],
  );
  expect(rowCount).toBe(1);
  const gone = `select from pg_stat_activity where application_name = $1`;
  while ((await axe.query(gone, [name])).rowCount !== 1);
  await new Promise((resolve) => setImmediate(resolve));
  for (let i = 0; i < 20; i++) expect(await look()).toEqual([{ tenant_id: tenant(3) }]);
  await axe.end();
  await lane.close();
});

it('a query that is held up holds up nobody else: what stands behind it is asked on a spare connection', async () => {
  await asOwner('create table test_held (n int)');
  const holder = new pg.Client(process.env.DATABASE_OWNER_URL);
  await holder.connect();
  const lane = await open({ spares: 1 });
  try {
    await asOwner('grant select on test_held to tessera_app');
    await holder.query('begin; lock table test_held in access exclusive mode');
    let answered = false;
    const held = lane.rows(tenant(0), { name: 'held', text: 'select n from test_held' }, []).finally(() => (answered = true));
    for (let round = 0; round < 3; round++) {
      const began = performance.now();
      const found = await Promise.all(Array.from({ length: TENANTS }, (_, n) => lane.rows<Found>(tenant(n), good[0]!, [])));
      found.forEach((rows, n) => expect(rows.map(({ tenant_id }) => tenant_id)).toEqual(Array(7).fill(tenant(n))));
      await expect(lane.rows(tenant(1), bad[0]![0], [])).rejects.toThrow('division by zero');
      expect(performance.now() - began).toBeLessThan(3000);
      expect(answered).toBe(false);
    }
    await holder.query('rollback');
    expect(await held).toEqual([]);
    // Nothing is left over of what was asked twice.
    expect(await lane.rows<Found>(tenant(5), good[1]!, ['word'])).toHaveLength(3);
  } finally {
    await holder.end();
    await lane.close();
    await asOwner('drop table test_held');
  }
});

it('a full queue answers 503 at once, and what waited is still answered', async () => {
  const lane = await open({ queue: 5 });
  const waiting = Array.from({ length: 5 }, () => lane.rows(tenant(1), { name: '', text: 'select pg_sleep(0.05)' }, []));
  await expect(lane.rows(tenant(1), good[0]!, [])).rejects.toMatchObject({ status: 503, more: { retryAfter: 1 } });
  await Promise.all(waiting);
  expect(await lane.rows(tenant(1), good[0]!, [])).toHaveLength(7);
  await lane.close();
});

it('what waits too long for its turn is refused, and never runs', async () => {
  await asOwner('create table test_turn (n int); grant select on test_turn to tessera_app');
  const holder = new pg.Client(process.env.DATABASE_OWNER_URL);
  await holder.connect();
  const lane = await open({ depth: 1, patience: 100, statementTimeout: 120_000 });
  try {
    await holder.query('begin; lock table test_turn in access exclusive mode');
    const first = lane.rows(tenant(1), { name: '', text: 'select n from test_turn' }, []);
    const mark = { name: '', text: `select set_config('test.ran', 'yes', false)` };
    const late = await Promise.all(Array.from({ length: 5 }, () => lane.rows(tenant(1), mark, []).catch((error: unknown) => error)));
    for (const refused of late) expect(refused).toMatchObject({ status: 503, more: { retryAfter: 1 } });
    await holder.query('rollback');
    expect(await first).toEqual([]);
    expect(await lane.rows(tenant(1), { name: '', text: `select current_setting('test.ran', true) as ran` }, [])).toEqual([{ ran: null }]);
  } finally {
    await holder.end();
    await lane.close();
    await asOwner('drop table test_turn');
  }
});

it('asks no more at once than its connections may carry, and all of it in the end', async () => {
  const { submit, handleReadyForQuery } = ScopedQuery.prototype;
  let [asked, most] = [0, 0];
  ScopedQuery.prototype.submit = function (connection) {
    most = Math.max(most, ++asked);
    return submit.call(this, connection);
  };
  ScopedQuery.prototype.handleReadyForQuery = function () {
    asked--;
    handleReadyForQuery.call(this);
  };
  const lane = await open({ connections: 2, depth: 3, patience: 60_000 });
  try {
    const all = await Promise.all(Array.from({ length: 40 }, (_, n) => lane.rows<Found>(tenant(n), good[2]!, [])));
    all.forEach((rows, n) => expect(rows).toEqual([{ tenant_id: tenant(n) }]));
    expect(most).toBe(6);
  } finally {
    Object.assign(ScopedQuery.prototype, { submit, handleReadyForQuery });
    await lane.close();
  }
});

it('the statements of an era that is over are forgotten by the server too, and those without one are kept', async () => {
  const lane = await open();
  const prepared = async () =>
    (
      await lane.rows<{ name: string }>(
        NO_TENANT,
        { name: '', text: `select name from pg_prepared_statements where name <> '' order by 1` },
        [],
      )
    ).map(({ name }) => name);
  const of = (era: number) => Array.from({ length: 20 }, (_, n) => ({ name: `r${era}_${n}`, text: `select ${n} as n`, era }));
  await lane.rows(NO_TENANT, { name: 'for_ever', text: 'select 1' }, []);
  for (const statement of of(0)) await lane.rows(NO_TENANT, statement, []);
  expect(await prepared()).toEqual(['for_ever', ...of(0).map(({ name }) => name), 'tenant'].sort());
  const answers = await Promise.all([...of(1), ...of(0), ...of(1)].map((statement) => lane.rows<{ n: number }>(NO_TENANT, statement, [])));
  expect(answers.map(([row]) => row!.n)).toEqual([...of(1), ...of(0), ...of(1)].map((_, n) => n % 20));
  for (const statement of of(2)) await lane.rows(NO_TENANT, statement, []);
  expect(await prepared()).toEqual(['for_ever', ...of(2).map(({ name }) => name), 'tenant'].sort());
  await lane.close();
});

it('a statement that takes too long is given up by the server', async () => {
  const lane = await open({ statementTimeout: 50 });
  await expect(lane.rows(tenant(1), { name: '', text: 'select pg_sleep(5)' }, [])).rejects.toMatchObject({ code: '57014' });
  expect(await lane.rows(tenant(1), good[0]!, [])).toHaveLength(7);
  await lane.close();
});

it('a value that cannot be sent is refused before a byte leaves', async () => {
  const lane = await open();
  const loop: Record<string, unknown> = {};
  loop.self = loop;
  await expect(lane.rows(tenant(1), { name: 'v', text: 'select $1::jsonb' }, [loop])).rejects.toThrow(/circular/);
  await expect(lane.rows(tenant(1), { name: 'w', text: 'select $1::text as t' }, ['a\0b'])).rejects.toThrow();
  expect(await lane.rows(tenant(1), good[2]!, [])).toEqual([{ tenant_id: tenant(1) }]);
  await lane.close();
});

it('reads what it was given: days stay days, instants are ISO, arrays and JSON arrive whole', async () => {
  const lane = await open();
  const text = `select $1::date as day, $2::timestamptz as at, $3::text[] as texts, $4::jsonb as json, $5::int8 as big, $6::uuid[] as ids`;
  const values = [
    '2024-02-29',
    new Date('2026-03-29T00:59:59.120Z'),
    ['a', 'b"c\\', '{x,y}', ''],
    { a: [1, { b: null }] },
    9_007_199_254_740_993n,
    [tenant(1)],
  ];
  expect(await lane.rows(tenant(1), { name: 'all', text }, values)).toEqual([
    {
      day: '2024-02-29',
      at: '2026-03-29T00:59:59.120Z',
      texts: ['a', 'b"c\\', '{x,y}', ''],
      json: { a: [1, { b: null }] },
      big: '9007199254740993',
      ids: [tenant(1)],
    },
  ]);
  await lane.close();
});
