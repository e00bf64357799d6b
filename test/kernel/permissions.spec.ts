import { type Actor, actingAs, Bus, EntityManager, GetOne, Read, type Role, uuidv7 } from '#kernel';
import fc from 'fast-check';
import { abilityOf, type Condition, grant, matches, reach } from '../../libs/kernel/permissions.ts';
import { alsoServe, app, type Json, world, type World } from '../world.ts';
import { Book, BookView, books, buildLibrary, GENRES, LibraryModule, razeLibrary } from './library.ts';

const SEED = Number(process.env.SEED ?? 20_261_120);

/** What the actors of this file may read: each generated set of rules is a permission set of this name. */
let conditions: Condition[] = [];
grant({ sets: { test_generated: (can) => conditions.forEach((condition) => can(['read', 'update'], Book, condition)) } });

alsoServe(LibraryModule);
let here: World;
let rows: Json[];
beforeAll(async () => {
  await buildLibrary();
  here = await world();
  const { manager, member, colleague } = here;
  const items = Array.from({ length: 40 }, (_, i) => ({
    title: `t${i}`,
    genre: GENRES[i % 3],
    subtitle: [null, 'ant', 'bee'][i % 3],
    pages: [null, 1, 2, 300][i % 4],
    lent: i % 2 === 0,
    owner_id: [null, member.userId, colleague.userId, manager.userId][i % 4],
    reviewer_id: [member.userId, null, colleague.userId][i % 3],
  }));
  expect((await manager.post('test-books/batch', { items })).status).toBe(200);
  rows = (await manager.get('test-books?page_size=100')).data;
});
afterAll(razeLibrary);

/** Somebody whose only right is what was generated. A new object each time: abilities are kept by actor. */
const reader = (): Actor => {
  const { member, organization } = here;
  return { kind: 'user', userId: member.userId, role: null, permissionSets: ['test_generated'], organization: organization.facts() };
};

const VALUES: Record<string, () => readonly (string | number | boolean)[]> = {
  genre: () => GENRES,
  subtitle: () => ['ant', 'bee', 'nothing'],
  pages: () => [1, 2, 300, 7],
  lent: () => [true, false],
  ownerId: () => [here.member.userId, here.colleague.userId, uuidv7()],
  reviewerId: () => [here.member.userId, here.colleague.userId],
};
const NULLABLE = ['subtitle', 'pages', 'ownerId', 'reviewerId'];
const word = fc.constantFrom(...Object.keys(VALUES)).chain((name) => {
  const value = fc.integer({ min: 0, max: 2 }).map((i) => VALUES[name]!()[i % VALUES[name]!().length]);
  const orNull = NULLABLE.includes(name) ? fc.option(value) : value;
  const several = fc.array(orNull, { minLength: 1, maxLength: 3 });
  return fc
    .oneof(
      orNull,
      orNull.map(($eq) => ({ $eq })),
      orNull.map(($ne) => ({ $ne })),
      several.map(($in) => ({ $in })),
      several.map(($nin) => ({ $nin })),
    )
    .map((want): Condition => ({ [name]: want }));
});
const condition = fc.array(word, { minLength: 1, maxLength: 3 }).map((words): Condition => Object.assign({}, ...words));
const rules = fc.array(condition, { minLength: 0, maxLength: 3 });

const idsOf = (all: readonly { id: string }[]) => all.map(({ id }) => id).sort();

