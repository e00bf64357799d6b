import { jest } from '@jest/globals';
import { BillDue, CreateSubscription, mayBe, RunBilling } from '#billing';
import { CreateContact } from '#crm';
import { actingAs, Bus, invariants, ruleBroken, setClock, system, Verifier } from '#kernel';
import { BillSome } from '../../libs/billing/subscriptions/bill-due.ts';
import { CarryOnBilling } from '../../libs/billing/subscriptions/run-billing.ts';
import { asOwner, rowsOf, tamper } from '../database.ts';
import { type Answer, app, type Json, send, world as made } from '../world.ts';

afterEach(() => setClock());

const at = (instant: string) => setClock(() => new Date(instant));

/** A manager who acts by a key that outlives the jumps of the clock. */
class Clerk {
  constructor(private readonly key: string) {}
  private readonly send =
    (method: string) =>
    (url: string, body?: unknown): Promise<Answer> =>
      send(method, url, body, { authorization: `Bearer ${this.key}` });
  get = this.send('GET');
  post = (url: string, body: unknown = {}) => this.send('POST')(url, body);
  patch = this.send('PATCH');
}
async function world(given: { timeZone?: string } = {}) {
  const all = await made(given);
  const { data } = await all.owner.post('api-keys', { name: 'Clerk', role: 'manager' });
  return { ...all, person: all.manager, manager: new Clerk(data.key as string) };
}
type World = Awaited<ReturnType<typeof world>>;

/** The clocks of these tests stand in the past, and that of the database does not. */
const ON_TIME = 'nothing is due';
const broken = async (organizationId: string, known = invariants.filter(({ name }) => !name.startsWith(ON_TIME))): Promise<string[]> => {
  const found: string[] = [];
  for (const { name, sql } of known) if ((await rowsOf<{ wrong: number }>(organizationId, sql))[0]!.wrong) found.push(name);
  return found;
};
const item = (more: object = {}) => ({ description: 'Plan', quantity: 1, unit_price: '30.00', tax_percent: 0, interval: 'month', ...more });
async function begun(who: Clerk, more: object = {}): Promise<Json> {
  const contact_id = (await who.post('contacts', { name: 'Ada Lovelace' })).data.id as string;
  const answer = await who.post('subscriptions', { contact_id, currency: 'EUR', items: [item()], ...more });
  expect(answer).toMatchObject({ status: 201 });
  return answer.data;
}
const periodsOf = async (who: Clerk, id: string): Promise<Json[]> =>
  (await who.get(`subscriptions/${id}/periods?sort=index&page_size=100`)).data;
const invoicesOf = async (who: Clerk, id: string): Promise<Json[]> => {
  const heads = (await who.get(`invoices?source_id=${id}&sort=number&page_size=100`)).data as Json[];
  return Promise.all(heads.map(async (head) => (await who.get(`invoices/${head.id}`)).data));
};
const run = async (who: Clerk, body: object = {}): Promise<Json> => {
  const answer = await who.post('billing-runs', body);
  expect(answer).toMatchObject({ status: 201 });
  return answer.data;
};

describe('a subscription', () => {
  beforeAll(app);

  it('is made, read, listed and billed in advance by a run', async () => {
    const { manager, organization } = await world();
    at('2026-01-31T10:00:00Z');
    const made = await begun(manager, {
      start_date: '2026-01-31',
      items: [item({ tax_percent: '19' }), item({ description: 'Seat', quantity: '3', unit_price: '9.99' })],
    });
    expect(made).toMatchObject({
      status: 'active',
      start_date: '2026-01-31',
      interval: 'month',
      interval_count: 1,
      billing: 'advance',
      catch_up: 'each_period',
      next_billing_on: '2026-01-31',
      items: [
        { description: 'Plan', quantity: '1', unit_price: '30', tax_percent: '19', tax_category: 'S' },
        { description: 'Seat', quantity: '3', unit_price: '9.99', tax_category: 'Z' },
      ],
    });
    const dry = await run(manager, { dry_run: true });
    expect(dry).toMatchObject({
      status: 'done',
      dry_run: true,
      invoices: 1,
      planned: [
        {
          subscription_id: made.id,
          status: 'billed',
          payable: '65.67',
          periods: [{ index: 0, period_start: '2026-01-31', period_end: '2026-02-27' }],
        },
      ],
    });
    expect(await periodsOf(manager, made.id)).toEqual([]);
    const done = await run(manager);
    expect(done).toMatchObject({ status: 'done', subscriptions: 1, invoices: 1, periods: 1, parked: 0, planned: [] });
    expect((await manager.get(`billing-runs/${done.id}`)).data).toMatchObject({ id: done.id, invoices: 1 });
    expect(await run(manager)).toMatchObject({ invoices: 0 });
    const [invoice, ...others] = await invoicesOf(manager, made.id);
    expect(others).toEqual([]);
    expect(invoice).toMatchObject({
      status: 'issued',
      number: 'INV-2026-00001',
      issue_date: '2026-01-31',
      contact_id: made.contact_id,
      lines: [
        { description: 'Plan', period_start: '2026-01-31', period_end: '2026-02-27', net: '30.00' },
        { description: 'Seat', net: '29.97' },
      ],
      totals: { net: '59.97', tax: '5.70', payable: '65.67' },
    });
    expect(await periodsOf(manager, made.id)).toMatchObject([
      { index: 0, period_start: '2026-01-31', period_end: '2026-02-27', status: 'billed', invoice_id: invoice.id },
    ]);
    expect((await manager.get(`subscriptions/${made.id}`)).data).toMatchObject({ next_billing_on: '2026-02-28', items: made.items });
    expect((await manager.get('subscriptions?status=active')).data).toHaveLength(1);
    expect(await broken(organization.id)).toEqual([]);
  });

  it.each([
    ['2026-01-31', item(), ['2026-01-31', '2026-02-28', '2026-03-31', '2026-04-30']],
    ['2028-01-31', item(), ['2028-01-31', '2028-02-29', '2028-03-31', '2028-04-30']],
    ['2024-02-29', item({ interval: 'year' }), ['2024-02-29', '2025-02-28', '2026-02-28', '2027-02-28', '2028-02-29']],
    ['2025-11-30', item({ interval_count: 3 }), ['2025-11-30', '2026-02-28', '2026-05-30', '2026-08-30', '2026-11-30']],
  ])('from %s on is billed on its own dates', async (start_date, sold, expected) => {
    const { manager, drain } = await world();
    at(`${start_date}T12:00:00Z`);
    const { id } = await begun(manager, { start_date, items: [sold] });
    for (const day of expected) {
      at(`${day}T00:00:00Z`);
      await drain();
    }
    expect((await periodsOf(manager, id)).map((period) => period.period_start)).toEqual(expected);
    expect((await invoicesOf(manager, id)).map((invoice) => [invoice.issue_date, invoice.lines[0].period_start])).toEqual(
      expected.map((day) => [day, day]),
    );
  });

  it('is billed from local midnight on, and no moment before', async () => {
    const { manager, drain } = await world({ timeZone: 'America/New_York' });
    at('2026-02-01T12:00:00Z');
    const { id } = await begun(manager, { start_date: '2026-03-01' });
    const billed = async (instant: string) => {
      at(instant);
      await drain();
      return (await periodsOf(manager, id)).length;
    };
    expect(await billed('2026-03-01T04:59:59Z')).toBe(0);
    expect(await billed('2026-03-01T05:00:00Z')).toBe(1);
  });

  it('has a trial, is a draft, or is billed in arrears, if it says so', async () => {
    const { manager, drain } = await world();
    at('2026-01-01T12:00:00Z');
    const trial = await begun(manager, { start_date: '2026-01-01', trial_days: 14 });
    const draft = await begun(manager, { start_date: '2026-01-01', status: 'draft' });
    const late = await begun(manager, { start_date: '2026-01-01', billing: 'arrears' });
    expect([trial.status, draft.status, late.status]).toEqual(['trialing', 'draft', 'active']);
    at('2026-01-15T00:00:00Z');
    await drain();
    expect((await manager.get(`subscriptions/${trial.id}`)).data.status).toBe('active');
    at('2026-02-01T00:00:00Z');
    await drain();
    const starts = async ({ id }: Json) => (await periodsOf(manager, id)).map((period) => period.period_start);
    expect([await starts(trial), await starts(draft), await starts(late)]).toEqual([['2026-01-15'], [], ['2026-01-01']]);
    expect((await manager.patch(`subscriptions/${draft.id}`, { status: 'active' })).data.status).toBe('active');
    await drain();
    expect(await starts(draft)).toEqual(['2026-01-01', '2026-02-01']);
  });

  it.each([
    [{ items: [] }, 400, '/items'],
    [{ items: [item({ unit_price: '-1' })] }, 400, '/items/0/unit_price'],
    [{ items: [item(), item({ interval: 'year' })] }, 422, '/items/1/interval'],
    [{ zone: 'Mars/Olympus' }, 400, '/zone'],
    [{ contact_id: '00000000-0000-7000-8000-000000000000' }, 404, '/contact_id'],
    [{ trial_days: 0 }, 400, '/trial_days'],
  ])('%j is %i at %s', async (more, status, pointer) => {
    const { manager } = await world();
    const contact_id = (await manager.post('contacts', { name: 'Ada' })).data.id as string;
    const answer = await manager.post('subscriptions', { contact_id, currency: 'EUR', items: [item()], ...more });
    expect(answer).toMatchObject({ status, error: { details: [{ pointer }] } });
  });

  it('is billed when its price says so, unless it says otherwise itself', async () => {
    const { manager } = await world();
    const product = (await manager.post('products', { name: 'Care' })).data;
    const price = async (billing: string): Promise<string> => {
      const body = { product_id: product.id, kind: 'recurring', unit_amount: '10', currency: 'EUR', interval: 'month', billing };
      return (await manager.post('prices', body)).data.id as string;
    };
    const [behind, ahead] = [await price('arrears'), await price('advance')];
    const of = (price_id: string) => ({ price_id, tax_percent: 0 });
    expect(await begun(manager, { items: [of(behind)] })).toMatchObject({ billing: 'arrears' });
    expect(await begun(manager, { items: [of(ahead)] })).toMatchObject({ billing: 'advance' });
    expect(await begun(manager, { items: [item(), of(behind)] })).toMatchObject({ billing: 'arrears' });
    expect(await begun(manager, { items: [of(behind)], billing: 'advance' })).toMatchObject({ billing: 'advance' });
    const contact_id = (await manager.post('contacts', { name: 'Ada' })).data.id as string;
    const mixed = { contact_id, currency: 'EUR', items: [of(behind), of(ahead)] };
    expect(await manager.post('subscriptions', mixed)).toMatchObject({ status: 422, error: { code: 'subscription.one_interval' } });
    expect(await manager.post('subscriptions', { ...mixed, billing: 'arrears' })).toMatchObject({ status: 201 });
  });

  it('members read; finance and managers begin and change', async () => {
    const { manager, member, stranger, join } = await world();
    const { id, contact_id } = await begun(manager);
    const finance = await join('member', ['finance']);
    expect((await member.get(`subscriptions/${id}`)).status).toBe(200);
    expect((await member.post('subscriptions', { contact_id, items: [item()] })).status).toBe(403);
    expect((await member.post(`subscriptions/${id}/pause`)).status).toBe(403);
    expect((await member.post('billing-runs')).status).toBe(403);
    expect((await finance.post(`subscriptions/${id}/pause`)).status).toBe(200);
    expect((await finance.post('billing-runs')).status).toBe(201);
    for (const verb of ['pause', 'resume', 'cancel', 'preview'])
      expect((await stranger.post(`subscriptions/${id}/${verb}`)).status).toBe(404);
    expect((await stranger.get(`subscriptions/${id}/periods`, { 'x-organization-id': stranger.organizationId })).status).toBe(404);
  });
});

