import fc from 'fast-check';
import { rowsOf, tamper } from '../database.ts';
import { type Json, type Persona, world } from '../world.ts';

const get = async (who: Persona, path: string): Promise<Json> => {
  const answer = await who.get(`analytics/deals/${path}`);
  expect([answer.status, answer.error]).toEqual([200, null]);
  return answer.data;
};
const open = async (who: Persona, more: object): Promise<Json> => (await who.post('deals', { title: 'D', ...more })).data;

describe('the summary', () => {
  it('refuses days and instants beyond the years that deals can have', async () => {
    const { admin } = await world({ timeZone: 'Pacific/Auckland' });
    for (const figures of ['summary', 'funnel', 'forecast'])
      for (const to of ['9999-12-31', '9999-12-31T23:59:59Z', '0001-01-01']) {
        const { status, error } = await admin.get(`analytics/deals/${figures}?to=${to}`);
        expect([figures, to, status, error.details[0].parameter]).toEqual([figures, to, 400, 'to']);
      }
  });

  it('of nothing is nothing', async () => {
    const { member } = await world();
    const none = { count: 0, total_amount: '0.00', currency: 'EUR', by_currency: [] };
    expect(await get(member, 'summary')).toEqual({
      by_status: { new: none, in_progress: none, won: none, lost: none },
      average_won_amount: null,
      win_rate: null,
      average_days_to_close: null,
      new_deals_last_n_days: { days: 30, count: 0 },
      rates: [],
      missing_rates: [],
    });
  });

  it('counts, sums and averages exactly', async () => {
    const { member, organization } = await world({ currency: 'USD' });
    for (const amount of ['100.00', '0.01', '0.01']) await open(member, { amount, status: 'won' });
    await open(member, { amount: 7, status: 'lost' });
    await open(member, { amount: 5 });
    await open(member, { amount: 6, stage: 'proposal' });
    await tamper(organization.id, `update deal set created_at = closed_at - interval '52 days' where status = 'won'`);
    const summary = await get(member, 'summary?days=7');
    expect(summary.by_status.won).toEqual({
      count: 3,
      total_amount: '100.02',
      currency: 'USD',
      by_currency: [{ currency: 'USD', count: 3, total_amount: '100.02' }],
    });
    expect(summary).toMatchObject({
      by_status: { lost: { count: 1 }, new: { count: 1, total_amount: '5.00' }, in_progress: { count: 1, total_amount: '6.00' } },
      average_won_amount: '33.34',
      win_rate: 75,
      average_days_to_close: 52,
      new_deals_last_n_days: { days: 7, count: 3 },
    });
    const today = new Date().toISOString().slice(0, 10);
    expect((await get(member, `summary?from=${today}`)).by_status.won.count).toBe(0);
    expect((await get(member, `summary?to=${today}`)).by_status.won.count).toBe(3);
  });

  it('converts by the last rate of the day or before, by the inverse where there is no other, and names what is missing', async () => {
    const { admin, member } = await world({ currency: 'EUR' });
    const rate = (from: string, to: string, date: string, value: string) => admin.post('exchange-rates', { from, to, date, rate: value });
    await rate('USD', 'EUR', '2026-01-01', '0.5');
    await rate('USD', 'EUR', '2026-02-01', '0.9');
    await rate('USD', 'EUR', '2999-01-01', '100');
    await rate('EUR', 'GBP', '2026-01-01', '0.8');
    for (const currency of ['EUR', 'USD', 'GBP', 'JPY']) await open(member, { amount: 100, currency, status: 'won' });
    const summary = await get(member, 'summary');
    expect(summary.by_status.won).toMatchObject({ count: 4, total_amount: '315.00' });
    expect(summary.by_status.won.by_currency).toContainEqual({ currency: 'JPY', count: 1, total_amount: '100' });
    expect(summary.average_won_amount).toBe('105.00');
    expect(summary.rates).toEqual([
      { from: 'EUR', to: 'GBP', date: '2026-01-01', rate: '0.8', inverted: true },
      { from: 'USD', to: 'EUR', date: '2026-02-01', rate: '0.9', inverted: false },
    ]);
    expect(summary.missing_rates).toMatchObject([{ from: 'JPY', to: 'EUR' }]);
  });

  it('is over what the caller may read, and of others for those who may reassign', async () => {
    const { member, colleague, manager } = await world({ settings: { record_visibility: 'own' } });
    await open(member, { amount: 10 });
    await open(colleague, { amount: 20 });
    const total = async (who: Persona, query = '') => (await get(who, `summary${query}`)).by_status.new.total_amount;
    expect([await total(member), await total(colleague), await total(manager)]).toEqual(['10.00', '20.00', '30.00']);
    expect(await total(manager, `?owner_id=${member.userId}`)).toBe('10.00');
    expect(await total(member, `?owner_id=${member.userId}`)).toBe('10.00');
    for (const figure of ['summary', 'funnel', 'forecast']) {
      expect((await member.get(`analytics/deals/${figure}?owner_id=${colleague.userId}`)).status).toBe(403);
      expect((await member.get(`analytics/deals/${figure}?color=red`)).status).toBe(400);
    }
    const funnel = await get(colleague, 'funnel?method=cohort');
    expect(funnel.stages[0]).toMatchObject({ count: 1, total_amount: '20.00' });
    expect((await get(member, 'forecast')).totals.open).toEqual({ count: 1, amount: '10.00', weighted_amount: '1.00' });
  });
});

