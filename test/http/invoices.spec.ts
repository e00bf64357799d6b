import { invariants } from '#kernel';
import { rowsOf } from '../database.ts';
import { type Answer, type Json, type Persona, world } from '../world.ts';

const line = (unit_price: string, more: object = {}) => ({ description: 'Hours', quantity: '1', unit_price, tax_percent: '25', ...more });
async function contactOf(who: Persona, name = 'Ada Lovelace'): Promise<string> {
  return (await who.post('contacts', { name })).data.id as string;
}
async function drafted(who: Persona, more: object = {}): Promise<Json> {
  const made = await who.post('invoices', { contact_id: await contactOf(who), currency: 'EUR', lines: [line('100')], ...more });
  expect(made).toMatchObject({ status: 201 });
  return made.data;
}
async function issued(who: Persona, more: object = {}): Promise<Json> {
  const { id } = await drafted(who, more);
  const answer = await who.post(`invoices/${id}/issue`);
  expect(answer).toMatchObject({ status: 200 });
  return answer.data;
}

describe('an invoice dated ahead', () => {
  it('is taken back and given up no earlier than it is owed: until its day the balance is nothing; it is not credited before', async () => {
    const { manager } = await world();
    const day = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);
    for (const [verb, status] of [
      ['void', 200],
      ['write-off', 200],
    ] as const) {
      const invoice = await issued(manager, { issue_date: day, due_date: day });
      expect((await manager.post(`invoices/${invoice.id}/${verb}`, { reason: 'Wrong' })).status).toBe(status);
      const balance = async (query = '') =>
        (await manager.get(`customer-accounts/${invoice.customer_account_id}/balance${query}`)).data.balance;
      expect([verb, await balance(), await balance(`?as_of=${day}`)]).toEqual([verb, '0.00', '0.00']);
    }
    const invoice = await issued(manager, { issue_date: day, due_date: day });
    expect(await manager.post(`invoices/${invoice.id}/credit`)).toMatchObject({ status: 409, error: { code: 'invoice.cannot_credit' } });
  });

  it('is voided also when it was given something: that is credit again', async () => {
    const { manager } = await world();
    const contact_id = await contactOf(manager);
    const [day, earlier] = [40, 30].map((days) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10));
    const lines = [line('100', { tax_percent: '0' })];
    const first = await issued(manager, { contact_id, lines });
    await manager.post('payments', { contact_id, amount: '130', currency: 'EUR' });
    await manager.post(`invoices/${first.id}/credit`, { lines: [{ position: 1, amount: '50' }] });
    const ahead = await issued(manager, { contact_id, issue_date: day, lines });
    expect(ahead).toMatchObject({ due: '20.00', credited: '50.00', paid: '30.00' });
    await manager.post('payments', { contact_id, amount: '5', currency: 'EUR' });
    expect((await manager.post(`invoices/${ahead.id}/void`)).data).toMatchObject({
      status: 'voided',
      due: '0.00',
      paid: '0.00',
      credited: '0.00',
    });
    const balance = async () => (await manager.get(`customer-accounts/${ahead.customer_account_id}/balance`)).data;
    expect(await balance()).toMatchObject({ balance: '-85.00', credit: '85.00', due: '0.00' });
    expect(await issued(manager, { contact_id, issue_date: earlier, lines })).toMatchObject({ due: '15.00' });
  });

  it('a credit note is dated neither before its invoice nor ahead', async () => {
    const { manager } = await world();
    const invoice = await issued(manager);
    const ahead = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);
    for (const issue_date of ['2026-01-01', ahead])
      expect(await manager.post(`invoices/${invoice.id}/credit`, { issue_date })).toMatchObject({
        status: 400,
        error: { details: [{ pointer: '/issue_date' }] },
      });
  });
});

describe('tax rates of a draft', () => {
  const exempt = { code: 'HEAL', percent: 0, category: 'E', exemption_text: '§ 4 Nr. 14 UStG' };

  it('and why nothing is taxed stay when something else is changed, and in a duplicate as long as the rate is there', async () => {
    const { manager, admin } = await world();
    const rate = (await admin.post('tax-rates', exempt)).data;
    const lines = [{ description: 'Session', unit_price: '100', tax_rate_id: rate.id }];
    const draft = await drafted(manager, { lines });
    const changed = (await manager.patch(`invoices/${draft.id}`, { prepaid: '5' })).data;
    const told = [{ category: 'E', exemption_reason: '§ 4 Nr. 14 UStG' }];
    expect(changed).toMatchObject({ lines: [{ tax_rate_id: rate.id }], taxes: told });
    expect((await manager.post(`invoices/${draft.id}/duplicate`)).data).toMatchObject({ lines: [{ tax_rate_id: rate.id }], taxes: told });
    expect((await admin.delete(`tax-rates/${rate.id}`)).status).toBe(200);
    expect(await manager.post(`invoices/${draft.id}/duplicate`)).toMatchObject({ status: 201, data: { lines: [{ tax_category: 'E' }] } });
  });

  it('must be valid on the day it is issued', async () => {
    const { manager, admin } = await world();
    const rate = (await admin.post('tax-rates', { code: 'OLD', percent: 16, valid_to: '2020-12-31' })).data;
    const lines = [{ description: 'Hours', unit_price: '100', tax_rate_id: rate.id }];
    const draft = await drafted(manager, { lines, issue_date: '2020-12-30', due_date: '2020-12-31' });
    const late = await manager.post(`invoices/${draft.id}/issue`, { issue_date: '2021-01-01', due_date: '2021-01-02' });
    expect(late).toMatchObject({ status: 422, error: { code: 'tax_rate.not_valid' } });
    expect((await manager.post(`invoices/${draft.id}/issue`)).status).toBe(200);
  });
});

