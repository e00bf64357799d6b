import { dayOf, parseAmount } from '#kernel';
import fc from 'fast-check';
import { asOwner, tamper } from '../database.ts';
import { alsoServe, type Json, type Persona, world, type World } from '../world.ts';
import { buildLibrary, GENRES, LibraryModule, razeLibrary } from './library.ts';

alsoServe(LibraryModule);
const ZONE = 'America/New_York';
const SEED = Number(process.env.SEED ?? 20_261_120);
const WORDS = ['ant', 'Antler', 'bee', 'Überbee', 'do_g', 'dog%', 'back\\slash', '{curly}', 'null'];
const NUMBERS = [0, 1, 2, 10, 300];
const WEIGHTS = ['0.5', '2', '10', '10.25'];
const DAYS = ['1999-12-31', '2024-02-29', '2024-03-01', '2030-01-01'];
// Midnight in New York is 05:00 or 04:00 in UTC.
const MOMENTS = [
  '2026-03-08T04:59:59.999Z',
  '2026-03-08T05:00:00.000Z',
  '2026-03-09T03:59:59.999Z',
  '2026-03-09T04:00:00.000Z',
  '2026-11-01T12:00:00.123Z',
];
const TAGS = ['red', 'green', 'with,comma', 'quo"te'];
const PRICES = ['0', '1', '9.5', '10', '1000'];

let here: World;
let reader: Persona;
let rows: Json[];
let rank: Map<string, number>;

beforeAll(async () => {
  await buildLibrary();
  here = await world({ timeZone: ZONE });
  reader = here.manager;
  const random = fc.sample(
    fc.record({
      subtitle: fc.option(fc.constantFrom(...WORDS)),
      price: fc.constantFrom(...PRICES),
      currency: fc.constantFrom('EUR', 'CLF'),
      genre: fc.constantFrom(...GENRES),
      pages: fc.option(fc.constantFrom(...NUMBERS)),
      weight: fc.option(fc.constantFrom(...WEIGHTS)),
      printed: fc.option(fc.constantFrom(...DAYS)),
      read_at: fc.option(fc.constantFrom(...MOMENTS)),
      lent: fc.boolean(),
      tags: fc.uniqueArray(fc.constantFrom(...TAGS)),
    }),
    { numRuns: 60, seed: SEED },
  );
  const items = random.map((book, i) => ({ ...book, title: `t${i}` }));
  expect((await reader.post('test-books/batch', { items })).status).toBe(200);
  await here.stranger.post('test-books/batch', { items });
  // Ties in every key, so that only the id tells rows apart.
  await tamper(
    here.organization.id,
    `update test_book set created_at = date_trunc('second', created_at) - (n % 3) * interval '1 hour' from (select id as i, row_number() over (order by id) as n from test_book) x where i = id`,
  );
  rows = (await reader.get('test-books?page_size=100')).data;
  expect(rows).toHaveLength(60);
  const texts = [...WORDS, ...GENRES, ...rows.map(({ title }: { title: string }) => title)];
  const ranked = await asOwner<{ word: string; n: string }>(
    'select word, row_number() over (order by word) as n from unnest($1::varchar[]) word',
    [texts],
  );
  rank = new Map(ranked.map(({ word, n }) => [word, Number(n)]));
});
afterAll(razeLibrary);

/** The value of a field as something that compares like the database compares it. */
const comparable = (name: string, value: Json): number | string | bigint => {
  if (name === 'price') return parseAmount(value as string)!;
  if (name === 'weight' || name === 'pages') return Number(value);
  if (name === 'lent') return value ? 1 : 0;
  return ['title', 'subtitle', 'genre'].includes(name) ? rank.get(value as string)! : (value as string);
};
const order = (sort: string) => (a: Json, b: Json) => {
  const keys = sort.split(',').map((key) => ({ name: key.replace(/^-/, ''), down: key.startsWith('-') }));
  for (const { name, down } of [...keys, { name: 'id', down: keys.at(-1)!.down }]) {
    const [x, y] = [a[name], b[name]];
    if (x === y) continue;
    // PostgreSQL: nulls last going up, first going down.
    const less = x === null ? false : y === null ? true : comparable(name, x) < comparable(name, y);
    const same = x !== null && y !== null && comparable(name, x) === comparable(name, y);
    if (!same) return less === down ? 1 : -1;
  }
  return 0;
};