describe('an outage from 20 February to 2 May', () => {
  const missed = async (more: object = {}): Promise<{ all: World; id: string }> => {
    const all = await world();
    at('2026-01-31T08:00:00Z');
    const { id } = await begun(all.manager, { start_date: '2026-01-31', ...more });
    await all.drain();
    at('2026-05-02T09:00:00Z');
    await all.drain();
    expect(await broken(all.organization.id)).toEqual([]);
    return { all, id };
  };

  it('is caught up: one invoice for each period, issued today, for the days it was served', async () => {
    const { all, id } = await missed();
    const invoices = await invoicesOf(all.manager, id);
    expect(invoices.map((one) => [one.number, one.issue_date, one.lines[0].period_start, one.lines[0].period_end])).toEqual([
      ['INV-2026-00001', '2026-01-31', '2026-01-31', '2026-02-27'],
      ['INV-2026-00002', '2026-05-02', '2026-02-28', '2026-03-30'],
      ['INV-2026-00003', '2026-05-02', '2026-03-31', '2026-04-29'],
      ['INV-2026-00004', '2026-05-02', '2026-04-30', '2026-05-30'],
    ]);
    expect((await periodsOf(all.manager, id)).map(({ invoice_id }) => invoice_id)).toEqual(invoices.map((one) => one.id));
  });

  it('on a single invoice, or with what was missed skipped', async () => {
    const single = await missed({ catch_up: 'single_invoice' });
    const [, one, ...none] = await invoicesOf(single.all.manager, single.id);
    expect([one.lines.length, one.totals.payable, none]).toEqual([3, '90.00', []]);
    setClock();
    const skip = await missed({ catch_up: 'skip' });
    expect((await periodsOf(skip.all.manager, skip.id)).map(({ status }) => status)).toEqual(['billed', 'skipped', 'skipped', 'billed']);
    expect(await invoicesOf(skip.all.manager, skip.id)).toHaveLength(2);
  });

  it('of exactly 24 periods is caught up; of 25 it waits for a person, whatever the policy', async () => {
    const { manager, drain } = await world();
    at('2026-02-01T12:00:00Z');
    const policies = ['each_period', 'single_invoice', 'skip'];
    const all = [];
    for (const [start_date, catch_up] of [...policies.map((one) => ['2024-03-01', one]), ...policies.map((one) => ['2024-02-01', one])])
      all.push(await begun(manager, { start_date, catch_up }));
    await drain();
    const seen = [];
    for (const { id } of all) {
      const { parked_at } = (await manager.get(`subscriptions/${id}`)).data;
      seen.push([parked_at !== null, (await periodsOf(manager, id)).length, (await invoicesOf(manager, id)).length]);
    }
    expect(seen).toEqual([
      [false, 24, 24],
      [false, 24, 1],
      [false, 24, 1],
      [true, 0, 0],
      [true, 0, 0],
      [true, 0, 0],
    ]);
  });

  it('of more than 24 periods waits for a person, who is told', async () => {
    const { manager, drain, organization } = await world();
    at('2026-03-01T12:00:00Z');
    const { id } = await begun(manager, { start_date: '2024-02-01' });
    await drain();
    expect((await manager.get(`subscriptions/${id}`)).data).toMatchObject({ parked_reason: '26 periods were missed, from 2024-02-01 on' });
    expect(await periodsOf(manager, id)).toEqual([]);
    expect((await manager.get('tasks')).data).toMatchObject([{ title: 'A subscription is not billed any more', priority: 'urgent' }]);
    expect((await manager.post(`subscriptions/${id}/resume`)).data).toMatchObject({ parked_at: null, status: 'active' });
    await drain();
    expect(await periodsOf(manager, id)).toHaveLength(26);
    expect(await broken(organization.id)).toEqual([]);
  });

  it('of more periods than one transaction looks at is skipped or put on invoices a thousand at a time', async () => {
    const { manager, drain, organization } = await world();
    at('2026-03-01T12:00:00Z');
    const daily = { start_date: '2023-05-01', items: [item({ interval: 'day' })] };
    const skip = await begun(manager, { ...daily, catch_up: 'skip' });
    const single = await begun(manager, { ...daily, catch_up: 'single_invoice' });
    const endless = await begun(manager, { ...daily, start_date: '1000-01-01' });
    await drain();
    for (const { id } of [skip, single, endless])
      expect((await manager.get(`subscriptions/${id}`)).data.parked_reason).toMatch(/^More than 1000 periods were missed, from/);
    for (const { id } of [skip, single]) await manager.post(`subscriptions/${id}/resume`);
    await drain();
    expect((await manager.get(`subscriptions/${skip.id}/periods?status=skipped`)).body.meta.total).toBe(1035);
    const linesOf = async (id: string) => (await invoicesOf(manager, id)).map(({ lines }) => lines.map((one: Json) => one.period_start));
    expect(await linesOf(skip.id)).toEqual([['2026-03-01']]);
    expect((await linesOf(single.id)).map((lines) => [lines.length, lines[0], lines.at(-1)])).toEqual([
      [1000, '2023-05-01', '2026-01-24'],
      [36, '2026-01-25', '2026-03-01'],
    ]);
    expect(await broken(organization.id)).toEqual([]);
  });

  it('in a run up to an instant bills what was due then', async () => {
    const { manager } = await world();
    at('2026-11-20T12:00:00Z');
    const { id } = await begun(manager, { start_date: '2026-01-31' });
    expect(await run(manager, { as_of: '2026-02-20T00:00:00Z' })).toMatchObject({ invoices: 1 });
    expect(await run(manager, { as_of: '2026-05-02T00:00:00Z' })).toMatchObject({ invoices: 3 });
    expect((await periodsOf(manager, id)).map(({ period_start }) => period_start)).toEqual([
      '2026-01-31',
      '2026-02-28',
      '2026-03-31',
      '2026-04-30',
    ]);
  });
});

describe('what fails again and again', () => {
  it('is looked at again an hour later, and somebody is asked to look, once; a run by hand is said to have failed', async () => {
    const { manager, drain, organization } = await world();
    at('2026-02-01T12:00:00Z');
    const { id } = await begun(manager, { start_date: '2026-02-01' });
    const bus = (await app()).get(Bus);
    const made = (await manager.post('billing-runs', { as_of: '2026-01-01T00:00:00Z' })).data;
    await actingAs(system(organization.facts()), () => bus.later(new CarryOnBilling(made.id as string)));
    const run = bus.run.bind(bus);
    const broken = jest
      .spyOn(bus, 'run')
      .mockImplementation((message) => (message instanceof BillSome ? Promise.reject(new Error('broken')) : run(message)));
    const givenUp = async () => {
      await asOwner('update due set attempts = 7 where organization_id = $1 and done_at is null and attempts = 0', [organization.id]);
      await drain().catch(() => 0);
    };
    await givenUp();
    expect((await manager.get(`billing-runs/${made.id}`)).data).toMatchObject({ status: 'failed', finished_at: expect.any(String) });
    at('2026-02-01T13:00:00Z');
    await givenUp();
    broken.mockRestore();
    expect(await invoicesOf(manager, id)).toEqual([]);
    expect((await manager.get('tasks')).data).toMatchObject([{ title: 'Subscriptions cannot be billed', priority: 'urgent' }]);
    at('2026-02-01T14:00:00Z');
    await drain();
    expect(await invoicesOf(manager, id)).toHaveLength(1);
  });
});

