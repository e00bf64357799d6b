import { invariants, setClock } from '#kernel';
import fc from 'fast-check';
import { inside, rowsOf, tamper } from '../database.ts';
import { rewriting } from '../laws/statements.ts';
import { type Answer, type Json, type Persona, world } from '../world.ts';

afterEach(() => setClock());
const broken = async (organizationId: string): Promise<string[]> => {
  const found: string[] = [];
  for (const { name, sql } of invariants) if ((await rowsOf<{ wrong: number }>(organizationId, sql))[0]!.wrong) found.push(name);
  return found;
};
const contactOf = async (who: Persona): Promise<string> => (await who.post('contacts', { name: 'Ada Lovelace' })).data.id as string;
const lineOf = (unit_price: string) => ({ description: 'Hours', unit_price, tax_percent: '0' });
async function issued(who: Persona, contact_id: string, amount: string, more: object = {}): Promise<Json> {
  const draft = await who.post('invoices', { contact_id, currency: 'EUR', lines: [lineOf(amount)], ...more });
  expect(draft).toMatchObject({ status: 201 });
  const answer = await who.post(`invoices/${draft.data.id}/issue`);
  expect(answer).toMatchObject({ status: 200 });
  return answer.data;
}
async function paid(who: Persona, contact_id: string, amount: string, more: object = {}): Promise<Json> {
  const answer = await who.post('payments', { contact_id, amount, currency: 'EUR', method: 'bank_transfer', ...more });
  expect(answer).toMatchObject({ status: 201 });
  return answer.data;
}
const invoiceOf = async (who: Persona, id: string): Promise<Json> => (await who.get(`invoices/${id}`)).data;
const balanceOf = async (who: Persona, account: string, query = ''): Promise<Json> =>
  (await who.get(`customer-accounts/${account}/balance${query}`)).data;

describe('an invoice of 100', () => {
  it('60 leave 40; 50 more pay it and are 10 of credit; the next invoice of 30 takes them', async () => {
    const { manager, organization } = await world();
    const contact = await contactOf(manager);
    const invoice = await issued(manager, contact, '100');
    const first = await paid(manager, contact, '60');
    expect(first).toMatchObject({ status: 'succeeded', allocated: '60.00', credit: '0.00', contact_id: contact });
    expect(first.allocations).toMatchObject([{ invoice_id: invoice.id, amount: '60.00' }]);
    expect(await invoiceOf(manager, invoice.id)).toMatchObject({ status: 'partially_paid', paid: '60.00', due: '40.00' });
    const second = await paid(manager, contact, '50');
    expect(second).toMatchObject({ allocated: '40.00', credit: '10.00' });
    expect((await manager.get(`payments/${second.id}`)).data).toEqual(second);
    expect(await invoiceOf(manager, invoice.id)).toMatchObject({ status: 'paid', due: '0.00' });
    expect(await balanceOf(manager, invoice.customer_account_id)).toMatchObject({
      balance: '-10.00',
      due: '0.00',
      credit: '10.00',
      currency: 'EUR',
    });
    const next = await issued(manager, contact, '30');
    expect(next).toMatchObject({ status: 'partially_paid', paid: '10.00', due: '20.00' });
    expect(await invoiceOf(manager, next.id)).toMatchObject({ status: 'partially_paid', due: '20.00', content_hash: next.content_hash });
    expect((await manager.get(`payments/${second.id}`)).data).toMatchObject({ allocated: '50.00', credit: '0.00' });
    expect(await balanceOf(manager, invoice.customer_account_id)).toMatchObject({ balance: '20.00', due: '20.00', credit: '0.00' });
    expect(await broken(organization.id)).toEqual([]);
  });

  it('two full payments at once: one pays, one is credit', async () => {
    const { manager, organization } = await world();
    const contact = await contactOf(manager);
    const invoice = await issued(manager, contact, '100');
    const made = await Promise.all([1, 2, 3].map(() => paid(manager, contact, '100')));
    expect(made.map(({ allocated, credit }) => `${allocated} ${credit}`).sort()).toEqual(['0.00 100.00', '0.00 100.00', '100.00 0.00']);
    expect(await invoiceOf(manager, invoice.id)).toMatchObject({ status: 'paid', paid: '100.00', due: '0.00' });
    expect(await broken(organization.id)).toEqual([]);
  });

  it('payments, issues, credit notes and write-offs at once never deadlock, and the ledger balances', async () => {
    const { manager, organization } = await world();
    const contact = await contactOf(manager);
    const invoices = [];
    for (let i = 0; i < 6; i++) invoices.push(await issued(manager, contact, '10'));
    const drafts = await Promise.all(
      [1, 2, 3, 4].map(() => manager.post('invoices', { contact_id: contact, currency: 'EUR', lines: [lineOf('7')] })),
    );
    const ids = invoices.map(({ id }) => id as string);
    const works = [
      ...ids.map((id) => () => manager.post('payments', { contact_id: contact, amount: '13', currency: 'EUR', invoice_ids: [id, ...ids] })),
      ...drafts.map(
        ({ data }) =>
          () =>
            manager.post(`invoices/${data.id}/issue`),
      ),
      () => manager.post(`invoices/${ids[5]}/credit`),
      () => manager.post(`invoices/${ids[4]}/write-off`),
      () => manager.post('payments', { contact_id: contact, amount: '20', currency: 'EUR', invoice_ids: [...ids].reverse() }),
    ];
    const statuses = (await Promise.all(works.map((work) => work()))).map(({ status }) => status);
    expect(statuses.filter((status) => ![200, 201, 409].includes(status))).toEqual([]);
    expect(await broken(organization.id)).toEqual([]);
  });
});

