import { createHash, randomUUID } from 'node:crypto';
import { EagerClient } from '../../libs/kernel/eager-client.ts';
import { versionOf } from '../../libs/kernel/http/etag.ts';
import { Lane } from '../../libs/kernel/lane.ts';
import { inUnit, unit } from '../../libs/kernel/transaction.ts';
import { rowsOf, tamper } from '../database.ts';
import { alsoServe, type Answer, type Persona, send, world } from '../world.ts';
import { asOwner } from '../database.ts';
import { buildLibrary, LibraryModule, razeLibrary } from './library.ts';

alsoServe(LibraryModule);
beforeAll(buildLibrary);
afterAll(razeLibrary);

const times = <T>(n: number, work: (i: number) => T) => Array.from({ length: n }, (_, i) => work(i));
const countOf = (answers: Answer[]) => {
  const counts: Record<number, number> = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
};
const shelve = async (by: Persona, body: object = {}) => (await by.post('test-books', { title: `Title ${randomUUID()}`, ...body })).data;

interface Entry {
  action: string;
  content: { before: object | null; after: object };
  text: string;
  salt: string;
  content_hash: string;
  actor_kind: string;
  user_id: string;
  request_id: string;
}
const auditOf = (organization: string, id: string) =>
  rowsOf<Entry>(organization, 'select *, content::text as text from audit_entry where subject_id = $1 order by at, id', [id]);
const outboxOf = (organization: string, id: string) =>
  asOwner<{ name: string; payload: object }>(
    'select name, payload from outbox where organization_id = $1 and subject_id = $2 order by id',
    [organization, id],
  );

describe('round trips', () => {
  const tripsOf = async (work: () => Promise<unknown>) => {
    const before = EagerClient.trips;
    await work();
    return EagerClient.trips - before;
  };
  const laneQueriesOf = async (work: () => Promise<unknown>) => {
    const real = Lane.prototype.rows;
    let sent = 0;
    Lane.prototype.rows = function (this: Lane, ...given: Parameters<typeof real>) {
      sent++;
      return real.apply(this, given);
    } as typeof real;
    try {
      await work();
    } finally {
      Lane.prototype.rows = real;
    }
    return sent;
  };

  it('a POST takes one, a PATCH two, a DELETE two', async () => {
    const { owner } = await world();
    const { id } = await shelve(owner);
    expect(await tripsOf(() => shelve(owner))).toBe(1);
    expect(await tripsOf(() => owner.patch(`test-books/${id}`, { pages: 7 }))).toBe(2);
    expect(await tripsOf(() => owner.delete(`test-books/${id}`))).toBe(2);
  });

  it('a GET is one query on the lane and touches no pool; a list is two, however many rows and relations it shows', async () => {
    const { owner } = await world();
    const shelf = await owner.post('test-shelves', { name: 'A' });
    const { id } = await shelve(owner, { shelf_id: shelf.data.id });
    expect(await laneQueriesOf(async () => expect(await tripsOf(() => owner.get(`test-books/${id}`))).toBe(0))).toBe(1);
    const few = await laneQueriesOf(() => owner.get('test-books?include=shelf'));
    await Promise.all(times(15, () => shelve(owner, { shelf_id: shelf.data.id })));
    expect(await laneQueriesOf(() => owner.get('test-books?include=shelf'))).toBe(few);
    expect(few).toBe(3);
    expect(await laneQueriesOf(() => owner.get('test-books?cursor='))).toBe(1);
  });
});