describe('a row rule means the same everywhere', () => {
  it('to CASL on the entity, in the SQL of both paths, and on rows in wire form', async () => {
    const [bus, em, read] = [(await app()).get(Bus), (await app()).get(EntityManager), (await app()).get(Read)];
    const entities = await actingAs(reader(), () => {
      conditions = [{}];
      return bus.asSystem(here.organization.facts(), async () => em.find(Book, {}, { filters: { allowed: false } }));
    });
    expect(entities).toHaveLength(40);
    await fc.assert(
      fc.asyncProperty(rules, async (generated) => {
        conditions = generated;
        const me = reader();
        const byCasl = entities.filter((row) => abilityOf(me).can('read', row as never));
        const byLane = await actingAs(me, () => read.page(books, books.ask({ page_size: '100', cursor: '' })));
        const byLaneOnes = await actingAs(me, () => read.many(BookView, idsOf(rows)));
        const byOrm = await actingAs(me, () => inTransaction(em, here.organization.id));
        const byWire = rows.filter((row) => generated.length > 0 && matches(reach(me, 'read', 'test_book'), row));
        const wanted = idsOf(byCasl);
        expect({ generated, ids: idsOf(byLane.items) }).toEqual({ generated, ids: wanted });
        expect({ generated, ids: [...byLaneOnes.keys()].sort() }).toEqual({ generated, ids: wanted });
        expect({ generated, ids: idsOf(byOrm) }).toEqual({ generated, ids: wanted });
        expect({ generated, ids: idsOf(byWire) }).toEqual({ generated, ids: wanted });
      }),
      { seed: SEED, numRuns: 200 },
    );
  });

  it('an unknown word stops the query instead of widening it', async () => {
    const read = (await app()).get(Read);
    for (const wrong of [{ pages: { $gt: 1 } }, { $where: '1' }, { pages: { $exists: true } }] as Condition[]) {
      conditions = [wrong];
      const me = reader();
      await expect(actingAs(me, async () => read.page(books, books.ask({})))).rejects.toThrow('cannot use');
      expect(() => reach(me, 'read', 'test_book')).toThrow('cannot use');
      expect(() => matches(wrong, rows[0])).toThrow('cannot use');
    }
  });
});

/** What the ORM finds as this actor, behind its filters. */
async function inTransaction(em: EntityManager, organizationId: string) {
  const fork = em.fork();
  fork.setFilterParams('tenant', { id: organizationId });
  return fork.transactional(async (inner) => inner.find(Book, {}), { readOnly: true });
}

describe('roles', () => {
  const ROLES: Role[] = ['member', 'manager', 'admin', 'owner'];
  it('each may at least what the one below may', async () => {
    const book = (await here.member.post('test-books', { title: 'Mine' })).data;
    for (const role of ROLES) {
      const me = here[role as 'owner'];
      const { data } = await me.get(`test-books/${book.id}`);
      expect(Object.keys(data._links).sort()).toEqual(
        ['delete', 'lend', 'owner', 'self', 'update'].filter((link) => link !== 'owner' || '_links.owner' in data),
      );
    }
    const { data } = await here.colleague.get(`test-books/${book.id}`);
    expect(Object.keys(data._links)).toEqual(['self']);
  });

  it('a link is offered exactly when the action is open', async () => {
    const lent = (await here.member.post('test-books', { title: 'Lent', price: 1, lent: true })).data;
    expect(lent._links.lend).toBeUndefined();
    for (const who of [here.member, here.colleague, here.manager]) {
      for (const row of rows.slice(0, 8)) {
        const { data } = await who.get(`test-books/${row.id}`);
        const tried = await who.patch(`test-books/${row.id}`, { subtitle: `by ${who.userId}` });
        expect(tried.status === 200).toBe('update' in data._links);
      }
    }
  });

  it('nobody, somebody without an organization, and a stranger get nothing', async () => {
    const bus = (await app()).get(Bus);
    const as = (me: Actor) => actingAs(me, () => bus.run(new GetOne(BookView, rows[0].id)));
    const nobody: Actor = { kind: 'nobody', userId: null, role: null, permissionSets: [], organization: null };
    await expect(as(nobody)).rejects.toMatchObject({ status: 401 });
    await expect(as({ ...reader(), organization: null, permissionSets: [] })).rejects.toMatchObject({ status: 400 });
    await expect(as({ ...reader(), permissionSets: [] })).rejects.toMatchObject({ status: 403 });
    await expect(here.stranger.run(new GetOne(BookView, rows[0].id))).rejects.toMatchObject({ status: 404 });
  });
});