describe('recording', () => {
  it('the same external id is the same payment, also at once and for another customer', async () => {
    const { manager, organization } = await world();
    const [contact, other] = [await contactOf(manager), await contactOf(manager)];
    const invoice = await issued(manager, contact, '100');
    const body = (contact_id: string) => ({ contact_id, amount: '60', currency: 'EUR', external_id: 'pi_1' });
    const made = await Promise.all([contact, contact, other, contact].map((id) => manager.post('payments', body(id))));
    expect(made.map(({ status }) => status).sort()).toEqual([200, 200, 200, 201]);
    expect(new Set(made.map(({ data }) => data.id)).size).toBe(1);
    const again = await manager.post('payments', body(contact));
    expect(again).toMatchObject({ status: 200, data: { id: made[0]!.data.id, amount: '60.00' } });
    expect((await manager.get('payments')).data).toHaveLength(1);
    const { due } = await invoiceOf(manager, invoice.id);
    expect(due).toBe(made[0]!.data.contact_id === contact ? '40.00' : '100.00');
    expect(await broken(organization.id)).toEqual([]);
  });

  it('the oldest first; named ones in the order they are named; what was written off comes back last', async () => {
    const { manager, organization } = await world();
    const contact = await contactOf(manager);
    const late = await issued(manager, contact, '10', { issue_date: '2026-01-01', due_date: '2026-03-01' });
    const early = await issued(manager, contact, '10', { issue_date: '2026-01-01', due_date: '2026-02-01' });
    const lost = await issued(manager, contact, '10', { issue_date: '2026-01-01', due_date: '2026-01-02' });
    await manager.post(`invoices/${lost.id}/write-off`);
    expect((await paid(manager, contact, '4')).allocations).toMatchObject([{ invoice_id: early.id, amount: '4.00' }]);
    const named = await paid(manager, contact, '11', { invoice_ids: [late.id, early.id] });
    expect(named.allocations.map(({ invoice_id, amount }: Json) => [invoice_id, amount])).toEqual([
      [late.id, '10.00'],
      [early.id, '1.00'],
    ]);
    await paid(manager, contact, '9');
    expect(await invoiceOf(manager, lost.id)).toMatchObject({ status: 'written_off', written_off: '6.00', paid: '4.00', due: '0.00' });
    await paid(manager, contact, '6.50');
    expect(await invoiceOf(manager, lost.id)).toMatchObject({ status: 'paid', written_off: '0.00', paid: '10.00' });
    expect(await balanceOf(manager, lost.customer_account_id)).toMatchObject({ credit: '0.50', balance: '-0.50' });
    expect(await broken(organization.id)).toEqual([]);
  });

  it('another currency counts by its rate, and is 422 without one', async () => {
    const { admin, organization } = await world();
    const contact = await contactOf(admin);
    const invoice = await issued(admin, contact, '100');
    const body = { contact_id: contact, amount: '100', currency: 'USD', received_on: '2026-11-02' };
    const refused = await admin.post('payments', body);
    expect(refused).toMatchObject({
      status: 422,
      error: { code: 'payment.no_rate', details: [{ pointer: '/currency' }], missing_rates: [{ from: 'USD', to: 'EUR' }] },
    });
    expect((await admin.get('payments')).data).toEqual([]);
    await admin.post('exchange-rates', { from: 'EUR', to: 'USD', date: '2026-11-01', rate: '1.25' });
    const made = await admin.post('payments', body);
    expect(made).toMatchObject({
      status: 201,
      data: {
        amount: '80.00',
        currency: 'EUR',
        received_amount: '100',
        received_currency: 'USD',
        exchange_rate: '0.8',
        allocated: '80.00',
      },
    });
    expect(await invoiceOf(admin, invoice.id)).toMatchObject({ due: '20.00', status: 'partially_paid' });
    const dollars = await issued(admin, contact, '50', { currency: 'USD' });
    const both = await admin.post('payments', { ...body, invoice_ids: [invoice.id, dollars.id] });
    expect(both).toMatchObject({ status: 422, error: { code: 'payment.mixed_currencies' } });
    expect(await paid(admin, contact, '60', { currency: 'USD' })).toMatchObject({ currency: 'USD', allocated: '50.00', credit: '10.00' });
    expect((await balanceOf(admin, invoice.customer_account_id)).by_currency).toMatchObject([
      { currency: 'EUR', due: '20.00' },
      { currency: 'USD', balance: '-10.00', credit: '10.00' },
    ]);
    expect(await broken(organization.id)).toEqual([]);
  });

  it('announced in another currency, it counts at the rate of the day it came', async () => {
    const { admin, organization } = await world();
    const contact = await contactOf(admin);
    const invoice = await issued(admin, contact, '100');
    for (const [date, rate] of [
      ['2026-03-01', '0.8'],
      ['2026-03-20', '0.9'],
    ])
      // prettier-ignore
      await admin.post('exchange-rates', { from: 'USD', to: 'EUR', date, rate });
    const announced = { currency: 'USD', status: 'pending', received_on: '2026-03-01', invoice_ids: [invoice.id] };
    const payment = await paid(admin, contact, '100', announced);
    expect(payment).toMatchObject({ amount: '80.00', exchange_rate: '0.8' });
    const came = await admin.post(`payments/${payment.id}/succeed`, { received_on: '2026-03-20' });
    expect(came.data).toMatchObject({ received_on: '2026-03-20', amount: '90.00', exchange_rate: '0.9', allocated: '90.00' });
    expect(await invoiceOf(admin, invoice.id)).toMatchObject({ due: '10.00' });
    expect(await broken(organization.id)).toEqual([]);
  });

  it('announced, it pays what it names in that order, and counts from the day it came on, by the rate of that day', async () => {
    const { admin, organization } = await world({ timeZone: 'Europe/Berlin' });
    const contact = await contactOf(admin);
    const [first, second] = [await issued(admin, contact, '100'), await issued(admin, contact, '100')];
    const today = new Date().toLocaleDateString('sv', { timeZone: 'Europe/Berlin' });
    const earlier = new Date(Date.parse(today) - 5 * 86_400_000).toISOString().slice(0, 10);
    await admin.post('exchange-rates', { from: 'USD', to: 'EUR', date: earlier, rate: '0.8' });
    await admin.post('exchange-rates', { from: 'USD', to: 'EUR', date: today, rate: '0.9' });
    const announced = { currency: 'USD', status: 'pending', received_on: earlier, invoice_ids: [second.id, first.id] };
    const { id } = await paid(admin, contact, '150', announced);
    const came = (await admin.post(`payments/${id}/succeed`)).data;
    expect(came).toMatchObject({ received_on: today, amount: '135.00', exchange_rate: '0.9' });
    expect(came.allocations.map(({ invoice_id, amount }: Json) => [invoice_id, amount])).toEqual([
      [second.id, '100.00'],
      [first.id, '35.00'],
    ]);
    const ahead = new Date(Date.parse(today) + 5 * 86_400_000).toISOString().slice(0, 10);
    const later = await paid(admin, contact, '1', { status: 'pending', received_on: ahead });
    expect((await admin.post(`payments/${later.id}/succeed`)).data.received_on).toBe(ahead);
    expect(await broken(organization.id)).toEqual([]);
  });

  it('given to an invoice of another currency it is refused, not passed over', async () => {
    const { manager } = await world();
    const contact = await contactOf(manager);
    const euros = await issued(manager, contact, '5');
    const dollars = await issued(manager, contact, '50', { currency: 'USD' });
    const { id } = await paid(manager, contact, '100');
    const at = (pointer: string) => ({ status: 422, error: { code: 'payment.mixed_currencies', details: [{ pointer }] } });
    const one = { invoice_id: dollars.id };
    expect(await manager.post(`payments/${id}/allocate`, { invoice_ids: [euros.id, dollars.id] })).toMatchObject(at('/invoice_ids/1'));
    for (const given of [one, { ...one, amount: '10' }])
      expect(await manager.post(`payments/${id}/allocate`, { allocations: [given] })).toMatchObject(at('/allocations/0/invoice_id'));
    expect(await manager.post(`payments/${id}/allocate`)).toMatchObject({ status: 200, data: { credit: '95.00' } });
  });

  it('paid back once for each external id: told of it again, the refund that is there is named', async () => {
    const { manager } = await world();
    const contact = await contactOf(manager);
    const refund = { amount: '10', external_id: 're_1' };
    const invoice = await issued(manager, contact, '100');
    const { id } = await paid(manager, contact, '100');
    const { refunds } = (await manager.post(`payments/${id}/refund`, refund)).data;
    const note = (await manager.post(`invoices/${invoice.id}/credit`)).data;
    for (const path of [`payments/${id}/refund`, `credit-notes/${note.id}/refund`])
      expect(await manager.post(path, refund)).toMatchObject({
        status: 409,
        error: { code: 'already_exists', existing: { type: 'refund', id: refunds[0].id } },
      });
  });

  it('refuses what cannot be', async () => {
    const { manager, stranger } = await world();
    const [contact, other] = [await contactOf(manager), await contactOf(manager)];
    const foreign = await issued(manager, other, '5');
    const draft = (await manager.post('invoices', { contact_id: contact, currency: 'EUR', lines: [lineOf('1')] })).data;
    const body = { contact_id: contact, amount: '1', currency: 'EUR' };
    const cases: [object, number, string][] = [
      [{ amount: '0' }, 400, 'request.invalid'],
      [{ amount: '-1' }, 400, 'request.invalid'],
      [{ amount: '1.001' }, 400, 'request.invalid'],
      [{ method: 'barter' }, 400, 'request.invalid'],
      [{ invoice_ids: [foreign.id] }, 422, 'payment.other_customer'],
      [{ invoice_ids: [draft.id] }, 422, 'payment.not_payable'],
      [{ invoice_ids: ['00000000-0000-7000-8000-000000000000'] }, 404, 'not_found'],
      [{ contact_id: '00000000-0000-7000-8000-000000000000' }, 404, 'not_found'],
      [{ company_id: contact }, 422, 'customer_account.one_customer'],
    ];
    for (const [more, status, code] of cases)
      expect(await manager.post('payments', { ...body, ...more })).toMatchObject({ status, error: { code } });
    expect((await stranger.post('payments', body)).status).toBe(404);
    expect((await stranger.post('payments', { amount: '1', currency: 'EUR', invoice_ids: [foreign.id] })).status).toBe(400);
    const payment = await paid(manager, contact, '1');
    for (const verb of ['allocate', 'refund', 'fail', 'cancel', 'succeed', 'dispute'])
      expect((await stranger.post(`payments/${payment.id}/${verb}`)).status).toBe(404);
    expect((await stranger.get(`payments/${payment.id}`)).status).toBe(404);
    expect((await stranger.get(`customer-accounts/${payment.customer_account_id}/statement`)).status).toBe(404);
    expect(await paid(manager, other, '5', { contact_id: undefined, invoice_ids: [foreign.id] })).toMatchObject({ contact_id: other });
  });

  it('announced money pays when it is there, or never', async () => {
    const { manager, organization } = await world();
    const contact = await contactOf(manager);
    const invoice = await issued(manager, contact, '100');
    const pending = await paid(manager, contact, '100', { status: 'pending', invoice_ids: [invoice.id] });
    expect(pending).toMatchObject({ status: 'pending', allocated: '0.00', credit: '0.00' });
    expect(await invoiceOf(manager, invoice.id)).toMatchObject({ due: '100.00' });
    expect(await manager.post(`payments/${pending.id}/refund`)).toMatchObject({ status: 409, error: { code: 'payment.status' } });
    const done = await manager.post(`payments/${pending.id}/succeed`);
    expect(done).toMatchObject({ status: 200, data: { status: 'succeeded', allocated: '100.00' } });
    expect(await manager.post(`payments/${pending.id}/fail`)).toMatchObject({ status: 409 });
    const [failed, off] = [
      await paid(manager, contact, '1', { status: 'pending' }),
      await paid(manager, contact, '1', { status: 'pending' }),
    ];
    expect((await manager.post(`payments/${failed.id}/fail`, { reason: 'No funds' })).data).toMatchObject({
      status: 'failed',
      reason: 'No funds',
    });
    expect((await manager.post(`payments/${off.id}/cancel`)).data).toMatchObject({ status: 'cancelled' });
    expect((await manager.post(`payments/${off.id}/succeed`)).status).toBe(409);
    expect(await balanceOf(manager, invoice.customer_account_id)).toMatchObject({ balance: '0.00' });
    expect(await broken(organization.id)).toEqual([]);
  });
});