describe('billed in one run', () => {
  it('each says why it is not taxed in words of its own, not in those of another’s rate', async () => {
    const { manager } = await world();
    at('2026-02-01T10:00:00Z');
    const rate = async (code: string, exemption_text?: string): Promise<string> =>
      (await manager.post('tax-rates', { code, category: 'E', percent: 0, exemption_text })).data.id as string;
    const untaxed = (more: object) => [{ description: 'Plan', unit_price: '30.00', interval: 'month', ...more }];
    const made: string[] = [];
    for (const items of [
      untaxed({ tax_rate_id: await rate('HEAL', '§ 4 Nr. 14 UStG') }),
      untaxed({ tax_rate_id: await rate('SCHOOL', '§ 4 Nr. 21 UStG') }),
      untaxed({ tax_category: 'E' }),
      untaxed({ tax_rate_id: await rate('SILENT') }),
    ])
      made.push((await begun(manager, { start_date: '2026-02-01', items })).id as string);
    await run(manager);
    const reasons: string[] = [];
    for (const id of made) reasons.push((await invoicesOf(manager, id))[0].taxes[0].exemption_reason as string);
    expect(reasons).toEqual(['§ 4 Nr. 14 UStG', '§ 4 Nr. 21 UStG', 'Exempt from tax', 'Exempt from tax']);
  });
});

describe('changes', () => {
  it('upgrading 30 to 50 on 15 February gives 15.00 back and bills 25.00 on the next invoice', async () => {
    const { manager, drain, organization } = await world();
    at('2026-02-01T12:00:00Z');
    const { id } = await begun(manager, { start_date: '2026-02-01' });
    await drain();
    at('2026-02-15T12:00:00Z');
    const body = { items: [{ description: 'Plan Plus', unit_price: '50.00', tax_percent: 0 }] };
    const preview = await manager.post(`subscriptions/${id}/preview`, body);
    expect(preview).toMatchObject({
      status: 200,
      data: {
        adjustments: [
          { description: 'Plan', quantity: '-1', unit_price: '15', period_start: '2026-02-15', period_end: '2026-02-28' },
          { description: 'Plan Plus', quantity: '1', unit_price: '25' },
        ],
      },
    });
    expect(preview.data.upcoming.map(({ billed_on, invoice }: Json) => [billed_on, invoice.totals.payable])).toEqual([
      ['2026-03-01', '60.00'],
      ['2026-04-01', '50.00'],
      ['2026-05-01', '50.00'],
    ]);
    expect((await manager.get(`subscriptions/${id}`)).data.adjustments).toEqual([]);
    const changed = await manager.post(`subscriptions/${id}/change`, body);
    expect(changed).toMatchObject({ status: 200, data: { adjustments: preview.data.adjustments } });
    expect(changed.data.items.map(({ description, valid_from, valid_until }: Json) => [description, valid_from, valid_until])).toEqual([
      ['Plan', '2026-02-01', '2026-02-15'],
      ['Plan Plus', '2026-02-15', null],
    ]);
    at('2026-03-01T00:00:00Z');
    await drain();
    const [, next] = await invoicesOf(manager, id);
    expect(next.lines.map((one: Json) => [one.description, one.net])).toEqual([
      ['Plan Plus', '50.00'],
      ['Plan Plus', '25.00'],
      ['Plan', '-15.00'],
    ]);
    expect((await manager.get(`subscriptions/${id}`)).data.adjustments).toEqual([]);
    expect(await broken(organization.id)).toEqual([]);
  });

  it('what is given back never makes an invoice negative: the rest waits', async () => {
    const { manager, drain } = await world();
    at('2026-02-01T12:00:00Z');
    const { id } = await begun(manager, { start_date: '2026-02-01', items: [item({ unit_price: '280' })] });
    await drain();
    await manager.post(`subscriptions/${id}/change`, {
      items: [{ description: 'Small', unit_price: '28', tax_percent: 0 }],
      effective_date: '2026-02-15',
    });
    for (const day of ['2026-03-01', '2026-04-01', '2026-05-01', '2026-06-01', '2026-07-01', '2026-08-01']) {
      at(`${day}T00:00:00Z`);
      await drain();
    }
    // 140 back, 14 more: 126 of credit against 28 a month.
    expect((await invoicesOf(manager, id)).map((one) => one.totals.payable)).toEqual([
      '280.00',
      '0.00',
      '0.00',
      '0.00',
      '0.00',
      '14.00',
      '28.00',
    ]);
  });

  it.each([
    ['voided', 'void', undefined, ['28.00', '28.00']],
    ['credited in full', 'credit', undefined, ['28.00', '28.00']],
    // Of 280 billed 42 were given back on the next invoice, and 200 credited: 38 are left.
    ['credited in part', 'credit', { lines: [{ position: 1, amount: '200' }] }, ['0.00', '18.00']],
    ['credited a little', 'credit', { lines: [{ position: 1, amount: '40' }] }, ['0.00', '0.00']],
  ])(
    'what waits to be given back is no more than is left of the invoice that billed it, once that is %s',
    async (_, verb, body, payable) => {
      const { manager, drain, organization } = await world();
      at('2026-02-01T12:00:00Z');
      const { id } = await begun(manager, { start_date: '2026-02-01', items: [item({ unit_price: '280' })] });
      await drain();
      at('2026-02-15T12:00:00Z');
      await manager.post(`subscriptions/${id}/change`, { items: [item({ description: 'Small', unit_price: '28' })] });
      at('2026-03-01T12:00:00Z');
      await drain();
      expect((await manager.get(`subscriptions/${id}`)).data.adjustments).toMatchObject([{ quantity: '-1', unit_price: '98' }]);
      at('2026-03-05T12:00:00Z');
      const [february] = await invoicesOf(manager, id);
      expect((await manager.post(`invoices/${february.id}/${verb}`, body)).status).toBeLessThan(300);
      await drain();
      for (const day of ['2026-04-01', '2026-05-01']) {
        at(`${day}T12:00:00Z`);
        await drain();
      }
      const invoices = (await invoicesOf(manager, id)).filter(({ kind }) => kind === 'invoice');
      expect(invoices.map((one) => one.totals.payable)).toEqual(['280.00', '0.00', ...payable]);
      expect(await broken(organization.id)).toEqual([]);
    },
  );

  it('of a tax rate: each day bears the rate that is valid at the end of what is billed, and what is given back that of before', async () => {
    const { manager, drain } = await world();
    at('2026-12-01T12:00:00Z');
    const rate = async (body: object): Promise<string> => (await manager.post('tax-rates', body)).data.id as string;
    const old = await rate({ code: 'OLD', percent: 16 });
    const next = await rate({ code: 'NEW', percent: 19, valid_from: '2027-01-01' });
    const plan = (tax_rate_id: string) => ({ items: [{ description: 'Plan', unit_price: '31', interval: 'month', tax_rate_id }] });
    const arrears = await begun(manager, { start_date: '2026-12-01', billing: 'arrears', ...plan(old) });
    const advance = await begun(manager, { start_date: '2026-12-15', ...plan(old) });
    at('2026-12-15T12:00:00Z');
    await drain();
    await manager.patch(`tax-rates/${old}`, { valid_to: '2026-12-31' });
    for (const { id } of [arrears, advance])
      expect(await manager.post(`subscriptions/${id}/change`, { ...plan(next), effective_date: '2027-01-01' })).toMatchObject({
        status: 200,
      });
    expect(await manager.post(`subscriptions/${arrears.id}/change`, { ...plan(old), effective_date: '2027-01-01' })).toMatchObject({
      status: 422,
      error: { code: 'tax_rate.not_valid' },
    });
    for (const day of ['2027-01-01', '2027-01-15', '2027-02-01']) {
      at(`${day}T12:00:00Z`);
      await drain();
    }
    const told = async (id: string) =>
      (await invoicesOf(manager, id)).map(({ lines }) =>
        lines.map(
          ({ tax_percent, quantity, period_start, period_end }: Json) => `${quantity} at ${tax_percent}: ${period_start}/${period_end}`,
        ),
      );
    expect(await told(arrears.id)).toEqual([['1 at 16: 2026-12-01/2026-12-31'], ['1 at 19: 2027-01-01/2027-01-31']]);
    expect(await told(advance.id)).toEqual([
      ['1 at 16: 2026-12-15/2027-01-14'],
      ['1 at 19: 2027-01-15/2027-02-14', '1 at 19: 2027-01-01/2027-01-14', '-1 at 16: 2027-01-01/2027-01-14'],
    ]);
  });

  it('before a period is billed split it by days; a stub costs its days', async () => {
    const { manager, drain } = await world();
    at('2026-02-10T12:00:00Z');
    const stub = await begun(manager, { start_date: '2026-02-10', anchor_day: 1 });
    const arrears = await begun(manager, { start_date: '2026-02-01', billing: 'arrears' });
    await manager.post(`subscriptions/${arrears.id}/change`, {
      items: [{ description: 'Plus', unit_price: '50', tax_percent: 0 }],
      effective_date: '2026-02-15',
    });
    at('2026-03-01T00:00:00Z');
    await drain();
    const nets = async ({ id }: Json) => (await invoicesOf(manager, id)).map((one) => one.lines.map(({ net }: Json) => net));
    expect([await nets(stub), await nets(arrears)]).toEqual([[['20.36'], ['30.00']], [['15.00', '25.00']]]);
  });

  it('is a new version, also where nothing but what is sold is another: nobody overwrites what he has not seen', async () => {
    const { manager } = await world();
    at('2026-02-01T08:00:00Z');
    const made = await begun(manager, { start_date: '2026-03-01' });
    at('2026-02-01T08:00:01Z');
    const changed = await manager.post(`subscriptions/${made.id}/change`, { items: [item({ unit_price: '50' })] });
    expect(changed).toMatchObject({ status: 200, data: { version: made.version + 1 } });
  });

  it('refuses another interval, and what lies in a period that is over', async () => {
    const { manager, drain } = await world();
    at('2026-02-01T12:00:00Z');
    const { id } = await begun(manager, { start_date: '2026-01-01' });
    await drain();
    const change = (body: object) => manager.post(`subscriptions/${id}/change`, { items: [item()], ...body });
    expect(await change({ items: [item({ interval: 'year' })] })).toMatchObject({
      status: 422,
      error: { code: 'subscription.one_interval' },
    });
    expect(await change({ effective_date: '2026-01-15' })).toMatchObject({ status: 422, error: { code: 'subscription.too_early' } });
  });
});