type Filter = [parameter: string, value: string | string[], keeps: (row: Json) => boolean];
const oneOf = <T>(all: readonly T[]) => fc.constantFrom(...all);
const compared = (name: string, values: readonly string[]) =>
  fc.tuple(fc.constantFrom('gte', 'lte', 'gt', 'lt', 'ne'), oneOf(values)).map(([operator, value]): Filter => {
    const keeps = (row: Json) => {
      if (row[name] === null) return operator === 'ne';
      const [x, y] = [comparable(name, row[name]), comparable(name, name === 'pages' ? Number(value) : value)];
      return { gte: x >= y, lte: x <= y, gt: x > y, lt: x < y, ne: x !== y }[operator]!;
    };
    return [`${name}[${operator}]`, value, keeps];
  });
const equal = (name: string, values: readonly string[]) =>
  fc.tuple(fc.subarray([...values], { minLength: 1 }), fc.boolean()).map(([some, joined]): Filter => {
    const keeps = (row: Json) =>
      row[name] !== null &&
      some.some((value) =>
        ['price', 'weight', 'pages'].includes(name) ? comparable(name, value) === comparable(name, row[name]) : String(row[name]) === value,
      );
    return joined ? [`${name}[in]`, some.join(','), keeps] : [name, some, keeps];
  });
const isNull = oneOf(['subtitle', 'pages', 'weight', 'printed', 'read_at']).chain((name) =>
  fc.boolean().map((yes): Filter => [`${name}[is_null]`, String(yes), (row) => (row[name] === null) === yes]),
);
const textual = fc
  .tuple(fc.constantFrom('contains', 'starts_with'), oneOf(['a', 'AN', 'e', '_', '%', '\\', 'ü', '{', 'bee']))
  .map(([operator, value]): Filter => {
    const [low, method] = [value.toLowerCase(), operator === 'contains' ? 'includes' : 'startsWith'] as const;
    return [`subtitle[${operator}]`, value, (row) => row.subtitle !== null && (row.subtitle as string).toLowerCase()[method](low)];
  });
const onDay = fc
  .tuple(fc.constantFrom('', 'gte', 'lte', 'gt', 'lt'), oneOf(['2026-03-07', '2026-03-08', '2026-03-09', '2026-11-01']))
  .map(([operator, day]): Filter => {
    const keeps = (row: Json) => {
      if (row.read_at === null) return false;
      const its = dayOf(new Date(row.read_at as string), ZONE);
      return { '': its === day, gte: its >= day, lte: its <= day, gt: its > day, lt: its < day }[operator]!;
    };
    return [operator ? `read_at[${operator}]` : 'read_at', day, keeps];
  });
const atMoment = fc.tuple(fc.constantFrom('gte', 'lte', 'gt', 'lt'), oneOf(MOMENTS)).map(([operator, at]): Filter => {
  const keeps = (row: Json) =>
    row.read_at !== null && { gte: row.read_at >= at, lte: row.read_at <= at, gt: row.read_at > at, lt: row.read_at < at }[operator]!;
  return [`read_at[${operator}]`, at.replace('Z', '+00:00'), keeps];
});
const tagged = fc
  .subarray(['red', 'green', 'quo"te', 'none'], { minLength: 1 })
  .map((some): Filter => ['tag', some, (row) => (row.tags as string[]).some((tag) => some.includes(tag))]);
const priced = oneOf(PRICES).map((value): Filter => [
  'min_price',
  value,
  (row) => parseAmount(row.price as string)! >= parseAmount(value)!,
]);
const lent = fc.boolean().map((yes): Filter => ['lent', String(yes), (row) => row.lent === yes]);

