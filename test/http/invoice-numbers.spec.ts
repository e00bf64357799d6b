import { CreateContact } from '#crm';
import { CreateInvoice, IssueInvoice } from '#billing';
import { actingAs, Bus, EntityManager, invariants, ruleBroken, setClock, settings, system } from '#kernel';
import { contentHash } from '../../libs/billing/invoices/content-hash.ts';
import { loadWhole } from '../../libs/billing/invoices/contents.ts';
import { rowsOf, tamper } from '../database.ts';
import { app, type Json, type Persona, world } from '../world.ts';

afterEach(() => setClock());
const lines = [{ description: 'Hours', unitPrice: '100', taxPercent: '25' }];
const broken = async (organizationId: string): Promise<string[]> => {
  const found: string[] = [];
  for (const { name, sql } of invariants) if ((await rowsOf<{ wrong: number }>(organizationId, sql))[0]!.wrong) found.push(name);
  return found;
};
const contactOf = async (who: Persona) => (await who.run(new CreateContact({ name: 'Ada Lovelace' }))).id;

/** As many at once as a process has connections to write with: all of them stand in line at the counter. */
async function crowd<T>(works: readonly (() => Promise<T>)[]): Promise<T[]> {
  const results: T[] = [];
  const open = works.entries();
  const lane = async () => {
    for (const [i, work] of open) results[i] = await work();
  };
  await Promise.all(Array.from({ length: settings.WRITE_POOL }, lane));
  return results;
}

describe('400 invoices issued at once, 40 % of them rolled back', () => {
  it('have exactly the numbers 1 to 240', async () => {
    const { organization, manager } = await world();
    const contactId = await contactOf(manager);
    const bus = (await app()).get(Bus);
    const asSystem = <T>(work: () => Promise<T>) => actingAs(system(organization.facts()), work);
    const draw = () => manager.run(new CreateInvoice({ contactId, currency: 'EUR', lines }));
    const drafts = await crowd(Array.from({ length: 400 }, () => draw));
    const fails = () => Promise.reject(ruleBroken('Undone on purpose'));
    const works = drafts.map((draft, i) => () => {
      const issue = () => bus.run(new IssueInvoice(draft.id));
      return asSystem(() => bus.each(i % 5 < 2 ? [issue, fails] : [issue], true)).then(
        () => 'issued',
        (error: Error) => (/was refused/.test(error.message) ? 'undone' : Promise.reject(error)),
      );
    });
    const outcomes = await crowd(works);
    expect(outcomes.filter((outcome) => outcome === 'issued')).toHaveLength(240);
    const numbers = await rowsOf<{ number: string; status: string }>(
      organization.id,
      'select number, status from invoice order by sequence nulls last',
    );
    const year = new Date().getUTCFullYear();
    expect(numbers.slice(0, 240).map(({ number }) => number)).toEqual(
      Array.from({ length: 240 }, (_, i) => `INV-${year}-${String(i + 1).padStart(5, '0')}`),
    );
    expect(numbers.slice(240).every(({ number, status }) => number === null && status === 'draft')).toBe(true);
    expect(await broken(organization.id)).toEqual([]);
  });

  it.each([
    ['numbers are gapless', 'update number_series set next = next + 1'],
    ['dates go up', "update invoice set issue_date = '2020-01-01' where sequence = 7"],
    ['totals add up', 'update invoice_line set net_e4 = net_e4 + 1 where invoice_id = (select id from invoice where sequence = 7)'],
    ['sum of its ledger entries', 'delete from ledger_entry where invoice_id = (select id from invoice where sequence = 7)'],
  ])(
    'what tells that %s can fail',
    async (name, sql) => {
      const { organization, manager } = await world();
      const id = await contactOf(manager);
      for (let i = 0; i < 7; i++) {
        const invoice = await manager.run(new CreateInvoice({ contactId: id, currency: 'EUR', lines }));
        await manager.run(new IssueInvoice(invoice.id));
      }
      expect(await broken(organization.id)).toEqual([]);
      await tamper(organization.id, sql);
      expect(await broken(organization.id)).toEqual(expect.arrayContaining([expect.stringContaining(name)]));
    },
    30_000,
  );
});

