import { world } from '../world.ts';

const keys = (pipeline: { stages: { key: string }[] }) => pipeline.stages.map(({ key }) => key);

describe('pipelines', () => {
  it('begin with Sales, which is the default', async () => {
    const { member } = await world();
    const { data } = await member.get('pipelines');
    expect(data).toHaveLength(1);
    expect(data[0]).toMatchObject({ name: 'Sales', is_default: true });
    expect(data[0].stages.map(({ key, probability, kind, position }: never) => [key, probability, kind, position])).toEqual([
      ['qualification', 10, 'open', 1],
      ['proposal', 40, 'open', 2],
      ['negotiation', 70, 'open', 3],
      ['closed', 100, 'closed', 4],
    ]);
    expect((await member.get(`pipelines/${data[0].id}`)).data).toMatchObject(data[0]);
    expect((await member.get(`pipelines/${data[0].id}/stages`)).data).toEqual(data[0].stages);
  });

  it('are made of a template or of stages, and are the business of admins', async () => {
    const { admin, manager, member, stranger } = await world();
    const simple = await admin.post('pipelines', { name: 'Walk-in', template: 'simple' });
    expect(simple.status).toBe(201);
    expect(simple.headers.location).toBe(`/api/v1/pipelines/${simple.data.id}`);
    expect(keys(simple.data)).toEqual(['new', 'negotiation', 'closed']);
    expect(keys((await admin.post('pipelines', { name: 'Hunting', template: 'prospecting' })).data)).toEqual([
      'prospect',
      'qualified',
      'proposal',
      'negotiation',
      'closed',
    ]);
    const stages = [
      { name: 'First talk', probability: 15 },
      { name: 'Signed', kind: 'won' },
      { name: 'Gone', kind: 'lost' },
    ];
    const own = await admin.post('pipelines', { name: 'Partners', stages });
    expect(own.data.stages).toMatchObject([
      { key: 'first_talk', probability: 15, kind: 'open' },
      { key: 'signed', probability: 100, kind: 'won' },
      { key: 'gone', probability: 0, kind: 'lost' },
    ]);
    for (const who of [manager, member]) expect((await who.post('pipelines', { name: 'No' })).status).toBe(403);
    expect((await stranger.get(`pipelines/${own.data.id}`)).status).toBe(404);
    expect((await stranger.get('pipelines')).data).toHaveLength(1);
  });

  it.each([
    ['no end', [{ name: 'A' }, { name: 'B', kind: 'won' }], 'pipeline.incomplete'],
    [
      'no beginning',
      [
        { name: 'A', kind: 'won' },
        { name: 'B', kind: 'lost' },
      ],
      'pipeline.incomplete',
    ],
    ['an end before the beginning', [{ name: 'A', kind: 'closed' }, { name: 'B' }], 'pipeline.order'],
    [
      'one key twice',
      [
        { name: 'A', key: 'a' },
        { name: 'B', key: 'a' },
        { name: 'C', kind: 'closed' },
      ],
      'stage.key_taken',
    ],
  ])('with %s are refused', async (_, stages, code) => {
    const { admin } = await world();
    expect((await admin.post('pipelines', { name: 'Bad', stages })).error.code).toBe(code);
  });

  it('have exactly one default, also when several want to be it at once', async () => {
    const { admin } = await world();
    const [sales] = (await admin.get('pipelines')).data;
    const made = await Promise.all([1, 2, 3, 4].map((n) => admin.post('pipelines', { name: `P${n}`, is_default: true })));
    expect(made.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
    const defaults = async () => (await admin.get('pipelines?is_default=true')).data;
    expect(await defaults()).toHaveLength(1);

    const all = [sales, ...made.map(({ data }) => data)];
    const changed = await Promise.all(all.map(({ id }) => admin.patch(`pipelines/${id}`, { is_default: true })));
    expect(changed.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    const [only, ...others] = await defaults();
    expect(others).toEqual([]);

    expect((await admin.patch(`pipelines/${only.id}`, { is_default: false })).error.code).toBe('pipeline.is_default');
    expect((await admin.delete(`pipelines/${only.id}`)).error.code).toBe('pipeline.is_default');
    const other = all.find(({ id }) => id !== only.id);
    const [deleted, promoted] = await Promise.all([
      admin.delete(`pipelines/${other.id}`),
      admin.patch(`pipelines/${other.id}`, { is_default: true }),
    ]);
    // Whichever came first, one of them was refused.
    expect([deleted.status, promoted.status].sort()).toEqual(deleted.status === 200 ? [200, 404] : [200, 409]);
    expect(await defaults()).toHaveLength(1);
  });

  it('with deals cannot be deleted; without they can, and come back with their stages', async () => {
    const { admin, member } = await world();
    const { data: pipeline } = await admin.post('pipelines', { name: 'Short', template: 'simple' });
    const { data: deal } = await member.post('deals', { title: 'D', pipeline_id: pipeline.id });
    const refused = await admin.delete(`pipelines/${pipeline.id}`);
    expect([refused.status, refused.error.code, refused.error.deals]).toEqual([409, 'pipeline.has_deals', 1]);
    await member.delete(`deals/${deal.id}`);
    expect((await admin.delete(`pipelines/${pipeline.id}`)).status).toBe(200);
    expect((await member.post('deals', { title: 'D', pipeline_id: pipeline.id })).status).toBe(404);
    // A deal that comes back needs its pipeline.
    expect((await member.post(`deals/${deal.id}/restore`)).error.details[0].pointer).toBe('/pipeline_id');
    expect(keys((await admin.post(`pipelines/${pipeline.id}/restore`)).data)).toEqual(['new', 'negotiation', 'closed']);
    expect((await member.post(`deals/${deal.id}/restore`)).status).toBe(200);
  });
});

describe('stages', () => {
  it('are added before the end, changed, put in order; their key and kind stay', async () => {
    const { admin, manager } = await world();
    const [{ id, version }] = (await admin.get('pipelines')).data;
    const added = await admin.post(`pipelines/${id}/stages`, { name: 'Contract review', probability: 90 });
    expect(added.status).toBe(201);
    expect(added.data).toMatchObject({ key: 'contract_review', position: 4, pipeline_id: id });
    expect(added.headers.location).toBe(`/api/v1/pipelines/${id}/stages/${added.data.id}`);
    expect((await admin.get(added.headers.location!)).data).toEqual(added.data);
    const grown = await admin.get(`pipelines/${id}`);
    expect(keys(grown.data)).toEqual(['qualification', 'proposal', 'negotiation', 'contract_review', 'closed']);
    expect(grown.data.version).toBeGreaterThan(version);

    expect((await admin.post(`pipelines/${id}/stages`, { name: 'X', key: 'proposal' })).error).toMatchObject({
      code: 'stage.key_taken',
      existing: { type: 'stage', id: grown.data.stages[1].id },
    });
    expect((await admin.post(`pipelines/${id}/stages`, { name: 'X', position: 9 })).error.code).toBe('pipeline.order');
    expect((await manager.post(`pipelines/${id}/stages`, { name: 'X' })).status).toBe(403);

    const at = `pipelines/${id}/stages/${added.data.id}`;
    expect((await admin.patch(at, { name: 'Review', rot_after_days: 5, position: 1 })).data).toMatchObject({ name: 'Review', position: 1 });
    expect((await admin.patch(at, { key: 'other' })).status).toBe(400);
    expect((await admin.patch(at, { kind: 'won' })).status).toBe(400);
    expect((await admin.patch(at, { position: 5 })).error.code).toBe('pipeline.order');

    const ids = (await admin.get(`pipelines/${id}`)).data.stages.map((stage: { id: string }) => stage.id);
    const [first, ...rest] = ids;
    const ordered = await admin.post(`pipelines/${id}/stages/reorder`, { stage_ids: [rest[0], first, ...rest.slice(1)] });
    expect(keys(ordered.data)).toEqual(['qualification', 'contract_review', 'proposal', 'negotiation', 'closed']);
    expect((await admin.post(`pipelines/${id}/stages/reorder`, { stage_ids: rest })).status).toBe(400);
    expect((await admin.post(`pipelines/${id}/stages/reorder`, { stage_ids: [...ids].reverse() })).error.code).toBe('pipeline.order');
  });

  it('in use go only when it is said where their deals go', async () => {
    const { admin, member } = await world();
    const [{ id, stages }] = (await admin.get('pipelines')).data;
    const proposal = stages[1];
    const open = (await member.post('deals', { title: 'Open', stage: 'proposal', amount: 10 })).data;
    const gone = (await member.post('deals', { title: 'Deleted', stage: 'proposal' })).data;
    await member.delete(`deals/${gone.id}`);
    const at = `pipelines/${id}/stages/${proposal.id}`;
    const refused = await admin.delete(at);
    expect([refused.error.code, refused.error.deals]).toEqual(['stage.in_use', 1]);
    expect((await admin.delete(`${at}?move_to=closed`)).error.code).toBe('stage.move_to_unfit');
    expect((await admin.delete(`${at}?move_to=proposal`)).status).toBe(400);
    const removed = await admin.delete(`${at}?move_to=qualification`);
    expect([removed.status, removed.error]).toEqual([200, null]);

    expect((await member.get(`deals/${open.id}`)).data).toMatchObject({ stage: 'qualification', probability: 10, status: 'in_progress' });
    expect((await member.post(`deals/${gone.id}/restore`)).data).toMatchObject({ stage: 'qualification' });
    const [last] = (await member.get(`deals/${open.id}/history`)).data;
    expect(last).toMatchObject({ from_stage: 'proposal', to_stage: 'qualification', position: 2 });
    const closed = stages[3];
    expect((await admin.delete(`pipelines/${id}/stages/${closed.id}`)).error.code).toBe('pipeline.incomplete');
  });

  it('that are deleted while deals come in lose none', async () => {
    const { admin, member } = await world();
    const [{ id, stages }] = (await admin.get('pipelines')).data;
    const coming = Array.from({ length: 8 }, (_, n) => member.post('deals', { title: `D${n}`, stage: 'negotiation' }));
    const [removed, ...made] = await Promise.all([admin.delete(`pipelines/${id}/stages/${stages[2].id}?move_to=proposal`), ...coming]);
    expect(removed!.status).toBe(200);
    expect(made.every(({ status }) => status === 201 || status === 404)).toBe(true);
    const there = (await member.get('deals')).data.map(({ stage }: { stage: string }) => stage);
    expect(there).toEqual(made.filter(({ status }) => status === 201).map(() => 'proposal'));
  });
});