describe('what a change leaves behind', () => {
  it('one audit entry per changed row, with its fields before and after, sealed by a hash, secrets masked', async () => {
    const { member, manager, organization } = await world();
    const made = await member.post('test-books', { title: 'Dune', price: '3.50', notes: 'clinical' }, { 'x-request-id': 'first' });
    const { id } = made.data;
    await manager.patch(`test-books/${id}`, { price: '4.00', notes: 'other' });
    await manager.patch(`test-books/${id}`, { price: '4.00' });
    await member.delete(`test-books/${id}`);
    await member.post(`test-books/${id}/restore`);
    const entries = await auditOf(organization.id, id);
    expect(entries.map(({ action }) => action)).toEqual(['create', 'update', 'delete', 'restore']);
    expect(entries[0]).toMatchObject({ actor_kind: 'user', user_id: member.userId, request_id: 'first' });
    expect(entries[0]!.content).toMatchObject({
      before: null,
      after: { title: 'Dune', price: '35000', notes: '***', owner_id: member.userId },
    });
    expect(entries[1]!.content).toEqual({ before: { price: '35000', notes: '***' }, after: { price: '40000', notes: '***' } });
    expect(entries[1]!.user_id).toBe(manager.userId);
    expect(entries[2]!.content).toMatchObject({ before: { deleted_at: null }, after: { deleted_at: expect.any(String) } });
    expect(entries.map(({ text }) => text).join()).not.toMatch(/clinical/);
    for (const { salt, text, content_hash } of entries)
      expect(createHash('sha256').update(salt).update(text).digest('base64url')).toBe(content_hash);
  });

  it('a message for each change and each event, in order, with pointers instead of content', async () => {
    const { member, organization } = await world();
    const { id } = await shelve(member, { title: 'Emma', price: 1 });
    await member.patch(`test-books/${id}`, { subtitle: 'A novel', pages: 300 });
    await member.post(`test-books/${id}/lend`);
    expect(await outboxOf(organization.id, id)).toEqual([
      { name: 'test_book.created', payload: { id } },
      { name: 'test_book.updated', payload: { id, changed: expect.arrayContaining(['subtitle', 'pages']) } },
      { name: 'test_book.updated', payload: { id, changed: ['lent'] } },
      { name: 'book.lent', payload: { id, to: 'Ada' } },
    ]);
  });

  it('nothing, when a rule refuses or when the message cannot be written', async () => {
    const { member, organization } = await world();
    const { id } = await shelve(member);
    expect(await member.post(`test-books/${id}/lend`)).toMatchObject({ status: 422, error: { code: 'test_book.needs_price' } });
    expect(await outboxOf(organization.id, id)).toHaveLength(1);
    await asOwner(`create function test_outbox_fails() returns trigger language plpgsql as
      $$ begin if new.organization_id = '${organization.id}' then raise 'no room' using errcode = '53100'; end if; return new; end $$`);
    await asOwner('create trigger test_outbox_fails before insert on outbox for each row execute function test_outbox_fails()');
    try {
      expect((await member.post('test-books', { title: 'Lost' })).status).toBe(503);
      expect((await member.patch(`test-books/${id}`, { pages: 9 })).status).toBe(503);
    } finally {
      await asOwner('drop trigger test_outbox_fails on outbox; drop function test_outbox_fails');
    }
    expect((await member.get('test-books?title=Lost')).data).toEqual([]);
    expect((await member.get(`test-books/${id}`)).data).toMatchObject({ pages: null, version: 1 });
    expect(await auditOf(organization.id, id)).toHaveLength(1);
    expect((await member.patch(`test-books/${id}`, { pages: 9 })).status).toBe(200);
  });
});

describe('the client that waits', () => {
  const client = async () => {
    const made = new EagerClient({ connectionString: process.env.DATABASE_URL }) as EagerClient & {
      connect(): Promise<void>;
      end(): Promise<void>;
    };
    await made.connect();
    return made;
  };
  it('says that a commit was answered by a rollback', async () => {
    const one = await client();
    await one.query('begin');
    await expect(one.query('select 1/0')).rejects.toThrow('division by zero');
    await expect(one.query('commit')).rejects.toThrow('had failed before its commit');
    await one.query('begin');
    expect(await one.query('select 1 as n')).toMatchObject({ rows: [{ n: 1 }] });
    await one.query('commit');
    await one.end();
  });
  it('takes along what waits, but for what waited in a savepoint that is rolled back', async () => {
    const one = await client();
    const later = (n: number) => unit()!.leaving.push(`insert into test_kept values (${n})`);
    await inUnit(null, async () => {
      await one.query('begin');
      await one.query('create temporary table test_kept (n int)');
      later(1);
      await inUnit(null, async () => {
        await one.query('savepoint s');
        later(2);
        await one.query('select 1');
        later(3);
        await one.query('rollback to s');
      });
      later(4);
      await one.query('commit');
      later(5);
      expect(await one.query('select n from test_kept order by n')).toMatchObject({ rows: [{ n: 1 }, { n: 4 }] });
    });
    await one.end();
  });
  it('sends nothing at all for a transaction in which nothing happened', async () => {
    const one = await client();
    const before = EagerClient.trips;
    await one.query('begin');
    await one.query(`select set_config('app.tenant', 'x', true)`);
    await one.query('commit');
    await one.query('begin');
    await one.query('rollback');
    expect(EagerClient.trips - before).toBe(0);
    expect(await one.query('select 1 as n')).toMatchObject({ rows: [{ n: 1 }] });
    await one.end();
  });
});