describe('what a line names of the catalogue', () => {
  it('may be gone: what was billed is credited and duplicated, and the rest of a draft is changed, all without it', async () => {
    const { manager } = await world();
    const rate = (await manager.post('tax-rates', { code: 'DE-19', percent: 19 })).data;
    const product = (await manager.post('products', { name: 'Consultation', tax_rate_id: rate.id })).data;
    const price = (await manager.post('prices', { product_id: product.id, unit_amount: '50', currency: 'EUR' })).data;
    const lines = [{ price_id: price.id, quantity: 2 }];
    const [draft, invoice] = [await drafted(manager, { lines }), await issued(manager, { lines })];
    expect(invoice.lines).toMatchObject([{ price_id: price.id, tax_rate_id: rate.id }]);
    for (const gone of [`prices/${price.id}`, `products/${product.id}`, `tax-rates/${rate.id}`])
      expect((await manager.delete(gone)).status).toBe(200);
    const without = [{ unit_price: '50', net: '100.00', tax_category: 'S', tax_percent: '19', price_id: null, tax_rate_id: null }];
    const answered = async (answer: Promise<Answer>, status: number) =>
      expect(await answer).toMatchObject({ status, data: { lines: without } });
    await answered(manager.post(`invoices/${invoice.id}/duplicate`), 201);
    await answered(manager.post(`invoices/${invoice.id}/credit`), 201);
    await answered(manager.patch(`invoices/${draft.id}`, { prepaid: '5' }), 200);
    expect(await manager.patch(`invoices/${draft.id}`, { lines })).toMatchObject({
      status: 404,
      error: { details: [{ pointer: '/lines/0/price_id' }] },
    });
  });
});

describe('what is there already', () => {
  it('is named where it is made, or called so, once more', async () => {
    const { manager } = await world();
    const contact_id = await contactOf(manager);
    const made = async (path: string, body: object): Promise<string> => (await manager.post(path, body)).data.id as string;
    const [rate, product, account] = [
      await made('tax-rates', { code: 'DE-19', percent: 19 }),
      await made('products', { name: 'Consultation', code: 'CONS' }),
      await made('customer-accounts', { contact_id }),
    ];
    const [otherRate, otherProduct] = [await made('tax-rates', { code: 'DE-7', percent: 7 }), await made('products', { name: 'Other' })];
    const exists = (type: string, id: string) => ({ status: 409, error: { code: 'already_exists', existing: { type, id } } });
    expect(await manager.post('customer-accounts', { contact_id })).toMatchObject(exists('customer_account', account));
    expect(await manager.post('tax-rates', { code: 'DE-19', percent: 16 })).toMatchObject(exists('tax_rate', rate));
    expect(await manager.patch(`tax-rates/${otherRate}`, { code: 'DE-19' })).toMatchObject(exists('tax_rate', rate));
    expect(await manager.post('products', { name: 'Again', code: 'CONS' })).toMatchObject(exists('product', product));
    expect(await manager.patch(`products/${otherProduct}`, { code: 'CONS' })).toMatchObject(exists('product', product));
    expect(await manager.patch(`products/${product}`, { code: 'CONS', name: 'Talk' })).toMatchObject({ status: 200 });
  });
});

describe('what invoices need', () => {
  it('a seller or a customer account with documents, money or subscriptions is not deleted', async () => {
    const { owner, manager } = await world();
    const seller = (await owner.post('billing-entities', { name: 'Second GmbH', currency: 'EUR', time_zone: 'Europe/Berlin' })).data;
    const invoice = await drafted(manager, { billing_entity_id: seller.id });
    expect(await owner.delete(`billing-entities/${seller.id}`)).toMatchObject({ status: 409, error: { code: 'billing_entity.in_use' } });
    expect((await manager.delete(`invoices/${invoice.id}`)).status).toBe(200);
    expect((await owner.delete(`billing-entities/${seller.id}`)).status).toBe(200);

    const contact_id = await contactOf(manager);
    const payment = (await manager.post('payments', { contact_id, amount: '50', currency: 'EUR' })).data;
    const account = `customer-accounts/${payment.customer_account_id}`;
    expect(await owner.delete(account)).toMatchObject({ status: 409, error: { code: 'customer_account.in_use' } });
    const items = [{ description: 'Plan', unit_price: '30', tax_percent: 0 }];
    const other = (await manager.post('subscriptions', { contact_id: await contactOf(manager), currency: 'EUR', items })).data;
    expect((await owner.delete(`customer-accounts/${other.customer_account_id}`)).status).toBe(409);
  });
});

describe('who was billed', () => {
  it('is not deleted as long as there is a customer account: what was issued can be paid and corrected', async () => {
    const { owner, manager } = await world();
    const contact_id = await contactOf(manager);
    const company_id = (await manager.post('companies', { name: 'Ada AG' })).data.id as string;
    for (const [path, named] of [
      [`contacts/${contact_id}`, { contact_id }],
      [`companies/${company_id}`, { company_id }],
    ] as const) {
      const made = await manager.post('invoices', { ...named, currency: 'EUR', lines: [line('100')] });
      expect(made.status).toBe(201);
      expect(await owner.delete(path)).toMatchObject({ status: 409, error: { code: 'in_use' } });
      expect((await manager.delete(`invoices/${made.data.id}`)).status).toBe(200);
      expect((await owner.delete(`customer-accounts/${made.data.customer_account_id}`)).status).toBe(200);
      expect((await owner.delete(path)).status).toBe(200);
    }
  });
});