describe('the funnel', () => {
  it('shows where deals stand, what they went through, and for how long', async () => {
    const { admin, organization } = await world();
    const walk = async (...stages: string[]) => {
      const { id } = await open(admin, { amount: 10 });
      for (const stage of stages) await admin.patch(`deals/${id}`, stage === 'won' || stage === 'lost' ? { status: stage } : { stage });
      return id;
    };
    await walk();
    await walk('proposal');
    await walk('proposal', 'negotiation', 'won');
    await walk('proposal', 'lost');
    await walk('negotiation', 'won');
    await tamper(organization.id, `update stage_history set at = at + make_interval(days => position * position)`);

    const shape = (data: Json) =>
      data.stages.map(({ key, count, conversion, median_days_in_stage: days }: Json) => [key, count, conversion, days]);
    // Where they stand: three of five came beyond the first stage alone, and so on.
    expect(shape(await get(admin, 'funnel'))).toEqual([
      ['qualification', 1, null, 3],
      ['proposal', 1, 80, 5],
      ['negotiation', 0, 75, 6],
      ['closed', 3, 66.7, null],
    ]);
    expect(shape(await get(admin, 'funnel?method=cohort'))).toEqual([
      ['qualification', 5, null, 3],
      ['proposal', 3, 80, 5],
      ['negotiation', 2, 33.3, 6],
      ['closed', 3, 100, null],
    ]);
    const { stages } = await get(admin, 'funnel');
    expect(stages[3].by_status).toMatchObject({ won: { count: 2, total_amount: '20.00' }, lost: { count: 1, total_amount: '10.00' } });
    expect((await admin.get('analytics/deals/funnel?pipeline_id=019a9f5e-0000-7000-8000-000000000001')).status).toBe(404);
  });

  it('what came by different ways is rounded once for each currency', async () => {
    const { admin } = await world();
    await admin.post('exchange-rates', { from: 'USD', to: 'EUR', date: '2020-01-01', rate: '0.5' });
    for (const stage of ['proposal', 'negotiation']) {
      const { id } = await open(admin, { amount: '0.01', currency: 'USD' });
      await admin.patch(`deals/${id}`, { stage });
    }
    // Half a cent each, one cent together.
    expect((await get(admin, 'funnel?method=cohort')).stages[0].total_amount).toBe('0.01');
  });
});

describe('the forecast', () => {
  it('weighs what is open, adds what is won, never counts what is lost', async () => {
    const { member } = await world({ timeZone: 'America/New_York' });
    await open(member, { amount: 100, expected_close_date: '2027-01-31' });
    await open(member, { amount: '200.01', expected_close_date: '2027-01-01', stage: 'proposal', forecast_category: 'commit' });
    await open(member, { amount: 50, expected_close_date: '2027-02-01', forecast_category: 'omitted' });
    await open(member, { amount: 30 });
    await open(member, { amount: 40, expected_close_date: '2027-01-15', status: 'won' });
    await open(member, { amount: 70, expected_close_date: '2027-01-15', status: 'lost' });
    const { months, totals } = await get(member, 'forecast');
    const month = new Intl.DateTimeFormat('en-CA', { timeZone: 'America/New_York', year: 'numeric', month: '2-digit' }).format(new Date());
    expect(months.map((one: Json) => [one.month, one.open.count, one.open.weighted_amount, one.won.amount, one.total])).toEqual([
      [month, 0, '0.00', '40.00', '40.00'],
      ['2027-01', 2, '90.00', '0.00', '90.00'],
      ['2027-02', 0, '0.00', '0.00', '0.00'],
      [null, 1, '3.00', '0.00', '3.00'],
    ]);
    expect(months[2].by_category.omitted).toEqual({ count: 1, amount: '50.00', weighted_amount: '5.00' });
    expect(totals).toMatchObject({ total: '133.00', by_category: { commit: { count: 1, amount: '200.01', weighted_amount: '80.00' } } });
    expect((await get(member, 'forecast?from=2027-01-01&to=2027-01-30')).totals.open).toMatchObject({ count: 1, amount: '200.01' });
  });
});