describe('batches', () => {
  it('partial: each item for itself; a refused one takes its audit and outbox rows along', async () => {
    const { member, organization, colleague } = await world();
    await shelve(member, { title: 'Taken' });
    const items = [
      { title: 'A' },
      { title: 'Taken' },
      { title: 'B', shelf_id: randomUUID() },
      { title: 'C', owner_id: colleague.userId },
      { nope: 1 },
      { title: 'D' },
    ];
    const { status, data } = await member.post('test-books/batch', { mode: 'partial', items });
    expect(status).toBe(207);
    expect(data.map((one: { index: number; status: number }) => [one.index, one.status])).toEqual([
      [0, 201],
      [1, 409],
      [2, 404],
      [3, 403],
      [4, 400],
      [5, 201],
    ]);
    expect(data[2].error).toMatchObject({ code: 'not_found', details: [{ pointer: '/shelf_id' }] });
    expect((await member.get('test-books?sort=title')).data.map(({ title }: { title: string }) => title)).toEqual(['A', 'D', 'Taken']);
    const audited = await rowsOf<{ n: number }>(organization.id, `select count(*)::int as n from audit_entry where subject = 'test_book'`);
    const told = await asOwner(`select from outbox where organization_id = $1 and subject = 'test_book'`, [organization.id]);
    expect([audited[0]!.n, told.length]).toEqual([3, 3]);
  });

  it.each([
    ['a wrong body', { title: '' }, 400],
    ['a taken title', { title: 'Taken' }, 409],
    ['a missing reference', { title: 'B', shelf_id: randomUUID() }, 404],
    ['an owner he may not name', { title: 'B', owner_id: '<colleague>' }, 403],
  ])('atomic: %s undoes all, and says which item it was', async (_, wrong, expected) => {
    const { member, organization, colleague } = await world();
    await shelve(member, { title: 'Taken' });
    const item = JSON.parse(JSON.stringify(wrong).replace('<colleague>', colleague.userId));
    const { status, error } = await member.post('test-books/batch', { items: [{ title: 'A' }, item, { title: 'C' }] });
    expect(status).toBe(expected);
    expect(error.details[0].pointer).toMatch(/^\/items\/1(\/|$)/);
    expect((await member.get('test-books')).data).toHaveLength(1);
    expect(await rowsOf(organization.id, `select from audit_entry where subject = 'test_book'`)).toHaveLength(1);
  });

  it('changes with versions, deletes, and refuses more than a hundred', async () => {
    const { member, colleague } = await world();
    const [one, two, his] = [await shelve(member), await shelve(member), await shelve(colleague)];
    const changed = await member.patch('test-books/batch', {
      mode: 'partial',
      items: [
        { id: one.id, version: 1, pages: 1 },
        { id: two.id, version: 7, pages: 2 },
        { id: his.id, pages: 3 },
        { id: randomUUID(), pages: 4 },
      ],
    });
    expect(changed.data.map(({ status }: { status: number }) => status)).toEqual([200, 412, 403, 404]);
    expect((await member.get(`test-books/${two.id}`)).data).toMatchObject({ pages: null, version: 1 });
    expect((await member.delete('test-books/batch', { ids: [one.id, his.id] })).status).toBe(403);
    expect((await member.get(`test-books/${one.id}`)).status).toBe(200);
    expect(await member.delete('test-books/batch', { ids: [one.id, two.id] })).toMatchObject({
      status: 200,
      data: [
        { status: 200, id: one.id },
        { status: 200, id: two.id },
      ],
    });
    expect((await member.post('test-books/batch', { items: times(101, (i) => ({ title: `${i}` })) })).status).toBe(400);
    expect((await member.post('test-books/batch', { items: times(100, (i) => ({ title: `${i}` })) })).status).toBe(200);
  });
});

