import { jest } from '@jest/globals';
import { Bus, Mailer, setClock } from '#kernel';
import { DunningRound } from '../../libs/billing/dunning/dunning-round.ts';
import { RunDunningStep } from '../../libs/billing/dunning/run-dunning-step.ts';
import { asOwner } from '../database.ts';
import { lettersTo } from '../people.ts';
import { app, type Json, type Persona, type World, world } from '../world.ts';

afterEach(() => setClock());
/** Works at an instant; requests are made by the real clock, which is that of the tokens. */
async function at<T>(instant: string, work: () => Promise<T>): Promise<T> {
  setClock(() => new Date(instant));
  try {
    return await work();
  } finally {
    setClock();
  }
}
const lettersOn = (day: string, { email }: { email: string }, { organization }: World) =>
  at(`${day}T15:00:00Z`, () => lettersTo(email, organization.id));
const anEmail = () => `payer-${Math.random().toString(36).slice(2)}@test.example`;

interface Debt {
  email: string;
  invoice: Json;
  contact: string;
}
/** An invoice over 100.00 of 1 February, due on 1 March 2026. */
async function debt({ manager, drain }: World): Promise<Debt> {
  const email = anEmail();
  const contact = (await manager.post('contacts', { name: 'Ada Lovelace', email })).data.id as string;
  const body = {
    contact_id: contact,
    currency: 'EUR',
    issue_date: '2026-02-01',
    due_date: '2026-03-01',
    lines: [{ description: 'Hours', unit_price: '100', tax_percent: '0' }],
  };
  const draft = (await manager.post('invoices', body)).data;
  const invoice = (await manager.post(`invoices/${draft.id}/issue`)).data;
  await at('2026-02-01T12:00:00Z', drain);
  return { email, invoice, contact };
}
/** What a worker does on these days, in the afternoon. */
async function days({ drain }: World, ...all: string[]) {
  for (const day of all) await at(`${day}T14:00:00Z`, drain);
}
const pay = async (who: Persona, { contact }: Debt, amount: string): Promise<Json> =>
  (await who.post('payments', { contact_id: contact, amount, currency: 'EUR' })).data;
const subjects = async (day: string, owed: Debt, here: World) => (await lettersOn(day, owed, here)).map(({ subject }) => subject);
const runs = async ({ manager }: World, { invoice }: Debt): Promise<[number, string, string][]> =>
  (await manager.get(`dunning-runs?invoice_id=${invoice.id}&sort=created_at`)).data.map(({ step, ran_on, status }: Json) => [
    step,
    ran_on,
    status,
  ]);

describe('what fails again and again', () => {
  /** What a worker tries from an instant on, until it gives up. */
  async function tries({ drain }: World, from: string): Promise<void> {
    for (let hours = 0; hours < 8; hours++)
      await at(new Date(Date.parse(from) + hours * 3_600_000).toISOString(), () => drain().catch(() => 0));
  }
  const tasks = async ({ manager }: World): Promise<Json[]> => (await manager.get('tasks')).data;

  it('of a letter: the reminder has failed, and somebody is asked to look', async () => {
    const here = await world();
    const owed = await debt(here);
    const mailer = jest.spyOn((await app()).get(Mailer, { strict: false }), 'send').mockRejectedValue(new Error('421 try later'));
    await tries(here, '2026-03-04T12:00:00Z');
    mailer.mockRestore();
    expect(await runs(here, owed)).toEqual([[1, '2026-03-04', 'failed']]);
    expect(await tasks(here)).toMatchObject([{ title: 'A reminder could not be sent', priority: 'urgent', contact_id: owed.contact }]);
    await days(here, '2026-03-11');
    expect(await runs(here, owed)).toEqual([
      [1, '2026-03-04', 'failed'],
      [2, '2026-03-11', 'sent'],
    ]);
  });

  it('of a round: all is looked at again a day later', async () => {
    const here = await world();
    const owed = await debt(here);
    await asOwner('update due set attempts = 7 where organization_id = $1 and done_at is null', [here.organization.id]);
    const broken = jest.spyOn((await app()).get(Bus), 'later').mockRejectedValueOnce(new Error('broken'));
    await at('2026-03-04T12:00:00Z', () => here.drain().catch(() => 0));
    broken.mockRestore();
    expect(await runs(here, owed)).toEqual([]);
    await days(here, '2026-03-05');
    expect(await runs(here, owed)).toEqual([[1, '2026-03-05', 'sent']]);
  });
});