describe('money that goes back', () => {
  it('a refund takes the credit first, then the invoices paid last: they are due again', async () => {
    const { manager, organization } = await world();
    const contact = await contactOf(manager);
    const [a, b] = [await issued(manager, contact, '50'), await issued(manager, contact, '50')];
    const payment = await paid(manager, contact, '110', { invoice_ids: [a.id, b.id] });
    const once = await manager.post(`payments/${payment.id}/refund`, { amount: '30', reason: 'Too much' });
    expect(once).toMatchObject({
      status: 200,
      data: { status: 'partially_refunded', refunded: '30.00', allocated: '80.00', credit: '0.00', refunds: [{ amount: '30.00' }] },
    });
    expect((await manager.get(`payments/${payment.id}`)).data).toEqual(once.data);
    expect(await invoiceOf(manager, a.id)).toMatchObject({ status: 'paid' });
    expect(await invoiceOf(manager, b.id)).toMatchObject({ status: 'partially_paid', due: '20.00' });
    expect(await manager.post(`payments/${payment.id}/refund`, { amount: '80.01' })).toMatchObject({
      status: 422,
      error: { code: 'payment.refund_too_large' },
    });
    expect((await manager.post(`payments/${payment.id}/refund`)).data).toMatchObject({ status: 'refunded', allocations: [] });
    expect((await manager.post(`payments/${payment.id}/refund`)).status).toBe(200);
    expect((await manager.post(`payments/${payment.id}/refund`, { amount: '1' })).status).toBe(409);
    for (const { id } of [a, b]) expect(await invoiceOf(manager, id)).toMatchObject({ status: 'issued', paid: '0.00', due: '50.00' });
    expect(await broken(organization.id)).toEqual([]);
  });

  it('refunds at once never exceed the payment', async () => {
    const { manager, organization } = await world();
    const contact = await contactOf(manager);
    await issued(manager, contact, '50');
    const payment = await paid(manager, contact, '60');
    const all = await Promise.all([1, 2, 3, 4].map(() => manager.post(`payments/${payment.id}/refund`, { amount: '25' })));
    expect(all.map(({ status }) => status).sort()).toEqual([200, 200, 422, 422]);
    expect(await broken(organization.id)).toEqual([]);
  });

  it('a disputed payment pays nothing until it is won; lost, it is gone', async () => {
    const { manager, organization } = await world();
    const contact = await contactOf(manager);
    const invoice = await issued(manager, contact, '100');
    const payment = await paid(manager, contact, '110');
    expect((await manager.post(`payments/${payment.id}/dispute`, { reason: 'Fraud' })).data).toMatchObject({
      status: 'disputed',
      allocated: '0.00',
      credit: '0.00',
    });
    expect(await invoiceOf(manager, invoice.id)).toMatchObject({ status: 'issued', due: '100.00' });
    expect(await balanceOf(manager, invoice.customer_account_id)).toMatchObject({ balance: '100.00', credit: '0.00' });
    expect((await manager.post(`payments/${payment.id}/resolve`, { outcome: 'won' })).data).toMatchObject({
      status: 'won',
      allocated: '100.00',
      credit: '10.00',
    });
    expect(await invoiceOf(manager, invoice.id)).toMatchObject({ status: 'paid' });
    const other = await paid(manager, contact, '5');
    await manager.post(`payments/${other.id}/dispute`);
    expect((await manager.post(`payments/${other.id}/resolve`, { outcome: 'lost' })).data).toMatchObject({
      status: 'lost',
      credit: '0.00',
    });
    expect((await manager.post(`payments/${other.id}/resolve`, { outcome: 'won' })).status).toBe(409);
    expect(await broken(organization.id)).toEqual([]);
  });

  it('a credit note on a paid invoice is credit: taken by the next, paid back, or used when the payment goes back', async () => {
    const { manager, organization } = await world();
    const contact = await contactOf(manager);
    const invoice = await issued(manager, contact, '100');
    const payment = await paid(manager, contact, '100');
    const note = (await manager.post(`invoices/${invoice.id}/credit`, { lines: [{ position: 1, amount: '60' }] })).data;
    expect(note).toMatchObject({ due: '-60.00', status: 'issued' });
    expect(await balanceOf(manager, invoice.customer_account_id)).toMatchObject({ balance: '-60.00', credit: '60.00' });
    const next = await issued(manager, contact, '20');
    expect(next).toMatchObject({ status: 'paid', credited: '20.00', paid: '0.00', due: '0.00' });
    expect((await manager.post(`credit-notes/${note.id}/refund`, { amount: '10' })).data).toMatchObject({ due: '-30.00', paid: '10.00' });
    expect((await manager.post(`credit-notes/${note.id}/refund`, { amount: '30.01' })).status).toBe(422);
    await manager.post(`payments/${payment.id}/refund`);
    expect(await invoiceOf(manager, invoice.id)).toMatchObject({ paid: '0.00', credited: '30.00', due: '70.00', status: 'issued' });
    expect(await invoiceOf(manager, note.id)).toMatchObject({ due: '0.00', status: 'paid' });
    expect(await broken(organization.id)).toEqual([]);
  });

  it('what the corrected invoice does not need pays what else is due, the oldest first', async () => {
    const { manager, organization } = await world();
    const contact = await contactOf(manager);
    const first = await issued(manager, contact, '100');
    await paid(manager, contact, '100');
    const [second, third] = [await issued(manager, contact, '30'), await issued(manager, contact, '90')];
    const note = (await manager.post(`invoices/${first.id}/credit`)).data;
    expect(note).toMatchObject({ status: 'paid', credited: '100.00', due: '0.00' });
    expect(await invoiceOf(manager, second.id)).toMatchObject({ status: 'paid', credited: '30.00' });
    expect(await invoiceOf(manager, third.id)).toMatchObject({ due: '20.00', credited: '70.00' });
    expect(await balanceOf(manager, first.customer_account_id)).toMatchObject({ balance: '20.00', due: '20.00', credit: '0.00' });
    expect(await broken(organization.id)).toEqual([]);
  });

  it('an invoice that was written off in part is open again when its payment goes back', async () => {
    const { manager, organization } = await world();
    const contact = await contactOf(manager);
    const invoice = await issued(manager, contact, '100');
    const payment = await paid(manager, contact, '60');
    await manager.post(`invoices/${invoice.id}/write-off`);
    await manager.post(`payments/${payment.id}/refund`);
    expect(await invoiceOf(manager, invoice.id)).toMatchObject({ status: 'issued', due: '60.00', written_off: '40.00' });
    await paid(manager, contact, '100');
    expect(await invoiceOf(manager, invoice.id)).toMatchObject({ status: 'paid', written_off: '0.00', paid: '100.00' });
    expect(await broken(organization.id)).toEqual([]);
  });
});

