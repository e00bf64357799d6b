import { invariants } from '#kernel';
import { rowsOf, tamper } from '../database.ts';
import { type Json, type Persona, world } from '../world.ts';

const open = async (who: Persona, more: object = {}): Promise<Json> =>
  (await who.post('deals', { title: 'Ten workstations', ...more })).data;
/** What was noted, in the order of time; what was noted at once, by name. */
const kindsOf = async (who: Persona, id: string): Promise<Json[]> => {
  const { data } = await who.get(`deals/${id}/activities?page_size=100`);
  const key = ({ occurred_at, kind }: Json) => `${occurred_at} ${kind}`;
  return data.sort((a: Json, b: Json) => (key(a) < key(b) ? -1 : 1)).map(({ kind, payload }: Json) => [kind, payload.from, payload.to]);
};
const historyOf = async (who: Persona, id: string): Promise<Json[]> =>
  (await who.get(`deals/${id}/history?page_size=100&sort=position`)).data;

describe('a deal', () => {
  it('begins in the first stage of the default pipeline, in the currency of the organization', async () => {
    const { member, stranger, organization } = await world({ currency: 'GBP' });
    const made = await member.post('deals', { title: 'Ten workstations', amount: 12500.5, tags: ['hardware'], custom: { campaign: 7 } });
    expect(made.status).toBe(201);
    expect(made.headers.location).toBe(`/api/v1/deals/${made.data.id}`);
    expect(made.data).toMatchObject({
      stage: 'qualification',
      status: 'new',
      amount: '12500.50',
      currency: organization.currency,
      probability: 10,
      forecast_category: 'pipeline',
      owner_id: member.userId,
      closed_at: null,
      tags: ['hardware'],
      custom: { campaign: 7 },
    });
    expect((await member.get(`deals/${made.data.id}`)).data).toEqual(made.data);
    expect((await stranger.get(`deals/${made.data.id}`)).status).toBe(404);
    expect((await stranger.get('deals')).data).toEqual([]);
    const [activity, ...more] = (await member.get(`deals/${made.data.id}/activities`)).data;
    expect([activity.kind, activity.author_id, activity.created_by, more]).toEqual(['created', null, member.userId, []]);
    expect(await historyOf(member, made.data.id)).toMatchObject([
      {
        position: 1,
        from_stage: null,
        to_stage: 'qualification',
        to_status: 'new',
        amount: '12500.50',
        probability: 10,
        owned_by: member.userId,
      },
    ]);
  });

  it('goes the main flow', async () => {
    const { member, manager, admin } = await world();
    const contact = (await member.post('contacts', { name: 'Ada Lovelace' })).data;
    const { id } = await open(member, { contact_id: contact.id });
    expect((await member.patch(`deals/${id}`, { stage: 'negotiation' })).data).toMatchObject({ status: 'in_progress', probability: 70 });
    const forbidden = await manager.patch(`deals/${id}`, { stage: 'proposal' });
    expect([forbidden.status, forbidden.error.code]).toEqual([403, 'deal.rollback_forbidden']);
    expect((await admin.patch(`deals/${id}`, { stage: 'proposal' })).data.stage).toBe('proposal');
    const early = await member.post(`deals/${id}/win`);
    expect([early.status, early.error.code, early.error.details[0].pointer]).toEqual([422, 'deal.won_requires_amount', '/amount']);
    expect((await member.patch(`deals/${id}`, { status: 'won', amount: '0' })).status).toBe(422);
    const won = await member.patch(`deals/${id}`, { status: 'won', amount: '990.00' });
    expect(won.data).toMatchObject({ stage: 'closed', status: 'won', probability: 100, amount: '990.00' });
    expect(won.data.closed_at).not.toBeNull();
    expect(await kindsOf(member, id)).toEqual([
      ['created', undefined, undefined],
      ['stage_changed', 'qualification', 'negotiation'],
      ['status_changed', 'new', 'in_progress'],
      ['stage_changed', 'negotiation', 'proposal'],
      ['amount_changed', '0.00', '990.00'],
      ['stage_changed', 'proposal', 'closed'],
      ['status_changed', 'in_progress', 'won'],
    ]);
    expect((await historyOf(member, id)).map(({ position, to_stage, to_status }) => [position, to_stage, to_status])).toEqual([
      [1, 'qualification', 'new'],
      [2, 'negotiation', 'in_progress'],
      [3, 'proposal', 'in_progress'],
      [4, 'closed', 'won'],
    ]);
    expect((await member.patch(`deals/${id}`, { amount: '0' })).error.code).toBe('deal.won_requires_amount');
    await open(member, { contact_id: contact.id });
    expect((await member.delete(`contacts/${contact.id}`)).error.code).toBe('contact.has_open_deals');
  });

  it('does not come back to life while its contact is deleted', async () => {
    const { admin } = await world();
    const { data: contact } = await admin.post('contacts', { name: 'Ada Lovelace' });
    const { id } = await open(admin, { contact_id: contact.id, amount: '10' });
    expect((await admin.post(`deals/${id}/win`)).status).toBe(200);
    expect((await admin.delete(`contacts/${contact.id}`)).status).toBe(200);
    for (const back of [admin.post(`deals/${id}/reopen`), admin.patch(`deals/${id}`, { stage: 'proposal' })])
      expect((await back).error).toMatchObject({ code: 'deal.contact_deleted', details: [{ pointer: '/contact_id' }] });
    expect((await admin.patch(`deals/${id}`, { stage: 'proposal', contact_id: null })).data).toMatchObject({ status: 'in_progress' });

    const { data: other } = await admin.post('contacts', { name: 'Grace Hopper' });
    const gone = await open(admin, { contact_id: other.id });
    expect((await admin.delete(`deals/${gone.id}`)).status).toBe(200);
    expect((await admin.delete(`contacts/${other.id}`)).status).toBe(200);
    expect((await admin.post(`deals/${gone.id}/restore`)).error.code).toBe('deal.contact_deleted');
    expect((await admin.post(`contacts/${other.id}/restore`)).status).toBe(200);
    expect((await admin.post(`deals/${gone.id}/restore`)).status).toBe(200);
  });

  it('is won, lost, reopened and moved by verbs that do what PATCH does; repeating one changes nothing', async () => {
    const { member, admin } = await world({ settings: { lost_reason_required: true } });
    const { id } = await open(member);
    expect((await member.post(`deals/${id}/lose`)).error).toMatchObject({ code: 'deal.lost_requires_reason' });
    const lost = await member.post(`deals/${id}/lose`, { lost_reason: 'Bought elsewhere' });
    expect(lost.data).toMatchObject({ stage: 'closed', status: 'lost', probability: 0, lost_reason: 'Bought elsewhere' });
    const again = await member.post(`deals/${id}/lose`);
    expect([again.status, again.data.version]).toEqual([200, lost.data.version]);
    expect((await member.patch(`deals/${id}`, { lost_reason: null })).status).toBe(422);
    expect((await member.patch(`deals/${id}`, { title: 'Other' })).status).toBe(200);

    expect(Object.keys((await member.get(`deals/${id}`)).data._links)).not.toContain('reopen');
    expect(Object.keys((await admin.get(`deals/${id}`)).data._links)).toContain('reopen');
    expect((await member.post(`deals/${id}/reopen`)).error.code).toBe('deal.rollback_forbidden');
    expect((await member.post(`deals/${id}/win`, { amount: 5 })).error.code).toBe('deal.rollback_forbidden');
    expect((await admin.post(`deals/${id}/reopen`)).data).toMatchObject({
      stage: 'qualification',
      status: 'in_progress',
      closed_at: null,
      lost_reason: null,
    });
    const before = (await historyOf(member, id)).length;
    expect((await member.post(`deals/${id}/reopen`)).status).toBe(200);
    expect((await member.post(`deals/${id}/move`, { stage: 'qualification' })).status).toBe(200);
    expect(await historyOf(member, id)).toHaveLength(before);
    expect((await member.post(`deals/${id}/move`, { stage: 'proposal' })).data.stage).toBe('proposal');
    expect((await member.post(`deals/${id}/move`, { stage: 'closed' })).error.code).toBe('deal.outcome_required');
    expect((await member.post(`deals/${id}/move`, { stage: 'nowhere' })).status).toBe(404);
    expect((await member.patch(`deals/${id}`, { stage: 'negotiation', status: 'won' })).error.code).toBe('deal.status_contradicts_stage');
    expect((await member.post(`deals/${id}/win`, { amount: '10' })).data).toMatchObject({ status: 'won', amount: '10.00' });
  });

  it('keeps its own probability, until null gives it back to its stage', async () => {
    const { member } = await world();
    const { id, probability } = await open(member, { probability: 55 });
    expect(probability).toBe(55);
    expect((await member.post(`deals/${id}/move`, { stage: 'proposal' })).data.probability).toBe(55);
    expect((await member.patch(`deals/${id}`, { probability: null })).data.probability).toBe(40);
    expect((await member.patch(`deals/${id}`, { probability: 101 })).status).toBe(400);
  });

  it('has what it refers to in its own organization, and alive', async () => {
    const { member, stranger } = await world();
    const foreign = (await stranger.post('contacts', { name: 'Mallory' })).data;
    const gone = (await member.post('companies', { name: 'Gone' })).data;
    await member.delete(`companies/${gone.id}`);
    for (const [field, id] of [
      ['contact_id', foreign.id],
      ['company_id', gone.id],
    ]) {
      const refused = await member.post('deals', { title: 'D', [field!]: id });
      expect([refused.status, refused.error.details[0].pointer]).toEqual([404, `/${field}`]);
    }
    const theirs = (await stranger.get('pipelines')).data[0];
    for (const names of [{ pipeline_id: theirs.id }, { stage_id: theirs.stages[0].id }]) {
      expect((await member.post('deals', { title: 'D', ...names })).status).toBe(404);
      expect((await member.patch(`deals/${(await open(member)).id}`, names)).status).toBe(404);
    }
  });

  it('moves between pipelines by naming the stage, and not back by that way round', async () => {
    const { member, admin } = await world();
    const other = (await admin.post('pipelines', { name: 'Walk-in', template: 'simple' })).data;
    const { id, pipeline_id: sales } = await open(member, { stage: 'negotiation' });
    expect((await member.patch(`deals/${id}`, { pipeline_id: other.id })).error.code).toBe('deal.stage_required');
    expect((await member.post(`deals/${id}/move`, { pipeline_id: sales, stage_id: other.stages[0].id })).error.code).toBe(
      'deal.stage_elsewhere',
    );
    expect((await member.post(`deals/${id}/move`, { pipeline_id: other.id, stage: 'new' })).data).toMatchObject({
      pipeline_id: other.id,
      stage: 'new',
    });
    expect((await member.post(`deals/${id}/move`, { pipeline_id: sales, stage: 'proposal' })).error.code).toBe('deal.rollback_forbidden');
    expect((await member.post(`deals/${id}/move`, { pipeline_id: sales, stage: 'negotiation' })).status).toBe(200);
    expect((await admin.post(`deals/${id}/move`, { stage_id: other.stages[1].id })).data).toMatchObject({
      stage: 'negotiation',
      pipeline_id: other.id,
    });
  });

  it('notes new owners and amounts with a snapshot', async () => {
    const { member, manager, colleague } = await world();
    const { id } = await open(member, { amount: 10, expected_close_date: '2027-01-29' });
    expect((await member.patch(`deals/${id}`, { owner_id: colleague.userId })).status).toBe(403);
    expect((await manager.patch(`deals/${id}`, { owner_id: colleague.userId, amount: 20, currency: 'USD' })).status).toBe(200);
    expect((await kindsOf(manager, id)).slice(1)).toEqual([
      ['amount_changed', '10.00', '20.00'],
      ['owner_changed', member.userId, colleague.userId],
    ]);
    const [, last] = await historyOf(manager, id);
    expect(last).toMatchObject({
      amount: '20.00',
      currency: 'USD',
      owned_by: colleague.userId,
      expected_close_date: '2027-01-29',
      changed_by: manager.userId,
    });
    expect((await manager.patch(`deals/${id}`, { amount: '1.005' })).status).toBe(400);
  });

  it('is deleted and restored, into a stage that is there', async () => {
    const { member, admin } = await world();
    const { id } = await open(member, { stage: 'proposal' });
    const [pipeline] = (await member.get('pipelines')).data;
    expect((await member.delete(`deals/${id}`)).data).toMatchObject({ id });
    expect((await member.get(`deals/${id}`)).status).toBe(404);
    expect((await admin.delete(`pipelines/${pipeline.id}/stages/${pipeline.stages[1].id}`)).status).toBe(200);
    expect((await member.post(`deals/${id}/restore`)).data).toMatchObject({ stage: 'qualification', probability: 10 });
    expect((await historyOf(member, id)).at(-1)).toMatchObject({ from_stage: 'proposal', to_stage: 'qualification' });
  });

  it('has more people, each with a part', async () => {
    const { member, colleague } = await world();
    const { id } = await open(member);
    const ada = (await member.post('contacts', { name: 'Ada' })).data;
    const added = await member.post(`deals/${id}/contacts`, { contact_id: ada.id, role: 'buyer' });
    expect([added.status, added.headers.location]).toEqual([201, `/api/v1/deals/${id}/contacts/${added.data.id}`]);
    expect((await member.get(`deals/${id}/contacts/${added.data.id}`)).data).toMatchObject({ contact_id: ada.id, role: 'buyer' });
    expect((await member.get(`deals/${(await open(member)).id}/contacts/${added.data.id}`)).status).toBe(404);
    expect((await member.post(`deals/${id}/contacts`, { contact_id: ada.id, role: 'decision maker' })).data.role).toBe('decision maker');
    expect((await colleague.post(`deals/${id}/contacts`, { contact_id: ada.id })).status).toBe(403);
    expect((await colleague.get(`deals/${id}/contacts`)).data).toMatchObject([{ contact_id: ada.id, role: 'decision maker' }]);
    expect((await member.delete(`deals/${id}/contacts/${ada.id}`)).status).toBe(200);
    expect((await member.get(`deals/${id}/contacts`)).data).toEqual([]);
  });
});