describe('of an invoice due on 1 March', () => {
  it('+3, +10 and +20 days, one letter each, however often it is looked at', async () => {
    const here = await world();
    const owed = await debt(here);
    const { number } = owed.invoice;
    await days(here, '2026-03-01', '2026-03-03', '2026-03-04', '2026-03-04', '2026-03-05', '2026-03-10');
    expect(await subjects('2026-03-10', owed, here)).toEqual([`Reminder: invoice ${number}`]);
    await days(here, '2026-03-11', '2026-03-12', '2026-03-21', '2026-03-22', '2026-06-01');
    expect(await subjects('2026-06-01', owed, here)).toEqual([
      `Reminder: invoice ${number}`,
      `Second reminder: invoice ${number}`,
      `Last reminder: invoice ${number}`,
    ]);
    expect(await runs(here, owed)).toEqual([
      [1, '2026-03-04', 'sent'],
      [2, '2026-03-11', 'sent'],
      [3, '2026-03-21', 'sent'],
    ]);
  });

  it('down from day 2 to 12: only the step of day 10', async () => {
    const here = await world();
    const owed = await debt(here);
    await days(here, '2026-03-03', '2026-03-13', '2026-03-14');
    expect(await runs(here, owed)).toEqual([[2, '2026-03-13', 'sent']]);
    const [letter, ...others] = await lettersOn('2026-03-14', owed, here);
    expect(others).toEqual([]);
    expect(letter!.text).toContain('100.00 EUR');
    await days(here, '2026-03-21');
    expect(await runs(here, owed)).toHaveLength(2);
  });

  it('paid on day 11: nothing more; paid back: the next step', async () => {
    const here = await world();
    const owed = await debt(here);
    await days(here, '2026-03-04', '2026-03-11');
    const payment = await pay(here.manager, owed, '100');
    await days(here, '2026-03-12', '2026-03-21', '2026-04-30');
    expect(await runs(here, owed)).toHaveLength(2);
    await here.manager.post(`payments/${payment.id}/refund`, { amount: '1' });
    await days(here, '2026-05-01', '2026-05-02');
    expect((await runs(here, owed)).slice(2)).toEqual([[3, '2026-05-01', 'sent']]);
    expect((await lettersOn('2026-05-02', owed, here)).at(-1)!.text).toContain('1.00 EUR');
  });

  it('paid before its step was run and paid back on the same day, it has its step after all', async () => {
    const here = await world();
    const owed = await debt(here);
    const bus = (await app()).get(Bus);
    const round = () => bus.asSystem(here.organization.facts(), () => bus.run(new DunningRound()));
    await at('2026-03-04T14:00:00Z', round);
    const payment = await pay(here.manager, owed, '100');
    await days(here, '2026-03-04');
    expect(await runs(here, owed)).toEqual([]);
    await here.manager.post(`payments/${payment.id}/refund`, { amount: '1' });
    await days(here, '2026-03-04');
    expect(await runs(here, owed)).toEqual([[1, '2026-03-04', 'sent']]);
  });

  it('paid in part it is reminded of what is left', async () => {
    const here = await world();
    const owed = await debt(here);
    await pay(here.manager, owed, '60');
    await days(here, '2026-03-04');
    expect((await lettersOn('2026-03-04', owed, here))[0]!.text).toContain('40.00 EUR');
  });

  it('settled before the letter leaves, there is none', async () => {
    const here = await world();
    const owed = await debt(here);
    const bus = (await app()).get(Bus);
    const decide = () => bus.asSystem(here.organization.facts(), () => bus.run(new RunDunningStep(owed.invoice.id)));
    await at('2026-03-04T14:00:00Z', decide);
    await pay(here.manager, owed, '100');
    await days(here, '2026-03-04');
    expect(await runs(here, owed)).toEqual([[1, '2026-03-04', 'settled']]);
    expect(await lettersOn('2026-03-04', owed, here)).toEqual([]);
  });

  it('two workers at once write once', async () => {
    const here = await world();
    const owed = await debt(here);
    await at('2026-03-05T08:00:00Z', () => Promise.all([here.drain(), here.drain(), here.drain()]));
    await days(here, '2026-03-05');
    expect(await subjects('2026-03-05', owed, here)).toHaveLength(1);
    expect(await runs(here, owed)).toHaveLength(1);
  });

  it('issued long after it was due, it has its step at once', async () => {
    const here = await world();
    const email = anEmail();
    const contact = (await here.manager.post('contacts', { name: 'Ada', email })).data.id;
    const lines = [{ description: 'Hours', unit_price: '1', tax_percent: '0' }];
    const draft = await here.manager.post('invoices', {
      contact_id: contact,
      currency: 'EUR',
      issue_date: '2026-02-01',
      due_date: '2026-03-01',
      lines,
    });
    const invoice = (await here.manager.post(`invoices/${draft.data.id}/issue`)).data;
    await days(here, '2026-03-13');
    expect(await runs(here, { invoice, email, contact })).toEqual([[2, '2026-03-13', 'sent']]);
  });

  it('nobody to write to is written down', async () => {
    const here = await world();
    const owed = await debt(here);
    await here.manager.patch(`contacts/${owed.contact}`, { email: null });
    const second = (
      await here.manager.post('invoices', {
        contact_id: owed.contact,
        currency: 'EUR',
        issue_date: '2026-02-01',
        due_date: '2026-03-01',
        lines: [{ description: 'x', unit_price: '1', tax_percent: '0' }],
      })
    ).data;
    await here.manager.post(`invoices/${second.id}/issue`);
    await days(here, '2026-03-03', '2026-03-04');
    expect(await runs(here, { ...owed, invoice: second })).toEqual([[1, '2026-03-04', 'no_address']]);
  });
});