const filter = fc.oneof(
  compared('price', PRICES),
  compared('pages', NUMBERS.map(String)),
  compared('weight', WEIGHTS),
  compared('printed', DAYS),
  equal('genre', GENRES),
  equal(
    'subtitle',
    WORDS.filter((word) => !/,/.test(word)),
  ),
  equal('price', PRICES),
  equal('pages', NUMBERS.map(String)),
  equal('printed', DAYS),
  equal('weight', WEIGHTS),
  isNull,
  textual,
  onDay,
  atMoment,
  tagged,
  priced,
  lent,
);
const filters = fc.uniqueArray(filter, { maxLength: 3, selector: ([parameter]) => parameter });
const SORTS = ['created_at', 'title', 'subtitle', 'price', 'pages', 'weight', 'printed', 'read_at', 'genre', 'lent'];
const sort = fc
  .uniqueArray(fc.tuple(oneOf(SORTS), fc.boolean()), { minLength: 1, maxLength: 3, selector: ([name]) => name })
  .map((keys) => keys.map(([name, down]) => (down ? '-' : '') + name).join(','));

const queryOf = (asked: Filter[], more: Record<string, string>) => {
  const parameters = new URLSearchParams(more);
  for (const [name, value] of asked) for (const one of [value].flat()) parameters.append(name, one);
  return `test-books?${parameters}`;
};
const idsOf = (all: Json[]) => all.map(({ id }: { id: string }) => id);

describe('a list is what a plain evaluation in memory says', () => {
  it('page by page by cursor, with any filters and any mix of sort keys, nulls and ties among them', async () => {
    await fc.assert(
      fc.asyncProperty(filters, sort, fc.integer({ min: 7, max: 100 }), async (asked, by, size) => {
        const wanted = rows.filter((row) => asked.every(([, , keeps]) => keeps(row))).sort(order(by));
        const seen: Json[] = [];
        let cursor: string | null = '';
        while (cursor !== null) {
          const { status, body } = await reader.get(queryOf(asked, { sort: by, page_size: String(size), cursor }));
          expect([status, body.error]).toEqual([200, null]);
          expect(body.data.length).toBeLessThanOrEqual(size);
          expect(body.meta.has_more).toBe(body.meta.next_cursor !== null);
          seen.push(...body.data);
          cursor = body.meta.next_cursor;
        }
        expect(idsOf(seen)).toEqual(idsOf(wanted));
        expect(seen).toEqual(wanted);
      }),
      { seed: SEED, numRuns: 150 },
    );
  });

  it('page by number, with its total', async () => {
    await fc.assert(
      fc.asyncProperty(filters, sort, fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 4 }), async (asked, by, size, page) => {
        const wanted = rows.filter((row) => asked.every(([, , keeps]) => keeps(row))).sort(order(by));
        const { body } = await reader.get(queryOf(asked, { sort: by, page_size: String(size), page: String(page) }));
        expect(idsOf(body.data)).toEqual(idsOf(wanted.slice((page - 1) * size, page * size)));
        expect(body.meta).toMatchObject({ page, page_size: size, total: wanted.length, has_more: wanted.length > page * size });
      }),
      { seed: SEED, numRuns: 60 },
    );
  });
});