describe('at the same moment', () => {
  it('twenty wins are one', async () => {
    const { member } = await world();
    const { id } = await open(member, { amount: 10 });
    const wins = await Promise.all(Array.from({ length: 20 }, () => member.post(`deals/${id}/win`)));
    expect(new Set(wins.map(({ status }) => status))).toEqual(new Set([200]));
    const won = (await kindsOf(member, id)).filter(([kind, , to]) => kind === 'status_changed' && to === 'won');
    expect(won).toHaveLength(1);
    expect(await historyOf(member, id)).toHaveLength(2);
  });

  it('moves queue up: each starts where the one before it ended, and none goes back', async () => {
    const { member } = await world();
    const { id } = await open(member);
    const stages = ['proposal', 'negotiation', 'proposal', 'negotiation', 'proposal', 'negotiation'];
    const moved = await Promise.all(stages.map((stage) => member.post(`deals/${id}/move`, { stage })));
    expect(moved.every(({ status }) => status === 200 || status === 403)).toBe(true);
    expect(moved.filter(({ status }) => status === 200).length).toBeGreaterThan(1);
    const history = await historyOf(member, id);
    history.slice(1).forEach((row, index) => expect([row.from_stage_id, row.position]).toEqual([history[index].to_stage_id, index + 2]));
    expect((await member.get(`deals/${id}`)).data.stage).toBe('negotiation');
  });

  it('a deal is won or lost, not both', async () => {
    const { member } = await world();
    const { id } = await open(member, { amount: 10 });
    const [won, lost] = await Promise.all([member.post(`deals/${id}/win`), member.post(`deals/${id}/lose`)]);
    expect([won.status, lost.status].sort()).toEqual([200, 403]);
    expect((await historyOf(member, id)).slice(1)).toHaveLength(1);
  });
});