it('told of again while an invoice takes it, a payment answers of one moment', async () => {
  const { manager, organization } = await world();
  const contact = await contactOf(manager);
  const told = { contact_id: contact, amount: '10', currency: 'EUR', external_id: 'bank-1' };
  await manager.post('payments', told);
  const draft = (await manager.post('invoices', { contact_id: contact, currency: 'EUR', lines: [lineOf('10')] })).data;
  // It has seen the payment, and stands at a barrier before it sees what that pays.
  const BARRIER = 4711;
  const halted = (sql: string) =>
    /^select .* from "payment" .*external_id.* = /.test(sql)
      ? sql.replace(' where ', ` where (select pg_advisory_xact_lock_shared(${BARRIER})) is not null and `)
      : sql;
  const { data } = await rewriting(halted, async () => {
    let again: Promise<Answer>;
    await inside(organization.id, async (client) => {
      await client.query('select pg_advisory_xact_lock($1)', [BARRIER]);
      again = manager.post('payments', told);
      const stands = () => client.query(`select from pg_locks where locktype = 'advisory' and objid = $1 and not granted`, [BARRIER]);
      while (!(await stands()).rowCount);
      expect((await manager.post(`invoices/${draft.id}/issue`)).status).toBe(200);
    });
    return again!;
  });
  expect(data.allocations.map((one: Json) => one.amount)).toEqual(data.allocated === '0.00' ? [] : ['10.00']);
});