describe('the last day', () => {
  const onto = async (manager: Clerk, drain: () => Promise<unknown>, ...days: string[]) => {
    for (const day of days) {
      at(`${day}T12:00:00Z`);
      await drain();
    }
  };
  const payables = async (manager: Clerk, id: string) => (await invoicesOf(manager, id)).map((one) => one.totals.payable);

  it.each([
    ['called off', (manager: Clerk, id: string) => manager.patch(`subscriptions/${id}`, { cancel_at: null }), '47.00'],
    ['put off', (manager: Clerk, id: string) => manager.post(`subscriptions/${id}/cancel`, { cancel_at: '2026-05-10' }), '47.00'],
    ['put off a little', (manager: Clerk, id: string) => manager.patch(`subscriptions/${id}`, { cancel_at: '2026-03-20' }), '5.00'],
  ])('%s after its last period was billed in part, the days that were left out are billed, once', async (_, change, next) => {
    const { manager, drain, organization } = await world();
    at('2026-02-01T12:00:00Z');
    const { id } = await begun(manager, { start_date: '2026-02-01', items: [item({ unit_price: '31' })] });
    await manager.post(`subscriptions/${id}/cancel`, { cancel_at: '2026-03-15' });
    await onto(manager, drain, '2026-02-01', '2026-03-01');
    expect(await payables(manager, id)).toEqual(['31.00', '14.00']);
    at('2026-03-05T12:00:00Z');
    expect((await change(manager, id)).status).toBe(200);
    expect((await change(manager, id)).data.adjustments).toHaveLength(1);
    await onto(manager, drain, '2026-03-20', '2026-04-01');
    // April has 30 days, and costs what March does.
    expect((await payables(manager, id)).slice(2)).toEqual([next === '47.00' ? '48.00' : next]);
    expect((await periodsOf(manager, id))[1]).toMatchObject({ period_end: next === '47.00' ? '2026-03-31' : '2026-03-19' });
    expect(await broken(organization.id)).toEqual([]);
  });

  it('put off and put back before the next invoice, nothing more is billed', async () => {
    const { manager, drain, organization } = await world();
    at('2026-02-01T12:00:00Z');
    const { id } = await begun(manager, { start_date: '2026-02-01', items: [item({ unit_price: '31' })] });
    await manager.patch(`subscriptions/${id}`, { cancel_at: '2026-03-15' });
    await onto(manager, drain, '2026-02-01', '2026-03-01');
    at('2026-03-05T12:00:00Z');
    await manager.patch(`subscriptions/${id}`, { cancel_at: null });
    expect((await manager.patch(`subscriptions/${id}`, { cancel_at: '2026-03-15' })).data.adjustments).toEqual([]);
    await onto(manager, drain, '2026-03-15', '2026-04-01');
    expect(await payables(manager, id)).toEqual(['31.00', '14.00']);
    expect((await periodsOf(manager, id))[1]).toMatchObject({ period_end: '2026-03-14' });
    expect(await broken(organization.id)).toEqual([]);
  });

  it('set, paused over, called off and resumed: each day that is served is paid for once', async () => {
    const { manager, drain, organization } = await world();
    at('2026-03-01T12:00:00Z');
    const { id } = await begun(manager, { start_date: '2026-03-01', items: [item({ unit_price: '31' })] });
    await drain();
    await manager.patch(`subscriptions/${id}`, { cancel_at: '2026-03-15' });
    await manager.post(`subscriptions/${id}/pause`, { from: '2026-03-07', until: '2026-03-25' });
    await manager.patch(`subscriptions/${id}`, { cancel_at: null });
    at('2026-03-20T12:00:00Z');
    const resumed = (await manager.post(`subscriptions/${id}/resume`)).data;
    expect(resumed.adjustments).toMatchObject([{ quantity: '-1', unit_price: '13', period_start: '2026-03-07', period_end: '2026-03-19' }]);
    await onto(manager, drain, '2026-04-01');
    expect(await payables(manager, id)).toEqual(['31.00', '18.00']);
    expect(await broken(organization.id)).toEqual([]);
  });

  it('put forward after its period was billed in full and called off again, nothing is billed twice', async () => {
    const { manager, drain } = await world();
    at('2026-03-01T12:00:00Z');
    const { id } = await begun(manager, { start_date: '2026-03-01' });
    await drain();
    for (const cancel_at of ['2026-03-15', null])
      expect((await manager.patch(`subscriptions/${id}`, { cancel_at })).data).toMatchObject({ adjustments: [] });
    await onto(manager, drain, '2026-04-01');
    expect(await payables(manager, id)).toEqual(['30.00', '30.00']);
  });

  it('of the running period: of a trial its own end, after an outage that of the period which runs', async () => {
    const { manager, drain } = await world();
    at('2026-01-01T12:00:00Z');
    const trial = await begun(manager, { start_date: '2026-01-01', trial_days: 14 });
    const arrears = await begun(manager, { start_date: '2026-01-01', billing: 'arrears' });
    const coming = await begun(manager, { start_date: '2026-03-01' });
    const behind = await begun(manager, { start_date: '2026-01-01' });
    at('2026-02-10T12:00:00Z');
    const end = async ({ id }: Json) => (await manager.post(`subscriptions/${id}/cancel`, { at_period_end: true })).data.cancel_at;
    expect([await end(arrears), await end(coming), await end(behind)]).toEqual(['2026-03-01', '2026-03-01', '2026-03-01']);
    at('2026-01-05T12:00:00Z');
    expect(await end(trial)).toBe('2026-01-15');
    await onto(manager, drain, '2026-03-01');
    expect(await Promise.all([trial, arrears, coming, behind].map(({ id }) => payables(manager, id as string)))).toEqual([
      [],
      ['30.00', '30.00'],
      [],
      ['30.00', '30.00'],
    ]);
  });

  it('of what is parked: what was missed is billed when somebody has put it right', async () => {
    const { manager, drain, organization } = await world();
    at('2026-01-01T12:00:00Z');
    const { id, customer_account_id } = await begun(manager, { start_date: '2026-01-01', items: [item({ tax_category: 'AE' })] });
    await drain();
    expect((await manager.get(`subscriptions/${id}`)).data.parked_reason).toContain('tax id');
    at('2026-02-11T12:00:00Z');
    expect((await manager.post(`subscriptions/${id}/cancel`)).data.status).toBe('cancelled');
    await manager.patch(`customer-accounts/${customer_account_id}`, { tax_id: 'ATU12345678' });
    const before = (await manager.get(`subscriptions/${id}`)).body._links ?? (await manager.get(`subscriptions/${id}`)).data._links;
    expect(Object.keys(before)).toContain('resume');
    expect((await manager.post(`subscriptions/${id}/resume`)).data).toMatchObject({ status: 'cancelled', parked_at: null });
    await drain();
    expect(await payables(manager, id)).toEqual(['30.00', '10.71']);
    expect((await manager.post(`subscriptions/${id}/resume`)).status).toBe(409);
    expect(await broken(organization.id)).toEqual([]);
  });

  it('of what is behind, billed by a run up to a day before it', async () => {
    const { manager, drain, organization } = await world();
    at('2026-01-01T12:00:00Z');
    const { id } = await begun(manager, { start_date: '2026-01-01' });
    at('2026-02-11T12:00:00Z');
    expect((await manager.post(`subscriptions/${id}/cancel`)).data.status).toBe('cancelled');
    expect(await run(manager, { as_of: '2026-01-20T00:00:00Z' })).toMatchObject({ invoices: 1, parked: 0 });
    await drain();
    expect(await payables(manager, id)).toEqual(['30.00', '10.71']);
    expect(await broken(organization.id)).toEqual([]);
  });
});