describe('the list', () => {
  it('filters, sorts and searches', async () => {
    const { member } = await world({ timeZone: 'America/New_York' });
    const a = await open(member, { title: 'Améliorations', amount: 100, expected_close_date: '2027-01-31' });
    const b = await open(member, {
      title: 'Bridge',
      amount: '250.50',
      stage: 'proposal',
      expected_close_date: '2027-02-01',
      tags: ['steel'],
    });
    const c = await open(member, { title: 'Canal', amount: 300, status: 'won' });
    const titles = async (query: string) =>
      (await member.get(`deals?${query}`)).data
        ?.map(({ title }: Json) => title[0])
        .sort()
        .join('');
    expect(await titles('')).toBe('ABC');
    expect(await titles('status=new')).toBe('A');
    expect(await titles('status=in_progress&status=won')).toBe('BC');
    expect(await titles('stage=proposal')).toBe('B');
    expect(await titles(`stage_id=${c.stage_id}`)).toBe('C');
    expect(await titles('amount[gte]=250.5')).toBe('BC');
    expect(await titles('min_amount=100&max_amount=250.50')).toBe('AB');
    expect(await titles('expected_close_date=2027-01-31')).toBe('A');
    expect(await titles('expected_close_date[gte]=2027-02-01')).toBe('B');
    expect(await titles('tag=steel')).toBe('B');
    expect(await titles('search=ameliorations')).toBe('A');
    expect(await titles('rotting=true')).toBe('');
    const day = new Intl.DateTimeFormat('en-CA', { timeZone: 'America/New_York' }).format(new Date(c.closed_at));
    expect(await titles(`closed_at=${day}`)).toBe('C');
    expect(await titles(`created_at=${day}`)).toHaveLength(3);
    const ordered = await member.get('deals?order_by=amount&order=desc&include=stage_details,pipeline');
    expect(ordered.data.map(({ id }: Json) => id)).toEqual([c.id, b.id, a.id]);
    expect(ordered.data[0].stage_details.kind).toBe('closed');
    expect((await member.get('deals?rotting=perhaps')).status).toBe(400);
    expect((await member.get('deals?color=red')).status).toBe(400);
  });

  it('shows what rots', async () => {
    const { admin, member, organization } = await world();
    const [{ id, stages }] = (await admin.get('pipelines')).data;
    await admin.patch(`pipelines/${id}/stages/${stages[0].id}`, { rot_after_days: 3 });
    const old = await open(member, { title: 'Old' });
    await open(member, { title: 'In another stage', stage: 'proposal' });
    await tamper(organization.id, `update deal set stage_entered_at = now() - interval '4 days' where id = $1`, [old.id]);
    await open(member, { title: 'Fresh' });
    expect((await member.get('deals?rotting=true')).data.map(({ id: one }: Json) => one)).toEqual([old.id]);
    expect((await member.get('deals?rotting=false')).data).toHaveLength(2);
  });

  it('is one of the reader: roles', async () => {
    const { member, colleague, manager, admin, join } = await world();
    const { id } = await open(member);
    const sales = await join('member', ['sales']);
    expect((await colleague.patch(`deals/${id}`, { title: 'X' })).status).toBe(403);
    expect((await colleague.post(`deals/${id}/win`, { amount: 1 })).status).toBe(403);
    expect((await colleague.delete(`deals/${id}`)).status).toBe(403);
    for (const who of [member, sales, manager]) expect((await who.patch(`deals/${id}`, { next_step: who.email })).status).toBe(200);
    expect((await sales.post(`deals/${id}/move`, { stage: 'proposal' })).status).toBe(200);
    expect((await sales.post(`deals/${id}/move`, { stage: 'qualification' })).error.code).toBe('deal.rollback_forbidden');
    expect((await colleague.get(`deals?owner_id=${member.userId}`)).status).toBe(403);
    expect((await manager.get(`deals?owner_id=${member.userId}`)).data).toHaveLength(1);
    expect((await admin.post(`deals/${id}/move`, { stage: 'qualification' })).status).toBe(200);
  });

  it('is empty for members of others where each sees his own', async () => {
    const { member, colleague, manager } = await world({ settings: { record_visibility: 'own' } });
    const { id } = await open(member);
    expect((await colleague.get('deals')).data).toEqual([]);
    for (const part of ['', '/history', '/activities', '/contacts']) expect((await colleague.get(`deals/${id}${part}`)).status).toBe(404);
    expect((await colleague.post(`deals/${id}/win`, { amount: 1 })).status).toBe(404);
    expect((await member.get(`deals/${id}/history`)).data).toHaveLength(1);
    expect((await manager.get('deals')).data).toHaveLength(1);
  });
});

