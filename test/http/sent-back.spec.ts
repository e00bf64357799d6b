import { RemindOfTask } from '#crm';
import { actingAs, Bus, setClock, system } from '#kernel';
import { app, type Json, type Persona, send, type World, world } from '../world.ts';

/** From then on, a millisecond later each time somebody looks. */
const at = (instant: string) => {
  let time = Date.parse(instant);
  setClock(() => new Date(time++));
};
beforeEach(() => at('2027-03-10T23:55:00Z'));
afterEach(() => setClock());

/** Every field that a PATCH of this resource takes, as the record shows it. */
async function asShown(record: Json, operation: string): Promise<Json> {
  const { paths, components } = (await send('GET', '/openapi.json')).body;
  const { $ref } = paths[`/api/v1/${operation}`].patch.requestBody.content['application/json'].schema;
  const names = Object.keys(components.schemas[$ref.split('/').at(-1)].properties);
  return Object.fromEntries(names.flatMap((name) => (name in record ? [[name, record[name]]] : [])));
}

const made = async (who: Persona, resource: string, body: object): Promise<Json> => {
  const { data, error } = await who.post(resource, body);
  expect(error).toBeNull();
  return data;
};
const settle = async (owner: Persona, { id }: { id: string }, body: object) =>
  expect((await owner.patch(`organizations/${id}`, body)).status).toBe(200);
const remind = async ({ organization }: World, { id, remind_at }: Json) => {
  const bus = (await app()).get(Bus);
  await actingAs(system(organization.facts()), () => bus.run(new RemindOfTask(id as string, remind_at as string)));
};
const contact = {
  email: 'Ada@Example.com',
  emails: [
    { email: 'ada@example.org', label: 'home' },
    { email: 'ada@example.com', primary: true },
  ],
  phone: '+44 20 7946 0958',
  phones: [{ phone: '+44 20 7946 0958' }, { phone: 'ext. 12', label: 'desk' }],
  address: { country: 'GB', city: 'London', street: '12 St James’s Square' },
  consent: { sms: { state: 'denied' }, email: { basis: 'form', state: 'granted', at: '2026-01-01T01:00:00+01:00' } },
  tags: ['b', 'a', 'b'],
  kinds: ['vendor', 'customer'],
  notes: ' As it was typed \n',
  custom: { b: 1, a: { d: [2, { z: 1, y: null }], c: 1.5 } },
};

