import { type Json, world } from '../world.ts';

const texts = ({ data }: Json) => (data as Json[]).map(({ text }) => text as string);
const SYSTEM = ['status_changed', 'stage_changed', 'owner_changed', 'amount_changed', 'task_created', 'created'];

describe('activities', () => {
  it('a text alone is a comment of its author, under a contact and under a company', async () => {
    const { member } = await world();
    for (const resource of ['contacts', 'companies']) {
      const { data: record } = await member.post(resource, { name: 'Ada Lovelace' });
      const made = await member.post(`${resource}/${record.id}/activities`, { text: 'Hello' });
      expect(made.status).toBe(201);
      expect(made.data).toMatchObject({ kind: 'comment', text: 'Hello', author_id: member.userId, payload: {} });
      expect(made.headers.location).toBe(`/api/v1/activities/${made.data.id}`);
      expect((await member.get(`${resource}/${record.id}/activities`)).data).toMatchObject([{ id: made.data.id }]);
    }
  });

  it('the human kinds can be posted, with a payload and a time of their own; the newest is first', async () => {
    const { member } = await world();
    const { data: contact } = await member.post('contacts', { name: 'Ada' });
    for (const kind of ['comment', 'note', 'call', 'meeting', 'email', 'event'])
      expect((await member.post(`contacts/${contact.id}/activities`, { kind, text: kind })).data.kind).toBe(kind);
    const early = { kind: 'call', text: 'early', payload: { minutes: 12 }, occurred_at: '2020-01-01T10:00:00Z' };
    expect((await member.post(`contacts/${contact.id}/activities`, early)).data).toMatchObject({
      ...early,
      occurred_at: '2020-01-01T10:00:00.000Z',
    });
    expect(texts(await member.get(`contacts/${contact.id}/activities`))).toEqual([
      'event',
      'email',
      'meeting',
      'call',
      'note',
      'comment',
      'early',
    ]);
    expect(texts(await member.get(`contacts/${contact.id}/activities?kind=call`))).toEqual(['call', 'early']);
  });

  it('a payload is as large as free metadata may be and a text as long as a note; more is 400, wherever it is sent', async () => {
    const { member } = await world();
    const { data: contact } = await member.post('contacts', { name: 'Ada' });
    const most = { a: 'x'.repeat(16_376) };
    const { data } = await member.post(`contacts/${contact.id}/activities`, { kind: 'call', payload: most });
    expect(data.payload).toEqual(most);
    const about = { kind: 'call', contact_id: contact.id };
    for (const [sent, pointer] of [
      [{ payload: { a: 'x'.repeat(16_377) } }, '/payload'],
      [{ text: 'x'.repeat(10_001) }, '/text'],
    ] as const) {
      const asked = [
        member.post(`contacts/${contact.id}/activities`, { kind: 'call', ...sent }),
        member.post('activities', { ...about, ...sent }),
        member.patch(`activities/${data.id}`, sent),
      ];
      for (const { status, error } of await Promise.all(asked)) expect([status, error.details[0].pointer]).toEqual([400, pointer]);
      const batch = await member.post('activities/batch', {
        mode: 'partial',
        items: [
          { ...about, text: 'fits' },
          { ...about, ...sent },
        ],
      });
      expect(batch.data.map(({ status }: Json) => status)).toEqual([201, 400]);
    }
    const { error: ofPayload } = await member.patch(`activities/${data.id}`, { payload: { a: 'x'.repeat(16_377) } });
    const { error: ofCustom } = await member.post('contacts', { name: 'Ada', custom: { a: 'x'.repeat(16_377) } });
    expect(ofPayload.details[0]).toEqual({ ...ofCustom.details[0], pointer: '/payload' });
  });

  it('the kinds of the system cannot be posted, nor can an author be named', async () => {
    const { owner } = await world();
    const { data: contact } = await owner.post('contacts', { name: 'Ada' });
    for (const kind of SYSTEM) expect((await owner.post(`contacts/${contact.id}/activities`, { kind, text: 'x' })).status).toBe(400);
    expect((await owner.post(`contacts/${contact.id}/activities`, { text: 'x', author_id: owner.userId })).status).toBe(400);
    expect((await owner.post(`contacts/${contact.id}/activities`, { text: 'x', contact_id: contact.id })).status).toBe(400);
  });

  it('a comment needs a text, and an activity a record it is about: 422', async () => {
    const { member } = await world();
    const { data: contact } = await member.post('contacts', { name: 'Ada' });
    expect((await member.post(`contacts/${contact.id}/activities`, {})).error.code).toBe('activity.comment_needs_text');
    expect((await member.post(`contacts/${contact.id}/activities`, { text: '  ' })).status).toBe(422);
    expect((await member.post(`contacts/${contact.id}/activities`, { kind: 'call' })).status).toBe(201);
    const nowhere = await member.post('activities', { text: 'x' });
    expect([nowhere.status, nowhere.error.code]).toEqual([422, 'activity.needs_subject']);
    expect((await member.post('activities', { text: 'x', contact_id: contact.id })).status).toBe(201);
  });

  it('who may read a record may comment on it; its author and whoever may change any record edit and delete it', async () => {
    const { member, colleague, owner, admin, manager } = await world();
    const { data: contact } = await member.post('contacts', { name: 'Ada' });
    const comment = async () => (await colleague.post(`contacts/${contact.id}/activities`, { text: 'Hello' })).data as Json;
    const { id } = await comment();
    expect((await member.patch(`activities/${id}`, { text: 'Changed' })).status).toBe(403);
    expect((await member.delete(`activities/${id}`)).status).toBe(403);
    expect(Object.keys((await member.get(`activities/${id}`)).data._links)).not.toContain('update');
    for (const who of [colleague, manager, admin, owner]) {
      const written = await comment();
      expect(Object.keys((await who.get(`activities/${written.id}`)).data._links)).toEqual(expect.arrayContaining(['update', 'delete']));
      const changed = await who.patch(`activities/${written.id}`, { text: 'Changed' });
      expect(changed.data).toMatchObject({ text: 'Changed', author_id: colleague.userId });
      expect((await who.patch(`activities/${written.id}`, { text: null })).error.code).toBe('activity.comment_needs_text');
      expect((await who.delete(`activities/${written.id}`)).status).toBe(200);
    }
    expect((await member.get(`contacts/${contact.id}/activities`)).data).toMatchObject([{ id }]);
  });

  it('what the system noted is nobody’s to change or delete: 409 activity.immutable', async () => {
    const { member, owner, admin, manager } = await world();
    const { data: contact } = await member.post('contacts', { name: 'Ada' });
    await member.post('tasks', { title: 'Call', contact_id: contact.id });
    const [noted] = (await member.get(`contacts/${contact.id}/activities`)).data as Json[];
    expect(noted).toMatchObject({ kind: 'task_created', author_id: null, created_by: member.userId });
    for (const who of [member, manager, admin, owner])
      for (const answer of [await who.patch(`activities/${noted.id}`, { text: 'x' }), await who.delete(`activities/${noted.id}`)])
        expect([answer.status, answer.error.code]).toEqual([409, 'activity.immutable']);
    const { _links: links } = (await owner.get(`activities/${noted.id}`)).data as { _links: object };
    expect(links).not.toHaveProperty('update');
    expect(links).not.toHaveProperty('delete');
  });

  it('a record of another organization, a deleted one and an unknown one are 404', async () => {
    const { member, stranger } = await world();
    const { data: theirs } = await stranger.post('contacts', { name: 'Theirs' });
    const { data: deleted } = await member.post('contacts', { name: 'Deleted' });
    await member.delete(`contacts/${deleted.id}`);
    for (const id of [theirs.id, deleted.id, '01930000-0000-7000-8000-000000000000']) {
      expect((await member.get(`contacts/${id}/activities`)).status).toBe(404);
      expect((await member.post(`contacts/${id}/activities`, { text: 'x' })).status).toBe(404);
      expect((await member.post('activities', { text: 'x', contact_id: id })).status).toBe(404);
    }
    const { data: own } = await stranger.post(`contacts/${theirs.id}/activities`, { text: 'secret' });
    expect((await member.get(`activities/${own.id}`)).status).toBe(404);
    expect((await member.patch(`activities/${own.id}`, { text: 'x' })).status).toBe(404);
  });

  it('are listed over all records, by kind, author, record and time; a cursor belongs to its record', async () => {
    const { member, colleague } = await world();
    const [{ data: one }, { data: other }] = [
      await member.post('contacts', { name: 'Ada' }),
      await member.post('contacts', { name: 'Bob' }),
    ];
    for (const text of ['a', 'b']) await member.post(`contacts/${one.id}/activities`, { text });
    await colleague.post(`contacts/${other.id}/activities`, { text: 'c', kind: 'note' });
    expect(texts(await member.get('activities'))).toEqual(['c', 'b', 'a']);
    expect(texts(await member.get(`activities?author_id=${member.userId}`))).toEqual(['b', 'a']);
    expect(texts(await member.get(`activities?contact_id=${other.id}`))).toEqual(['c']);
    expect(texts(await member.get('activities?kind=note&occurred_at[gte]=2020-01-01'))).toEqual(['c']);
    expect(texts(await member.get('activities?sort=occurred_at'))).toEqual(['a', 'b', 'c']);
    const first = await member.get(`contacts/${one.id}/activities?page_size=1&cursor=`);
    const cursor = first.body.meta.next_cursor as string;
    expect(texts(await member.get(`contacts/${one.id}/activities?page_size=1&cursor=${cursor}`))).toEqual(['a']);
    expect((await member.get(`contacts/${other.id}/activities?page_size=1&cursor=${cursor}`)).error.code).toBe('cursor.invalid');
  });

  it('with record_visibility = own, a member sees those he wrote and those about nothing but his own records', async () => {
    const { member, colleague, manager } = await world({ settings: { record_visibility: 'own' } });
    const { data: mine } = await member.post('contacts', { name: 'Mine' });
    const { data: theirs } = await colleague.post('contacts', { name: 'Theirs' });
    const { data: company } = await colleague.post('companies', { name: 'Theirs' });
    await manager.post('activities', { text: 'on mine', contact_id: mine.id });
    await manager.post('activities', { text: 'on theirs', contact_id: theirs.id });
    await manager.post('activities', { text: 'on both', contact_id: mine.id, company_id: company.id });
    const list = await member.get('activities');
    expect([texts(list), list.body.meta.total]).toEqual([['on mine'], 1]);
    expect(texts(await member.get(`contacts/${mine.id}/activities`))).toEqual(['on mine']);
    const { data: hidden } = await manager.post('activities', { text: 'hidden', contact_id: theirs.id });
    expect((await member.get(`activities/${hidden.id}`)).status).toBe(404);
    expect((await member.patch(`activities/${hidden.id}`, { text: 'x' })).status).toBe(404);
    expect((await manager.get('activities')).body.meta.total).toBe(4);
    await member.post(`contacts/${mine.id}/activities`, { text: 'my words' });
    await manager.patch(`contacts/${mine.id}`, { owner_id: colleague.userId });
    expect(texts(await member.get('activities'))).toEqual(['my words']);
    expect(texts(await colleague.get(`contacts/${mine.id}/activities`))).toEqual([null, 'my words', 'on both', 'on mine']);
  });

  it('an export shows what the list would', async () => {
    const { member, manager } = await world();
    const { data: contact } = await member.post('contacts', { name: 'Ada' });
    await member.post(`contacts/${contact.id}/activities`, { text: 'Hello' });
    expect((await member.get('activities/export')).status).toBe(403);
    expect((await manager.get('activities/export?format=csv')).text).toContain('Hello');
  });
});