describe('cursors', () => {
  it('stay stable while rows come and go: what was there all the time is seen once, in order', async () => {
    await fc.assert(
      fc.asyncProperty(sort, fc.integer({ min: 3, max: 9 }), fc.infiniteStream(fc.nat(1000)), async (by, size, dice) => {
        const { member } = await world();
        const one = (i: number) => ({
          title: `${i}-${dice.next().value}`,
          pages: i % 3 ? i % 4 : null,
          subtitle: i % 2 ? WORDS[i % 9] : null,
          price: `${i % 5}`,
        });
        await member.post('test-books/batch', { items: Array.from({ length: 25 }, (_, i) => one(i)) });
        const all: Json[] = (await member.get(`test-books?page_size=100&sort=${by}`)).data;
        const gone = new Set<string>();
        const seen: string[] = [];
        let cursor: string | null = '';
        for (let step = 100; cursor !== null; step++) {
          const { body } = await member.get(queryOf([], { sort: by, page_size: String(size), cursor }));
          seen.push(...idsOf(body.data));
          cursor = body.meta.next_cursor;
          const victim = all[dice.next().value % all.length].id;
          await Promise.all([member.post('test-books', one(step)), member.delete(`test-books/${victim}`)]);
          gone.add(victim);
        }
        expect(new Set(seen).size).toBe(seen.length);
        const stayed = idsOf(all).filter((id) => !gone.has(id));
        expect(seen.filter((id) => stayed.includes(id))).toEqual(stayed);
      }),
      { seed: SEED, numRuns: 8 },
    );
  });

  it('belong to one list, order, filter and organization', async () => {
    const { body } = await reader.get('test-books?cursor=&page_size=5&sort=title&genre=novel');
    const next = encodeURIComponent(body.meta.next_cursor);
    expect((await reader.get(`test-books?cursor=${next}&page_size=7&sort=title&genre=novel`)).status).toBe(200);
    const bent = [...Buffer.from(body.meta.next_cursor, 'base64url').toString()].reverse().join('');
    for (const wrong of [
      `cursor=${next}&sort=-title&genre=novel`,
      `cursor=${next}&sort=title&genre=essay`,
      `cursor=${next}&sort=title`,
      `cursor=${next}x&sort=title&genre=novel`,
      `cursor=${Buffer.from(bent).toString('base64url')}`,
      'cursor=%00',
      `cursor=${'A'.repeat(9000)}`,
    ])
      expect(await reader.get(`test-books?${wrong}`)).toMatchObject({ status: 400, error: { code: 'cursor.invalid' } });
    expect((await here.stranger.get(`test-books?cursor=${next}&sort=title&genre=novel`)).status).toBe(400);
    expect((await reader.get(`test-shelves?cursor=${next}`)).status).toBe(400);
    expect((await here.member.get(`test-books?cursor=${next}&sort=title&genre=novel`)).status).toBe(200);
  });
});

describe('what may not be asked', () => {
  it.each([
    'nope=1',
    'title[gte]=a',
    'title[__proto__]=a',
    '__proto__=1',
    'constructor=1',
    'toString[in]=1',
    'tenant_id=1',
    'deleted_at=2020-01-01',
    'notes=x',
    'pages=x',
    'pages=1.5',
    'pages=99999999999',
    'price=1e3',
    'price=',
    'lent=yes',
    'printed=2023-02-29',
    'read_at=yesterday',
    'read_at=0000-01-01',
    'read_at=2026-13-01',
    'read_at=2026-01-01&read_at=2026-01-02',
    'shelf_id=1',
    'shelf_id[in]=,',
    'price[gte]=1&price[gte]=2',
    'pages[is_null]=1',
    'title[contains]=a&title[contains]=b',
    'search=a&search=b',
    'search=%00',
    'title=%00',
    `title=${'x'.repeat(600)}`,
    'tags=%00',
    'sort=nope',
    'sort=id',
    'sort=notes',
    'sort=',
    'sort=title,genre,pages,price',
    'sort=title&sort=genre',
    'order_by=nope',
    'order=up',
    'page=0',
    'page=x',
    'page=1.5',
    'page_size=101',
    'page_size=0',
    'page=1&page=2',
    'cursor=&page=1',
    'count=maybe',
    'fields=nope',
    'fields=tenant_id',
    'include=nope',
    'include=owner',
    'page=101&page_size=100',
    'page=999999999',
    `pages[in]=${Array.from({ length: 101 }, (_, i) => i).join(',')}`,
  ])('%s', async (query) => {
    const answer = await reader.get(`test-books?${query}`);
    expect([answer.status, answer.headers['content-type']]).toEqual([400, 'application/problem+json; charset=utf-8']);
    if (!query.startsWith('page=101') && !query.startsWith('page=999'))
      expect(answer.error.details[0].parameter).toBe(decodeURIComponent(query.split('=')[0]!));
  });

  it('somebody else’s pile by who may not reassign; his own he may', async () => {
    const { member, colleague, manager } = here;
    await member.post('test-books', { title: 'Mine' });
    expect(idsOf((await member.get(`test-books?owner_id=${member.userId}`)).data)).toHaveLength(1);
    for (const query of [
      `owner_id=${colleague.userId}`,
      `owner_id=${member.userId}&owner_id=${colleague.userId}`,
      `owner_id[in]=${member.userId}`,
      `owner_id[ne]=${member.userId}`,
      'owner_id[is_null]=true',
    ])
      expect((await member.get(`test-books?${query}`)).status).toBe(403);
    expect((await manager.get(`test-books?owner_id=${member.userId}`)).data).toHaveLength(1);
    await tamper(here.organization.id, `delete from test_book where title = 'Mine'`);
  });
});

