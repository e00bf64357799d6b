import { addDays } from '#kernel';
import { inside } from '../database.ts';
import { type Answer, type Json, type Persona, world } from '../world.ts';

const csv = { 'content-type': 'text/csv' };
/** A file with this many days of one pair. */
const days = (n: number, rate: (day: number) => string = () => '0.93', source = 'ECB') =>
  `from,to,date,rate,source\n${Array.from({ length: n }, (_, day) => `USD,EUR,${addDays('2010-01-01', day)},${rate(day)},${source}\n`).join('')}`;
const total = async (who: Persona, query = '') => (await who.get(`exchange-rates?page_size=1${query}`)).body.meta.total as number;
const usd = { from: 'usd', to: 'EUR', date: '2026-11-20', rate: 0.9215, source: 'ECB' };

describe('exchange rates', () => {
  it('are written down by admins and read by all of the organization', async () => {
    const { admin, manager, member, stranger } = await world();
    const made = await admin.post('exchange-rates', usd);
    expect([made.status, made.data.from, made.data.rate]).toEqual([201, 'USD', '0.9215']);
    expect((await member.get(`exchange-rates/${made.data.id}`)).data).toMatchObject({ rate: '0.9215', date: '2026-11-20', to: 'EUR' });
    expect((await member.get('exchange-rates?from=USD&date[lte]=2026-12-31')).data).toHaveLength(1);
    expect((await admin.post('exchange-rates', usd)).error).toMatchObject({
      code: 'already_exists',
      existing: { type: 'exchange_rate', id: made.data.id },
    });
    expect((await manager.post('exchange-rates', { ...usd, date: '2026-11-21' })).status).toBe(403);
    expect((await stranger.get('exchange-rates')).data).toEqual([]);
    expect((await admin.patch(`exchange-rates/${made.data.id}`, { rate: '0.93' })).data.rate).toBe('0.93');
    for (const wrong of [{ rate: '0' }, { to: 'USD' }, { from: 'XXX' }, { rate: '-1' }, { date: '2026-02-30' }])
      expect((await admin.post('exchange-rates', { ...usd, date: '2026-11-22', ...wrong })).status).toBe(400);
  });

  it('come from a file, which changes nothing the second time', async () => {
    const { admin, member } = await world();
    await admin.post('exchange-rates', usd);
    const file =
      'Date;From;To;Rate;Source\n2026-11-20;USD;EUR;0.93;ECB\n2026-11-20;GBP;EUR;1.15;\n2026-11-21;GBP;GBP;1;\nyesterday;GBP;EUR;1;\n';
    const first = await admin.post('exchange-rates/import', file, csv);
    expect(first.data).toMatchObject({ created: 1, updated: 1, unchanged: 0, refused: 2 });
    expect(first.data.errors.map(({ line }: Json) => line)).toEqual([4, 5]);
    expect((await admin.post('exchange-rates/import', file, csv)).data).toMatchObject({ created: 0, updated: 0, unchanged: 2, refused: 2 });
    expect((await admin.get('exchange-rates?sort=from')).data.map(({ from, rate }: Json) => [from, rate])).toEqual([
      ['GBP', '1.15'],
      ['USD', '0.93'],
    ]);
    expect((await member.post('exchange-rates/import', file, csv)).status).toBe(403);
    expect((await admin.post('exchange-rates/import', 'a,b\n1,2\n', csv)).status).toBe(400);
  });

  it('of several for one pair and day in a file the last one counts, and counts once', async () => {
    const { admin } = await world();
    const file = 'from,to,date,rate\nUSD,EUR,2026-11-20,0.91\nUSD,EUR,2026-11-20,0.92\nusd,eur,2026-11-20,0.93\nUSD,EUR,2026-11-20,0\n';
    expect((await admin.post('exchange-rates/import', file, csv)).data).toMatchObject({ created: 1, updated: 0, unchanged: 0, refused: 1 });
    expect((await admin.get('exchange-rates')).data).toMatchObject([{ rate: '0.93', version: 1 }]);
  });

  it('of a long file those alone are written that say something new, and each of them is told', async () => {
    const { admin, owner } = await world();
    const told = async (action: string) => (await owner.get(`audit?subject=exchange_rate&action=${action}&page_size=1`)).body.meta.total;
    expect((await admin.post('exchange-rates/import', days(2500), csv)).data).toMatchObject({ created: 2500, updated: 0, unchanged: 0 });
    expect([await total(admin), await told('create'), await told('update')]).toEqual([2500, 2500, 0]);
    const changed = days(2600, (day) => (day % 500 ? '0.930' : '0.94'), '');
    const again = await admin.post('exchange-rates/import', changed, csv);
    expect(again.data).toMatchObject({ created: 100, updated: 5, unchanged: 2495, refused: 0, errors: [] });
    expect([await total(admin), await told('create'), await told('update')]).toEqual([2600, 2600, 5]);
    expect((await admin.get('exchange-rates?sort=date&source=ECB&page_size=2')).data).toMatchObject([
      { date: '2010-01-01', rate: '0.94', source: 'ECB', version: 2 },
      { date: '2010-01-02', rate: '0.93', source: 'ECB', version: 1 },
    ]);
  });

  it('of a long file come in together, or none of them', async () => {
    const { admin, organization } = await world();
    let imported: Promise<Answer>;
    // Somebody writes one of the last down at the same moment, and is faster.
    await inside(
      organization.id,
      async (client) => {
        await client.query(
          `insert into exchange_rate (id, created_at, updated_at, tenant_id, "from", "to", date, rate)
           values (gen_random_uuid(), now(), now(), $1, 'USD', 'EUR', $2, 1)`,
          [organization.id, addDays('2010-01-01', 2400)],
        );
        imported = admin.post('exchange-rates/import', days(2500), csv);
        const waits = `select from pg_locks where not granted and transactionid = pg_current_xact_id()::xid`;
        while (!(await client.query(waits)).rowCount);
        expect(await total(admin)).toBe(0);
      },
      true,
    );
    const refused = await imported!;
    expect([refused.status, refused.error.code]).toEqual([409, 'already_exists']);
    expect(await total(admin)).toBe(1);
    expect((await admin.post('exchange-rates/import', days(2500), csv)).data).toMatchObject({ created: 2499, updated: 1 });
  });
});
