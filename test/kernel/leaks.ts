import { Bus, EntityManager } from '#kernel';
import pg from 'pg';
import { Refusal } from '../../libs/kernel/errors.ts';
import { Lane, NO_TENANT } from '../../libs/kernel/lane.ts';
import { asOwner, tamper } from '../database.ts';
import { app } from '../world.ts';

/** What is let loose on a lane and a pool: so many requests, of so many organizations, this many at once. */
export interface Weather {
  requests: number;
  connections: number;
  organizations?: number;
  width?: number;
  /** Repeats the order of what is asked; when backends are cancelled and killed is the machine's own. */
  seed?: number;
}
export interface Seen {
  requests: number;
  rows: number;
  /** Refused on purpose, and as they had to be. */
  refused: number;
  /** Cancelled, timed out, cut off or killed, and said to be. */
  lost: Record<string, number>;
  /** Rows of another organization, or read under another setting than was asked for. There must be none. */
  foreign: string[];
}

const TABLE = 'test_leak';
const tenant = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const SEEN = `select tenant_id, current_setting('app.tenant') as setting from ${TABLE}`;

/** A table that nothing but its policy guards, with rows of every organization. */
export async function plain(organizations = 100) {
  await asOwner(`drop table if exists ${TABLE}; create table ${TABLE} (tenant_id uuid not null, n int not null);
    alter table ${TABLE} enable row level security; alter table ${TABLE} force row level security;
    create policy ${TABLE}_policy on ${TABLE} using (tenant_id = current_setting('app.tenant')::uuid);
    grant select, insert, delete on ${TABLE} to public`);
  for (let i = 0; i < organizations; i++)
    await tamper(tenant(i), `insert into ${TABLE} select $1, n from generate_series(1, 5) n`, [tenant(i)]);
}
export const levelled = () => asOwner(`drop table ${TABLE}`);

interface Row {
  tenant_id: string;
  setting: string;
}
/** Cut off, cancelled, killed or refused for want of a connection: what a client may be told, and nothing else. */
const excused = (error: unknown): string | undefined => {
  const { code = '', message = '' } = error as { code?: string; message?: string };
  if (code === '57014') return 'cancelled or timed out';
  if (code === '57P01' || /terminat|ECONNRESET|EPIPE|not queryable|socket/i.test(message)) return 'cut off';
  return (error instanceof Refusal && error.status === 503) || /timeout exceeded/.test(message) ? 'no connection' : undefined;
};

/** Whole numbers below so many sides, the same ones for a seed. */
export function diceOf(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => (state = (state * 48_271) % 2_147_483_647) % sides;
}