describe('allocating by hand', () => {
  it('gives what is left to what is named', async () => {
    const { manager, organization } = await world();
    const contact = await contactOf(manager);
    const payment = await paid(manager, contact, '100');
    const prior = (await manager.post('invoices', { contact_id: contact, currency: 'EUR', lines: [lineOf('30')] })).data;
    expect((await manager.post(`payments/${payment.id}/allocate`)).data).toMatchObject({ credit: '100.00' });
    const disputed = await paid(manager, contact, '1');
    await manager.post(`payments/${disputed.id}/dispute`);
    expect((await manager.post(`payments/${disputed.id}/allocate`)).status).toBe(409);
    await manager.post(`payments/${payment.id}/refund`, { amount: '60' });
    await manager.post(`invoices/${prior.id}/issue`);
    expect(await invoiceOf(manager, prior.id)).toMatchObject({ status: 'paid' });
    const second = await issued(manager, contact, '30');
    expect(second.due).toBe('20.00');
    const late = await paid(manager, contact, '50', { invoice_ids: [prior.id] });
    expect(late).toMatchObject({ credit: '50.00' });
    const parts = { allocations: [{ invoice_id: second.id, amount: '5' }] };
    expect((await manager.post(`payments/${late.id}/allocate`, parts)).data).toMatchObject({ allocated: '5.00', credit: '45.00' });
    expect((await manager.post(`payments/${late.id}/allocate`, parts)).data.allocations).toMatchObject([{ amount: '10.00' }]);
    const much = { allocations: [{ invoice_id: second.id, amount: '10.01' }] };
    expect(await manager.post(`payments/${late.id}/allocate`, much)).toMatchObject({
      status: 422,
      error: { code: 'payment.allocation_too_large', details: [{ pointer: '/allocations/0/amount' }] },
    });
    expect((await manager.post(`payments/${late.id}/allocate`)).data).toMatchObject({ allocated: '20.00', credit: '30.00' });
    expect(await invoiceOf(manager, second.id)).toMatchObject({ status: 'paid' });
    expect(await broken(organization.id)).toEqual([]);
  });
});