describe('pauses and the end', () => {
  it('in a trial or before its first day it may be paused, changed and ended at any day', async () => {
    const { manager } = await world();
    at('2026-01-05T12:00:00Z');
    for (const more of [{ start_date: '2026-01-01', trial_days: 14 }, { start_date: '2026-02-01' }]) {
      const { id } = await begun(manager, more);
      expect((await manager.post(`subscriptions/${id}/change`, { items: [item()], effective_date: '2026-01-06' })).status).toBe(200);
      expect((await manager.post(`subscriptions/${id}/pause`)).data.status).toBe('paused');
      expect((await manager.post(`subscriptions/${id}/resume`)).status).toBe(200);
      expect((await manager.post(`subscriptions/${id}/cancel`, { cancel_at: '2026-01-10' })).data).toMatchObject({
        cancel_at: '2026-01-10',
      });
    }
  });

  it('a pause to come stays when what holds it up now ends, and is called off where nothing does', async () => {
    const { manager } = await world();
    at('2026-01-01T12:00:00Z');
    const { id } = await begun(manager, { start_date: '2026-01-01', cancel_at: '2027-01-01' });
    const planned = { from: '2026-08-01', until: '2026-09-01' };
    await manager.post(`subscriptions/${id}/pause`, planned);
    await manager.post(`subscriptions/${id}/pause`, { from: '2026-01-01', until: '2026-02-01' });
    expect((await manager.post(`subscriptions/${id}/resume`)).data).toMatchObject({ status: 'active', pauses: [planned] });
    expect((await manager.post(`subscriptions/${id}/resume`)).data).toMatchObject({ status: 'active', pauses: [] });
  });

  it.each([
    ['voided', (manager: Clerk, invoice: Json) => manager.post(`invoices/${invoice.id}/void`), []],
    ['credited in full', (manager: Clerk, invoice: Json) => manager.post(`invoices/${invoice.id}/credit`), []],
    [
      'credited in part',
      (manager: Clerk, invoice: Json) => manager.post(`invoices/${invoice.id}/credit`, { lines: [{ position: 1, amount: '20' }] }),
      ['8'],
    ],
  ])('what was billed and is %s is not given back once more', async (_, take, back) => {
    const { manager, drain } = await world();
    at('2026-02-01T12:00:00Z');
    const { id } = await begun(manager, { start_date: '2026-02-01', items: [item({ unit_price: '28' })] });
    await drain();
    const [invoice] = await invoicesOf(manager, id);
    await take(manager, invoice!);
    at('2026-02-15T12:00:00Z');
    const { adjustments } = (await manager.post(`subscriptions/${id}/pause`)).data;
    expect(adjustments.map((one: Json) => one.unit_price)).toEqual(back);
  });

  it('changed up and down and ended within a period, what is left is credited, and nothing stays behind', async () => {
    const { manager, drain, organization } = await world();
    at('2026-02-01T12:00:00Z');
    const { id, customer_account_id } = await begun(manager, { start_date: '2026-02-01' });
    await drain();
    at('2026-02-15T12:00:00Z');
    for (const [description, unit_price] of [
      ['Plus', '50'],
      ['Small', '10'],
    ] as const)
      await manager.post(`subscriptions/${id}/change`, { items: [item({ description, unit_price })] });
    await manager.post(`subscriptions/${id}/cancel`, { cancel_at: '2026-03-01' });
    at('2026-03-01T12:00:00Z');
    await drain();
    const notes = (await manager.get('credit-notes')).data as Json[];
    expect(notes.map((note) => note.totals.payable)).toEqual(['10.00']);
    expect((await manager.get(`subscriptions/${id}`)).data.adjustments).toEqual([]);
    expect((await manager.get(`customer-accounts/${customer_account_id}/balance`)).data.balance).toBe('20.00');
    expect(await broken(organization.id)).toEqual([]);
  });

  it('changed twice within a period, what is given back is what was billed for those days, whatever it is called', async () => {
    const { manager, drain } = await world();
    at('2026-03-01T12:00:00Z');
    const seats = (quantity: number) => ({ items: [item({ description: 'Seat', quantity, unit_price: '31' })] });
    const { id } = await begun(manager, { start_date: '2026-03-01', ...seats(1) });
    await drain();
    at('2026-03-05T12:00:00Z');
    await manager.post(`subscriptions/${id}/change`, seats(10));
    at('2026-03-11T12:00:00Z');
    await manager.post(`subscriptions/${id}/change`, seats(8));
    at('2026-04-01T12:00:00Z');
    await drain();
    // 4 days of 1, 6 of 10 and 21 of 8, less the 31 that were billed; then April.
    expect((await invoicesOf(manager, id)).map((one) => one.totals.payable)).toEqual(['31.00', '449.00']);
  });

  it('items of one name are given back each', async () => {
    const { manager, drain } = await world();
    at('2026-03-01T12:00:00Z');
    const items = ['31', '62'].map((unit_price) => item({ unit_price }));
    const { id } = await begun(manager, { start_date: '2026-03-01', items });
    await drain();
    const paused = (await manager.post(`subscriptions/${id}/pause`)).data;
    expect(paused.adjustments.map((one: Json) => one.unit_price)).toEqual(['31', '62']);
  });

  it('a pause that ends sooner than it was to is billed from then on, also where its period is over with', async () => {
    const { manager, drain, organization } = await world();
    at('2026-02-01T12:00:00Z');
    const { id } = await begun(manager, { start_date: '2026-02-01', items: [item({ unit_price: '31' })] });
    await manager.post(`subscriptions/${id}/pause`, { from: '2026-03-01', until: '2026-04-01' });
    await drain();
    at('2026-03-01T12:00:00Z');
    await drain();
    at('2026-03-10T12:00:00Z');
    expect((await manager.post(`subscriptions/${id}/resume`)).data.adjustments).toMatchObject([{ quantity: '1', unit_price: '22' }]);
    at('2026-04-01T12:00:00Z');
    await drain();
    expect((await invoicesOf(manager, id)).map((one) => one.totals.payable)).toEqual(['31.00', '53.00']);
    expect(await broken(organization.id)).toEqual([]);
  });

  it('what is given back of an invoice that was lowered is credited of another; the customer has all of it', async () => {
    const { manager, drain, organization } = await world();
    at('2026-01-01T12:00:00Z');
    const { id, customer_account_id } = await begun(manager, { start_date: '2026-01-01', items: [item({ unit_price: '31' })] });
    await drain();
    at('2026-01-22T12:00:00Z');
    await manager.post(`subscriptions/${id}/pause`);
    at('2026-02-05T12:00:00Z');
    await manager.post(`subscriptions/${id}/resume`);
    await drain();
    at('2026-02-06T12:00:00Z');
    await manager.post(`subscriptions/${id}/pause`);
    await manager.post(`subscriptions/${id}/cancel`);
    await drain();
    expect((await invoicesOf(manager, id)).map((one) => one.totals.payable)).toEqual(['31.00', '16.57']);
    // 21 days of January and one of February were served.
    expect((await manager.get(`customer-accounts/${customer_account_id}/balance`)).data.balance).toBe('22.11');
    expect((await manager.get('tasks')).data).toEqual([]);
    expect(await broken(organization.id)).toEqual([]);
  });

  it('a pause that was arranged outlives a suspension', async () => {
    const { manager, drain } = await world();
    at('2026-01-01T12:00:00Z');
    const [policy] = (await manager.get('dunning-policies')).data as Json[];
    await manager.patch(`dunning-policies/${policy!.id}`, { steps: [{ days: 1, suspends: true }] });
    const { id } = await begun(manager, { start_date: '2026-01-01' });
    const july = { from: '2026-07-01', until: '2026-08-01' };
    await manager.post(`subscriptions/${id}/pause`, july);
    await drain();
    at('2026-02-02T15:00:00Z');
    await drain();
    expect((await manager.get(`subscriptions/${id}`)).data).toMatchObject({ status: 'suspended', rests_from: '2026-03-01' });
    at('2026-03-20T12:00:00Z');
    expect((await manager.post(`subscriptions/${id}/resume`)).data.pauses).toEqual([july, { from: '2026-03-01', until: '2026-03-20' }]);
  });

  it('what cannot be credited any more is for somebody to look at', async () => {
    const { manager, drain } = await world();
    at('2026-02-01T12:00:00Z');
    const { id } = await begun(manager, { start_date: '2026-02-01', items: [item({ unit_price: '280' })] });
    await drain();
    await manager.post(`subscriptions/${id}/change`, {
      items: [item({ description: 'Small', unit_price: '28' })],
      effective_date: '2026-02-15',
    });
    at('2026-03-01T12:00:00Z');
    await drain();
    // 140 back, 14 more and 28 of March: 98 wait, of an invoice that somebody credits by hand.
    const [first, second] = await invoicesOf(manager, id);
    expect(second!.totals.payable).toBe('0.00');
    await manager.post(`invoices/${first!.id}/credit`);
    await manager.post(`subscriptions/${id}/cancel`);
    await drain();
    expect((await manager.get('credit-notes')).data).toHaveLength(1);
    const [task] = (await manager.get('tasks')).data as Json[];
    expect(task).toMatchObject({ priority: 'urgent', description: expect.stringContaining('98.00 EUR') });
  });

  it('a pause is not billed; what was billed of it goes back', async () => {
    const { manager, drain, organization } = await world();
    at('2026-01-01T12:00:00Z');
    const { id } = await begun(manager, { start_date: '2026-01-01', items: [item({ unit_price: '31' })] });
    await drain();
    at('2026-01-22T12:00:00Z');
    expect((await manager.post(`subscriptions/${id}/pause`)).data).toMatchObject({
      status: 'paused',
      next_billing_on: null,
      adjustments: [{ quantity: '-1', unit_price: '10' }],
    });
    at('2026-03-15T12:00:00Z');
    await drain();
    expect(await periodsOf(manager, id)).toHaveLength(1);
    at('2026-04-01T12:00:00Z');
    expect((await manager.post(`subscriptions/${id}/resume`)).data).toMatchObject({
      status: 'past_due',
      pauses: [{ from: '2026-01-22', until: '2026-04-01' }],
    });
    await drain();
    expect((await periodsOf(manager, id)).map(({ period_start, status }) => `${period_start} ${status}`)).toEqual([
      '2026-01-01 billed',
      '2026-02-01 paused',
      '2026-03-01 paused',
      '2026-04-01 billed',
    ]);
    expect((await invoicesOf(manager, id)).map((one) => one.totals.payable)).toEqual(['31.00', '21.00']);
    expect((await manager.post(`subscriptions/${id}/pause`, { from: '2026-05-01', until: '2026-04-30' })).status).toBe(422);
    expect(await broken(organization.id)).toEqual([]);
  });

  it('cancelling is final; what is owed is billed, and nothing after', async () => {
    const { manager, drain, organization } = await world();
    at('2026-01-01T12:00:00Z');
    const [now, late, later] = [
      await begun(manager, { start_date: '2026-01-01' }),
      await begun(manager, { start_date: '2026-01-01', billing: 'arrears', items: [item({ unit_price: '31' })] }),
      await begun(manager, { start_date: '2026-01-01' }),
    ];
    await drain();
    at('2026-01-11T12:00:00Z');
    for (const { id } of [now, late])
      expect((await manager.post(`subscriptions/${id}/cancel`)).data).toMatchObject({ status: 'cancelled', cancel_at: '2026-01-11' });
    expect((await manager.post(`subscriptions/${later.id}/cancel`, { at_period_end: true })).data).toMatchObject({
      status: 'active',
      cancel_at: '2026-02-01',
    });
    at('2026-06-01T12:00:00Z');
    await drain();
    const payables = async ({ id }: Json) => (await invoicesOf(manager, id)).map((one) => one.totals.payable);
    expect([await payables(now), await payables(late), await payables(later)]).toEqual([['30.00'], ['10.00'], ['30.00']]);
    expect((await manager.get(`subscriptions/${later.id}`)).data.status).toBe('cancelled');
    expect((await manager.post(`subscriptions/${now.id}/cancel`)).status).toBe(200);
    expect(await manager.post(`subscriptions/${now.id}/resume`)).toMatchObject({ status: 409, error: { code: 'subscription.cancelled' } });
    expect(await broken(organization.id)).toEqual([]);
  });

  it('is past due once its customer was reminded, is billed all the same, and active again when all is paid', async () => {
    const { manager, drain, organization } = await world();
    at('2026-01-01T12:00:00Z');
    const { id, contact_id } = await begun(manager, { start_date: '2026-01-01' });
    await drain();
    const days = ['2026-01-20', '2026-02-01', '2026-02-10', '2026-02-20'];
    const statuses = [];
    for (const day of days) {
      at(`${day}T15:00:00Z`);
      await drain();
      statuses.push((await manager.get(`subscriptions/${id}`)).data.status);
    }
    expect(statuses).toContain('past_due');
    expect(statuses.at(-1)).toBe('past_due');
    expect((await manager.get('subscriptions?status=past_due')).data).toHaveLength(1);
    expect(await invoicesOf(manager, id)).toHaveLength(2);
    await manager.post('payments', { contact_id, amount: '60', currency: 'EUR' });
    await drain();
    expect((await manager.get(`subscriptions/${id}`)).data.status).toBe('active');
    expect(await broken(organization.id)).toEqual([]);
  });

  it('paused while it is past due, it is past due again when it goes on', async () => {
    const { manager, drain } = await world();
    at('2026-01-01T12:00:00Z');
    const { id, contact_id } = await begun(manager, { start_date: '2026-01-01' });
    await drain();
    at('2026-02-03T15:00:00Z');
    await drain();
    const status = async () => (await manager.get(`subscriptions/${id}`)).data.status;
    const statuses = [await status()];
    for (const verb of ['pause', 'resume']) statuses.push((await manager.post(`subscriptions/${id}/${verb}`)).data.status);
    expect(statuses).toEqual(['past_due', 'paused', 'past_due']);
    await manager.post(`subscriptions/${id}/pause`);
    await manager.post('payments', { contact_id, amount: '60', currency: 'EUR' });
    await drain();
    statuses.push(await status(), (await manager.post(`subscriptions/${id}/resume`)).data.status);
    expect(statuses.slice(3)).toEqual(['paused', 'active']);
  });

  it.each([
    {
      billing: 'advance',
      days: ['2026-01-01', '2026-02-01', '2026-02-03', '2026-02-10'],
      rests: '2026-03-01',
      resumed: '2026-03-11',
      payables: ['30.00', '30.00', '20.32'],
    },
    {
      billing: 'arrears',
      days: ['2026-01-01', '2026-02-01', '2026-03-01', '2026-03-06', '2026-03-13'],
      rests: '2026-03-13',
      resumed: '2026-04-30',
      payables: ['30.00', '30.00', '11.61'],
    },
  ])(
    'in $billing: a last reminder suspends it; it is billed again from the day it is resumed, not before',
    async ({ billing, days, rests, resumed, payables }) => {
      const { manager, drain, organization } = await world();
      at('2026-01-01T12:00:00Z');
      const [policy] = (await manager.get('dunning-policies')).data as Json[];
      const steps = [{ days: 3 }, { days: 10, suspends: true }];
      expect((await manager.patch(`dunning-policies/${policy!.id}`, { steps })).data).toMatchObject({ steps });
      const { id, contact_id } = await begun(manager, { start_date: '2026-01-01', billing });
      const seen = async () => (await manager.get(`subscriptions/${id}`)).data as Json;
      const on = async (day: string) => {
        at(`${day}T15:00:00Z`);
        await drain();
        return (await seen()).status;
      };
      const statuses = [];
      for (const day of days) statuses.push(await on(day));
      expect(statuses.slice(-2)).toEqual(['past_due', 'suspended']);
      expect(await seen()).toMatchObject({ suspended_on: days.at(-1), rests_from: rests, pauses: [] });
      const runs = (await manager.get('dunning-runs?sort=ran_on&ran_on[lte]=' + days.at(-1))).data as Json[];
      expect(runs.map(({ suspends }) => suspends)).toEqual([false, true]);
      await manager.post('payments', { contact_id, amount: '500', currency: 'EUR' });
      await drain();
      // Whether it is served again is for somebody to say.
      expect(await seen()).toMatchObject({ status: 'suspended', past_due_since: null });
      expect(await on(resumed)).toBe('suspended');
      expect((await manager.post(`subscriptions/${id}/resume`)).data).toMatchObject({ status: 'active', suspended_on: null });
      await drain();
      expect((await invoicesOf(manager, id)).map((one) => one.totals.payable)).toEqual(payables);
      expect(await broken(organization.id)).toEqual([]);
    },
  );

  it('is past due again when what had paid it goes back, though the last reminder is long over', async () => {
    const { manager, drain } = await world();
    at('2026-01-01T12:00:00Z');
    const { id, contact_id } = await begun(manager, { start_date: '2026-01-01' });
    for (const day of ['01-01', '02-03', '02-10', '02-20']) {
      at(`2026-${day}T15:00:00Z`);
      await drain();
    }
    const status = async () => (await manager.get(`subscriptions/${id}`)).data.status;
    const payment = (await manager.post('payments', { contact_id, amount: '60', currency: 'EUR' })).data;
    await drain();
    expect(await status()).toBe('active');
    await manager.post(`payments/${payment.id}/dispute`);
    await drain();
    expect(await status()).toBe('past_due');
  });

  it('the reminder of an invoice that was paid meanwhile suspends nothing; what is suspended can be ended', async () => {
    const { manager, drain, organization } = await world();
    at('2026-01-01T12:00:00Z');
    const [policy] = (await manager.get('dunning-policies')).data as Json[];
    await manager.patch(`dunning-policies/${policy!.id}`, { steps: [{ days: 1, suspends: true }] });
    const [paid, ended] = [await begun(manager, { start_date: '2026-01-01' }), await begun(manager, { start_date: '2026-01-01' })];
    await drain();
    await manager.post('payments', { contact_id: paid.contact_id, amount: '30', currency: 'EUR' });
    at('2026-02-02T15:00:00Z');
    await drain();
    const status = async ({ id }: Json) => (await manager.get(`subscriptions/${id}`)).data.status;
    expect([await status(paid), await status(ended)]).toEqual(['active', 'suspended']);
    expect((await manager.post(`subscriptions/${ended.id}/cancel`)).data.status).toBe('cancelled');
    expect(await broken(organization.id)).toEqual([]);
  });

  it('what is to be given back when nothing follows is credited: the customer has it', async () => {
    const { manager, drain, organization } = await world();
    at('2026-01-01T12:00:00Z');
    const { id, contact_id, customer_account_id } = await begun(manager, { start_date: '2026-01-01', items: [item({ unit_price: '31' })] });
    await drain();
    await manager.post('payments', { contact_id, amount: '31', currency: 'EUR' });
    at('2026-01-22T12:00:00Z');
    await manager.post(`subscriptions/${id}/pause`);
    expect((await manager.post(`subscriptions/${id}/cancel`)).data.status).toBe('cancelled');
    await drain();
    const [note, ...others] = (await manager.get('credit-notes')).data as Json[];
    expect([note!.totals.payable, others]).toEqual(['10.00', []]);
    expect((await manager.get(`subscriptions/${id}`)).data.adjustments).toEqual([]);
    expect((await manager.get(`customer-accounts/${customer_account_id}/balance`)).data).toMatchObject({
      balance: '-10.00',
      credit: '10.00',
    });
    expect(await broken(organization.id)).toEqual([]);
  });

  it('a draft that is cancelled was never served: nothing is billed of it', async () => {
    const { manager, drain, organization } = await world();
    at('2026-01-01T12:00:00Z');
    const drafts = [];
    for (const start_date of ['2026-01-01', '2026-03-01', '2025-11-01'])
      drafts.push(await begun(manager, { status: 'draft', start_date, items: [item({ unit_price: '31' })] }));
    at('2026-01-11T12:00:00Z');
    for (const [i, body] of [{}, { at_period_end: true }, { cancel_at: '2026-02-01' }].entries()) {
      const cancelled = await manager.post(`subscriptions/${drafts[i]!.id}/cancel`, body);
      expect(cancelled).toMatchObject({ status: 200, data: { status: 'cancelled', next_billing_on: null } });
    }
    at('2026-06-01T12:00:00Z');
    await drain();
    expect(await run(manager)).toMatchObject({ subscriptions: 0 });
    expect((await manager.get('invoices')).data).toEqual([]);
    expect(await broken(organization.id)).toEqual([]);
  });

  it('what a change made due is billed at the end', async () => {
    const { manager, drain, organization } = await world();
    at('2026-02-01T12:00:00Z');
    const { id } = await begun(manager, { start_date: '2026-02-01' });
    await drain();
    await manager.post(`subscriptions/${id}/change`, {
      items: [{ description: 'Plus', unit_price: '50', tax_percent: 0 }],
      effective_date: '2026-02-15',
    });
    // 7 of 28 days of 20.00 more; what was billed of the old from the end on stays so.
    await manager.post(`subscriptions/${id}/cancel`, { cancel_at: '2026-02-22' });
    at('2026-02-22T12:00:00Z');
    await drain();
    expect((await invoicesOf(manager, id)).map((one) => one.totals.payable)).toEqual(['30.00', '5.00']);
    expect(await broken(organization.id)).toEqual([]);
  });

  it('a change that would come after the end does not come', async () => {
    const { manager, drain } = await world();
    at('2026-02-01T12:00:00Z');
    const { id } = await begun(manager, { start_date: '2026-02-01' });
    await drain();
    await manager.post(`subscriptions/${id}/change`, {
      items: [item({ description: 'Plus', unit_price: '50' })],
      effective_date: '2026-02-15',
    });
    expect((await manager.post(`subscriptions/${id}/cancel`, { cancel_at: '2026-02-10' })).data.adjustments).toEqual([]);
    at('2026-02-20T12:00:00Z');
    await drain();
    expect((await invoicesOf(manager, id)).map((one) => one.totals.payable)).toEqual(['30.00']);
  });

  it('what was free is billed once it costs something', async () => {
    const { manager, drain } = await world();
    at('2026-03-01T12:00:00Z');
    const { id } = await begun(manager, { start_date: '2026-03-01', items: [item({ unit_price: '0' })] });
    await drain();
    at('2026-03-11T12:00:00Z');
    const changed = (await manager.post(`subscriptions/${id}/change`, { items: [item({ unit_price: '31' })] })).data;
    expect(changed.adjustments).toMatchObject([{ quantity: '1', unit_price: '21' }]);
  });

  it('what a change had put on the next invoice goes with the invoice that it was made up for', async () => {
    const { manager, drain } = await world();
    at('2026-03-01T12:00:00Z');
    const { id } = await begun(manager, { start_date: '2026-03-01', items: [item({ unit_price: '31' })], cancel_at: '2026-03-15' });
    await drain();
    const [invoice] = await invoicesOf(manager, id);
    at('2026-03-11T12:00:00Z');
    expect(
      (await manager.post(`subscriptions/${id}/change`, { items: [item({ description: 'Plus', unit_price: '62' })] })).data.adjustments,
    ).toHaveLength(2);
    await manager.post(`invoices/${invoice!.id}/void`);
    await drain();
    expect((await manager.get(`subscriptions/${id}`)).data.adjustments).toEqual([]);
    // Only days that it was never for are billed.
    expect((await manager.patch(`subscriptions/${id}`, { cancel_at: null })).data.adjustments).toMatchObject([
      { description: 'Plus', quantity: '1', unit_price: '34', period_start: '2026-03-15' },
    ]);
  });

  it('one that cannot be billed is parked, and the others are billed', async () => {
    const { manager, drain, organization } = await world();
    at('2026-02-01T12:00:00Z');
    const fine = await begun(manager, { start_date: '2026-02-01' });
    const wrong = await begun(manager, { start_date: '2026-02-01', items: [item({ tax_percent: 0, tax_category: 'AE' })] });
    await drain();
    expect(await periodsOf(manager, fine.id)).toHaveLength(1);
    expect(await periodsOf(manager, wrong.id)).toEqual([]);
    expect((await manager.get(`subscriptions/${wrong.id}`)).data.parked_reason).toContain('tax id');
    await manager.patch(`customer-accounts/${wrong.customer_account_id}`, { tax_id: 'FR40303265045' });
    await manager.post(`subscriptions/${wrong.id}/resume`);
    await drain();
    expect(await periodsOf(manager, wrong.id)).toHaveLength(1);
    expect(await broken(organization.id)).toEqual([]);
  });
});