type Case = [name: string, operation: string, make: (w: World) => Promise<Json>];
const cases: Case[] = [
  [
    'a contact',
    'contacts/{id}',
    ({ member }) => made(member, 'contacts', { name: 'Dr Ada  de Lovelace', birthday: '1985-12-10', ...contact }),
  ],
  ['a contact that is a company', 'contacts/{id}', ({ member }) => made(member, 'contacts', { company_name: 'Analytical  Engines' })],
  [
    'a contact whose number nobody could read when it was typed',
    'contacts/{id}',
    async ({ owner, member, organization }) => {
      const { id } = await made(member, 'contacts', { name: 'Ada', phone: '(212) 555-0175' });
      await settle(owner, organization, { settings: { default_country: 'US' } });
      return (await member.get(`contacts/${id}`)).data;
    },
  ],
  [
    'a company',
    'companies/{id}',
    async ({ member }) => {
      const { id } = await made(member, 'companies', { name: 'Above' });
      const money = { annual_revenue: '1054.5', currency: 'eur', employees: 3, founded_year: 1985 };
      const reached = { phone: '+44 20 7946 0958', website: 'HTTPS://www.Example.com', domain: 'https://www.www.Example.com/about' };
      return made(member, 'companies', {
        name: 'Below',
        parent_id: id,
        ...money,
        ...reached,
        address: contact.address,
        custom: contact.custom,
      });
    },
  ],
  [
    'a company whose number nobody could read when it was typed',
    'companies/{id}',
    async ({ owner, member, organization }) => {
      const { id } = await made(member, 'companies', { name: 'Acme', phone: '(212) 555-0175' });
      await settle(owner, organization, { settings: { default_country: 'US' } });
      return (await member.get(`companies/${id}`)).data;
    },
  ],
  ['a new deal', 'deals/{id}', ({ member }) => made(member, 'deals', { title: 'D', amount: 10, tags: ['b', 'a'], custom: contact.custom })],
  [
    'a deal in a stage whose probability is another one since',
    'deals/{id}',
    async ({ admin, member }) => {
      const deal = await made(member, 'deals', { title: 'D', stage: 'proposal', expected_close_date: '2027-01-29' });
      const changed = await admin.patch(`pipelines/${deal.pipeline_id}/stages/${deal.stage_id}`, { probability: 45 });
      expect([changed.status, deal.probability]).toEqual([200, 40]);
      return deal;
    },
  ],
  ['a deal with a probability of its own', 'deals/{id}', ({ member }) => made(member, 'deals', { title: 'D', probability: 55 })],
  ['a won deal', 'deals/{id}', ({ member }) => made(member, 'deals', { title: 'D', amount: '10.50', status: 'won' })],
  [
    'a lost deal, since when reasons are asked for',
    'deals/{id}',
    async ({ owner, member, organization }) => {
      const deal = await made(member, 'deals', { title: 'D', status: 'lost' });
      await settle(owner, organization, { settings: { lost_reason_required: true } });
      return deal;
    },
  ],
  [
    'a deal whose contact is deleted',
    'deals/{id}',
    async ({ member }) => {
      const { id } = await made(member, 'contacts', { name: 'Ada' });
      const deal = await made(member, 'deals', { title: 'D', contact_id: id, amount: 1, status: 'won' });
      expect((await member.delete(`contacts/${id}`)).status).toBe(200);
      return deal;
    },
  ],
  [
    'an overdue task that was reminded of, and that somebody else has given',
    'tasks/{id}',
    async (w) => {
      const [due_at, remind_at] = ['2027-03-10T23:59:00Z', '2027-03-10T23:58:00Z'];
      const task = await made(w.manager, 'tasks', { title: 'T', due_at, remind_at, assignee_id: w.member.userId, custom: contact.custom });
      await remind(w, task);
      at('2027-03-11T00:05:00Z');
      return (await w.member.get(`tasks/${task.id}`)).data;
    },
  ],
  [
    'a task whose organization has moved to another zone',
    'tasks/{id}',
    async ({ owner, member, organization }) => {
      const task = await made(member, 'tasks', { title: 'T', due_at: '2099-03-10T23:00:00Z' });
      await settle(owner, organization, { time_zone: 'Pacific/Auckland' });
      return task;
    },
  ],
  [
    'a task that is done',
    'tasks/{id}',
    ({ member }) => made(member, 'tasks', { title: 'T', is_done: true, recurrence: { every: 'week' } }),
  ],
  ['a cancelled task', 'tasks/{id}', ({ member }) => made(member, 'tasks', { title: 'T', status: 'cancelled' })],
  [
    'an activity',
    'activities/{id}',
    async ({ member }) => {
      const { id } = await made(member, 'contacts', { name: 'Ada' });
      const said = { kind: 'call', text: 'Hello ', payload: contact.custom, occurred_at: '2026-01-01T01:00:00+01:00' };
      return made(member, `contacts/${id}/activities`, said);
    },
  ],
  ['the default pipeline', 'pipelines/{id}', async ({ admin }) => (await admin.get('pipelines')).data[0]],
  [
    'a pipeline',
    'pipelines/{id}',
    ({ admin }) => made(admin, 'pipelines', { name: 'Walk-in', template: 'simple', custom: contact.custom }),
  ],
  [
    'an exchange rate',
    'exchange-rates/{id}',
    ({ admin }) => made(admin, 'exchange-rates', { from: 'USD', to: 'EUR', date: '2026-11-20', rate: '0.92150', source: 'ECB' }),
  ],
];

