import { RemindOfTask } from '#crm';
import { actingAs, addDays, Bus, Read, setClock, system, today } from '#kernel';
import { app, type Json, type World, world } from '../world.ts';

const titles = (answer: Json) => (answer.data as Json[]).map(({ title }) => title as string).sort();
const day = (n: number, zone = 'UTC') => addDays(today(zone), n);
const at = (instant: string) => setClock(() => new Date(instant));

afterEach(() => setClock());

/** The promises of an organization, as the worker would find them. */
const promised = async ({ organization }: World) =>
  (await app())
    .get(Read)
    .platform<{ kind: string; due_at: string; payload: { taskId: string; remindAt: string } }>(
      'promises of a test',
      'select kind, due_at, payload from due where organization_id = $1 order by due_at',
      [organization.id],
    );

describe('tasks', () => {
  it('what was created is read back, assigned to who made it; nobody from another organization sees it', async () => {
    const { member, stranger } = await world();
    const full = { title: 'Call', description: 'About the offer', due_date: day(3), priority: 'high', custom: { a: 1 } };
    const made = await member.post('tasks', full);
    expect(made.status).toBe(201);
    expect(made.data).toMatchObject({
      ...full,
      status: 'todo',
      is_done: false,
      completed_at: null,
      assignee_id: member.userId,
      owner_id: member.userId,
    });
    expect((await member.get(`tasks/${made.data.id}`)).data).toEqual(made.data);
    const path = `tasks/${made.data.id}`;
    const tried = [
      await stranger.get(path),
      await stranger.patch(path, { title: 'X' }),
      await stranger.delete(path),
      await stranger.post(`${path}/complete`),
    ];
    expect(tried.map(({ status }) => status)).toEqual([404, 404, 404, 404]);
  });

  describe('due dates', () => {
    it('before today in the zone of the organization are refused: 422 task.due_in_past', async () => {
      at('2027-03-10T11:30:00Z');
      for (const [timeZone, present] of [
        ['Pacific/Auckland', '2027-03-11'],
        ['America/Los_Angeles', '2027-03-10'],
        ['UTC', '2027-03-10'],
      ] as const) {
        const { member } = await world({ timeZone });
        expect([timeZone, (await member.post('tasks', { title: 'A', due_date: present })).status]).toEqual([timeZone, 201]);
        const refused = await member.post('tasks', { title: 'A', due_date: addDays(present, -1) });
        expect([timeZone, refused.status, refused.error.code, refused.error.details[0].pointer]).toEqual([
          timeZone,
          422,
          'task.due_in_past',
          '/due_date',
        ]);
      }
    });

    it('just before midnight it is still the old day there', async () => {
      at('2027-03-10T07:59:59Z');
      const { member } = await world({ timeZone: 'America/Los_Angeles' });
      expect((await member.post('tasks', { title: 'A', due_date: '2027-03-09' })).status).toBe(201);
      at('2027-03-10T08:00:00Z');
      expect((await member.post('tasks', { title: 'A', due_date: '2027-03-09' })).status).toBe(422);
    });

    it('are checked when they are set or changed; one that has passed may stay', async () => {
      at('2027-03-10T23:55:00Z');
      const { member } = await world();
      const { data } = await member.post('tasks', { title: 'A', due_date: '2027-03-10' });
      expect((await member.patch(`tasks/${data.id}`, { due_date: '2027-03-09' })).error.code).toBe('task.due_in_past');
      at('2027-03-11T00:05:00Z');
      expect((await member.patch(`tasks/${data.id}`, { due_date: '2027-03-10', title: 'B' })).data.title).toBe('B');
      expect((await member.patch(`tasks/${data.id}`, { priority: 'low' })).status).toBe(200);
      expect(titles(await member.get('tasks?overdue=true'))).toEqual(['B']);
      expect((await member.patch(`tasks/${data.id}`, { due_date: '2027-03-11' })).data.due_date).toBe('2027-03-11');
      expect((await member.patch(`tasks/${data.id}`, { due_date: '2027-03-10' })).error.code).toBe('task.due_in_past');
      expect((await member.patch(`tasks/${data.id}`, { due_date: null })).data.due_date).toBeNull();
    });

    it('a moment brings its day in the zone of the organization, and the two never disagree', async () => {
      at('2027-03-10T12:00:00Z');
      const { member } = await world({ timeZone: 'Pacific/Auckland' });
      const { data } = await member.post('tasks', { title: 'A', due_at: '2027-03-20T12:00:00Z' });
      expect(data).toMatchObject({ due_at: '2027-03-20T12:00:00.000Z', due_date: '2027-03-21' });
      const refused = await member.post('tasks', { title: 'A', due_at: '2027-03-20T12:00:00Z', due_date: '2027-03-20' });
      expect([refused.status, refused.error.code]).toEqual([422, 'task.due_conflict']);
      expect((await member.post('tasks', { title: 'A', due_at: '2027-03-10T10:59:00Z' })).error.code).toBe('task.due_in_past');
      expect((await member.patch(`tasks/${data.id}`, { due_date: '2027-04-01' })).data).toMatchObject({
        due_at: null,
        due_date: '2027-04-01',
      });
    });
  });

  describe('status and is_done', () => {
    it('never disagree, whichever is sent; completing has its moment', async () => {
      const { member } = await world();
      const { data } = await member.post('tasks', { title: 'A' });
      const change = async (body: Json) => {
        const { data: now } = await member.patch(`tasks/${data.id}`, body);
        return [now.status, now.is_done, now.completed_at !== null];
      };
      expect(await change({ is_done: true })).toEqual(['done', true, true]);
      expect(await change({ is_done: false })).toEqual(['todo', false, false]);
      expect(await change({ status: 'in_progress' })).toEqual(['in_progress', false, false]);
      expect(await change({ is_done: false })).toEqual(['in_progress', false, false]);
      expect(await change({ status: 'done' })).toEqual(['done', true, true]);
      expect(await change({ status: 'cancelled' })).toEqual(['cancelled', false, false]);
      const refused = await member.patch(`tasks/${data.id}`, { status: 'todo', is_done: true });
      expect([refused.status, refused.error.code]).toEqual([422, 'task.status_conflict']);
      expect((await member.post('tasks', { title: 'B', is_done: true })).data).toMatchObject({
        status: 'done',
        is_done: true,
        completed_at: expect.any(String),
      });
    });

    it('complete and reopen say it plainly, and twice is once', async () => {
      const { member } = await world();
      const { data } = await member.post('tasks', { title: 'A' });
      expect(Object.keys(data._links)).toEqual(expect.arrayContaining(['complete', 'update']));
      const done = await member.post(`tasks/${data.id}/complete`);
      expect([done.status, done.data.status]).toEqual([200, 'done']);
      expect(Object.keys(done.data._links)).not.toContain('complete');
      expect((await member.post(`tasks/${data.id}/complete`)).data).toMatchObject({
        completed_at: done.data.completed_at,
        version: done.data.version,
      });
      expect((await member.post(`tasks/${data.id}/reopen`)).data).toMatchObject({ status: 'todo', completed_at: null });
    });
  });

  describe('what follows', () => {
    it('completing can create the follow-up in the same call, two days later unless a day is given', async () => {
      const { member } = await world();
      const { data: contact } = await member.post('contacts', { name: 'Ada' });
      const { data: first } = await member.post('tasks', { title: 'A', contact_id: contact.id, priority: 'high' });
      await member.patch(`tasks/${first.id}`, { status: 'done', follow_up: { title: 'B' } });
      const [next] = (await member.get(`tasks?follows_id=${first.id}`)).data as Json[];
      expect(next).toMatchObject({
        title: 'B',
        due_date: day(2),
        status: 'todo',
        contact_id: contact.id,
        priority: 'high',
        assignee_id: member.userId,
      });
      await member.post(`tasks/${next.id}/complete`, { follow_up: { title: 'C', due_date: day(9) } });
      expect((await member.get(`tasks?follows_id=${next.id}`)).data).toMatchObject([{ title: 'C', due_date: day(9) }]);
    });

    it('a follow-up without completing is refused, and one in the past too, with nothing done', async () => {
      const { member } = await world();
      const { data } = await member.post('tasks', { title: 'A' });
      expect((await member.patch(`tasks/${data.id}`, { title: 'X', follow_up: { title: 'B' } })).error.code).toBe(
        'task.follow_up_needs_done',
      );
      const past = (await member.post(`tasks/${data.id}/complete`, { follow_up: { title: 'B', due_date: day(-1) } })).error;
      expect([past.code, past.details[0].pointer]).toEqual(['task.due_in_past', '/follow_up/due_date']);
      expect((await member.get(`tasks/${data.id}`)).data).toMatchObject({ title: 'A', status: 'todo' });
      expect((await member.get('tasks')).body.meta.total).toBe(1);
    });

    it('of completions at the same moment only one brings a follow-up', async () => {
      const { member } = await world();
      const { data } = await member.post('tasks', { title: 'A' });
      const answers = await Promise.all(
        Array.from({ length: 5 }, () => member.patch(`tasks/${data.id}`, { status: 'done', follow_up: { title: 'B' } })),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 422, 422, 422, 422]);
      expect((await member.get(`tasks?follows_id=${data.id}`)).body.meta.total).toBe(1);
    });

    it('a recurring task has its next one when it is completed, counted from the first day of the series', async () => {
      at('2027-01-20T12:00:00Z');
      const { member } = await world();
      let { data } = await member.post('tasks', { title: 'Report', due_date: '2027-01-31', recurrence: { every: 'month' } });
      const dates: string[] = [];
      for (let i = 0; i < 3; i++) {
        await member.post(`tasks/${data.id}/complete`);
        [data] = (await member.get(`tasks?follows_id=${data.id}`)).data as Json[];
        dates.push(data.due_date as string);
      }
      expect(dates).toEqual(['2027-02-28', '2027-03-31', '2027-04-30']);
      expect(data).toMatchObject({ title: 'Report', recurrence: { every: 'month', count: 1 }, status: 'todo' });
      expect((await member.post(`tasks/${data.id}/complete`)).status).toBe(200);
      expect((await member.get('tasks')).body.meta.total).toBe(5);
    });

    it('a series that was completed, reopened and completed again goes on once', async () => {
      const { member } = await world();
      const { data } = await member.post('tasks', { title: 'Report', due_date: day(1), recurrence: { every: 'week' } });
      for (const verb of ['complete', 'reopen', 'complete']) await member.post(`tasks/${data.id}/${verb}`);
      expect((await member.get(`tasks?follows_id=${data.id}`)).body.meta.total).toBe(1);
    });

    it('what belongs to a series goes on with it: its owner, its reminder as long before, what is free', async () => {
      const w = await world();
      const { member, colleague, manager } = w;
      const sent = { title: 'Report', due_date: day(3), remind_at: `${day(2)}T09:00:00.000Z`, recurrence: { every: 'week' } };
      const { data } = await member.post('tasks', { ...sent, assignee_id: colleague.userId, custom: { a: 1 } });
      expect((await manager.post(`tasks/${data.id}/complete`)).status).toBe(200);
      expect((await member.get(`tasks?follows_id=${data.id}`)).data).toMatchObject([
        { owner_id: member.userId, due_date: day(10), remind_at: `${day(9)}T09:00:00.000Z`, reminded_at: null, custom: { a: 1 } },
      ]);
      expect((await promised(w)).map(({ payload }) => payload.remindAt)).toContain(`${day(9)}T09:00:00.000Z`);
    });

    describe('of a series that was given to somebody', () => {
      const given = async (w: World, more: object = {}) =>
        (
          await w.manager.post('tasks', {
            title: 'Report',
            due_date: day(3),
            remind_at: `${day(2)}T09:00:00.000Z`,
            recurrence: { every: 'week' },
            assignee_id: w.member.userId,
            ...more,
          })
        ).data as Json;
      const next = async ({ manager }: World, id: string) => (await manager.get(`tasks?follows_id=${id}&sort=created_at`)).data as Json[];

      it.each([
        ['complete', (id: string) => ['post', `tasks/${id}/complete`, {}]],
        ['PATCH', (id: string) => ['patch', `tasks/${id}`, { is_done: true }]],
      ] as const)('the next one is the owner’s and the assignee’s again, whoever of them completes it: %s', async (_, asked) => {
        const w = await world();
        const data = await given(w);
        const [verb, path, body] = asked(data.id as string) as ['post' | 'patch', string, object];
        expect((await w.member[verb](path, body)).data).toMatchObject({ status: 'done', version: data.version + 1 });
        expect(await next(w, data.id as string)).toMatchObject([
          {
            owner_id: w.manager.userId,
            assignee_id: w.member.userId,
            created_by: w.member.userId,
            due_date: day(10),
            remind_at: `${day(9)}T09:00:00.000Z`,
          },
        ]);
        expect((await promised(w)).map(({ payload }) => payload.remindAt)).toContain(`${day(9)}T09:00:00.000Z`);
        const noted = (await w.owner.get(`audit?subject=task&subject_id=${data.id}`)).data as Json[];
        expect(noted.find(({ action }) => action === 'update')).toMatchObject({ actor_kind: 'user', user_id: w.member.userId });
      });

      it('the records it is about stay, also those that its assignee may not see; those that are gone do not', async () => {
        const w = await world({ settings: { record_visibility: 'own' } });
        const { data: contact } = await w.manager.post('contacts', { name: 'Ada' });
        const { data: company } = await w.manager.post('companies', { name: 'Acme' });
        const { data: deal } = await w.manager.post('deals', { title: 'Ten workstations' });
        const about = { contact_id: contact.id, company_id: company.id, deal_id: deal.id };
        const data = await given(w, about);
        expect((await w.member.get(`contacts/${contact.id}`)).status).toBe(404);
        expect((await w.member.post(`tasks/${data.id}/complete`)).status).toBe(200);
        const [second] = await next(w, data.id as string);
        expect(second).toMatchObject(about);
        expect((await w.manager.get(`contacts/${contact.id}/activities?kind=task_created`)).data).toHaveLength(2);
        await w.manager.delete(`deals/${deal.id}`);
        expect((await w.member.post(`tasks/${second.id}/complete`)).status).toBe(200);
        expect(await next(w, second.id as string)).toMatchObject([{ ...about, deal_id: null }]);
      });

      it('a follow-up that the assignee asks for is his own, and about what he may see', async () => {
        const w = await world({ settings: { record_visibility: 'own' } });
        const { data: contact } = await w.manager.post('contacts', { name: 'Ada' });
        const data = await given(w, { contact_id: contact.id });
        expect((await w.member.post(`tasks/${data.id}/complete`, { follow_up: { title: 'Call again' } })).status).toBe(200);
        expect((await next(w, data.id as string)).sort((one, other) => (one.title < other.title ? -1 : 1))).toMatchObject([
          { title: 'Call again', owner_id: w.member.userId, assignee_id: w.member.userId, contact_id: null },
          { title: 'Report', owner_id: w.manager.userId, assignee_id: w.member.userId, contact_id: contact.id },
        ]);
      });

      it('it goes on once, also when the next one has passed into hands that its assignee does not see', async () => {
        const w = await world({ settings: { record_visibility: 'own' } });
        const data = await given(w);
        await w.member.post(`tasks/${data.id}/complete`);
        const [second] = await next(w, data.id as string);
        await w.manager.patch(`tasks/${second.id}`, { assignee_id: w.colleague.userId });
        for (const verb of ['reopen', 'complete']) expect((await w.member.post(`tasks/${data.id}/${verb}`)).status).toBe(200);
        expect(await next(w, data.id as string)).toHaveLength(1);
      });
    });

    it('a moment of the day stays the same on the clock when the clocks change', async () => {
      at('2027-03-10T12:00:00Z');
      const { member } = await world({ timeZone: 'America/Los_Angeles' });
      const { data } = await member.post('tasks', { title: 'A', due_at: '2027-03-13T17:00:00Z', recurrence: { every: 'day', count: 1 } });
      await member.post(`tasks/${data.id}/complete`);
      expect((await member.get(`tasks?follows_id=${data.id}`)).data).toMatchObject([
        { due_date: '2027-03-14', due_at: '2027-03-14T16:00:00.000Z' },
      ]);
    });

    it('completing does not fail because the contact was deleted', async () => {
      const { member } = await world();
      const { data: contact } = await member.post('contacts', { name: 'Ada' });
      const { data } = await member.post('tasks', { title: 'A', contact_id: contact.id });
      await member.delete(`contacts/${contact.id}`);
      expect((await member.post(`tasks/${data.id}/complete`, { follow_up: { title: 'B' } })).status).toBe(200);
      expect((await member.get(`tasks?follows_id=${data.id}`)).data).toMatchObject([{ contact_id: null }]);
    });
  });

  describe('the records they are about', () => {
    it('a member creates tasks only on records he may update: 403 else', async () => {
      const { member, colleague, manager } = await world();
      const { data: contact } = await member.post('contacts', { name: 'Ada' });
      const { data: company } = await member.post('companies', { name: 'Acme' });
      expect((await colleague.post('tasks', { title: 'A', contact_id: contact.id })).status).toBe(403);
      expect((await colleague.post('tasks', { title: 'A', company_id: company.id })).status).toBe(403);
      const { data: loose } = await colleague.post('tasks', { title: 'A' });
      expect((await colleague.patch(`tasks/${loose.id}`, { contact_id: contact.id })).status).toBe(403);
      expect((await member.post('tasks', { title: 'A', contact_id: contact.id, company_id: company.id })).status).toBe(201);
      expect((await manager.post('tasks', { title: 'A', contact_id: contact.id })).status).toBe(201);
    });

    it('tell of the task; those of another organization, deleted or unreadable are 404', async () => {
      const { member, stranger } = await world();
      const { data: contact } = await member.post('contacts', { name: 'Ada' });
      const { data: task } = await member.post('tasks', { title: 'A', contact_id: contact.id });
      expect((await member.get(`contacts/${contact.id}/activities`)).data).toMatchObject([
        { kind: 'task_created', payload: { task_id: task.id }, author_id: null },
      ]);
      const refused = await stranger.post('tasks', { title: 'A', contact_id: contact.id });
      expect([refused.status, refused.error.details[0].pointer]).toEqual([404, '/contact_id']);
      await member.delete(`contacts/${contact.id}`);
      expect((await member.post('tasks', { title: 'A', contact_id: contact.id })).status).toBe(404);
    });

    it('the assignee must be a member', async () => {
      const { member, colleague, stranger } = await world();
      const refused = await member.post('tasks', { title: 'A', assignee_id: stranger.userId });
      expect([refused.status, refused.error.details[0].pointer]).toEqual([404, '/assignee_id']);
      expect((await member.post('tasks', { title: 'A', assignee_id: colleague.userId })).data.assignee_id).toBe(colleague.userId);
      expect((await member.post('tasks', { title: 'A', assignee_id: null })).data.assignee_id).toBeNull();
    });
  });

  describe('permission', () => {
    it('owner and assignee change a task, others do not; only the owner deletes it', async () => {
      const { member, colleague, manager, join } = await world();
      const other = await join('member');
      const { data } = await member.post('tasks', { title: 'A', assignee_id: colleague.userId });
      expect((await other.patch(`tasks/${data.id}`, { title: 'B' })).status).toBe(403);
      expect((await colleague.post(`tasks/${data.id}/complete`)).status).toBe(200);
      expect((await colleague.delete(`tasks/${data.id}`)).status).toBe(403);
      expect((await manager.patch(`tasks/${data.id}`, { title: 'C' })).status).toBe(200);
      expect((await member.delete(`tasks/${data.id}`)).status).toBe(200);
    });

    it('with record_visibility = own, a member sees, counts and finds what he owns or is assigned', async () => {
      const { member, colleague, manager } = await world({ settings: { record_visibility: 'own' } });
      await member.post('tasks', { title: 'mine' });
      await colleague.post('tasks', { title: 'for him', assignee_id: member.userId });
      const { data: hidden } = await colleague.post('tasks', { title: 'hidden' });
      const list = await member.get('tasks');
      expect([titles(list), list.body.meta.total]).toEqual([['for him', 'mine'], 2]);
      expect(titles(await member.get('tasks?search=hidden'))).toEqual([]);
      expect((await member.get(`tasks/${hidden.id}`)).status).toBe(404);
      expect((await member.post(`tasks/${hidden.id}/complete`)).status).toBe(404);
      expect((await manager.get('tasks')).body.meta.total).toBe(3);
      expect((await manager.get('tasks/export')).text).toContain('hidden');
    });
  });

  it('a filter that asks for "now" has a next page, and a whole export, at a later now', async () => {
    at('2027-03-10T12:00:00Z');
    const { manager } = await world();
    await manager.post('tasks/batch', { items: ['a', 'b', 'c'].map((title) => ({ title, due_at: '2027-03-10T12:05:00Z' })) });
    at('2027-03-10T12:06:00.000Z');
    const first = await manager.get('tasks?overdue=true&page_size=2&cursor=');
    at('2027-03-10T12:06:00.001Z');
    const further = (overdue: boolean) => manager.get(`tasks?overdue=${overdue}&page_size=2&cursor=${first.body.meta.next_cursor}`);
    expect([...titles(first), ...titles(await further(true))].sort()).toEqual(['a', 'b', 'c']);
    expect((await further(false)).error.code).toBe('cursor.invalid');
  });

  it('filters: contact, assignee, only_open, due_before, due_after, overdue, mine; unknown ones are 400', async () => {
    at('2027-03-10T12:00:00Z');
    const { member, colleague } = await world({ timeZone: 'Pacific/Auckland' });
    const { data: contact } = await member.post('contacts', { name: 'Ada' });
    await member.post('tasks', { title: 'today', due_date: '2027-03-11' });
    await member.post('tasks', { title: 'later', due_date: '2027-03-20', contact_id: contact.id });
    await member.post('tasks', { title: 'late', due_at: '2027-03-10T11:00:00Z' });
    await member.post('tasks', { title: 'finished', due_at: '2027-03-10T11:00:00Z', is_done: true });
    await member.post('tasks', { title: 'given', assignee_id: colleague.userId });
    const asked = async (query: string) => titles(await member.get(`tasks?${query}`));
    expect(await asked('only_open=true')).toEqual(['given', 'late', 'later', 'today']);
    expect(await asked('only_open=false')).toHaveLength(5);
    expect(await asked('due_before=2027-03-20')).toEqual(['finished', 'late', 'today']);
    expect(await asked('due_after=2027-03-11')).toEqual(['later']);
    expect(await asked('due_after=2027-03-10&due_before=2027-03-12&only_open=true')).toEqual(['late', 'today']);
    expect(await asked('overdue=true')).toEqual(['late']);
    expect(await asked('overdue=false')).toHaveLength(4);
    expect(await asked('mine=true')).toEqual(['finished', 'late', 'later', 'today']);
    expect(await asked(`assignee_id=${colleague.userId}`)).toEqual(['given']);
    expect(await asked(`contact_id=${contact.id}`)).toEqual(['later']);
    expect(await asked('is_done=true')).toEqual(['finished']);
    expect(await asked('status=todo&search=lat')).toEqual(['late', 'later']);
    expect((await member.get('tasks?sort=-due_date&due_date[is_null]=false')).data[0].title).toBe('later');
    expect((await member.get('tasks?only_open=perhaps')).status).toBe(400);
    expect((await member.get('tasks?colour=red')).status).toBe(400);
  });

  describe('a reminder', () => {
    const remind_at = '2030-05-01T08:00:00.000Z';

    it('is promised once for each moment, however often the task is saved', async () => {
      const w = await world();
      const { data } = await w.member.post('tasks', { title: 'A', remind_at });
      await w.member.patch(`tasks/${data.id}`, { title: 'B' });
      await w.member.patch(`tasks/${data.id}`, { remind_at });
      const [only, ...others] = (await promised(w)).filter(({ kind }) => kind === 'RemindOfTask');
      expect(others).toEqual([]);
      expect(only).toMatchObject({ due_at: remind_at, payload: { taskId: data.id, remindAt: remind_at } });
    });

    it('is given once; not when it was moved or the task is finished', async () => {
      const w = await world();
      const bus = (await app()).get(Bus);
      const remind = (id: string, moment: string) => actingAs(system(w.organization.facts()), () => bus.run(new RemindOfTask(id, moment)));
      const { data } = await w.member.post('tasks', { title: 'A', remind_at });
      await remind(data.id as string, '2029-01-01T00:00:00.000Z');
      expect((await w.member.get(`tasks/${data.id}`)).data.reminded_at).toBeNull();
      await remind(data.id as string, remind_at);
      const reminded = (await w.member.get(`tasks/${data.id}`)).data;
      expect(reminded.reminded_at).not.toBeNull();
      await remind(data.id as string, remind_at);
      expect((await w.member.get(`tasks/${data.id}`)).data.version).toBe(reminded.version);
      const { data: finished } = await w.member.post('tasks', { title: 'B', remind_at, is_done: true });
      await remind(finished.id as string, remind_at);
      expect((await w.member.get(`tasks/${finished.id}`)).data.reminded_at).toBeNull();
    });
  });
});