describe('an invoice dated ahead', () => {
  it('parks nothing: what is due waits for its day, or is billed when it is voided', async () => {
    const { manager, drain, organization } = await world();
    at('2026-01-30T12:00:00Z');
    const { id, contact_id } = await begun(manager, { start_date: '2026-02-01' });
    const lines = [{ description: 'Hours', unit_price: '1', tax_percent: 0 }];
    const issue = async (issue_date: string) => {
      const draft = (await manager.post('invoices', { contact_id, currency: 'EUR', issue_date, lines })).data;
      return manager.post(`invoices/${draft.id}/issue`);
    };
    const slip = (await issue('2026-12-01')).data;
    at('2026-02-01T12:00:00Z');
    expect((await run(manager, { dry_run: true })).planned).toMatchObject([
      { status: 'waiting', reason: expect.stringContaining('2026-12-01') },
    ]);
    await drain();
    expect((await manager.get(`subscriptions/${id}`)).data).toMatchObject({ status: 'active', parked_at: null });
    expect(await invoicesOf(manager, id)).toEqual([]);
    const mended = (await issue('2026-12-02')).data;
    for (const one of [mended, slip]) expect((await manager.post(`invoices/${one.id}/void`)).status).toBe(200);
    await drain();
    expect(await invoicesOf(manager, id)).toMatchObject([{ issue_date: '2026-02-01', number: 'INV-2026-00003' }]);
    expect((await issue('2026-02-01')).status).toBe(200);
    expect(await broken(organization.id)).toEqual([]);
  });

  it('what waits has its turns all the same, in a zone east of its seller too, and is caught up with however much it missed', async () => {
    const { manager, drain, organization } = await world();
    at('2026-01-30T12:00:00Z');
    const daily = { items: [item({ interval: 'day' })], catch_up: 'single_invoice' };
    const all = [
      await begun(manager, { start_date: '2026-02-01', zone: 'Pacific/Kiritimati', ...daily }),
      await begun(manager, { start_date: '2026-02-01', cancel_at: '2026-02-10' }),
      await begun(manager, { start_date: '2026-01-01', trial_days: 32, billing: 'advance' }),
    ];
    const lines = [{ description: 'Hours', unit_price: '1', tax_percent: 0 }];
    const draft = (await manager.post('invoices', { contact_id: all[0]!.contact_id, currency: 'EUR', issue_date: '2026-03-20', lines }))
      .data;
    await manager.post(`invoices/${draft.id}/issue`);
    const statuses = () => Promise.all(all.map(async ({ id }) => (await manager.get(`subscriptions/${id}`)).data.status));
    const seen = [];
    for (const day of ['02-01T12', '02-02T12', '02-10T12', '03-19T12', '03-19T23']) {
      at(`2026-${day}:00:00Z`);
      await drain();
      seen.push(await statuses());
    }
    expect(seen.map(([, cancelled, trial]) => `${cancelled} ${trial}`)).toEqual([
      'active trialing',
      'active active',
      'cancelled active',
      'cancelled active',
      'cancelled active',
    ]);
    at('2026-03-20T12:00:00Z');
    await drain();
    expect((await statuses())[0]).toBe('active');
    expect(await Promise.all(all.map(async ({ id }) => (await invoicesOf(manager, id)).map((one) => one.totals.payable)))).toEqual([
      ['1470.00'],
      ['9.64'],
      ['30.00', '30.00'],
    ]);
    expect(await broken(organization.id)).toEqual([]);
  });

  it('what is over and has something left to bill is billed when it is voided', async () => {
    const { manager, drain, organization } = await world();
    at('2026-02-01T12:00:00Z');
    const { id, contact_id } = await begun(manager, { start_date: '2026-02-01' });
    await drain();
    at('2026-02-15T12:00:00Z');
    await manager.post(`subscriptions/${id}/change`, { items: [item({ description: 'Plus', unit_price: '50' })] });
    const lines = [{ description: 'Hours', unit_price: '1', tax_percent: 0 }];
    const slip = (await manager.post('invoices', { contact_id, currency: 'EUR', issue_date: '2026-12-01', lines })).data;
    await manager.post(`invoices/${slip.id}/issue`);
    at('2026-02-22T12:00:00Z');
    await manager.post(`subscriptions/${id}/cancel`);
    await drain();
    expect(await invoicesOf(manager, id)).toHaveLength(1);
    await manager.post(`invoices/${slip.id}/void`);
    await drain();
    expect((await invoicesOf(manager, id)).map((one) => one.totals.payable)).toEqual(['30.00', '5.00']);
    expect(await broken(organization.id)).toEqual([]);
  });

  it('what waited is billed when the day has come', async () => {
    const { manager, drain, organization } = await world();
    at('2026-01-30T12:00:00Z');
    const { id, contact_id } = await begun(manager, { start_date: '2026-02-01' });
    const lines = [{ description: 'Hours', unit_price: '1', tax_percent: 0 }];
    const draft = (await manager.post('invoices', { contact_id, currency: 'EUR', issue_date: '2026-02-03', lines })).data;
    await manager.post(`invoices/${draft.id}/issue`);
    for (const day of ['02-01', '02-02', '02-03']) {
      at(`2026-${day}T12:00:00Z`);
      await drain();
    }
    expect(await invoicesOf(manager, id)).toMatchObject([{ issue_date: '2026-02-03' }]);
    expect(await broken(organization.id)).toEqual([]);
  });

  it('more than a year ahead is a slip, and so are days beyond the calendar', async () => {
    const { manager } = await world();
    const contact_id = (await manager.post('contacts', { name: 'Ada' })).data.id as string;
    const lines = [{ description: 'Hours', unit_price: '1', tax_percent: 0 }];
    const draft = (await manager.post('invoices', { contact_id, currency: 'EUR', issue_date: '2062-11-26', lines })).data;
    expect(await manager.post(`invoices/${draft.id}/issue`)).toMatchObject({ status: 422, error: { code: 'invoice.dated_too_far' } });
    for (const dates of [{ due_date: '9999-12-31' }, { issue_date: '9999-12-31' }, { issue_date: '0001-01-01' }])
      for (const url of ['invoices', 'invoices/preview'])
        expect((await manager.post(url, { contact_id, currency: 'EUR', lines, ...dates })).status).toBe(400);
    const base = { contact_id, currency: 'EUR', items: [item()] };
    for (const more of [
      { start_date: '9999-01-01' },
      { cancel_at: '9999-12-31' },
      { items: [item({ interval: 'year', interval_count: 101 })] },
    ])
      expect((await manager.post('subscriptions', { ...base, ...more })).status).toBe(400);
    const century = (await manager.post('subscriptions', { ...base, items: [item({ interval: 'year', interval_count: 100 })] })).data;
    expect((await manager.post(`subscriptions/${century.id}/preview`, { periods: 36 })).data.upcoming).toHaveLength(36);
  });
});