describe('whose owner has left', () => {
  it('is credited, drafted, opened and subscribed for all the same: what is made is nobody’s, unless somebody is named', async () => {
    const { owner, manager, member } = await world();
    const [first, second, third, fourth] = [
      await contactOf(member),
      await contactOf(member),
      await contactOf(member),
      await contactOf(member),
    ];
    const draft = (await member.post('invoices', { contact_id: first, currency: 'EUR', lines: [line('100')] })).data;
    const invoice = (await manager.post(`invoices/${draft.id}/issue`)).data;
    expect(invoice.owner_id).toBe(member.userId);
    expect((await owner.delete(`organizations/${owner.organizationId}/members/${member.userId}`)).status).toBe(200);
    const nobody = { status: 201, data: { owner_id: null } };
    const items = [{ ...line('30'), interval: 'month' }];
    expect(await manager.post(`invoices/${invoice.id}/credit`)).toMatchObject(nobody);
    expect(await manager.post('invoices', { contact_id: second, currency: 'EUR', lines: [line('100')] })).toMatchObject(nobody);
    expect(await manager.post('subscriptions', { contact_id: third, currency: 'EUR', items })).toMatchObject(nobody);
    expect(await manager.post('customer-accounts', { contact_id: fourth })).toMatchObject(nobody);
    const gone = { contact_id: second, currency: 'EUR', lines: [line('100')], owner_id: member.userId };
    expect(await manager.post('invoices', gone)).toMatchObject({ status: 404, error: { details: [{ pointer: '/owner_id' }] } });
    expect((await manager.post('invoices', { ...gone, owner_id: owner.userId })).data.owner_id).toBe(owner.userId);
  });
});