it('deals come in a batch', async () => {
  const { member, colleague } = await world();
  const items = [
    { title: 'A', amount: 1 },
    { title: 'B', status: 'won' },
  ];
  const partial = await member.post('deals/batch', { mode: 'partial', items });
  expect([partial.status, ...partial.data.map(({ status }: Json) => status)]).toEqual([207, 201, 422]);
  expect((await member.post('deals/batch', { items })).status).toBe(422);
  const id = partial.data[0].id;
  expect((await colleague.get(`deals/${id}/activities`)).data).toHaveLength(1);
  const patched = await member.patch('deals/batch', { items: [{ id, status: 'won' }] });
  expect(patched.data[0].status).toBe(200);
});

describe('what holds at any time', () => {
  interface Found {
    checked: number;
    wrong: number;
  }
  const broken = async (organizationId: string): Promise<string[]> => {
    const found: string[] = [];
    for (const { name, sql } of invariants) if ((await rowsOf<Found>(organizationId, sql))[0]!.wrong) found.push(name);
    return found;
  };

  it('holds after all that can be done to a deal', async () => {
    const { admin, member, organization } = await world();
    const other = (await admin.post('pipelines', { name: 'Walk-in', template: 'simple' })).data;
    const { id, pipeline_id: sales } = await open(admin, { amount: 10, owner_id: member.userId });
    for (const change of [
      { stage: 'negotiation', amount: 20 },
      { status: 'won' },
      { amount: 30, currency: 'USD' },
      { status: 'lost', lost_reason: 'after all' },
      { status: 'in_progress' },
      { pipeline_id: other.id, stage: 'new', probability: 77 },
      { owner_id: admin.userId },
      { pipeline_id: sales, stage: 'closed', status: 'lost' },
    ])
      expect((await admin.patch(`deals/${id}`, change)).status).toBe(200);
    await admin.delete(`deals/${(await open(member)).id}`);
    expect(await broken(organization.id)).toEqual([]);
  });

  it.each([
    ['exactly one default', 'update pipeline set is_default = false'],
    ['can begin, be won', "update stage set kind = 'won' where kind = 'closed'"],
    ['living stage', "update deal set stage = 'other'"],
    ['ends with what the deal is', 'update deal set amount_e4 = amount_e4 + 10000'],
    ['no gaps', 'update stage_history set position = position + 1 where position = 2'],
    ['goes on where', "update stage_history set from_status = 'won' where position = 2"],
    ['held at every moment', "update stage_history set probability = 50 where to_status = 'won'"],
    ['was noted', "delete from activity where kind in ('status_changed', 'stage_changed')"],
  ])('is missed: %s', async (part, sql) => {
    const { member, organization } = await world();
    await member.post(`deals/${(await open(member, { amount: 10 })).id}/win`);
    expect(await broken(organization.id)).toEqual([]);
    await tamper(organization.id, sql);
    expect((await broken(organization.id)).some((name) => name.includes(part))).toBe(true);
  });
});