describe('Idempotency-Key', () => {
  it('a hundred parallel creates with one key make one row; the others get its answer, or are told that it is running', async () => {
    const { member } = await world();
    const key = { 'idempotency-key': randomUUID() };
    const answers = await Promise.all(times(100, () => member.post('test-books', { title: 'Once' }, key)));
    const created = answers.filter(({ status }) => status === 201);
    expect(countOf(answers)).toEqual({ 201: created.length, ...(created.length < 100 ? { 409: 100 - created.length } : {}) });
    expect(created.filter(({ headers }) => !headers['idempotency-replayed'])).toHaveLength(1);
    expect(new Set(created.map(({ text }) => text)).size).toBe(1);
    for (const { status, error, headers } of answers)
      if (status === 409) expect([error.code, headers['retry-after']]).toEqual(['idempotency.running', '1']);
    expect((await member.get('test-books')).data).toHaveLength(1);
    const again = await member.post('test-books', { title: 'Once' }, key);
    expect([again.status, again.headers['idempotency-replayed'], again.headers.etag, again.text]).toEqual([
      201,
      'true',
      created[0]!.headers.etag,
      created[0]!.text,
    ]);
  });

  it('another body is refused; another caller, organization or route is another key; failures are not kept', async () => {
    const { member, colleague, stranger } = await world();
    const key = { 'idempotency-key': 'k' };
    expect((await member.post('test-books', {}, key)).status).toBe(400);
    expect((await member.post('test-books', { title: 'A' }, key)).status).toBe(201);
    expect(await member.post('test-books', { title: 'B' }, key)).toMatchObject({ status: 422, error: { code: 'idempotency.reused' } });
    for (const other of [colleague, stranger]) {
      const answer = await other.post('test-books', { title: `A of ${other.userId}` }, key);
      expect([answer.status, answer.headers['idempotency-replayed']]).toEqual([201, undefined]);
    }
    expect((await member.post('test-shelves', { name: 'A' }, key)).status).toBe(201);
    expect((await member.post('test-books', { title: 'A' }, { 'idempotency-key': 'x'.repeat(256) })).status).toBe(400);
  });

  it('a batch is stored as one, a verb by the record it is about, and an expired key begins anew', async () => {
    const { member, organization } = await world();
    const key = { 'idempotency-key': 'k' };
    const batch = { mode: 'partial', items: [{ title: 'A', price: 1 }, { title: 'B', price: 1 }, {}] };
    const first = await member.post('test-books/batch', batch, key);
    expect((await member.post('test-books/batch', batch, key)).text).toBe(first.text);
    expect((await member.get('test-books')).data).toHaveLength(2);
    const [a, b] = first.data;
    expect((await member.post(`test-books/${a.id}/lend`, {}, key)).status).toBe(200);
    expect((await member.post(`test-books/${a.id}/lend`, {}, key)).headers['idempotency-replayed']).toBe('true');
    expect((await member.post(`test-books/${b.id}/lend`, {}, key)).status).toBe(422);
    await tamper(organization.id, `update idempotency set created_at = created_at - interval '25 hours' where organization_id = $1`, [
      organization.id,
    ]);
    expect((await member.post(`test-books/${b.id}/lend`, {}, key)).status).toBe(200);
  });
});

describe('a body', () => {
  it('where nothing is asked for is refused like any unknown field, and nothing is done', async () => {
    const { member } = await world();
    const { id } = await shelve(member, { price: '1.00' });
    const unknown = { code: 'unknown', message: 'is not a field here' };
    const lent = await member.post(`test-books/${id}/lend`, { to: 'Ada' });
    expect([lent.status, lent.error.details]).toEqual([400, [{ pointer: '/to', ...unknown }]]);
    expect((await member.post(`test-books/${id}/lend`, [])).status).toBe(400);
    expect((await member.post(`test-books/${id}/lend`, 'to,Ada', { 'content-type': 'text/csv' })).status).toBe(415);
    expect((await member.delete(`test-books/${id}`, { why: 'old' })).error.details).toEqual([{ pointer: '/why', ...unknown }]);
    expect((await member.get(`test-books/${id}`)).data).toMatchObject({ lent: false, version: 1 });
    expect((await member.post(`test-books/${id}/lend`, {})).status).toBe(200);
  });

  it('that may be one of several things is told what is wrong with the one it is nearest to', async () => {
    const wrong = async (body: object) => (await send('POST', 'auth/login', body)).error.details as { pointer: string; code: string }[];
    const told = async (body: object) => (await wrong(body)).map(({ pointer, code }) => `${pointer} ${code}`);
    expect(await told({ email: 'a@b.example' })).toEqual(['/password invalid_type']);
    expect(await told({ username: 'nobody', password: 'x' })).toEqual(['/username invalid_format']);
    expect(await told({ email: 'a@b.example', password: 'x', cookie: 'yes' })).toEqual(['/cookie invalid_type']);
    expect(await told({ email: 'a@b.example', password: 'x', remember: true })).toEqual(['/remember unknown']);
  });
});