it('one unit credited three times of 374.96: what is due goes 249.97, 124.98, 0.00', async () => {
  const { manager } = await world();
  const contact = await contactOf(manager);
  const invoice = await issued(manager, contact, '99.99', {
    lines: [{ description: 'Unit', unit_price: '99.99', quantity: 3, tax_percent: '25' }],
  });
  const one = { lines: [{ position: 1, quantity: 1 }] };
  const seen: string[] = [];
  for (let i = 0; i < 3; i++) {
    const note = (await manager.post(`invoices/${invoice.id}/credit`, one)).data;
    seen.push(`${note.totals.tax} ${(await invoiceOf(manager, invoice.id)).due}`);
  }
  expect(seen).toEqual(['25.00 249.97', '25.00 124.98', '24.99 0.00']);
  expect((await manager.post(`invoices/${invoice.id}/credit`, one)).status).toBe(422);
});

describe('as of a day', () => {
  const at = (instant: string) => setClock(() => new Date(instant));
  it('ageing and statement of a past day are what was printed then', async () => {
    const { manager } = await world();
    const contact = await contactOf(manager);
    const dues = ['2026-03-31', '2026-03-01', '2026-02-28', '2026-01-30', '2026-01-29', '2025-12-31', '2025-12-30'];
    const invoices: Json[] = [];
    for (const [i, due_date] of dues.entries())
      invoices.push(await issued(manager, contact, String(10 ** i), { issue_date: '2025-12-01', due_date }));
    const account = invoices[0].customer_account_id;
    const ageing = async (query: string) => (await manager.get(`billing/reports/ageing?as_of=2026-03-31${query}`)).data;
    const printed = await ageing('');
    expect(printed.currencies).toMatchObject([
      {
        currency: 'EUR',
        buckets: { current: '1.00', '1-30': '10.00', '31-60': '1100.00', '61-90': '110000.00', '90+': '1000000.00' },
        total: '1111111.00',
        credit: '0.00',
      },
    ]);
    const statement = async () => (await manager.get(`customer-accounts/${account}/statement?to=2026-03-31`)).data;
    const before = await statement();
    expect(before).toMatchObject({ closing_balance: '1111111.00', opening_balance: '0.00' });
    const known = new Date().toISOString();
    await paid(manager, contact, '2000000', { received_on: '2026-04-02' });
    await manager.post(`invoices/${invoices[1].id}/credit`);
    expect(await ageing('')).toEqual(printed);
    expect(await statement()).toEqual(before);
    expect((await manager.get('billing/reports/ageing?as_of=2026-04-02')).data.currencies).toMatchObject([
      { total: '0.00', credit: '888889.00' },
    ]);
    await paid(manager, contact, '1', { received_on: '2026-03-30', external_id: 'late' });
    expect((await ageing('')).currencies[0].credit).toBe('1.00');
    expect(await ageing(`&known_at=${known}`)).toEqual(printed);
    expect((await manager.get(`customer-accounts/${account}/statement?to=2026-03-31&known_at=${known}`)).data).toEqual(before);
    expect(await balanceOf(manager, account, '?as_of=2026-03-31')).toMatchObject({
      balance: '1111110.00',
      due: '1111111.00',
      overdue: '1111110.00',
      credit: '1.00',
    });
    const narrowed = (await manager.get(`customer-accounts/${account}/statement?from=2026-03-01&to=2026-04-30`)).data;
    expect(narrowed).toMatchObject({ opening_balance: '1111111.00', closing_balance: '-888890.00' });
    expect(narrowed.entries.map(({ kind, number, balance }: Json) => [kind, number, balance])).toEqual([
      ['payment', 'late', '1111110.00'],
      ['payment', null, '-888890.00'],
    ]);
    const byCustomer = await ageing('&by=customer');
    expect(byCustomer.customers).toMatchObject([{ customer_account_id: account, name: 'Ada Lovelace', total: '1111111.00' }]);
  });

  it('today is the day in the zone of the seller', async () => {
    const { manager } = await world({ timeZone: 'Pacific/Auckland' });
    const contact = await contactOf(manager);
    await issued(manager, contact, '5', { issue_date: '2026-03-01', due_date: '2026-03-31' });
    at('2026-03-31T10:30:00Z');
    expect((await manager.get('billing/reports/ageing')).data).toMatchObject({
      as_of: '2026-03-31',
      currencies: [{ buckets: { current: '5.00' } }],
    });
    at('2026-03-31T11:30:00Z');
    expect((await manager.get('billing/reports/ageing')).data).toMatchObject({
      as_of: '2026-04-01',
      currencies: [{ buckets: { '1-30': '5.00' } }],
    });
  });
});