describe('a record that is sent back as it was read is as it was', () => {
  it.each(cases)('%s', async (_, operation, make) => {
    const w = await world();
    const shown = await make(w);
    const who = /^(pipelines|exchange)/.test(operation) ? w.admin : w.member;
    const path = operation.replace('{id}', shown.id as string);
    const told = async () => (await w.owner.get(`audit?page_size=1`)).body.meta.total;
    const noted = async () => (await w.owner.get('activities?page_size=1')).body.meta.total;
    const before = [(await who.get(path)).data, await told(), await noted()];
    const answer = await who.patch(path, await asShown(shown, operation));
    expect([answer.status, answer.error]).toEqual([200, null]);
    expect([answer.data, await told(), await noted()]).toEqual(before);
    expect((await who.get(path)).data).toEqual(before[0]);
  });

  it('a stage, and with it its pipeline', async () => {
    const { admin } = await world();
    const [{ id }] = (await admin.get('pipelines')).data;
    const before = (await admin.get(`pipelines/${id}`)).data;
    for (const stage of before.stages as Json[]) {
      const path = `pipelines/${id}/stages/${stage.id}`;
      const sent = await asShown(stage, 'pipelines/{id}/stages/{stage_id}');
      expect((await admin.patch(path, sent)).data).toMatchObject({ version: stage.version, updated_at: stage.updated_at });
    }
    const order = before.stages.map(({ id }: Json) => id);
    expect((await admin.post(`pipelines/${id}/stages/reorder`, { stage_ids: order })).status).toBe(200);
    expect((await admin.get(`pipelines/${id}`)).data).toEqual(before);
  });

  it('a deal whose probability is its stage’s keeps it so: won, sent back and reopened, it is what its stage says', async () => {
    const { admin } = await world();
    const send = async (shown: Json) => (await admin.patch(`deals/${shown.id}`, await asShown(shown, 'deals/{id}'))).data as Json;
    const open = await send(await made(admin, 'deals', { title: 'D', amount: 10, stage: 'proposal' }));
    expect((await admin.post(`deals/${open.id}/move`, { stage: 'negotiation' })).data.probability).toBe(70);
    for (const verb of ['win', 'lose']) {
      await send((await admin.post(`deals/${open.id}/${verb}`)).data);
      expect((await admin.post(`deals/${open.id}/reopen`)).data).toMatchObject({ stage: 'negotiation', probability: 70 });
    }
    const own = await made(admin, 'deals', { title: 'D', amount: 10, probability: 55 });
    await send((await admin.post(`deals/${own.id}/win`)).data);
    expect((await admin.post(`deals/${own.id}/reopen`)).data.probability).toBe(55);
    // What differs from what is shown is meant, also where it shows only later.
    const won = (await admin.post(`deals/${open.id}/win`)).data;
    expect((await send({ ...won, probability: 33 })).probability).toBe(100);
    expect((await admin.post(`deals/${open.id}/reopen`)).data.probability).toBe(33);
  });

  it('a task is not reminded of twice', async () => {
    const w = await world();
    const task = await made(w.member, 'tasks', { title: 'T', remind_at: '2030-05-01T08:00:00.000Z' });
    await remind(w, task);
    const reminded = (await w.member.get(`tasks/${task.id}`)).data;
    expect(reminded.reminded_at).not.toBeNull();
    for (const sent of [{ remind_at: '2030-05-01T09:00:00+01:00' }, await asShown(reminded, 'tasks/{id}')])
      expect((await w.member.patch(`tasks/${task.id}`, sent)).data).toMatchObject({
        reminded_at: reminded.reminded_at,
        version: reminded.version,
      });
    await remind(w, task);
    expect((await w.member.get(`tasks/${task.id}`)).data.version).toBe(reminded.version);
    // Another moment is to be reminded of anew.
    expect((await w.member.patch(`tasks/${task.id}`, { remind_at: '2031-05-01T08:00:00Z' })).data.reminded_at).toBeNull();
  });

  it('a task of a series goes on from the day the series counts from', async () => {
    at('2027-01-20T12:00:00Z');
    const { member } = await world();
    const after = async ({ id }: Json) => (await member.get(`tasks?follows_id=${id}`)).data[0] as Json;
    const first = await made(member, 'tasks', { title: 'Report', due_at: '2027-01-31T09:00:00Z', recurrence: { every: 'month' } });
    await member.post(`tasks/${first.id}/complete`);
    const second = await after(first);
    expect(second.due_date).toBe('2027-02-28');
    await member.patch(`tasks/${second.id}`, await asShown(second, 'tasks/{id}'));
    // Another time of the same day.
    await member.patch(`tasks/${second.id}`, { due_at: '2027-02-28T15:00:00Z' });
    await member.post(`tasks/${second.id}/complete`);
    expect(await after(second)).toMatchObject({ due_date: '2027-03-31', due_at: '2027-03-31T15:00:00.000Z' });
  });
});
