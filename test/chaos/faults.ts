import { setTimeout as wait } from 'node:timers/promises';
import type { Arena } from './arena.ts';
import type { Manner } from './door.ts';
import type { Hand } from './hand.ts';
import type { Random } from './random.ts';
import type { Fault, Stage } from './scenario.ts';

/** The service answers again at most so long after its database does. */
const RECOVERY_MS = 5000;
/** Said within a second that it is full; the rest is what a busy machine adds. */
const FULL_MS = 1000 + 1000;
const WRITERS = 4;
/** Pages that somebody asks for and does not read: more than sockets hold. */
const IN_VAIN = 100;
const SECOND = 1000;
const MINUTE = 60 * SECOND;
/** So many records of so long a text need more space than there is left. */
const MANY = 20;
const LONG = 8000;

/** Faults of processes and of the database: one after the other. */
export const HARD: readonly Fault[] = [
  {
    name: 'kill api',
    weight: 4,
    async play({ arena, random }) {
      await arena.api.kill();
      await wait(random.int(0, 300));
      await arena.api.start();
    },
  },
  {
    name: 'kill worker',
    weight: 4,
    async play({ arena, random }) {
      const worker = random.pick(arena.workers);
      await worker.kill();
      await wait(random.int(0, 300));
      await worker.start();
    },
  },
  {
    name: 'kill postmaster',
    weight: 4,
    async play(stage) {
      await stage.arena.killPostmaster();
      await recovers(stage);
    },
  },
  {
    name: 'kill a backend',
    weight: 3,
    async play(stage) {
      const backends = await stage.arena.backends();
      if (backends.length) await stage.arena.killBackend(stage.random.pick(backends));
      await recovers(stage);
    },
  },
  {
    name: 'kill everything',
    weight: 1,
    async play(stage) {
      const { arena } = stage;
      await Promise.all([...arena.programs.map((program) => program.kill()), arena.killPostmaster()]);
      await Promise.all(arena.programs.map((program) => program.start()));
      await recovers(stage);
    },
  },
  {
    name: 'cut connections',
    weight: 4,
    async play(stage) {
      const { arena, random } = stage;
      for (let i = random.int(1, 4); i > 0; i--) {
        const all = await arena.backends();
        const cut = random.some(all, Math.ceil(all.length * random.pick([0.3, 0.6, 1])));
        await arena.sql('select pg_terminate_backend(pid) from unnest($1::int[]) pid', [cut]);
        await wait(random.int(20, 300));
      }
      arena.databaseBackAt = performance.now();
      await recovers(stage);
    },
  },
  {
    name: 'database hangs',
    weight: 2,
    async play(stage) {
      // The longest is longer than anybody believes that a statement is still at work.
      await stage.arena.freezePostgres(stage.random.pick([500, 2000, 7000]));
      await recovers(stage);
    },
  },
  { name: 'exhaust the pool', weight: 3, play: exhaustPool },
  {
    name: 'freeze worker',
    weight: 2,
    async play({ arena, random }) {
      const worker = random.pick(arena.workers);
      // The longer ones outlast the lock of a job, which another worker then takes over.
      const ms = random.chance(0.25) ? random.int(10, 15) * SECOND : random.int(1, 4) * SECOND;
      worker.freeze();
      await wait(ms);
      worker.thaw();
    },
  },
  {
    name: 'clock jump',
    weight: 2,
    async play({ arena, random, excuse }) {
      excuse();
      const program = random.pick(arena.programs);
      program.skew(random.pick([-20 * MINUTE, -90 * SECOND, 90 * SECOND, 20 * MINUTE]));
      await wait(random.int(500, 1500));
      program.skew(0);
    },
  },
  { name: 'disk full', weight: 2, can: ({ ownDisk }) => ownDisk, play: fillDisk },
  {
    name: 'redis restarts empty',
    weight: 5,
    can: ({ redis }) => redis !== undefined,
    async play({ arena, random }) {
      await arena.redis?.kill();
      await wait(random.int(0, 1500));
      await arena.redis?.start();
    },
  },
  {
    name: 'redis hangs',
    weight: 3,
    can: ({ redis }) => redis !== undefined,
    async play({ arena, random }) {
      // Longer than a worker waits for it.
      await arena.redis?.freeze(random.pick([500, 2000, 4500]));
    },
  },
];