it('revenue and taxes: what was invoiced less what was credited; what was voided counts for nothing', async () => {
  const { manager } = await world();
  const contact = await contactOf(manager);
  const line = (unit_price: string, tax_percent: string) => [{ description: 'Hours', unit_price, tax_percent }];
  await issued(manager, contact, '0', { issue_date: '2026-01-31', lines: line('100', '25') });
  const second = await issued(manager, contact, '0', { issue_date: '2026-02-28', lines: [...line('100', '25'), ...line('10', '10')] });
  const voided = await issued(manager, contact, '0', { issue_date: '2026-02-28', lines: line('1000', '25') });
  await manager.post(`invoices/${voided.id}/void`);
  await manager.post(`invoices/${second.id}/credit`, { lines: [{ position: 1 }], issue_date: '2026-03-01' });
  const revenue = (await manager.get('billing/reports/revenue?from=2026-01-01&to=2026-03-31')).data;
  expect(revenue.periods.map(({ period, net, tax, gross }: Json) => [period, net, tax, gross])).toEqual([
    ['2026-01-01', '100.00', '25.00', '125.00'],
    ['2026-02-01', '110.00', '26.00', '136.00'],
    ['2026-03-01', '-100.00', '-25.00', '-125.00'],
  ]);
  expect(revenue.totals).toMatchObject([
    { currency: 'EUR', invoiced: '210.00', credited: '100.00', net: '110.00', invoices: 2, credit_notes: 1 },
  ]);
  const taxes = (await manager.get('billing/reports/tax-summary?from=2026-01-01&to=2026-03-31')).data;
  expect(taxes.taxes).toMatchObject([
    { category: 'S', percent: '10', taxable: '10.00', tax: '1.00' },
    { category: 'S', percent: '25', taxable: '100.00', tax: '25.00' },
  ]);
  expect(taxes.totals).toEqual([{ currency: 'EUR', taxable: '110.00', tax: '26.00' }]);
});