describe('policies', () => {
  it('every organization has one; its own steps and words count, and none where it is off', async () => {
    const here = await world();
    const { manager } = here;
    const [standard] = (await manager.get('dunning-policies')).data;
    expect(standard).toMatchObject({ is_default: true, active: true, steps: [{ days: 3 }, { days: 10 }, { days: 20 }] });
    const owed = await debt(here);
    await manager.patch(`dunning-policies/${standard.id}`, {
      steps: [{ days: 1, subject: 'Pay {number}', text: 'Dear {customer}: {due}, {unknown}' }],
    });
    await days(here, '2026-03-01', '2026-03-02');
    const [letter] = await lettersOn('2026-03-02', owed, here);
    expect(letter).toMatchObject({ subject: `Pay ${owed.invoice.number}`, text: 'Dear Ada Lovelace: 100.00 EUR, {unknown}' });
    await manager.patch(`dunning-policies/${standard.id}`, { active: false, steps: [{ days: 1 }, { days: 2 }] });
    await days(here, '2026-03-04', '2026-03-05');
    expect(await runs(here, owed)).toHaveLength(1);
    await manager.patch(`dunning-policies/${standard.id}`, { active: true });
    await days(here, '2026-03-06');
    expect(await runs(here, owed)).toHaveLength(2);
  });

  it('changed in the middle: nobody is reminded twice for the same days, and nobody is forgotten', async () => {
    const here = await world();
    const { manager } = here;
    const [policy] = (await manager.get('dunning-policies')).data;
    const change = (...all: number[]) => manager.patch(`dunning-policies/${policy.id}`, { steps: all.map((after) => ({ days: after })) });
    const [fewer, more] = [await debt(here), await debt(here)];
    await days(here, '2026-03-04');
    await change(1, 2, 3, 10, 20);
    await days(here, '2026-03-05');
    expect([await runs(here, fewer), await runs(here, more)]).toEqual([[[1, '2026-03-04', 'sent']], [[1, '2026-03-04', 'sent']]]);
    await change(12);
    await days(here, '2026-03-06', '2026-03-13');
    expect((await runs(here, more)).slice(1)).toEqual([[2, '2026-03-13', 'sent']]);
  });

  it('of a seller, deleted: the default counts again', async () => {
    const here = await world();
    const { manager } = here;
    const seller = (await manager.get('billing-entities')).data[0].id;
    const own = (await manager.post('dunning-policies', { name: 'Never', billing_entity_id: seller, steps: [] })).data;
    const owed = await debt(here);
    await days(here, '2026-03-04');
    expect(await runs(here, owed)).toEqual([]);
    await manager.delete(`dunning-policies/${own.id}`);
    await days(here, '2026-03-05');
    expect(await runs(here, owed)).toEqual([[1, '2026-03-05', 'sent']]);
  });

  it('are managed by managers and finance, one default and one for each billing entity', async () => {
    const { manager, member, stranger, join } = await world();
    const finance = await join('member', ['finance']);
    const [standard] = (await member.get('dunning-policies')).data;
    expect((await member.post('dunning-policies', { name: 'Mine' })).status).toBe(403);
    expect((await stranger.get(`dunning-policies/${standard.id}`)).status).toBe(404);
    const wrong = await manager.post('dunning-policies', { name: 'Wrong', steps: [{ days: 10 }, { days: 3 }] });
    expect(wrong).toMatchObject({ status: 400, error: { details: [{ pointer: '/steps' }] } });
    const second = (await finance.post('dunning-policies', { name: 'Gentle', steps: [{ days: 7 }], is_default: true })).data;
    expect((await manager.get(`dunning-policies/${standard.id}`)).data.is_default).toBe(false);
    const seller = (await manager.get('billing-entities')).data[0].id;
    const scope = await manager.patch(`dunning-policies/${second.id}`, { billing_entity_id: seller });
    expect(scope).toMatchObject({ status: 422, error: { code: 'dunning_policy.scope' } });
    expect((await manager.post('dunning-policies', { name: 'A', billing_entity_id: seller })).status).toBe(201);
    expect((await manager.post('dunning-policies', { name: 'B', billing_entity_id: seller })).status).toBe(409);
    expect((await manager.delete(`dunning-policies/${second.id}`)).status).toBe(200);
  });
});