describe('versions', () => {
  it('ETag, If-None-Match, If-Match', async () => {
    const { member } = await world();
    const made = await member.post('test-books', { title: 'A' });
    const path = `test-books/${made.data.id}`;
    const etag = made.headers.etag!;
    expect([etag, made.headers.location]).toEqual([expect.stringMatching(/^"v1\.[\w-]{11}"$/), `/api/v1/${path}`]);
    for (const seen of [etag, `"v0",${etag}`, `"v0", W/${etag}`, '*']) {
      const answer = await member.get(path, { 'if-none-match': seen });
      expect([answer.status, answer.text, answer.headers.etag]).toEqual([304, '', etag]);
    }
    for (const unseen of ['"v1"', '"v1.AAAAAAAAAAA"', etag.replace('v1', 'v2')])
      expect((await member.get(path, { 'if-none-match': unseen })).status).toBe(200);
    expect((await member.patch(path, { pages: 1 }, { 'if-match': etag })).headers.etag).toMatch(/^"v2\./);
    expect(await member.patch(path, { pages: 2 }, { 'if-match': etag })).toMatchObject({
      status: 412,
      error: { code: 'version.mismatch', version: 2 },
    });
    expect((await member.delete(path, undefined, { 'if-match': '"v1"' })).status).toBe(412);
    expect((await member.patch(path, { pages: 2 }, { 'if-match': 'nonsense' })).status).toBe(412);
    expect((await member.patch(path, { pages: 3 }, { 'if-match': '*' })).status).toBe(200);
    expect((await member.delete(path, undefined, { 'if-match': '"v3"' })).status).toBe(200);
  });

  it('what was just written is known: its ETag is that of the next read, also with free metadata in an order of its own', async () => {
    const { member } = await world();
    const custom = { zebra: 1, ä: [{ long: 1, a: 2 }], b: { cc: null, B: 'x', é: 1 }, aa: 3, '10': 4 };
    const made = await member.post('test-books', { title: 'A', custom, tags: ['b', 'a'] });
    const path = `test-books/${made.data.id}`;
    expect((await member.get(path, { 'if-none-match': made.headers.etag! })).status).toBe(304);
    const changed = await member.patch(path, { custom: { y: { long: 1, a: 2 }, x: 1 } });
    expect((await member.get(path, { 'if-none-match': changed.headers.etag! })).status).toBe(304);
  });

  it('what reads differently is no 304, though its version is the same: a caller who may do more, a name that stands elsewhere', async () => {
    const { member, manager } = await world();
    const { id } = await shelve(manager);
    const { headers } = await member.get(`test-books/${id}`);
    const seen = { 'if-none-match': headers.etag! };
    expect((await member.get(`test-books/${id}`, seen)).status).toBe(304);
    const other = await manager.get(`test-books/${id}`, seen);
    expect([other.status, versionOf(other.headers.etag!)]).toEqual([200, versionOf(headers.etag!)]);

    const path = `organizations/${member.organizationId}/members/${member.userId}`;
    const before = await manager.get(path);
    expect((await member.patch('auth/me', { name: 'Somebody Else' })).status).toBe(200);
    expect(await manager.get(path, { 'if-none-match': before.headers.etag! })).toMatchObject({
      status: 200,
      data: { version: before.data.version, name: 'Somebody Else' },
    });
  });

  it('parallel changes of one row queue up: none is lost, none is an error', async () => {
    const { member, manager } = await world();
    const { id } = await shelve(member);
    const answers = await Promise.all(times(40, (i) => (i % 2 ? member : manager).patch(`test-books/${id}`, { pages: i, tags: [`${i}`] })));
    expect(countOf(answers)).toEqual({ 200: 40 });
    expect((await member.get(`test-books/${id}`)).data.version).toBe(41);
    expect(new Set(answers.map(({ headers }) => headers.etag)).size).toBe(40);
    const guarded = await Promise.all(times(20, (i) => member.patch(`test-books/${id}`, { pages: 100 + i }, { 'if-match': '"v41"' })));
    expect(countOf(guarded)).toEqual({ 200: 1, 412: 19 });
  });

  it('a change that changes nothing is answered, and leaves the version as it was', async () => {
    const { member } = await world();
    const { id } = await shelve(member, { pages: 5, tags: ['a'], price: '2.00', printed: '2020-02-29', custom: { a: 1 } });
    const same = { pages: 5, tags: ['a'], price: 2, printed: '2020-02-29', custom: { a: 1 } };
    expect((await member.patch(`test-books/${id}`, same)).headers.etag).toMatch(/^"v1\./);
  });
});

describe('deleting and restoring', () => {
  it('a deleted record is not there; restored it is, unless its unique values were taken meanwhile', async () => {
    const { member, colleague } = await world();
    const book = await shelve(member, { title: 'Unique' });
    const path = `test-books/${book.id}`;
    expect((await member.post(`${path}/restore`)).data).toMatchObject({ id: book.id, version: 1 });
    expect((await member.delete(path)).data).toEqual({ id: book.id, deleted_at: expect.stringMatching(/Z$/) });
    for (const gone of [
      await member.get(path),
      await member.patch(path, { pages: 1 }),
      await member.delete(path),
      await member.post(`${path}/lend`),
    ])
      expect(gone).toMatchObject({ status: 404, error: { code: 'not_found' } });
    expect((await colleague.post(`${path}/restore`)).status).toBe(403);
    expect((await member.post(`${path}/restore`, {}, { 'if-match': '"v1"' })).status).toBe(412);
    const second = await shelve(member, { title: 'Unique' });
    expect((await member.post(`${path}/restore`)).status).toBe(409);
    await member.delete(`test-books/${second.id}`);
    expect((await member.post(`${path}/restore`)).data).toMatchObject({ title: 'Unique', version: 3 });
    expect((await member.get(path)).status).toBe(200);
  });
});

describe('money', () => {
  it('has the digits of its currency, also when only the currency changes', async () => {
    const { member } = await world();
    const refused = await member.post('test-books', { title: 'A', price: '1.005' });
    expect(refused).toMatchObject({ status: 400, error: { details: [{ pointer: '/price', code: 'too_precise' }] } });
    for (const [price, currency, shown] of [
      ['1054', 'GBP', '1054.00'],
      [0.1, 'EUR', '0.10'],
      ['7', 'JPY', '7'],
      ['1.234', 'BHD', '1.234'],
      ['1.2345', 'CLF', '1.2345'],
    ])
      expect((await shelve(member, { price, currency })).price).toBe(shown);
    for (const wrong of ['1.5', '1e3', '-1', ' 1', '', '9'.repeat(30), 'NaN', null, true, []])
      expect((await member.post('test-books', { title: 'B', price: wrong, currency: 'JPY' })).status).toBe(400);
    const { id } = await shelve(member, { price: '1.50' });
    expect((await member.patch(`test-books/${id}`, { currency: 'JPY' })).status).toBe(400);
    expect((await member.patch(`test-books/${id}`, { currency: 'JPY', price: '2' })).data).toMatchObject({ price: '2', currency: 'JPY' });
  });
});

describe('owners', () => {
  it('a member may claim what nobody owns, and give nothing away; a manager may reassign', async () => {
    const { member, colleague, manager, stranger } = await world();
    const { id, owner_id } = await shelve(member);
    expect(owner_id).toBe(member.userId);
    const path = `test-books/${id}`;
    expect((await member.patch(path, { owner_id: colleague.userId })).status).toBe(403);
    expect((await member.patch(path, { owner_id: null })).status).toBe(403);
    expect((await colleague.patch(path, { owner_id: colleague.userId })).status).toBe(403);
    expect((await manager.patch(path, { owner_id: null })).data.owner_id).toBeNull();
    expect((await member.patch(path, { pages: 1 })).status).toBe(403);
    expect((await colleague.patch(path, { owner_id: colleague.userId, pages: 2 })).data).toMatchObject({
      owner_id: colleague.userId,
      pages: 2,
    });
    expect((await manager.patch(path, { owner_id: member.userId })).status).toBe(200);
    expect(await manager.patch(path, { owner_id: stranger.userId })).toMatchObject({
      status: 404,
      error: { details: [{ pointer: '/owner_id', code: 'not_found' }] },
    });
    expect((await member.post('test-books', { title: 'B', owner_id: colleague.userId })).status).toBe(403);
    expect((await manager.post('test-books', { title: 'B', owner_id: colleague.userId })).data.owner_id).toBe(colleague.userId);
  });

  it('of parallel claims one is kept', async () => {
    const { member, colleague, manager } = await world();
    const { id } = await shelve(manager, { owner_id: null });
    const answers = await Promise.all(
      times(20, (i) => [member, colleague][i % 2]!).map((who) => who.patch(`test-books/${id}`, { owner_id: who.userId })),
    );
    const winner = (await manager.get(`test-books/${id}`)).data.owner_id;
    expect(countOf(answers)).toEqual({ 200: 10, 403: 10 });
    for (const { status, data } of answers) if (status === 200) expect(data.owner_id).toBe(winner);
  });
});

describe('references', () => {
  it('to what is deleted, elsewhere or nowhere are all the same 404', async () => {
    const { member, stranger } = await world();
    const [mine, gone, theirs] = await Promise.all(
      [member, member, stranger].map(async (who) => (await who.post('test-shelves', { name: 'S' })).data.id as string),
    );
    await member.delete(`test-shelves/${gone}`);
    const { id } = await shelve(member, { shelf_id: mine });
    const bodies = [];
    for (const shelf_id of [gone, theirs, randomUUID()]) {
      const created = await member.post('test-books', { title: `T${shelf_id}`, shelf_id });
      const changed = await member.patch(`test-books/${id}`, { shelf_id });
      expect([created.status, changed.status]).toEqual([404, 404]);
      bodies.push(created.error, changed.error);
    }
    expect(new Set(bodies.map((error) => JSON.stringify(error))).size).toBe(1);
    expect(bodies[0].details).toEqual([{ pointer: '/shelf_id', code: 'not_found', message: expect.any(String) }]);
    expect((await member.post('test-books', { title: 'R', reviewer_id: stranger.userId })).status).toBe(404);
    expect((await member.patch(`test-books/${id}`, { sequel_to: id })).status).toBe(200);
  });

  it('also in parallel with the delete: no book stands on a shelf that was deleted because it was empty', async () => {
    const { member, organization } = await world();
    for (let round = 0; round < 8; round++) {
      const { data: shelf } = await member.post('test-shelves', { name: 'S' });
      const create = (i: number) => member.post('test-books', { title: `${round} ${i}`, shelf_id: shelf.id });
      const early = times(round % 4, create);
      const [deleted, ...created] = await Promise.all([
        member.delete(`test-shelves/${shelf.id}`),
        ...early,
        ...times(8, (i) => create(10 + i)),
      ]);
      expect([200, 409]).toContain(deleted!.status);
      expect(countOf(created)).toEqual({ [deleted!.status === 200 ? 404 : 201]: created.length });
    }
    expect(
      await rowsOf(organization.id, 'select from test_book b join test_shelf s on s.id = b.shelf_id where s.deleted_at is not null'),
    ).toEqual([]);
  });

  it('the database itself refuses another organization’s row, whatever the application believes', async () => {
    const { member, stranger, organization } = await world();
    const theirs = (await stranger.post('test-shelves', { name: 'S' })).data.id as string;
    const { id } = await shelve(member);
    await expect(tamper(organization.id, 'update test_book set shelf_id = $1 where id = $2', [theirs, id])).rejects.toThrow(/foreign key/);
    await expect(tamper(organization.id, 'update test_book set owner_id = $1 where id = $2', [stranger.userId, id])).rejects.toThrow(
      /foreign key/,
    );
    await expect(
      tamper(organization.id, 'update test_book set tenant_id = $1 where id = $2', [stranger.organizationId, id]),
    ).rejects.toThrow(/row-level security/);
  });
});