describe('the rest of the contract', () => {
  it('fields narrows, include embeds, order_by and order are a sort, links lead on and back', async () => {
    const { member } = await world();
    const shelf = (await member.post('test-shelves', { name: 'S' })).data;
    await member.post('test-books/batch', {
      items: [{ title: 'a', shelf_id: shelf.id }, { title: 'b' }, { title: 'c', shelf_id: shelf.id }],
    });
    const { body, headers } = await member.get(
      'test-books?fields=title,shelf_id&include=shelf&order_by=title&order=asc&page_size=1&page=2',
    );
    expect(body.data).toEqual([{ id: expect.any(String), title: 'b', shelf_id: null, shelf: null }]);
    expect(body.meta.links).toMatchObject({
      self: expect.any(String),
      next: expect.stringContaining('page=3'),
      prev: expect.stringContaining('page=1'),
    });
    expect(headers.link).toBe(
      Object.entries(body.meta.links)
        .map(([rel, href]) => `<${href as string}>; rel="${rel}"`)
        .join(', '),
    );
    expect((await member.get(body.meta.links.next)).data[0]).toMatchObject({ title: 'c', shelf: { name: 'S', id: shelf.id } });
    const counted = await member.get('test-books?count=none');
    expect(counted.body.meta.total).toBeUndefined();
    expect((await member.get(`test-books?shelf=${shelf.id}`)).body.meta.total).toBe(2);
  });

  it('what is embedded is found whether or not the field that leads to it is asked for', async () => {
    const { member } = await world();
    const shelf = (await member.post('test-shelves', { name: 'S' })).data;
    await member.post('test-books', { title: 'a', shelf_id: shelf.id });
    const [book] = (await member.get('test-books?fields=title&include=shelf')).data;
    expect(book).toEqual({ id: expect.any(String), title: 'a', shelf: expect.objectContaining({ id: shelf.id, name: 'S' }) });
  });

  it('the same filters in another order are the same list, for a cursor too', async () => {
    const { member } = await world();
    const shelf = (await member.post('test-shelves', { name: 'S' })).data;
    await member.post('test-books/batch', { items: ['a', 'b', 'c'].map((title) => ({ title, shelf_id: shelf.id })) });
    const [one, other] = [`shelf=${shelf.id}&title[ne]=x`, `title[ne]=x&shelf=${shelf.id}`];
    const first = await member.get(`test-books?${one}&sort=title&page_size=2&cursor=`);
    const next = await member.get(`test-books?${other}&sort=title&page_size=2&cursor=${first.body.meta.next_cursor}`);
    expect((next.data as { title: string }[]).map(({ title }) => title)).toEqual(['c']);
  });

  it('search finds by parts of words, case and accents aside, a row the moment it was written, and a renamed one by its new name only', async () => {
    const { member, stranger } = await world();
    const { id } = (await member.post('test-books', { title: 'Ångström’s Café', subtitle: 'Light & Shade' })).data;
    await stranger.post('test-books', { title: 'Ångström’s Café' });
    for (const words of ['angstrom', 'CAFE', 'gstr', 'shade cafe', 'café light'])
      expect(idsOf((await member.get(`test-books?search=${encodeURIComponent(words)}`)).data)).toEqual([id]);
    for (const words of ['cafe nothing', '%', '_', 'ca_e', '\\', '\u0301'])
      expect((await member.get(`test-books?search=${encodeURIComponent(words)}`)).data).toEqual([]);
    await member.patch(`test-books/${id}`, { title: 'Other' });
    expect((await member.get('test-books?search=cafe')).data).toEqual([]);
    expect((await member.get('test-books?search=oth')).data).toHaveLength(1);
    await member.delete(`test-books/${id}`);
    expect((await member.get('test-books?search=oth')).data).toEqual([]);
  });

  it('a search finds the same whether many rows have the words or few, on the first page and on all others', async () => {
    const { owner, member, organization } = await world();
    // Every third is common, seven of the oldest are rare, and some are deleted: newest first, so the rare ones stand beyond all that is looked at first.
    const title = `case when n <= 7 then 'Rare ' || n when n % 3 = 0 then 'Common ' || n else 'Other ' || n end`;
    await tamper(
      organization.id,
      `insert into test_book (id, created_at, updated_at, tenant_id, title, price_e4, tags, custom, deleted_at, owner_id)
       select gen_random_uuid(), timestamptz '2026-01-01' + n * interval '1 second', now(), $1, ${title}, 0, '{}', '{}',
         case when n % 50 = 0 then now() end, $2 from generate_series(1, 2500) n`,
      [organization.id, owner.userId],
    );
    const numbers = (rows: Json[]) => rows.map(({ title }) => Number(/\d+/.exec(title as string)![0]));
    const all = Array.from({ length: 2500 }, (_, i) => 2500 - i).filter((n) => n % 50 !== 0);
    const expected = {
      common: all.filter((n) => n > 7 && n % 3 === 0),
      'common 7': all.filter((n) => n > 7 && n % 3 === 0 && `${n}`.includes('7')),
      rare: all.filter((n) => n <= 7),
      // Too short for the index.
      ra: all.filter((n) => n <= 7),
      'other 2': all.filter((n) => n > 7 && n % 3 && `${n}`.includes('2')),
    };
    for (const [words, wanted] of Object.entries(expected))
      for (const reading of [owner, member]) {
        const search = `test-books?page_size=100&search=${encodeURIComponent(words)}`;
        const found: number[] = [];
        for (let cursor: string | null = ''; cursor !== null;) {
          const { data, body, error } = await reading.get(`${search}&cursor=${cursor}`);
          expect(error).toBeNull();
          found.push(...numbers(data));
          cursor = body.meta.next_cursor;
        }
        expect(found).toEqual(wanted);
        const second = await reading.get(`${search}&page=2`);
        expect(numbers(second.data)).toEqual(wanted.slice(100, 200));
        expect(second.body.meta.total).toBe(wanted.length);
        expect(numbers((await reading.get(`${search}&sort=created_at&page=1`)).data)).toEqual(wanted.toReversed().slice(0, 100));
      }
  });

  it('the total is exact up to 10,000, and then says that it is capped; deeper pages want the cursor', async () => {
    const { member, organization } = await world();
    await tamper(
      organization.id,
      `insert into test_book (id, created_at, updated_at, tenant_id, title, price_e4, tags, custom) select gen_random_uuid(), now(), now(), $1, n::text, 0, '{}', '{}' from generate_series(1, 10005) n`,
      [organization.id],
    );
    const { body } = await member.get('test-books?page_size=100&page=100');
    expect(body.meta).toMatchObject({ total: 10_000, total_is_capped: true, has_more: true });
    expect((await member.get('test-books?page_size=100&page=100')).body.meta.links.next).toBeUndefined();
    expect(await member.get('test-books?page_size=100&page=101')).toMatchObject({ status: 400, error: { code: 'page.too_deep' } });
    expect((await member.get(body.meta.links.self)).status).toBe(200);
    expect((await member.get(`test-books?page_size=100&cursor=`)).data).toHaveLength(100);
  });
});