/** Faults of clients and of the queue: at the same time as the others. */
export const SOFT: readonly Fault[] = [
  { name: 'deadlock storm', weight: 3, play: async ({ scenario, hands, random }) => void (await scenario.storm(hands, random)) },
  {
    name: 'empty the queue',
    weight: 3,
    async play({ arena, random }) {
      for (let i = random.int(4, 16); i > 0; i--) {
        await arena.emptyQueue();
        await wait(random.int(5, 90));
      }
    },
  },
  { name: 'double the queue', weight: 3, play: doubleQueue },
  {
    name: 'rude clients',
    weight: 4,
    async play({ scenario, hands, random }) {
      const manners: Manner[] = ['stutters', 'leaves half way', 'leaves early'];
      const crowd = Array.from({ length: 12 }, () => [random.pick(hands), random.pick(manners)] as const);
      await Promise.all([
        ...crowd.map(([hand, manner]) => hand.askBadly(scenario.rude(hand), manner)),
        ...hands.map((hand) => hand.askInVain('contacts?page_size=100', IN_VAIN)),
      ]);
    },
  },
];

/** Reading and writing work again, soon enough after the database does (or the API, if that was down as well). */
async function recovers({ arena, probe, measured }: Stage) {
  const passed = () => performance.now() - Math.max(arena.databaseBackAt, arena.api.readyAt);
  for (const [what, works] of [
    ['reads', () => probe.read('list contacts', 'contacts?page_size=1&count=none')],
    ['writes', () => probe.ask({ ...contact(probe), once: false })],
  ] as const) {
    while (!(await works())) {
      if (passed() > 4 * RECOVERY_MS) return probe.ledger.violate(`${what} do not work ${Math.round(passed())} ms after the database does`);
      await wait(25);
    }
    keepWorst(measured, `${what} again after`, passed());
    if (passed() > RECOVERY_MS) probe.ledger.violate(`${what} worked again only ${Math.round(passed())} ms after the database did`);
  }
}

/** Slow transactions hold every connection: who comes then is told so within a second, reads go on, and all is well afterwards. */
async function exhaustPool(stage: Stage) {
  const { arena, hands, probe, measured, counted } = stage;
  const known = hands.flatMap((hand) =>
    hand.ledger
      .of(hand.tenant, 'contacts')
      .filter(({ deletable }) => !deletable)
      .slice(0, 4),
  );
  const session = await arena.session().catch(() => undefined);
  if (!session) return;
  try {
    await session.query('begin');
    // In no particular order: it may end in a deadlock with somebody's batch, and then there is another time.
    const held = await session
      .query('select 1 from contact where id = any($1) for update', [known.map(({ id }) => id)])
      .catch(() => undefined);
    if (!held) return;
    const stuck = known.map((one) => {
      const hand = hands.find(({ tenant }) => tenant === one.tenant)!;
      const fields = { job_title: `stuck ${hand.word()}` };
      const changes = [{ id: one.id, fields }];
      const leaves = { 'contact update': 1 };
      return hand.ask({
        what: 'patch contact',
        method: 'PATCH',
        path: `contacts/${one.id}`,
        body: fields,
        changes,
        leaves,
        allowed: [200, 409, 404],
        shows: 'contacts',
      });
    });
    const full = await isFull(arena);
    const told = async (what: string, ask: () => Promise<unknown>) => {
      const began = performance.now();
      const answer = await ask();
      const ms = performance.now() - began;
      keepWorst(measured, `${what} while full`, ms);
      if (ms > FULL_MS) probe.ledger.violate(`${what} took ${Math.round(ms)} ms while the pool was full`);
      return answer;
    };
    const [read, ...written] = await Promise.all([
      told('reads', () => probe.read('list contacts', 'contacts?page_size=1&count=none')),
      ...Array.from({ length: WRITERS }, () => told('writes', () => probe.ask(contact(probe)))),
    ]);
    if (!read) probe.ledger.violate('Reads did not go on while the pool for writes was full');
    count(counted, 'refused while full', written.filter((answer) => !answer).length);
    if (full && written.every(Boolean)) probe.ledger.violate('A full pool for writes took more of them');
    await session.query('rollback');
    await Promise.all(stuck);
  } finally {
    await session.end().catch(() => {});
  }
  arena.databaseBackAt = performance.now();
  await recovers(stage);
}