describe('the year of a number', () => {
  const at = (instant: string) => setClock(() => new Date(instant));
  const issued = async (who: Persona, contactId: string, more: object = {}) => {
    const { id } = await who.run(new CreateInvoice({ contactId, currency: 'EUR', lines, ...more }));
    return (await who.run(new IssueInvoice(id))).number;
  };

  it('is that of the day in the zone of the seller', async () => {
    const { manager } = await world({ timeZone: 'Europe/Berlin' });
    const contactId = await contactOf(manager);
    at('2026-12-31T22:30:00Z');
    expect([await issued(manager, contactId), await issued(manager, contactId)]).toEqual(['INV-2026-00001', 'INV-2026-00002']);
    at('2026-12-31T23:30:00Z');
    expect([await issued(manager, contactId), await issued(manager, contactId)]).toEqual(['INV-2027-00001', 'INV-2027-00002']);
    await expect(issued(manager, contactId, { issueDate: '2026-12-31' })).rejects.toThrow('before the last one issued');
  });

  it('each seller and each kind has a series of its own', async () => {
    const { manager } = await world();
    const contactId = await contactOf(manager);
    const other = (
      await manager.post('billing-entities', { name: 'Other', currency: 'EUR', time_zone: 'UTC', invoice_pattern: 'X{YY}{MM}-{000}' })
    ).data as Json;
    at('2026-03-31T12:00:00Z');
    expect(await issued(manager, contactId)).toBe('INV-2026-00001');
    expect(await issued(manager, contactId, { billingEntityId: other.id })).toBe('X2603-001');
    expect(await issued(manager, contactId, { kind: 'proforma' })).toBe('PRO-2026-00001');
    at('2026-04-01T12:00:00Z');
    expect(await issued(manager, contactId, { billingEntityId: other.id })).toBe('X2604-001');
    expect(await issued(manager, contactId)).toBe('INV-2026-00002');
  });
});

it('the ledger cannot be changed by the application', async () => {
  const { organization, manager } = await world();
  const invoice = await manager.run(new CreateInvoice({ contactId: await contactOf(manager), currency: 'EUR', lines }));
  await manager.run(new IssueInvoice(invoice.id));
  const entries = await rowsOf<{ kind: string; amount_e4: string }>(organization.id, 'select kind, amount_e4 from ledger_entry');
  expect(entries).toEqual([{ kind: 'invoice', amount_e4: '1250000' }]);
  const may = await rowsOf<{ may: boolean }>(
    organization.id,
    `select has_table_privilege('tessera_app', 'ledger_entry', 'update') or has_table_privilege('tessera_app', 'ledger_entry', 'delete') as may`,
  );
  expect(may).toEqual([{ may: false }]);
});

it('the content hash of what comes back from the database is the one it was issued with', async () => {
  const { organization, manager } = await world();
  const contactId = await contactOf(manager);
  const full = {
    contactId,
    lines: [
      {
        description: 'Hours',
        quantity: '2.50',
        unitPrice: '33.3',
        discountPercent: '12.50',
        taxPercent: '19.0',
        periodStart: '2026-03-01',
      },
    ],
    allowances: [{ reason: 'Loyalty', amount: 10_000n }],
    pricesIncludeTax: true,
    notes: 'Thanks',
  };
  const { id } = await manager.run(new CreateInvoice(full));
  await manager.run(new IssueInvoice(id));
  const bus = (await app()).get(Bus);
  const loaded = await bus.asSystem(organization.facts(), async () => loadWhole((await app()).get(EntityManager), id));
  expect(contentHash(loaded)).toBe(loaded.contentHash);
  loaded.lines[0]!.net += 1n;
  expect(contentHash(loaded)).not.toBe(loaded.contentHash);
});

describe('the invoice of a won deal', () => {
  it('over more than the price of a line can be is refused', async () => {
    const { member } = await world();
    const contact_id = (await member.post('contacts', { name: 'Ada Lovelace' })).data.id;
    const invoiced = async (amount: string) => {
      const { id } = (await member.post('deals', { title: 'A bridge', amount, currency: 'JPY', contact_id })).data;
      await member.post(`deals/${id}/win`);
      return member.post(`deals/${id}/invoice`);
    };
    expect(await invoiced('1000000000000')).toMatchObject({ status: 422, error: { code: 'invoice.amount_too_large' } });
    expect(await invoiced('999999999999')).toMatchObject({ status: 201, data: { lines: [{ unit_price: '999999999999' }] } });
  });

  it('has its title, amount and currency, and is made once', async () => {
    const { manager, member, stranger } = await world();
    const contact_id = (await member.post('contacts', { name: 'Ada Lovelace' })).data.id;
    const deal = (await member.post('deals', { title: 'Ten workstations', amount: '990.00', currency: 'USD', contact_id })).data;
    const early = await member.post(`deals/${deal.id}/invoice`);
    expect(early).toMatchObject({ status: 422, error: { code: 'deal.not_won' } });
    await member.post(`deals/${deal.id}/win`);
    expect((await stranger.post(`deals/${deal.id}/invoice`)).status).toBe(404);
    const made = await member.post(`deals/${deal.id}/invoice`, { tax_percent: '19' });
    expect(made).toMatchObject({
      status: 201,
      data: {
        status: 'draft',
        currency: 'USD',
        contact_id,
        source: 'deal',
        source_id: deal.id,
        lines: [{ description: 'Ten workstations', unit_price: '990' }],
        totals: { net: '990.00', tax: '188.10', payable: '1178.10' },
      },
    });
    const twice = await manager.post(`deals/${deal.id}/invoice`);
    expect(twice).toMatchObject({ status: 409, error: { existing: { type: 'invoice', id: made.data.id } } });
    await manager.post(`invoices/${made.data.id}/issue`);
    await manager.post(`invoices/${made.data.id}/void`);
    expect((await manager.post(`deals/${deal.id}/invoice`)).status).toBe(201);
  });
});