/** Cancels, and now and then kills, backends that go by one of these names, busy ones first; until it is told to stop. */
export async function swing(names: readonly string[], everyMs = 5): Promise<() => Promise<void>> {
  let going = true;
  const axe = new pg.Client(process.env.DATABASE_URL);
  await axe.connect();
  const swinging = (async () => {
    for (let swing = 1; going; swing++) {
      const how = swing % 8 ? 'pg_cancel_backend' : 'pg_terminate_backend';
      await axe.query(
        `select ${how}(pid) from (select pid from pg_stat_activity where datname = current_database() and application_name = any ($1) order by state = 'active' desc, random() limit 1) one`,
        [names],
      );
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
  })();
  return async () => {
    going = false;
    await swinging;
    await axe.end();
  };
}

/**
 * Requests of many organizations, interleaved on a few connections, among them such as fail, time out, or have no organization, while
 * backends are cancelled and killed and sockets torn. Every row that comes back must belong to who asked, and say so.
 */
export async function storm({ requests, connections, organizations = 100, width = 64, seed = 1 }: Weather): Promise<Seen> {
  const instance = await app();
  const [bus, em] = [instance.get(Bus), instance.get(EntityManager)];
  const name = `leak ${connections}`;
  const lane = await new Lane(process.env.DATABASE_URL!, { connections, statementTimeout: 250, queue: 10_000, name }).open();
  const seen: Seen = { requests: 0, rows: 0, refused: 0, lost: {}, foreign: [] };
  const dice = diceOf(seed);
  const facts = (id: string) => ({ id, currency: 'EUR', timeZone: 'UTC', locale: 'en', settings: {} });

  const held = (rows: readonly Row[], mine: string, least = 1) => {
    seen.rows += rows.length;
    for (const { tenant_id, setting } of rows)
      if (tenant_id !== mine || setting !== mine) seen.foreign.push(`${mine} was shown ${tenant_id} under ${setting}`);
    if (rows.length < least) seen.foreign.push(`${mine} lost its rows`);
  };
  /** It has to be refused with this code; being cut off before is an excuse. */
  const refused = async (code: string, work: Promise<unknown>) => {
    const error = await work.then(
      () => new Error('was let through'),
      (reason: unknown) => reason,
    );
    if ((error as { code?: string }).code === code) seen.refused++;
    else if (!excuse(error)) seen.foreign.push(`not ${code}: ${(error as Error).message}`);
  };
  const excuse = (error: unknown) => {
    const why = excused(error);
    if (why) seen.lost[why] = (seen.lost[why] ?? 0) + 1;
    return why;
  };
  const inside = <T>(id: string | null, work: () => Promise<T>) => bus.asSystem(id === null ? null : facts(id), work);
  const ask = (mine: string, text: string, named: string) => lane.rows<Row>(mine, { name: named, text }, []);
  const acts: ((mine: string, other: string) => Promise<void>)[] = [
    async (mine) => held(await ask(mine, SEEN, 'all'), mine, 5),
    async (mine) => held(await ask(mine, `${SEEN} order by n desc limit 3`, 'few'), mine, 3),
    async (mine) => held(await ask(mine, SEEN, ''), mine, 5),
    async (mine, other) => held(await lane.rows<Row>(mine, { name: 'named', text: `${SEEN} where tenant_id = $1` }, [other]), mine, 0),
    (mine) => refused('22012', ask(mine, `${SEEN} where 1 / (n - n) = 1`, 'broken')),
    (mine) => refused('42703', ask(mine, 'select nothing from test_leak', 'wrong')),
    () => refused('22P02', ask(NO_TENANT, SEEN, 'all')),
    async (mine) => held(await inside(mine, () => em.execute<Row[]>(SEEN)), mine, 5),
    async (mine) => {
      await inside(mine, async () => {
        await em.execute(`insert into test_leak values ('${mine}', 6)`);
        held(await em.execute<Row[]>(SEEN), mine, 6);
        await em.execute(`delete from test_leak where n = 6`);
      });
    },
    (mine, other) =>
      refused(
        '42501',
        inside(mine, () => em.execute(`insert into test_leak values ('${other}', 7)`)),
      ),
    (mine) =>
      refused(
        '22012',
        inside(mine, () => em.execute(`${SEEN} where 1 / (n - n) = 1`)),
      ),
    () =>
      refused(
        '22P02',
        inside(null, () => em.execute(SEEN)),
      ),
  ];
  const slow = (mine: string) => refused('57014', ask(mine, `${SEEN}, pg_sleep(5)`, 'slow'));

  const stop = await swing([name, 'tessera write']);
  const one = async () => {
    while (seen.requests < requests || (!Object.keys(seen.lost).length && seen.requests < 4 * requests)) {
      const nth = seen.requests++;
      const who = dice(organizations);
      const mine = tenant(who);
      const act = nth % 2000 === 1999 ? slow : acts[dice(acts.length)]!;
      await act(mine, tenant((who + 1 + dice(organizations - 1)) % organizations)).catch((error: unknown) => {
        if (!excuse(error)) seen.foreign.push(`unexpected: ${(error as Error).message}`);
        // Nobody hammers a lane that dials.
        return new Promise<void>((resolve) => setTimeout(resolve, 2));
      });
    }
  };
  await Promise.all(Array.from({ length: width }, one));
  await stop();
  await lane.close();
  return seen;
}