/** Whether every connection of the API for writes waits for a lock: soon, or not at all, where others stand in the way. */
async function isFull(arena: Arena): Promise<boolean> {
  for (const until = performance.now() + SECOND; performance.now() < until; await wait(25)) {
    const waiting = await arena.sql(`select from pg_stat_activity where application_name = 'tessera write' and wait_event_type = 'Lock'`);
    if (waiting.length >= arena.writePool) return true;
  }
  return false;
}

/** Nothing that needs space can be written, and somebody writes a lot; then there is space again. */
async function fillDisk(stage: Stage) {
  const { arena, random, probe } = stage;
  const release = arena.fillDisk();
  try {
    const until = performance.now() + random.int(500, 1500);
    while (performance.now() < until) {
      await probe.ask({
        what: 'create many long contacts',
        method: 'POST',
        path: 'contacts/batch',
        body: { items: Array.from({ length: MANY }, () => ({ first_name: probe.word(), notes: noise(random, LONG) })) },
        leaves: { 'contact create': MANY },
        allowed: [200],
      });
    }
  } finally {
    release();
  }
  await arena.answers();
  await recovers(stage);
}

/** Jobs for what is under way and for what was done long ago, each several times and under other ids, so that they run at the same time. */
async function doubleQueue({ arena, hands, random, counted }: Stage) {
  const tenants = hands.map(({ tenant }) => tenant.id);
  const queue = arena.queue();
  for (let i = random.int(5, 20); i > 0; i--) {
    const jobs = await arena.sql<{ name: string; id: string }>(
      `(select 'message' as name, id::text from outbox where organization_id = any($1) order by id desc limit 8)
       union all (select 'promise', id::text from due where organization_id = any($1) and done_at is null limit 20)
       union all (select 'promise', id::text from due where organization_id = any($1) and done_at is not null order by created_at desc limit 4)`,
      [tenants],
    );
    const doubled = [...jobs, ...jobs, ...jobs].map(({ name, id }) => ({
      name,
      data: { id },
      opts: { removeOnComplete: true, removeOnFail: true },
    }));
    // A database that is down at this moment spares them.
    await queue.addBulk(doubled).then(
      () => count(counted, 'doubled jobs', doubled.length),
      () => {},
    );
    await wait(random.int(5, 60));
  }
}

const contact = (hand: Hand) => ({
  what: 'create contact',
  method: 'POST' as const,
  path: 'contacts',
  body: { first_name: hand.word() },
  leaves: { 'contact create': 1 },
  allowed: [201],
  shows: 'contacts',
});
/** Text that does not shrink. */
const noise = (random: Random, length: number) =>
  Array.from({ length: length / 8 }, () => random.next().toString(36).slice(2, 10).padEnd(8, '0')).join('');
const count = (counted: Map<string, number>, what: string, n: number) => void counted.set(what, n + (counted.get(what) ?? 0));
const keepWorst = (measured: Map<string, number>, what: string, ms: number) =>
  void measured.set(what, Math.max(measured.get(what) ?? 0, ms));
