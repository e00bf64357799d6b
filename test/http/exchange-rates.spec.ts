import { type Json, world } from '../world.ts';

const csv = { 'content-type': 'text/csv' };
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
});