describe('drafts', () => {
  it('are deleted and brought back by the member whose they are, and by no colleague, there or not', async () => {
    const { member, colleague } = await world();
    const { id } = await drafted(member);
    expect((await colleague.post(`invoices/${id}/restore`)).status).toBe(403);
    expect((await member.delete(`invoices/${id}`)).status).toBe(200);
    expect((await colleague.post(`invoices/${id}/restore`)).status).toBe(403);
    expect(await member.post(`invoices/${id}/restore`)).toMatchObject({ status: 200, data: { id, status: 'draft' } });
  });

  it('are worked out as the preview says, and read back as they were answered', async () => {
    const { manager } = await world();
    const contact_id = await contactOf(manager);
    const body = {
      contact_id,
      currency: 'EUR',
      prices_include_tax: false,
      issue_date: '2026-03-31',
      due_date: '2026-04-30',
      lines: [
        { description: 'Hours', quantity: '20', unit_price: '12.36', discount_percent: '12.5', tax_percent: '21', tax_category: 'S' },
      ],
      allowances: [{ reason: 'Loyalty', amount: '100', tax_percent: '21' }],
      charges: [{ reason: 'Freight', amount: 200, tax_percent: 21 }],
      prepaid: '0',
    };
    const preview = await manager.post('invoices/preview', body);
    expect(preview).toMatchObject({ status: 200 });
    expect(preview.data).toMatchObject({
      lines: [{ amount: '247.20', discount_amount: '30.90', net: '216.30', quantity: '20', unit_price: '12.36', tax_percent: '21' }],
      taxes: [{ category: 'S', percent: '21', taxable: '316.30', tax: '66.42' }],
      totals: {
        lines: '216.30',
        allowances: '100.00',
        charges: '200.00',
        net: '316.30',
        tax: '66.42',
        gross: '382.72',
        rounding: '0.00',
        prepaid: '0.00',
        payable: '382.72',
      },
    });
    const made = await manager.post('invoices', body);
    expect(made).toMatchObject({
      status: 201,
      data: { status: 'draft', number: null, contact_id, totals: preview.data.totals, due: '0.00' },
    });
    const read = await manager.get(`invoices/${made.data.id}`);
    expect(read.data).toEqual(made.data);
    expect(read.headers.etag).toBe(made.headers.etag);
    const [head] = (await manager.get(`invoices?contact_id=${contact_id}`)).data;
    expect(head).toMatchObject({ id: made.data.id, totals: { payable: '382.72' } });
    expect(head).not.toHaveProperty('lines');
  });

  it('are changed and deleted; what is not sent stays', async () => {
    const { manager } = await world();
    const { id } = await drafted(manager, { lines: [line('100'), line('50', { tax_percent: '10' })], notes: 'Thanks' });
    const changed = await manager.patch(`invoices/${id}`, { lines: [line('10', { tax_percent: '10' }), line('20'), line('30')] });
    expect(changed.data).toMatchObject({ notes: 'Thanks', totals: { net: '60.00', tax: '13.50' } });
    expect(changed.data.lines.map(({ position }: Json) => position)).toEqual([1, 2, 3]);
    const again = await manager.patch(`invoices/${id}`, { lines: [line('7')], prices_include_tax: true });
    expect(again.data).toMatchObject({ totals: { net: '5.60', tax: '1.40', payable: '7.00' }, taxes: [{ percent: '25' }] });
    expect((await manager.get(`invoices/${id}`)).data).toEqual(again.data);
    expect((await manager.patch(`invoices/${id}`, { reference: 'PO 1' })).data.lines).toEqual(again.data.lines);
    // What only a line says is a new version as well: nobody overwrites what he has not seen.
    const { version } = (await manager.patch(`invoices/${id}`, { lines: [line('7', { description: 'Days' })] })).data;
    expect((await manager.patch(`invoices/${id}`, { lines: [line('7', { description: 'Weeks' })] })).data.version).toBe(version + 1);
    // The same lines again are no change.
    expect((await manager.patch(`invoices/${id}`, { lines: [line('7', { description: 'Weeks' })] })).data.version).toBe(version + 1);
    expect((await manager.delete(`invoices/${id}`)).status).toBe(200);
    expect((await manager.get(`invoices/${id}`)).status).toBe(404);
  });

  it('leave an audit entry of what became of their lines, whatever else changes, and none where nothing does', async () => {
    const { owner, manager } = await world();
    const { id } = await drafted(manager, { lines: [line('100'), line('50')] });
    const change = async (...lines: object[]) => expect((await manager.patch(`invoices/${id}`, { lines })).status).toBe(200);
    const told = async () => {
      const { data } = await owner.get(`audit?subject=invoice&subject_id=${id}&action=update&sort=at`);
      const spoken = (state: Json) => state.lines.map(({ description, unit_price }: Json) => `${description} ${unit_price}`);
      return data.map(({ content: { before, after } }: Json) => [spoken(before), spoken(after)]);
    };
    await change(line('100', { description: 'Days' }), line('50'));
    await change(line('100', { description: 'Days' }), line('50'));
    await change(line('50'));
    expect(await told()).toEqual([
      [
        ['Hours 100', 'Hours 50'],
        ['Days 100', 'Hours 50'],
      ],
      [['Days 100', 'Hours 50'], ['Hours 50']],
    ]);
  });

  it('take description, price, unit and tax from the catalog', async () => {
    const { manager } = await world();
    const rate = (await manager.post('tax-rates', { code: 'DE-19', percent: 19 })).data;
    const product = (await manager.post('products', { name: 'Consultation', unit: 'hour', tax_rate_id: rate.id })).data;
    const price = (await manager.post('prices', { product_id: product.id, unit_amount: '49.995', currency: 'EUR' })).data;
    expect(price).toMatchObject({ unit_amount: '49.995', kind: 'one_off' });
    const invoice = await drafted(manager, { lines: [{ price_id: price.id, quantity: 2 }] });
    expect(invoice.lines).toMatchObject([
      {
        description: 'Consultation',
        unit: 'hour',
        unit_price: '49.995',
        net: '99.99',
        tax_percent: '19',
        price_id: price.id,
        tax_rate_id: rate.id,
      },
    ]);
    const wrong = await manager.post('invoices', { contact_id: invoice.contact_id, currency: 'USD', lines: [{ price_id: price.id }] });
    expect(wrong).toMatchObject({ status: 422, error: { code: 'price.currency' } });
  });

  it('the tax of the catalogue is for customers who are taxed: to others a line that names no tax is what their account says', async () => {
    const { manager } = await world();
    const rate = (await manager.post('tax-rates', { code: 'DE-19', percent: 19 })).data;
    const product = (await manager.post('products', { name: 'Consultation', tax_rate_id: rate.id })).data;
    const [price, taxed] = [
      (await manager.post('prices', { product_id: product.id, unit_amount: '50', currency: 'EUR' })).data,
      (await manager.post('prices', { product_id: product.id, unit_amount: '50', currency: 'EUR', tax_rate_id: rate.id })).data,
    ];
    const lines = [
      { price_id: price.id },
      { price_id: taxed.id },
      { price_id: price.id, tax_rate_id: rate.id },
      { price_id: price.id, tax_percent: 7 },
    ];
    const taxesOf = async (tax_status: string): Promise<string[]> => {
      const contact_id = await contactOf(manager);
      await manager.post('customer-accounts', { contact_id, tax_status, tax_id: 'FR40303265045' });
      return (await drafted(manager, { contact_id, lines })).lines.map((one: Json) => `${one.tax_category} ${one.tax_percent}`);
    };
    expect(await taxesOf('taxable')).toEqual(['S 19', 'S 19', 'S 19', 'S 7']);
    expect(await taxesOf('reverse_charge')).toEqual(['AE 0', 'AE 0', 'S 19', 'S 7']);
    expect(await taxesOf('exempt')).toEqual(['E 0', 'E 0', 'S 19', 'S 7']);
  });

  it.each([
    [{ lines: [] }, 400, '/lines'],
    [{ lines: [line('1', { quantity: '1.2345678' })] }, 400, '/lines/0/quantity'],
    [{ lines: [line('-1')] }, 400, '/lines/0/unit_price'],
    [{ lines: [line('1', { tax_percent: '101' })] }, 400, '/lines/0/tax_percent'],
    [{ lines: [line('1', { tax_category: 'AE' })] }, 422, '/lines/0/tax_percent'],
    [{ lines: [{ quantity: 1 }] }, 400, '/lines/0/description'],
    [{ lines: [line('1', { discount_amount: '1.01' })] }, 422, '/lines/0/discount_amount'],
    [{ lines: [line('1', { discount_amount: '1.001' })] }, 400, '/lines/0/discount_amount'],
    [{ lines: [line('1', { tax_rate_id: '00000000-0000-7000-8000-000000000000' })] }, 404, '/lines/0/tax_rate_id'],
    [{ issue_date: '2026-03-31', due_date: '2026-03-30' }, 422, '/due_date'],
    [{ contact_id: '00000000-0000-7000-8000-000000000000' }, 404, '/contact_id'],
    [{ billing_entity_id: '00000000-0000-7000-8000-000000000000' }, 404, '/billing_entity_id'],
    [{ currency: 'XXX' }, 400, '/currency'],
    [{ total: '5' }, 400, '/total'],
  ])('%j is %i at %s', async (more, status, pointer) => {
    const { manager } = await world();
    const answer = await manager.post('invoices', { contact_id: await contactOf(manager), currency: 'EUR', lines: [line('1')], ...more });
    expect(answer).toMatchObject({ status, error: { details: [{ pointer }] } });
  });
});

