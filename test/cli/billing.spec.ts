import { addDays, addMonths, today } from '#kernel';
import { rowsOf, tamper } from '../database.ts';
import { tessera, well } from '../terminal.ts';
import { app, type Json, type World, world } from '../world.ts';

const SUBSCRIPTIONS = 1000;
const TWICE = 2;
const day = today('UTC');

async function begun({ manager }: World, more: object = {}): Promise<Json> {
  const contact_id = (await manager.post('contacts', { name: 'Ada Lovelace' })).data.id as string;
  const items = [{ description: 'Plan', unit_price: '30.00', tax_percent: 0 }];
  const { data, status } = await manager.post('subscriptions', { contact_id, currency: 'EUR', start_date: day, items, ...more });
  expect(status).toBe(201);
  return data;
}
const billing = async ({ organization }: World, ...args: string[]): Promise<Json[]> =>
  JSON.parse(await well('billing', ...args, '--organization', organization.slug, '--json')) as Json[];
/** Everything that billing could write, and how often it was written over. */
const written = ({ organization }: World) =>
  rowsOf(
    organization.id,
    [
      'invoice',
      'invoice_line',
      'invoice_tax',
      'ledger_entry',
      'billing_period',
      'billing_run',
      'number_series',
      'subscription',
      'subscription_item',
      'customer_account',
    ]
      .map((table) => `select '${table}' as what, count(*)::int as rows, coalesce(sum(version), 0)::int as versions from ${table}`)
      .concat(
        `select 'audit', count(*)::int, 0 from audit_entry`,
        `select 'outbox', count(*)::int, 0 from outbox where organization_id = current_setting('app.tenant')::uuid`,
        `select 'due', count(*)::int, 0 from due where organization_id = current_setting('app.tenant')::uuid`,
      )
      .join(' union all '),
  );

describe('tessera billing', () => {
  beforeAll(app);

  it('tells what is due, bills it once, and tells what would be billed', async () => {
    const here = await world();
    const { id } = await begun(here);
    await begun(here, { start_date: addDays(day, 3) });
    const [status] = await billing(here, 'status');
    expect(status).toMatchObject({ running: 2, resting: 0, parked: 0, due: 1 });
    expect(await billing(here, 'run', '--dry-run')).toMatchObject([
      { subscription: id, status: 'billed', from: day, periods: 1, reason: null },
    ]);
    const invoices = async () => (await here.manager.get('invoices')).data as Json[];
    expect(await invoices()).toEqual([]);
    const [run] = await billing(here, 'run');
    expect(run).toMatchObject({ status: 'done', invoices: 1 });
    expect(await invoices()).toMatchObject([{ source_id: id, status: 'issued' }]);
    expect(await billing(here, 'run')).toMatchObject([{ invoices: 0 }]);
    expect(await billing(here, 'run', '--as-of', addDays(day, 3))).toMatchObject([{ invoices: 1 }]);
    expect(await billing(here, 'status')).toMatchObject([{ running: 2, due: 0 }]);
  });

  it('simulates a year of a thousand subscriptions in seconds, and writes nothing', async () => {
    const here = await world();
    await begun(here);
    await tamper(
      here.organization.id,
      `with one as (select * from subscription), more as (
         insert into subscription (id, tenant_id, created_at, updated_at, custom, billing_entity_id, customer_account_id, contact_id, currency,
           prices_include_tax, start_date, zone, interval, interval_count, pauses, adjustments, next_billing_on, wake_at)
         select gen_random_uuid(), tenant_id, created_at, updated_at, custom, billing_entity_id, customer_account_id, contact_id, currency,
           prices_include_tax, start_date, zone, interval, interval_count, pauses, adjustments, next_billing_on, wake_at
         from one cross join generate_series(2, ${SUBSCRIPTIONS}) returning id, tenant_id)
       insert into subscription_item (id, tenant_id, created_at, updated_at, subscription_id, position, description, quantity, unit_price,
         tax_category, tax_percent, valid_from)
       select gen_random_uuid(), m.tenant_id, i.created_at, i.updated_at, m.id, i.position, i.description, i.quantity, i.unit_price,
         i.tax_category, i.tax_percent, i.valid_from
       from more m cross join subscription_item i`,
    );
    const before = await written(here);
    const lines = await billing(here, 'simulate', '--until', addDays(addMonths(day, 12), -1));
    expect(lines.reduce((sum, { invoices }) => sum + (invoices as number), 0)).toBe(12 * SUBSCRIPTIONS);
    expect(lines[0]).toMatchObject({ month: day.slice(0, 7), currency: 'EUR', payable: `${30 * SUBSCRIPTIONS}.00` });
    expect(await written(here)).toEqual(before);
  });

  it('simulates what was missed, changes, pauses and ends as they would be billed', async () => {
    const here = await world();
    const first = addMonths(day, -TWICE);
    await begun(here, { start_date: first });
    await begun(here, { start_date: first, catch_up: 'skip' });
    const ending = await begun(here, { start_date: addDays(day, 1) });
    await here.manager.post(`subscriptions/${ending.id}/cancel`, { cancel_at: addMonths(addDays(day, 1), 2) });
    const lines = await billing(here, 'simulate', '--until', addDays(addMonths(day, 3), -1));
    // Two missed and the one of today, or the last alone; two more each; and two of the one that ends.
    expect(lines.reduce((sum, { invoices }) => sum + (invoices as number), 0)).toBe(3 + 1 + 2 * 2 + 2);
  });

  it.each([
    [['run', '--as-of', 'nonsense'], 'nonsense is no day and no instant.'],
    [['run', '--as-of', '2026-02-30'], '2026-02-30 is no day and no instant.'],
    [['run', '--organization', 'nowhere'], 'Organization not found'],
    [['status', '--organization', 'nowhere'], 'Organization not found'],
    [['status', 'twice', '--nonsense'], "error: unknown option '--nonsense'"],
    [['simulate'], "error: required option '--until <date>' not specified"],
    [['simulate', '--until', 'tomorrow'], 'tomorrow is no day and no instant.'],
    [['simulate', '--until', '2020-01-01'], '2020-01-01 is over; what was billed then stands in the invoices.'],
  ])('%j is refused in a sentence', async (args, sentence) => {
    expect(await tessera(['billing', ...args])).toEqual({ code: 1, out: '', err: `${sentence}\n` });
  });
});
