import { Contact } from '#crm';
import {
  actingAs,
  after,
  Bus,
  Command,
  Context,
  drain as drainAll,
  EntityManager,
  Handles,
  Housekeeping,
  JobsModule,
  KernelModule,
  load,
  NoHttpModule,
  now,
  Organizations,
  Outbox,
  Process,
  Promises,
  queue,
  QUEUE,
  Reaction,
  Reacts,
  Sealer,
  setClock,
  system,
  uuidv7,
} from '#kernel';
import { getQueueToken } from '@nestjs/bullmq';
import type { INestApplicationContext, Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import type { Queue } from 'bullmq';
import pg from 'pg';
import * as contexts from '../../libs/contexts.ts';
import { asOwner, tamper } from '../database.ts';
import { alsoServe, app, drain, type Persona, world } from '../world.ts';

/** What ran, in the order in which it ended, and whose turn it is to fail. */
const ran: string[] = [];
const broken = new Set<string>();
/** Reactions wait here while the gate is shut, and say that they do. */
let gate: { reached: () => void; open: Promise<void> } | undefined;

const count = (contact: Contact) => {
  contact.custom = { ...contact.custom, count: Number(contact.custom.count ?? 0) + 1 };
};

class OnContactCreated extends Reaction {}
@Reacts('contact.created', OnContactCreated)
class CreatedHandler {
  constructor(private readonly em: EntityManager) {}
  async execute({ told }: OnContactCreated) {
    gate?.reached();
    await gate?.open;
    const contact = await load(this.em, Contact, told.subjectId);
    count(contact);
    if (broken.has(contact.name)) throw new Error('The reaction is broken');
    ran.push(`created ${contact.name}`);
  }
}

class OnContactRenamed extends Reaction {}
@Reacts('contact.updated', OnContactRenamed)
class RenamedHandler {
  constructor(private readonly em: EntityManager) {}
  async execute({ told }: OnContactRenamed) {
    if (!told.event.changed?.includes('name')) return;
    const contact = await load(this.em, Contact, told.subjectId);
    ran.push(`renamed ${contact.name} ${told.messageId}`);
  }
}

class CountContact extends Command<Contact> {
  constructor(readonly id: string) {
    super();
  }
}
@Handles(CountContact, 'system')
class CountHandler {
  constructor(private readonly em: EntityManager) {}
  async execute({ id }: CountContact) {
    const contact = await load(this.em, Contact, id);
    count(contact);
    await this.em.flush();
    if (broken.has(contact.name)) throw new Error('The command is broken');
    return contact;
  }
}

/** Counts in two steps, each a transaction of its own. */
class CountTwice extends Process<void> {
  constructor(readonly id: string) {
    super();
  }
}
@Handles(CountTwice, 'system')
class CountTwiceHandler {
  constructor(private readonly bus: Bus) {}
  async execute({ id }: CountTwice) {
    await this.bus.run(new CountContact(id));
    await this.bus.run(new CountContact(id));
  }
}

/** Takes as long as a test wants it to, and ends as it wants. */
class Linger extends Process<void> {}
const lingering: (() => Promise<void>)[] = [];
@Handles(Linger, 'system')
class LingerHandler {
  async execute() {
    await lingering.shift()!();
  }
}

@Context({ entities: [], permissions: {}, useCases: [OnContactCreated, OnContactRenamed, CountContact, CountTwice, Linger] })
class Guest {}
alsoServe(Guest);

const get = async <T>(type: Type<T>): Promise<T> => (await app()).get(type);
const made = async (by: Persona, name: string): Promise<string> => (await by.post('contacts', { name })).data.id as string;
/** At the real time: a session does not last until the clock some of these tests set. */
const counted = async (by: Persona, id: string) => {
  setClock();
  return ((await by.get(`contacts/${id}`)).data.custom as { count?: number }).count;
};
const later = (seconds: number) => setClock(() => after(new Date(), { seconds }));
const promise = async (by: Persona, command: Command<unknown>, when?: Parameters<Bus['later']>[1]) => {
  const [bus, organizations] = [await get(Bus), await get(Organizations)];
  await actingAs(system(await organizations.named(by.organizationId), by.userId), () => bus.later(command, when));
};

beforeEach(() => {
  ran.length = 0;
  broken.clear();
  gate = undefined;
});
afterEach(() => setClock());

/** What the other tests of this database left to be told and kept is not for here. */
beforeAll(async () => {
  await asOwner('update outbox set sent_at = now(), done_at = now() where done_at is null');
  await asOwner('update due set sent_at = now(), done_at = now() where done_at is null');
});

describe('a message', () => {
  it('runs its reactions once, as the system on behalf of whoever began it', async () => {
    const { member, admin, organization } = await world();
    await drain(organization);
    const id = await made(member, 'Ada');
    await drain(organization);
    await drain(organization);
    expect(ran).toEqual(['created Ada']);
    expect(await counted(member, id)).toBe(1);
    const entries = await asOwner<{ done: number }>('select count(*)::int as done from outbox where subject_id = $1 and done_at is null', [
      id,
    ]);
    expect(entries).toEqual([{ done: 0 }]);
    const by = await (
      await get(Bus)
    ).asSystem(organization.facts(), async () =>
      (await get(EntityManager)).execute<object[]>(
        `select actor_kind, user_id, on_behalf_of from audit_entry where subject_id = ? and action = 'update'`,
        [id],
      ),
    );
    expect(by).toEqual([{ actor_kind: 'system', user_id: null, on_behalf_of: member.userId }]);
    expect(admin.userId).not.toBe(member.userId);
  });

  it('delivered five times at once has one effect', async () => {
    const { member, organization } = await world();
    await drain(organization);
    const id = await made(member, 'Ada');
    const outbox = await get(Outbox);
    const [message] = await outbox.take(10, organization.id);
    let reached = 0;
    gate = { reached: () => reached++, open: Promise.resolve() };
    await Promise.all(Array.from({ length: 5 }, () => outbox.run(message!)));
    expect(reached).toBe(1);
    expect(await counted(member, id)).toBe(1);
  });

  it('waits for what happened to its record before, however many relays there are', async () => {
    const { member, organization } = await world();
    await drain(organization);
    const [ada, bob] = [await made(member, 'Ada'), await made(member, 'Bob')];
    await member.patch(`contacts/${ada}`, { name: 'Ada L' });
    await member.patch(`contacts/${ada}`, { name: 'Ada Lovelace' });
    const outbox = await get(Outbox);
    const taken = (await Promise.all([outbox.take(10, organization.id), outbox.take(10, organization.id)])).flat();
    const subjects = await asOwner<{ subject_id: string; name: string }>(
      'select subject_id, name from outbox where id = any($1) order by id',
      [taken],
    );
    expect(subjects).toEqual([
      { subject_id: ada, name: 'contact.created' },
      { subject_id: bob, name: 'contact.created' },
    ]);
    expect(await outbox.take(10, organization.id)).toEqual([]);
    await outbox.run(taken[0]!);
    expect(await outbox.take(10, organization.id)).toHaveLength(1);
  });

  it('whose reaction fails is tried again, and holds up its own record only', async () => {
    const { member, organization } = await world();
    broken.add('Ada');
    const ada = await made(member, 'Ada');
    await made(member, 'Bob');
    await member.patch(`contacts/${ada}`, { name: 'Ada Lovelace' });
    broken.add('Ada Lovelace');
    await expect(drain(organization)).rejects.toThrow('The reaction is broken');
    expect(ran).toEqual(['created Bob']);
    expect(await counted(member, ada)).toBeUndefined();
    const [row] = await asOwner<object>(`select attempts, error, done_at from outbox where subject_id = $1 and name = 'contact.created'`, [
      ada,
    ]);
    expect(row).toEqual({ attempts: 1, error: 'The reaction is broken', done_at: null });
    broken.clear();
    expect(await drain(organization)).toBe(0);
    later(6);
    await drain(organization);
    expect(ran.slice(1).map((line) => line.replace(/ \d+$/, ''))).toEqual(['created Ada Lovelace', 'renamed Ada Lovelace']);
    expect(await counted(member, ada)).toBe(1);
  });

  it('without a reaction is done at once; of an organization that is gone without effect', async () => {
    const { member, organization } = await world();
    await drain(organization);
    const open = `select count(*)::int as open from outbox where organization_id = $1 and (done_at is null or sent_at is null)`;
    expect(await asOwner(open, [organization.id])).toEqual([{ open: 0 }]);
    await made(member, 'Ada');
    await asOwner('update organization set deleted_at = now() where id = $1', [organization.id]);
    await drain(organization);
    expect(ran).toEqual([]);
    expect(await asOwner(open, [organization.id])).toEqual([{ open: 0 }]);
  });

  it('waits while its organization is suspended, whoever gets it from the queue', async () => {
    const { member, organization } = await world();
    await drain(organization);
    const id = await made(member, 'Ada');
    const outbox = await get(Outbox);
    const [taken] = await outbox.take(10, organization.id);
    await asOwner('update organization set suspended_at = now() where id = $1', [organization.id]);
    expect(await outbox.run(taken!)).toBeUndefined();
    await drain(organization);
    expect(ran).toEqual([]);
    await asOwner('update organization set suspended_at = null where id = $1', [organization.id]);
    await drain(organization);
    expect(ran).toEqual(['created Ada']);
    expect(await counted(member, id)).toBe(1);
  });
});

describe('a message of a newer version', () => {
  const open = (organization: { id: string }) =>
    asOwner<{ name: string; sent: boolean }>(
      'select name, sent_at is not null as sent from outbox where organization_id = $1 and done_at is null order by id',
      [organization.id],
    );

  it('which more reactions wait for than are known here is left to its workers, whoever gets it from the queue', async () => {
    const { member, organization } = await world();
    await drain(organization);
    const id = await made(member, 'Ada');
    const [message] = await asOwner<{ id: string }>('update outbox set awaits = awaits + 1 where subject_id = $1 returning id::text', [id]);
    await member.patch(`contacts/${id}`, { name: 'Ada Lovelace' });
    await asOwner(`insert into outbox (organization_id, name, subject, subject_id, payload, request_id, awaits)
      values ('${organization.id}', 'contact.enlightened', 'contact', '${uuidv7()}', '{}', 'r', 1)`);
    await drain(organization);
    const outbox = await get(Outbox);
    await asOwner('update outbox set sent_at = now() where id = $1', [message!.id]);
    expect(await outbox.run(message!.id)).toBeUndefined();
    expect(ran).toEqual([]);
    expect(await open(organization)).toEqual([
      { name: 'contact.created', sent: false },
      { name: 'contact.updated', sent: false },
      { name: 'contact.enlightened', sent: false },
    ]);
  });

  it('is done as far as is known here when none came for an hour: the deployment was taken back', async () => {
    const { member, organization } = await world();
    await drain(organization);
    const id = await made(member, 'Ada');
    await asOwner(`update outbox set awaits = 9, created_at = now() - interval '61 minutes' where subject_id = $1`, [id]);
    await drain(organization);
    expect(ran).toEqual(['created Ada']);
    expect(await open(organization)).toEqual([]);
  });
});

describe('a promise', () => {
  it('is kept when it is due, once per key, and on behalf of whoever made it', async () => {
    const { member, organization } = await world();
    const id = await made(member, 'Ada');
    await drain(organization);
    await promise(member, new CountContact(id), { at: after(now(), { hours: 1 }), key: 'hourly' });
    await promise(member, new CountContact(id), { at: after(now(), { hours: 1 }), key: 'hourly' });
    expect(await drain(organization)).toBe(0);
    later(3601);
    await drain(organization);
    await drain(organization);
    expect(await counted(member, id)).toBe(2);
  });

  it('delivered five times at once is kept once', async () => {
    const { member, organization } = await world();
    const id = await made(member, 'Ada');
    await drain(organization);
    await promise(member, new CountContact(id));
    const promises = await get(Promises);
    const [due] = await promises.take(10, organization.id);
    await Promise.all(Array.from({ length: 5 }, () => promises.run(due!)));
    expect(await counted(member, id)).toBe(2);
  });

  it('that goes in steps is leased: a twin leaves it alone', async () => {
    const { member, organization } = await world();
    const id = await made(member, 'Ada');
    await drain(organization);
    await promise(member, new CountTwice(id));
    const promises = await get(Promises);
    const [due] = await promises.take(10, organization.id);
    await Promise.all(Array.from({ length: 3 }, () => promises.run(due!)));
    expect(await counted(member, id)).toBe(3);
  });

  it('that somebody else took over, because nothing was heard, is his: what fails in the first place then is no failure', async () => {
    const { member, organization } = await world();
    await promise(member, new Linger());
    const promises = await get(Promises);
    const [due] = await promises.take(10, organization.id);
    /** Lets the next one begin; answers how it can be ended once it has. */
    const begun = () =>
      new Promise<{ resolve: () => void; reject: (error: Error) => void }>((ready) =>
        lingering.push(() => new Promise<void>((resolve, reject) => ready({ resolve, reject }))),
      );
    const [first, second] = [begun(), begun()];
    const lost = promises.run(due!);
    const { reject } = await first;
    later(70);
    const taken = promises.run(due!);
    const { resolve } = await second;
    const row = () =>
      asOwner<object>('select attempts, leased_until > $2 as leased, done_at is not null as done from due where organization_id = $1', [
        organization.id,
        now(),
      ]);
    reject(new Error('Woken up too late'));
    expect(await lost).toBeUndefined();
    expect(await row()).toEqual([{ attempts: 0, leased: true, done: false }]);
    resolve();
    expect(await taken).toBeUndefined();
    expect(await row()).toEqual([{ attempts: 0, leased: null, done: true }]);
  });

  it('that fails leaves nothing behind, is tried again ever later, and after eight times stays', async () => {
    const { member, organization } = await world();
    const id = await made(member, 'Ada');
    await drain(organization);
    broken.add('Ada');
    await promise(member, new CountContact(id));
    for (let attempt = 1; attempt <= 8; attempt++) {
      later(attempt * 4000);
      await expect(drain(organization)).rejects.toThrow('The command is broken');
    }
    later(50_000);
    expect(await drain(organization)).toBe(0);
    expect(await counted(member, id)).toBe(1);
    const [row] = await asOwner<object>('select attempts, error, failed_at is not null as failed from due where organization_id = $1', [
      organization.id,
    ]);
    expect(row).toEqual({ attempts: 8, error: 'The command is broken', failed: true });
  });

  it('waits while its organization is suspended', async () => {
    const { member, organization } = await world();
    const id = await made(member, 'Ada');
    await drain(organization);
    await promise(member, new CountContact(id));
    await asOwner('update organization set suspended_at = now() where id = $1', [organization.id]);
    expect(await drain(organization)).toBe(0);
    await asOwner('update organization set suspended_at = null where id = $1', [organization.id]);
    await drain(organization);
    expect(await counted(member, id)).toBe(2);
  });

  it('must be JSON', async () => {
    const { member } = await world();
    await expect(promise(member, Object.assign(new CountContact('x'), { at: new Date() }))).rejects.toThrow('its fields must be JSON');
  });
});

describe('the audit log', () => {
  it('what a long transaction wrote is sealed as well, however much was sealed while it was open', async () => {
    const { owner, organization } = await world();
    const [sealer, facts] = [await get(Sealer), organization.facts()];
    const slow = new pg.Client(process.env.DATABASE_URL);
    await slow.connect();
    try {
      await slow.query(`begin; select set_config('app.tenant', '${organization.id}', true)`);
      // Its entry will bear its beginning, and the sealer has a second to spare.
      let past = false;
      while (!past) {
        await owner.post('contacts', { name: 'Ada' });
        await sealer.seal(facts);
        const { rows } = await slow.query<{ past: boolean }>(`select max(at) > now() + interval '1 second' as past from audit_entry`);
        past = rows[0]!.past;
      }
      await slow.query(
        `insert into audit_entry (id, tenant_id, actor_kind, request_id, action, subject, subject_id, content, salt, content_hash)
         select gen_random_uuid(), $1, actor_kind, request_id, action, subject, subject_id, content, salt, content_hash from audit_entry limit 1`,
        [organization.id],
      );
      await slow.query('commit');
    } finally {
      await slow.end();
    }
    expect((await sealer.verify(facts)).unsealed).toBe(1);
    expect(await sealer.seal(facts)).toBe(1);
    expect(await sealer.verify(facts)).toMatchObject({ unsealed: 0, broken: null });
  });

  it('is sealed, and tells what was changed behind its back', async () => {
    const { member, organization } = await world();
    const ada = await made(member, 'Ada');
    for (let i = 0; i < 9; i++) await made(member, `Bob ${i}`);
    const [sealer, facts] = [await get(Sealer), organization.facts()];
    const [first, second] = await Promise.all([sealer.seal(facts), sealer.seal(facts)]);
    expect(Math.max(first ?? 0, second ?? 0)).toBeGreaterThan(9);
    expect(await sealer.verify(facts)).toMatchObject({ unsealed: 0, broken: null });
    await member.patch(`contacts/${ada}`, { name: 'Ada Lovelace' });
    expect(await sealer.verify(facts)).toMatchObject({ unsealed: 1, broken: null });
    expect(await sealer.seal(facts)).toBe(1);
    const { sealed } = await sealer.verify(facts);

    const undo = `update audit_entry set content = replace(content::text, 'Adam', 'Ada')::json where subject_id = $1`;
    await tamper(organization.id, `update audit_entry set content = replace(content::text, 'Ada', 'Adam')::json where subject_id = $1`, [
      ada,
    ]);
    expect((await sealer.verify(facts)).broken).toMatchObject({ why: 'its content was changed' });
    await tamper(organization.id, undo, [ada]);
    expect(await sealer.verify(facts)).toMatchObject({ sealed, broken: null });

    await tamper(organization.id, `update audit_entry set content = null where subject_id = $1 and action = 'update'`, [ada]);
    expect(await sealer.verify(facts)).toMatchObject({ erased: 1, broken: null });
    await tamper(organization.id, `update audit_entry set user_id = null where subject_id = $1 and action = 'update'`, [ada]);
    expect((await sealer.verify(facts)).broken).toEqual({
      position: sealed,
      entryId: expect.any(String),
      why: 'the entry or its seal was changed',
    });
    await tamper(organization.id, `delete from audit_entry where subject_id = $1 and action = 'update'`, [ada]);
    expect((await sealer.verify(facts)).broken).toMatchObject({ why: 'its entry is gone' });
    await tamper(organization.id, 'delete from audit_seal where position = 2');
    expect((await sealer.verify(facts)).broken).toMatchObject({ position: 2, why: 'a seal is missing' });
  });
});

describe('housekeeping', () => {
  it('throws away what has served its time, and nothing else', async () => {
    const { member, organization } = await world();
    const id = await made(member, 'Ada');
    await promise(member, new CountContact(id));
    await promise(member, new CountContact(id), { key: 'kept' });
    await drain(organization);
    const left = async () => {
      const [row] = await asOwner<Record<string, number>>(
        `select (select count(*)::int from outbox where organization_id = $1) as messages,
           (select count(*)::int from inbox where message_id in (select id from outbox where organization_id = $1)) as inbox,
           (select count(*)::int from due where organization_id = $1) as promises`,
        [organization.id],
      );
      return row!;
    };
    const before = await left();
    const housekeeping = await get(Housekeeping);
    await housekeeping.purge();
    expect(await left()).toEqual(before);
    later(8 * 24 * 3600);
    await housekeeping.purge();
    expect(await left()).toEqual({ messages: 0, inbox: 0, promises: 1 });
  });
});

describe('the queue', () => {
  let worker: INestApplicationContext | undefined;
  const start = async () => {
    const { DispatchModule } = await queue();
    const imports = [KernelModule, NoHttpModule, JobsModule, DispatchModule, ...(Object.values(contexts) as Type[]), Guest];
    worker = await (await Test.createTestingModule({ imports }).compile()).init();
    await worker.get<Queue>(getQueueToken(QUEUE)).resume();
    return worker;
  };
  afterEach(async () => {
    await worker?.close();
    worker = undefined;
  });

  /** Comes back when it holds. */
  const until = async (holds: () => Promise<boolean>) => {
    const limit = performance.now() + 50_000;
    while (!(await holds())) {
      if (performance.now() > limit) throw new Error(`Does not hold: ${holds.toString()}`);
      await new Promise((next) => setTimeout(next, 20));
    }
  };
  const open = async (id: string) =>
    (
      await asOwner<{ n: number }>(
        `select (select count(*) from outbox where organization_id = $1 and done_at is null)::int
           + (select count(*) from due where organization_id = $1 and done_at is null)::int as n`,
        [id],
      )
    )[0]!.n;

  it('brings what happened and what is due to a worker, within a second or so', async () => {
    const { member, organization } = await world();
    const { Dispatcher } = await queue();
    (await start()).get(Dispatcher).start();
    const ids = await Promise.all(['Ada', 'Bob', 'Cy'].map((name) => made(member, name)));
    for (const id of ids) await promise(member, new CountContact(id));
    await until(async () => (await open(organization.id)) === 0);
    for (const id of ids) expect(await counted(member, id)).toBe(2);
  });

  it('may lose what a worker sent whose clock was ahead: it is sent again at once', async () => {
    const { member, organization } = await world();
    const id = await made(member, 'Ada');
    await promise(member, new CountContact(id));
    const started = await app();
    const backlogs = [started.get(Outbox), started.get(Promises)];
    for (const backlog of backlogs) {
      later(7200);
      const sent = await backlog.take(9, organization.id);
      expect(sent).not.toEqual([]);
      setClock();
      expect((await backlog.take(9, organization.id)).sort()).toEqual(sent.sort());
      expect(await backlog.take(9, organization.id)).toEqual([]);
    }
  });

  it('may lose a connection that is lent and has nothing to say, and the process lives', async () => {
    const started = await start();
    // The type knows of Redis only.
    const pool = started.get<Queue>(getQueueToken(QUEUE)).opts.connection as unknown as pg.Pool;
    const client = await pool.connect();
    try {
      const [{ pid }] = (await client.query<{ pid: number }>('select pg_backend_pid() as pid')).rows as [{ pid: number }];
      // `once` of node:events would hear the error itself.
      const gone = new Promise((resolve) => client.once('end', resolve));
      await pool.query('select pg_terminate_backend($1)', [pid]);
      await gone;
    } finally {
      client.release(true);
    }
    expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  });

  it('may lose everything, and nothing is missed or done twice', async () => {
    const { member, organization } = await world();
    const { Dispatcher } = await queue();
    const started = await start();
    const jobs = started.get<Queue>(getQueueToken(QUEUE));
    await jobs.pause();
    const ids = await Promise.all(['Ada', 'Bob', 'Cy'].map((name) => made(member, name)));
    for (const id of ids) await promise(member, new CountContact(id));
    started.get(Dispatcher).start();
    await until(async () => (await asOwner<{ n: number }>('select count(*)::int as n from bullmq.job'))[0]!.n >= 6);
    for (const table of ['job', 'job_log', 'dedup', 'event', 'meta']) await asOwner(`delete from bullmq.${table}`);
    await jobs.resume();
    expect(await open(organization.id)).toBeGreaterThanOrEqual(6);
    later(61);
    await until(async () => (await open(organization.id)) === 0);
    for (const id of ids) expect(await counted(member, id)).toBe(2);
    const backlogs = [started.get(Outbox), started.get(Promises)];
    expect(await drainAll(backlogs, organization.id)).toBe(0);
  });
});