describe('issuing', () => {
  it('freezes everything and gives a number; nothing changes it after', async () => {
    const { manager } = await world({ timeZone: 'Europe/Berlin' });
    const invoice = await issued(manager, { issue_date: '2026-03-31' });
    expect(invoice).toMatchObject({
      status: 'issued',
      number: 'INV-2026-00001',
      issue_date: '2026-03-31',
      due_date: '2026-04-30',
      due: '125.00',
      customer: { name: 'Ada Lovelace' },
      overdue: true,
    });
    expect(invoice.content_hash).toMatch(/^[\w-]{43}$/);
    expect((await manager.get(`invoices/${invoice.id}`)).data).toEqual(invoice);
    expect(await manager.patch(`invoices/${invoice.id}`, { notes: 'x' })).toMatchObject({
      status: 409,
      error: { code: 'invoice.not_draft' },
    });
    expect((await manager.delete(`invoices/${invoice.id}`)).status).toBe(409);
    const again = await manager.post(`invoices/${invoice.id}/issue`);
    expect(again).toMatchObject({ status: 200, data: { number: 'INV-2026-00001', version: invoice.version } });
    await manager.patch(`contacts/${invoice.contact_id}`, { name: 'Ada King' });
    expect((await manager.get(`invoices/${invoice.id}`)).data.customer.name).toBe('Ada Lovelace');
  });

  it('is not back-dated before the last one issued', async () => {
    const { manager } = await world();
    await issued(manager, { issue_date: '2026-03-31' });
    const { id } = await drafted(manager, { issue_date: '2026-03-30' });
    expect(await manager.post(`invoices/${id}/issue`)).toMatchObject({ status: 422, error: { code: 'invoice.back_dated' } });
    expect(await manager.post(`invoices/${id}/issue`, { issue_date: '2026-03-31' })).toMatchObject({ data: { number: 'INV-2026-00002' } });
    const last = await drafted(manager, { issue_date: '2025-12-31' });
    expect((await manager.post(`invoices/${last.id}/issue`)).status).toBe(422);
  });

  it('reverse charge needs the tax id of the buyer', async () => {
    const { manager } = await world();
    const invoice = await drafted(manager, { lines: [line('100', { tax_percent: '0', tax_category: 'AE' })] });
    expect(invoice.taxes).toMatchObject([{ category: 'AE', tax: '0.00', exemption_reason: 'Reverse charge' }]);
    expect(await manager.post(`invoices/${invoice.id}/issue`)).toMatchObject({ status: 422, error: { code: 'invoice.tax_id_needed' } });
    await manager.patch(`customer-accounts/${invoice.customer_account_id}`, { tax_id: 'FR40303265045' });
    const answer = await manager.post(`invoices/${invoice.id}/issue`);
    expect(answer).toMatchObject({ status: 200, data: { number: 'INV-2026-00001', customer: { tax_id: 'FR40303265045' } } });
  });

  it('members draft for their own customers; issuing is for managers and finance', async () => {
    const { member, colleague, join, manager } = await world();
    const finance = await join('member', ['finance']);
    const invoice = await drafted(member);
    expect(invoice.owner_id).toBe(member.userId);
    expect((await member.patch(`invoices/${invoice.id}`, { notes: 'mine' })).status).toBe(200);
    expect((await colleague.patch(`invoices/${invoice.id}`, { notes: 'not mine' })).status).toBe(403);
    const foreign = { contact_id: invoice.contact_id, lines: [line('1')] };
    expect((await colleague.post('invoices', foreign)).status).toBe(403);
    expect((await colleague.post('invoices/preview', foreign)).status).toBe(403);
    for (const verb of ['issue', 'void', 'write-off', 'credit'])
      expect((await member.post(`invoices/${invoice.id}/${verb}`)).status).toBe(403);
    const answer = await finance.post(`invoices/${invoice.id}/issue`);
    expect(answer).toMatchObject({ status: 200, data: { owner_id: member.userId } });
    expect((await member.patch(`invoices/${invoice.id}`, { notes: 'late' })).status).toBe(409);
    expect((await finance.post('invoices', foreign)).status).toBe(201);
    expect((await manager.post('invoices', foreign)).status).toBe(201);
    expect((await member.post('tax-rates', { code: 'X', percent: '1' })).status).toBe(403);
  });

  it('where members see only their own records, they see only their own invoices; finance sees all', async () => {
    const { member, colleague, join } = await world({ settings: { record_visibility: 'own' } });
    const finance = await join('member', ['finance']);
    const mine = await drafted(member);
    await drafted(colleague);
    expect((await member.get('invoices')).data.map(({ id }: Json) => id)).toEqual([mine.id]);
    expect((await colleague.get(`invoices/${mine.id}`)).status).toBe(404);
    expect((await colleague.get(`customer-accounts/${mine.customer_account_id}`)).status).toBe(404);
    expect((await finance.get('invoices')).data).toHaveLength(2);
    expect((await finance.post(`invoices/${mine.id}/issue`)).status).toBe(200);
    expect((await member.get(`invoices/${mine.id}`)).data).toMatchObject({ status: 'issued', lines: [{ net: '100.00' }] });
  });

  it('lists know what is overdue, due, and whose', async () => {
    const { manager } = await world();
    const late = await issued(manager, { issue_date: '2026-01-01', due_date: '2026-01-31' });
    const open = await issued(manager, { due_date: '2999-12-31' });
    const draft = await drafted(manager);
    const ids = async (query: string) => (await manager.get(`invoices?${query}&sort=created_at`)).data.map(({ id }: Json) => id);
    expect(await ids('overdue=true')).toEqual([late.id]);
    expect(await ids('overdue=false')).toEqual([open.id, draft.id]);
    expect(await ids('status=issued&due[gt]=0')).toEqual([late.id, open.id]);
    expect(await ids(`number=${open.number}`)).toEqual([open.id]);
    expect(await ids('search=lovelace')).toHaveLength(3);
    expect(await ids(`customer_account_id=${draft.customer_account_id}`)).toEqual([draft.id]);
    expect((await manager.get(`invoices/${late.id}`)).data._links).toHaveProperty('credit');
    expect((await manager.get(`invoices/${late.id}`)).data._links).not.toHaveProperty('issue');
  });

  it('strangers see nothing of it', async () => {
    const { manager, stranger } = await world();
    const { id, customer_account_id, billing_entity_id, contact_id } = await issued(manager);
    expect((await stranger.get(`invoices/${id}`)).status).toBe(404);
    for (const verb of ['issue', 'void', 'write-off', 'credit', 'duplicate'])
      expect((await stranger.post(`invoices/${id}/${verb}`)).status).toBe(404);
    for (const named of [{ customer_account_id }, { contact_id }])
      expect((await stranger.post('invoices', { ...named, lines: [line('1')] })).status).toBe(404);
    const own = await contactOf(stranger);
    expect((await stranger.post('invoices', { contact_id: own, billing_entity_id, lines: [line('1')] })).status).toBe(404);
    expect((await stranger.get('invoices')).data).toEqual([]);
    expect((await stranger.get(`customer-accounts/${customer_account_id}`)).status).toBe(404);
  });
});