describe('exactly once', () => {
  const many = async ({ person, organization }: World, count: number, startDate: string) => {
    const bus = (await app()).get(Bus);
    const { id: contactId } = await person.run(new CreateContact({ name: 'Ada Lovelace' }));
    const items = [{ description: 'Plan', unitPrice: '30', taxPercent: '19' }];
    const one = () => bus.run(new CreateSubscription({ contactId, currency: 'EUR', startDate, items }));
    for (let left = count; left > 0; left -= 25) {
      const works = Array.from({ length: Math.min(left, 25) }, () => one);
      await actingAs(system(organization.facts()), () => bus.each(works, true));
    }
    return bus;
  };
  const billedTwice = (organizationId: string) =>
    rowsOf(organizationId, 'select subscription_id, index from billing_period group by 1, 2 having count(*) > 1');

  it.each([2, 4])('%i sweepers at the same time make none twice', async (sweepers) => {
    const all = await world();
    at('2026-01-31T08:00:00Z');
    // More than one batch.
    const bus = await many(all, 120, '2026-01-31');
    at('2026-03-31T08:00:00Z');
    const sweep = () => actingAs(system(all.organization.facts()), () => bus.run(new BillDue(true)));
    const done = await Promise.all(Array.from({ length: sweepers }, sweep));
    expect(done.reduce((sum, { invoices }) => sum + invoices, 0)).toBe(360);
    expect(await billedTwice(all.organization.id)).toEqual([]);
    expect(await rowsOf(all.organization.id, 'select count(*)::int as n, max(sequence) as last from invoice')).toEqual([
      { n: 360, last: 360 },
    ]);
    await all.drain();
    expect(await broken(all.organization.id)).toEqual([]);
  });

  it('what dies in the middle leaves nothing, and is done afterwards', async () => {
    const all = await world();
    at('2026-01-31T08:00:00Z');
    const bus = await many(all, 30, '2026-01-31');
    const dies = () => Promise.reject(ruleBroken('Killed on purpose'));
    const killed = () => actingAs(system(all.organization.facts()), () => bus.each([() => bus.run(new RunBilling()), dies], true));
    const outcomes = await Promise.allSettled([killed(), killed(), all.drain(), killed()]);
    expect(outcomes.filter(({ status }) => status === 'rejected').length).toBeGreaterThanOrEqual(3);
    at('2026-01-31T08:01:00Z');
    await all.drain();
    expect(await rowsOf(all.organization.id, 'select count(*)::int as n, max(sequence) as last from invoice')).toEqual([
      { n: 30, last: 30 },
    ]);
    expect(await billedTwice(all.organization.id)).toEqual([]);
    expect(await broken(all.organization.id)).toEqual([]);
  });

  it('a period that is billed already refuses a second invoice, whatever the subscription says', async () => {
    const all = await world();
    at('2026-01-31T08:00:00Z');
    await many(all, 2, '2026-01-31');
    await all.drain();
    await tamper(
      all.organization.id,
      `update subscription set next_index = 0, wake_at = '2026-01-31' where id = (select min(id::text)::uuid from subscription)`,
    );
    expect(await run(all.manager)).toMatchObject({ invoices: 0, parked: 1 });
    expect(await rowsOf(all.organization.id, 'select count(*)::int as n, max(sequence) as last from invoice')).toEqual([{ n: 2, last: 2 }]);
  });

  it.each([
    ['one invoice per period', 'update invoice set source_id = gen_random_uuid()'],
    ['without holes', 'update billing_period set period_start = period_start + 1 where index = 1'],
    ['nothing is due', "update subscription set wake_at = now() - interval '2 hours'"],
  ])('what tells that %s can fail', async (name, sql) => {
    const all = await world();
    at('2026-01-31T08:00:00Z');
    await many(all, 1, '2026-01-31');
    at('2026-03-01T08:00:00Z');
    await all.drain();
    expect(await broken(all.organization.id)).toEqual([]);
    await tamper(all.organization.id, sql);
    expect(await broken(all.organization.id, invariants)).toContainEqual(expect.stringContaining(name));
  });

  it('leaves an organization in which everything holds, what the kernel asks of every row included', async () => {
    const all = await world();
    at('2026-01-31T08:00:00Z');
    await many(all, 2, '2026-01-31');
    at('2026-04-01T08:00:00Z');
    await all.drain();
    const verdicts = await (await app()).get(Verifier).organization(all.organization.facts());
    const wrong = verdicts.filter(
      ({ name, wrong }) => wrong && !/^(audit entries: sealed|promises: none overdue|nothing is due)/.test(name),
    );
    expect(wrong).toEqual([]);
    expect(verdicts).toContainEqual(expect.objectContaining({ name: 'subscription: one audit entry per change', checked: 2 }));
  });

  it('a year of two hundred subscriptions', async () => {
    const all = await world();
    at('2026-01-01T08:00:00Z');
    await many(all, 200, '2026-01-31');
    at('2026-12-31T08:00:00Z');
    const sweep = () => actingAs(system(all.organization.facts()), () => bus.run(new BillDue(true)));
    const bus = (await app()).get(Bus);
    await Promise.all([sweep(), sweep()]);
    expect(await rowsOf(all.organization.id, 'select count(*)::int as n, max(sequence) as last from invoice')).toEqual([
      { n: 2400, last: 2400 },
    ]);
    expect(await billedTwice(all.organization.id)).toEqual([]);
  });

  it('time is not played with in production', () => {
    at('2026-01-31T08:00:00Z');
    const later = new Date('2026-02-01T00:00:00Z');
    expect(() => mayBe(later, 'production')).toThrow('billed later');
    expect(mayBe(later, 'test')).toBe(later);
  });
});
