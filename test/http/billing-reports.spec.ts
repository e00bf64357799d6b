import { type Json, type Persona, world } from '../world.ts';

const item = (unit_price: string, more: object = {}) => ({ description: 'Plan', unit_price, tax_percent: '19', ...more });
async function begun(who: Persona, contact_id: string, start_date: string, more: object = {}): Promise<Json> {
  const answer = await who.post('subscriptions', { contact_id, currency: 'EUR', start_date, items: [item('30')], ...more });
  expect(answer).toMatchObject({ status: 201 });
  return answer.data;
}
const contact = async (who: Persona): Promise<string> => (await who.post('contacts', { name: 'Ada Lovelace' })).data.id as string;
const asked = async (who: Persona, query = ''): Promise<Json> => {
  const answer = await who.get(`billing/reports/mrr?from=2026-01-01&to=2026-05-31${query}`);
  expect(answer).toMatchObject({ status: 200 });
  return answer.data;
};
const closings = (lines: Json[]) => lines.map(({ month, currency, closing_mrr }) => [month, currency, closing_mrr]);

describe('GET /billing/reports/mrr', () => {
  it('says what subscriptions are worth in a month, and what moved it', async () => {
    const { manager } = await world();
    const [grows, rests, tries] = [await contact(manager), await contact(manager), await contact(manager)];
    const growing = await begun(manager, grows, '2026-01-10');
    await manager.post(`subscriptions/${growing.id}/change`, { items: [item('50')], effective_date: '2026-02-15' });
    await manager.post(`subscriptions/${growing.id}/cancel`, { cancel_at: '2026-05-01' });
    const resting = await begun(manager, rests, '2025-06-01', { items: [item('142.80', { interval: 'year' })], prices_include_tax: true });
    const pause = await manager.post(`subscriptions/${resting.id}/pause`, { from: '2026-03-10', until: '2026-04-10' });
    expect(pause.status).toBe(200);
    await begun(manager, tries, '2026-04-20', { trial_days: 14 });
    await begun(manager, tries, '2026-01-01', { status: 'draft' });

    const { months, totals, from, to, missing_rates } = await asked(manager);
    expect([from, to, missing_rates]).toEqual(['2026-01-01', '2026-05-31', []]);
    const none = { new: '0.00', expansion: '0.00', reactivation: '0.00', contraction: '0.00', churn: '0.00' };
    expect(months).toMatchObject([
      { ...none, month: '2026-01-01', opening_mrr: '10.00', new: '30.00', net: '30.00', closing_mrr: '40.00', closing_arr: '480.00' },
      { ...none, month: '2026-02-01', expansion: '20.00', closing_mrr: '60.00', active_subscriptions: 2, active_customers: 2 },
      { ...none, month: '2026-03-01', churn: '-10.00', net: '-10.00', closing_mrr: '50.00', active_subscriptions: 1 },
      { ...none, month: '2026-04-01', reactivation: '10.00', closing_mrr: '60.00', active_customers: 2 },
      { ...none, month: '2026-05-01', new: '30.00', churn: '-50.00', net: '-20.00', closing_mrr: '40.00', active_customers: 2 },
    ]);
    expect(totals).toEqual(months);
  });

  it('brings currencies together where there is a rate, and names what has none', async () => {
    const { manager, admin } = await world();
    const [one, other] = [await contact(manager), await contact(manager)];
    await begun(manager, one, '2026-05-01');
    await begun(manager, other, '2026-05-01', { currency: 'JPY', items: [item('1000', { interval: 'week' })] });
    const without = await asked(manager);
    expect(closings(without.months.slice(-2))).toEqual([
      ['2026-05-01', 'EUR', '30.00'],
      ['2026-05-01', 'JPY', '4333'],
    ]);
    expect(without.missing_rates).toEqual([{ from: 'JPY', to: 'EUR', date: '2026-05-31' }]);
    expect(without.totals.at(-1)).toMatchObject({ currency: 'EUR', new: '30.00', closing_mrr: '30.00', active_customers: 1 });
    await admin.post('exchange-rates', { from: 'JPY', to: 'EUR', date: '2026-05-01', rate: '0.006' });
    const with_ = await asked(manager);
    expect(with_.missing_rates).toEqual([]);
    expect(with_.totals.at(-1)).toMatchObject({
      new: '56.00',
      net: '56.00',
      closing_mrr: '56.00',
      closing_arr: '672.00',
      active_customers: 2,
    });
    expect(closings((await asked(manager, '&currency=JPY')).months.slice(-1))).toEqual([['2026-05-01', 'JPY', '4333']]);
  });

  it('counts what the caller may read, and nothing else', async () => {
    const { manager, member, colleague } = await world({ settings: { record_visibility: 'own' } });
    const his = (await member.post('contacts', { name: 'His' })).data.id as string;
    await begun(manager, his, '2026-05-01');
    await begun(manager, await contact(manager), '2026-05-01', { items: [item('7')] });
    const closing = async (who: Persona) => (await asked(who)).totals.at(-1).closing_mrr as string;
    expect([await closing(manager), await closing(member), await closing(colleague)]).toEqual(['37.00', '30.00', '0.00']);
  });

  it.each(['from=2026-02-30', 'from=2026-06-01&to=2026-05-31', 'from=2010-01-01&to=2026-05-31', 'currency=XXX', 'nonsense=1'])(
    'refuses %s',
    async (query) => {
      const { manager } = await world();
      expect((await manager.get(`billing/reports/mrr?${query}`)).status).toBe(400);
    },
  );
});

describe('figures of billing', () => {
  it.each([
    ['billing/reports/revenue?to=0001-03-01', 'to'],
    ['billing/reports/revenue?from=3000-01-01', 'from'],
    ['billing/reports/tax-summary?to=0000-01-01', 'to'],
    ['billing/reports/mrr?from=9995-01-01&to=9999-12-31', 'from'],
    ['billing/reports/mrr?to=0001-01-01', 'to'],
    ['billing/reports/ageing?as_of=0000-01-01', 'as_of'],
    ['billing/reports/ageing?known_at=0000-01-01T00:00:00Z', 'known_at'],
    ['statement?from=0000-01-01', 'from'],
    ['balance?as_of=0000-01-01', 'as_of'],
  ])('%s lies outside of the calendar: 400', async (path, parameter) => {
    const { manager } = await world();
    const account = async (): Promise<string> =>
      `customer-accounts/${(await manager.post('customer-accounts', { contact_id: await contact(manager) })).data.id as string}/`;
    const answer = await manager.get(path.startsWith('billing') ? path : `${await account()}${path}`);
    expect(answer).toMatchObject({ status: 400, error: { code: 'request.invalid' } });
    expect(answer.error.details[0]).toMatchObject({ parameter });
  });

  it.each([
    'revenue?to=1000-01-01',
    'tax-summary?from=2999-12-31',
    'mrr?to=1000-01-01',
    'mrr?from=2999-01-01&to=2999-12-31',
    'ageing?as_of=1000-01-01',
  ])('%s is asked at the end of it: 200', async (path) => {
    const { manager } = await world();
    expect((await manager.get(`billing/reports/${path}`)).status).toBe(200);
  });
});