describe('after the issue', () => {
  it('voiding keeps the number, writing off gives up what is due', async () => {
    const { manager } = await world();
    const first = await issued(manager);
    expect(await manager.post(`invoices/${first.id}/void`, { reason: 'Twice' })).toMatchObject({
      status: 200,
      data: { status: 'voided', number: first.number, due: '0.00', reason: 'Twice' },
    });
    expect((await manager.post(`invoices/${first.id}/void`)).status).toBe(200);
    expect((await manager.post(`invoices/${first.id}/issue`)).status).toBe(409);
    const second = await issued(manager);
    expect(second.number).toMatch(/00002$/);
    expect(await manager.post(`invoices/${second.id}/write-off`)).toMatchObject({
      data: { status: 'written_off', due: '0.00', written_off: '125.00' },
    });
    expect((await manager.post(`invoices/${second.id}/void`)).status).toBe(409);
    const draft = await drafted(manager);
    for (const verb of ['void', 'write-off', 'credit']) expect((await manager.post(`invoices/${draft.id}/${verb}`)).status).toBe(409);
    expect((await manager.post(`invoices/${second.id}/duplicate`)).data).toMatchObject({
      status: 'draft',
      totals: second.totals,
      issue_date: null,
    });
  });

  it('one unit credited three times: 25.00, 25.00, 24.99 of tax, and then nothing is left', async () => {
    const { manager } = await world();
    const invoice = await issued(manager, { lines: [line('99.99', { quantity: 3 })] });
    const one = { lines: [{ line_id: invoice.lines[0].id, quantity: '1' }], reason: 'Returned' };
    const notes: Json[] = [];
    for (let i = 0; i < 3; i++) notes.push((await manager.post(`invoices/${invoice.id}/credit`, one)).data);
    expect(notes.map(({ totals }) => totals.tax)).toEqual(['25.00', '25.00', '24.99']);
    expect(notes[0]).toMatchObject({
      kind: 'credit_note',
      number: expect.stringMatching(/^CN-\d{4}-00001$/),
      preceding_invoice_id: invoice.id,
      status: 'paid',
      due: '0.00',
    });
    expect(await manager.post(`invoices/${invoice.id}/credit`, one)).toMatchObject({
      status: 422,
      error: { code: 'invoice.credit_too_large' },
    });
    expect((await manager.post(`invoices/${invoice.id}/credit`)).status).toBe(422);
    expect((await manager.get(`invoices/${invoice.id}`)).data).toMatchObject({
      status: 'paid',
      credited: '374.96',
      due: '0.00',
      totals: invoice.totals,
    });
    expect((await manager.get('credit-notes')).data).toHaveLength(3);
    // What is no credit note is none, whichever way it is asked for.
    for (const what of ['', '/pdf', '/ubl', '/facturx']) {
      expect((await manager.get(`credit-notes/${notes[2].id}${what}`)).status).not.toBe(404);
      expect((await manager.get(`credit-notes/${notes[2].preceding_invoice_id}${what}`)).status).toBe(404);
    }
    expect((await manager.post(`credit-notes/${notes[2].preceding_invoice_id}/refund`)).status).toBe(404);
    expect((await manager.get(`credit-notes/${notes[2].id}`)).data).toMatchObject({ id: notes[2].id, totals: { payable: '124.98' } });
    expect((await manager.post(`invoices/${notes[0].id}/credit`)).status).toBe(409);
    const twice = { lines: [one.lines[0], one.lines[0]] };
    expect((await manager.post(`invoices/${invoice.id}/credit`, twice)).status).toBe(400);
  });

  it('credits taken at once never exceed the invoice', async () => {
    const { manager } = await world();
    const invoice = await issued(manager, { lines: [line('99.99', { quantity: 3 })] });
    const one = { lines: [{ position: 1, quantity: 1 }] };
    const all = await Promise.all([1, 2, 3, 4, 5].map(() => manager.post(`invoices/${invoice.id}/credit`, one)));
    expect(all.map(({ status }) => status).sort()).toEqual([201, 201, 201, 422, 422]);
  });

  it('what was prepaid is credited with it: the customer has all of it', async () => {
    const { manager } = await world();
    for (const prepaid of ['30', '150']) {
      const invoice = await issued(manager, { lines: [line('100', { tax_percent: '0' })], prepaid });
      expect((await manager.post(`invoices/${invoice.id}/credit`)).data).toMatchObject({ totals: { payable: '100.00' } });
      const { balance } = (await manager.get(`customer-accounts/${invoice.customer_account_id}/balance`)).data;
      expect(balance).toBe(`-${prepaid}.00`);
    }
  });

  it('lines that lower an invoice go with what they lower: never more is credited than was billed', async () => {
    const { manager } = await world();
    const zero = { tax_percent: '0' };
    const lines = [line('50', zero), line('25', zero), line('15', { ...zero, quantity: -1 })];
    const invoice = await issued(manager, { lines });
    const credit = (...wanted: object[]) => manager.post(`invoices/${invoice.id}/credit`, { lines: wanted });
    expect(await credit({ position: 1 }, { position: 2 })).toMatchObject({ status: 422, error: { code: 'invoice.credit_too_large' } });
    expect(await credit({ position: 3 })).toMatchObject({ status: 422 });
    expect(await credit({ position: 1 })).toMatchObject({ status: 201, data: { totals: { payable: '50.00' } } });
    expect((await credit({ position: 2 })).status).toBe(422);
    expect((await manager.post(`invoices/${invoice.id}/credit`)).data).toMatchObject({ totals: { payable: '10.00' } });
    expect((await manager.get(`invoices/${invoice.id}`)).data).toMatchObject({ status: 'paid', credited: '60.00' });
  });

  it('what is credited is to whom it was billed, also when his tax id is gone', async () => {
    const { manager } = await world();
    const draft = await drafted(manager, { lines: [line('100', { tax_category: 'AE', tax_percent: '0' })] });
    const account = `customer-accounts/${draft.customer_account_id}`;
    await manager.patch(account, { tax_id: 'ATU12345678' });
    await manager.post(`invoices/${draft.id}/issue`);
    await manager.patch(account, { tax_id: null, name: 'Somebody else' });
    expect((await manager.post(`invoices/${draft.id}/credit`)).data).toMatchObject({
      customer: { name: 'Ada Lovelace', tax_id: 'ATU12345678' },
    });
  });

  it('what a credit note has corrected is not voided, whether anything of it is due or not', async () => {
    const { manager } = await world();
    const contact_id = await contactOf(manager);
    const prepaid = await issued(manager, { contact_id, prepaid: '125' });
    const paid = await issued(manager, { contact_id });
    const payment = (await manager.post('payments', { contact_id, amount: '125', currency: 'EUR' })).data;
    for (const { id } of [prepaid, paid]) expect((await manager.post(`invoices/${id}/credit`)).status).toBe(201);
    expect((await manager.post(`payments/${payment.id}/dispute`)).status).toBe(200);
    for (const { id } of [prepaid, paid])
      expect(await manager.post(`invoices/${id}/void`)).toMatchObject({ status: 409, error: { code: 'invoice.cannot_void' } });
  });

  it('what is given up is kept with the day and the reason, also when a late payment comes', async () => {
    const { manager, member } = await world();
    const invoice = await issued(manager);
    await manager.post(`invoices/${invoice.id}/write-off`, { reason: 'Insolvent' });
    await manager.post('payments', { customer_account_id: invoice.customer_account_id, amount: '125', currency: 'EUR' });
    expect((await manager.get(`invoices/${invoice.id}`)).data).toMatchObject({ status: 'paid', written_off: '0.00' });
    expect((await member.get(`invoices/${invoice.id}/write-offs`)).data).toEqual([
      expect.objectContaining({ amount: '125.00', currency: 'EUR', reason: 'Insolvent', written_off_on: expect.stringMatching(/^\d{4}-/) }),
    ]);
  });

  it('what an invoice over less than nothing gives can be paid back', async () => {
    const { manager } = await world();
    const invoice = await issued(manager, { lines: [line('40', { quantity: -1, tax_percent: 0 })] });
    expect(invoice).toMatchObject({ due: '-40.00' });
    const { _links: links } = (await manager.get(`invoices/${invoice.id}`)).data;
    expect(Object.keys(links)).toEqual(expect.arrayContaining(['refund', 'void']));
    for (const verb of ['credit', 'write-off', 'write_off']) expect(Object.keys(links)).not.toContain(verb);
    expect((await manager.post(`invoices/${invoice.id}/credit`)).status).toBe(409);
    expect((await manager.post(`invoices/${invoice.id}/refund`, { amount: '40.01' })).status).toBe(422);
    expect((await manager.post(`invoices/${invoice.id}/refund`, { amount: '40' })).data).toMatchObject({ due: '0.00', status: 'paid' });
    expect((await manager.post(`credit-notes/${invoice.id}/refund`)).status).toBe(404);
  });

  it('what an invoice over less than nothing gives pays what else the customer owes, the oldest first; the rest is credit', async () => {
    const { manager, organization } = await world();
    const contact_id = await contactOf(manager);
    const of = (amount: string, more: object = {}) => issued(manager, { contact_id, lines: [line(amount, { tax_percent: 0, ...more })] });
    const [first, second] = [await of('100'), await of('50')];
    const less = { quantity: -1 };
    expect(await of('30', less)).toMatchObject({ status: 'paid', due: '0.00', credited: '-30.00' });
    const dueOf = async ({ id }: Json) => (await manager.get(`invoices/${id}`)).data.due as string;
    expect([await dueOf(first), await dueOf(second)]).toEqual(['70.00', '50.00']);
    const rest = await of('200', less);
    expect(rest).toMatchObject({ status: 'issued', due: '-80.00' });
    expect([await dueOf(first), await dueOf(second)]).toEqual(['0.00', '0.00']);
    expect(await of('90')).toMatchObject({ due: '10.00', credited: '80.00' });
    expect((await manager.get(`customer-accounts/${rest.customer_account_id}/balance`)).data).toMatchObject({
      balance: '10.00',
      credit: '0.00',
    });
    const day = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);
    const ahead = await issued(manager, { contact_id, issue_date: day, lines: [line('5', { tax_percent: 0, ...less })] });
    expect(ahead).toMatchObject({ due: '-5.00' });
    for (const { name, sql } of invariants)
      expect([name, (await rowsOf<{ wrong: number }>(organization.id, sql))[0]!.wrong]).toEqual([name, 0]);
  });

  it('a written-off invoice that is credited owes the buyer nothing', async () => {
    const { manager } = await world();
    const invoice = await issued(manager);
    await manager.post(`invoices/${invoice.id}/write-off`);
    expect((await manager.post(`invoices/${invoice.id}/credit`)).data).toMatchObject({ status: 'paid', due: '0.00' });
    expect((await manager.get(`invoices/${invoice.id}`)).data).toMatchObject({ written_off: '0.00', credited: '125.00', status: 'paid' });
  });
});