describe('who may', () => {
  it('finance and managers record and refund; members look, at their own where that is the rule', async () => {
    const { manager, member, colleague, join, organization } = await world({ settings: { record_visibility: 'own' } });
    const finance = await join('member', ['finance']);
    const contact = await contactOf(member);
    const invoice = await issued(manager, contact, '100');
    expect(invoice.owner_id).toBe(member.userId);
    expect((await member.post('payments', { contact_id: contact, amount: '1', currency: 'EUR' })).status).toBe(403);
    const payment = await paid(finance, contact, '110');
    for (const verb of ['allocate', 'refund', 'dispute']) expect((await member.post(`payments/${payment.id}/${verb}`)).status).toBe(403);
    expect((await member.get(`payments/${payment.id}`)).data).toMatchObject({ allocations: [{ amount: '100.00' }] });
    expect((await colleague.get(`payments/${payment.id}`)).status).toBe(404);
    expect((await colleague.get('payments')).data).toEqual([]);
    expect(await balanceOf(member, payment.customer_account_id)).toMatchObject({ credit: '10.00' });
    expect((await colleague.get(`customer-accounts/${payment.customer_account_id}/balance`)).status).toBe(404);
    await issued(manager, await contactOf(colleague), '7');
    const totals = async (who: Persona) => (await who.get('billing/reports/ageing')).data.currencies;
    expect(await totals(member)).toMatchObject([{ total: '0.00', credit: '10.00' }]);
    expect(await totals(colleague)).toMatchObject([{ total: '7.00', credit: '0.00' }]);
    expect(await totals(manager)).toMatchObject([{ total: '7.00', credit: '10.00' }]);
    const net = async (who: Persona) => (await who.get('billing/reports/revenue')).data.totals[0].net;
    expect([await net(member), await net(colleague), await net(finance)]).toEqual(['100.00', '7.00', '107.00']);
    const timeline = (await member.get(`contacts/${contact}/timeline?kind=invoice&kind=payment`)).data;
    expect(timeline.map(({ kind, detail }: Json) => [kind, detail.payable ?? detail.amount])).toEqual([
      ['payment', '110.00'],
      ['invoice', '100.00'],
    ]);
    expect(await broken(organization.id)).toEqual([]);
  });
});

describe('any sequence', () => {
  const verbs = ['issue', 'pay', 'refund', 'credit', 'writeOff', 'dispute', 'resolve', 'void', 'allocate', 'refundNote'] as const;
  const step = fc.record({ verb: fc.constantFrom(...verbs), cents: fc.integer({ min: 1, max: 9_999 }), which: fc.nat(20) });

  it('of issues, payments, refunds, credits, write-offs and disputes leaves a ledger that balances and statuses that agree', async () => {
    const { manager, organization } = await world();
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
        const contact = await contactOf(manager);
        const [invoices, payments, notes]: string[][] = [[], [], []] as [string[], string[], string[]];
        let account = '';
        for (const { verb, cents, which } of steps) {
          const amount = (cents / 100).toFixed(2);
          const pick = (ids: string[]) => ids[which % (ids.length || 1)] ?? '00000000-0000-7000-8000-000000000000';
          const did = async (url: string, body: object = {}) => {
            const answer = await manager.post(url, body);
            expect([200, 201, 404, 409, 422]).toContain(answer.status);
            return answer.status < 300 ? answer.data : null;
          };
          if (verb === 'issue') {
            const made = await issued(manager, contact, amount);
            invoices!.push(made.id);
            account = made.customer_account_id;
          } else if (verb === 'pay') payments!.push((await paid(manager, contact, amount)).id);
          else if (verb === 'refund') await did(`payments/${pick(payments!)}/refund`, which % 3 ? { amount } : {});
          else if (verb === 'credit') {
            const note = await did(`invoices/${pick(invoices!)}/credit`, which % 3 ? { lines: [{ position: 1, amount }] } : {});
            if (note) notes!.push(note.id);
          } else if (verb === 'refundNote') await did(`credit-notes/${pick(notes!)}/refund`, which % 2 ? { amount } : {});
          else if (verb === 'resolve') await did(`payments/${pick(payments!)}/resolve`, { outcome: which % 2 ? 'won' : 'lost' });
          else if (verb === 'allocate') await did(`payments/${pick(payments!)}/allocate`);
          else if (verb === 'dispute') await did(`payments/${pick(payments!)}/dispute`);
          else await did(`invoices/${pick(invoices!)}/${verb === 'void' ? 'void' : 'write-off'}`);
        }
        expect(await broken(organization.id)).toEqual([]);
        if (!account) return;
        const { balance, due, credit } = await balanceOf(manager, account);
        const cents = (text: string) => BigInt(text.replace('.', ''));
        expect(cents(balance)).toBe(cents(due) - cents(credit));
      }),
      { numRuns: Number(process.env.FC_RUNS ?? 15) },
    );
  });

  it.each([
    ['what a payment has to give', 'update payment set allocated_e4 = allocated_e4 - 1, credit_e4 = credit_e4 + 1'],
    ['was allocated to it', 'update payment_allocation set amount_e4 = amount_e4 - 1'],
    ['the status of an invoice agrees', "update invoice set status = 'issued'"],
    [
      'the ledger balances',
      'update ledger_entry set customer_account_id = (select id from customer_account order by id limit 1) where payment_id is not null',
    ],
  ])('what tells that %s can fail', async (name, sql) => {
    const { manager, organization } = await world();
    await issued(manager, await contactOf(manager), '1');
    const contact = await contactOf(manager);
    await issued(manager, contact, '100');
    await paid(manager, contact, '60');
    expect(await broken(organization.id)).toEqual([]);
    await tamper(organization.id, sql);
    expect(await broken(organization.id)).toContainEqual(expect.stringContaining(name));
  });
});