interface Row {
  id: string;
  status: string;
  stage_id: string;
  currency: string;
  amount_e4: string;
  probability: number;
  took: string | null;
}
const digits = (e4: bigint) =>
  `${e4 / 10_000n}.${String(e4 % 10_000n)
    .padStart(4, '0')
    .slice(0, 2)}`;
const sum = (rows: Row[]) => digits(rows.reduce((all, { amount_e4 }) => all + BigInt(amount_e4), 0n));

it('every figure is a plain count over the same rows', async () => {
  const deal = fc.record({
    amount: fc.integer({ min: 1, max: 1_000_000 }).map((cents) => (cents / 100).toFixed(2)),
    steps: fc.array(fc.constantFrom('qualification', 'proposal', 'negotiation', 'won', 'lost', 'reopen'), { maxLength: 5 }),
    age: fc.integer({ min: 0, max: 90 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(deal, { minLength: 1, maxLength: 8 }), async (deals) => {
      const { admin, organization } = await world();
      for (const { amount, steps, age } of deals) {
        const { id } = await open(admin, { amount });
        for (const step of steps)
          await admin.post(
            `deals/${id}/${step === 'won' ? 'win' : step === 'lost' ? 'lose' : step === 'reopen' ? 'reopen' : 'move'}`,
            ['won', 'lost', 'reopen'].includes(step) ? {} : { stage: step },
          );
        await tamper(organization.id, `update deal set created_at = created_at - make_interval(hours => 5 * $2) where id = $1`, [id, age]);
      }
      const rows = await rowsOf<Row>(
        organization.id,
        `select *, extract(epoch from closed_at - created_at)::text as took from deal where deleted_at is null`,
      );
      const visits = await rowsOf<{ deal_id: string; to_stage_id: string }>(
        organization.id,
        'select distinct deal_id, to_stage_id from stage_history',
      );
      const summary = await get(admin, 'summary?days=10');
      for (const status of ['new', 'in_progress', 'won', 'lost']) {
        const some = rows.filter((row) => row.status === status);
        expect([status, summary.by_status[status].count, summary.by_status[status].total_amount]).toEqual([status, some.length, sum(some)]);
      }
      const won = rows.filter(({ status }) => status === 'won');
      const lost = rows.filter(({ status }) => status === 'lost');
      const closed = won.length + lost.length;
      expect(summary.win_rate).toBe(closed ? Math.round((won.length * 10_000) / closed) / 100 : null);
      const days = won.reduce((all, { took }) => all + Number(took), 0) / 86_400;
      expect(summary.average_days_to_close).toBe(won.length ? Math.round((days / won.length) * 10) / 10 : null);
      expect(summary.new_deals_last_n_days.count).toBe(deals.filter(({ age }) => age * 5 < 240).length);

      const snapshot = await get(admin, 'funnel');
      const cohort = await get(admin, 'funnel?method=cohort');
      snapshot.stages.forEach((stage: Json, index: number) => {
        const standing = rows.filter(({ stage_id }) => stage_id === stage.stage_id);
        expect([stage.count, stage.total_amount]).toEqual([standing.length, sum(standing)]);
        const passed = rows.filter(({ id }) => visits.some((visit) => visit.deal_id === id && visit.to_stage_id === stage.stage_id));
        expect([cohort.stages[index].count, cohort.stages[index].total_amount]).toEqual([passed.length, sum(passed)]);
        for (const { conversion } of [stage, cohort.stages[index]]) expect(conversion ?? 0).toEqual(expect.any(Number));
        for (const { conversion } of [stage, cohort.stages[index]]) expect((conversion ?? 0) >= 0 && (conversion ?? 0) <= 100).toBe(true);
      });

      const going = rows.filter(({ status }) => status === 'new' || status === 'in_progress');
      const weighted = going.reduce((all, row) => all + BigInt(row.amount_e4) * BigInt(row.probability), 0n);
      const forecast = await get(admin, 'forecast');
      expect(forecast.totals.open).toEqual({
        count: going.length,
        amount: sum(going),
        weighted_amount: digits(((weighted + 5000n) / 10_000n) * 100n),
      });
      expect(forecast.totals.won).toEqual({ count: won.length, amount: sum(won) });
    }),
    { numRuns: 6 },
  );
});