it('with record_visibility = own, a customer account goes with its contact: who owns that bills it, and sees what is owed', async () => {
  const { manager, member, colleague } = await world({ settings: { record_visibility: 'own' } });
  const contact_id = await contactOf(member);
  const { customer_account_id } = (await member.post('invoices', { contact_id, lines: [line('1')] })).data;
  const account = `customer-accounts/${customer_account_id}`;
  expect((await colleague.get(account)).status).toBe(404);
  const reassigned = await manager.patch(`contacts/${contact_id}`, { owner_id: colleague.userId });
  expect(reassigned.status).toBe(200);
  expect(await colleague.post('invoices', { contact_id, lines: [line('1')] })).toMatchObject({
    status: 201,
    data: { customer_account_id },
  });
  for (const what of ['', '/balance', '/statement']) expect((await colleague.get(`${account}${what}`)).status).toBe(200);
  expect((await member.post('invoices', { contact_id, lines: [line('1')] })).status).toBe(404);
});

it('two first invoices at once make one customer account', async () => {
  const { manager } = await world();
  const contact_id = await contactOf(manager);
  const made = await Promise.all([1, 2, 3, 4].map(() => manager.post('invoices', { contact_id, lines: [line('1')] })));
  expect(new Set(made.map(({ data }) => data.customer_account_id)).size).toBe(1);
  expect((await manager.get(`customer-accounts?contact_id=${contact_id}`)).data).toHaveLength(1);
  const [account] = (await manager.get('customer-accounts')).data;
  expect((await manager.delete(`customer-accounts/${account.id}`)).status).toBe(409);
});

it('the default billing entity is made with the organization, and there is always one', async () => {
  const { manager, organization } = await world({ currency: 'CHF', timeZone: 'Europe/Zurich' });
  const [first] = (await manager.get('billing-entities')).data;
  expect(first).toMatchObject({
    name: organization.name,
    currency: 'CHF',
    time_zone: 'Europe/Zurich',
    is_default: true,
    invoice_pattern: 'INV-{YYYY}-{00000}',
  });
  expect((await manager.delete(`billing-entities/${first.id}`)).status).toBe(409);
  expect((await manager.patch(`billing-entities/${first.id}`, { is_default: false })).status).toBe(409);
  expect((await manager.patch(`billing-entities/${first.id}`, { invoice_pattern: 'X' })).status).toBe(400);
  const second = await manager.post('billing-entities', {
    name: 'Second',
    currency: 'EUR',
    time_zone: 'UTC',
    is_default: true,
    invoice_pattern: 'S{00}',
  });
  expect(second.status).toBe(201);
  expect((await manager.get(`billing-entities/${first.id}`)).data.is_default).toBe(false);
  const invoice = await issued(manager);
  expect(invoice).toMatchObject({ number: 'S01', billing_entity_id: second.data.id, seller: { name: 'Second' } });
});
