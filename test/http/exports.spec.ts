import { actingAs, Bus, exportOf, system } from '#kernel';
import { once } from 'node:events';
import { parseCsv } from '../../libs/crm/imports/parse-csv.ts';
import { tamper } from '../database.ts';
import { unzipped } from '../unzipped.ts';
import { app, type Persona, type World, world } from '../world.ts';

/** A download as bytes. */
async function download(who: Persona, url: string): Promise<{ status: number; headers: Record<string, unknown>; bytes: Buffer }> {
  const headers = { authorization: `Bearer ${who.token}`, 'x-organization-id': who.organizationId };
  const reply = await (await app()).inject({ method: 'GET', url: `/api/v1/${url}`, headers });
  return { status: reply.statusCode, headers: reply.headers, bytes: reply.rawPayload };
}
async function rowsOf(who: Persona, url: string): Promise<Record<string, string>[]> {
  const { bytes } = await download(who, url);
  const { rows } = await parseCsv(
    (async function* () {
      yield bytes;
    })(),
  );
  const found: Record<string, string>[] = [];
  for await (const row of rows) if ('cells' in row) found.push({ ...row.cells });
  return found;
}
const people = async ({ manager, member }: World) => {
  await manager.post('contacts', { name: 'Ada Lovelace', email: 'ada@example.com', tags: ['math', 'poet'] });
  await member.post('contacts', { name: 'Charles Babbage', custom: { engine: 2 } });
  await manager.post('contacts', { name: '=HYPERLINK("http://x")', job_title: '@sum' });
};

describe('exports', () => {
  it('fields narrows the columns as it narrows the list', async () => {
    const w = await world();
    await people(w);
    const { bytes } = await download(w.manager, 'contacts/export?fields=name,email&sort=created_at');
    expect(bytes.toString().split('\r\n').slice(0, 2)).toEqual([
      'id,name,email',
      expect.stringMatching(/^[0-9a-f-]{36},Ada Lovelace,ada@example.com$/),
    ]);
  });

  it('a workbook takes memory, so only two are made at once; whoever asks for more is told when to come back', async () => {
    const w = await world();
    await people(w);
    const answers = await Promise.all(Array.from({ length: 8 }, () => download(w.manager, 'contacts/export?format=xlsx')));
    const busy = answers.filter(({ status }) => status === 503);
    expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(2);
    expect(busy.length).toBeGreaterThan(0);
    for (const { headers } of busy) expect(headers['retry-after']).toBe('5');
    expect((await download(w.manager, 'contacts/export?format=xlsx')).status).toBe(200);
  });

  it('one organization reads four exports at once, and leaves room for others; who has gone makes room', async () => {
    const [w, other] = [await world(), await world()];
    await people(w);
    const bus = (await app()).get(Bus);
    const read = (format: string) => actingAs(system(w.organization.facts()), () => exportOf(bus, 'contacts', { format }));
    const four = await Promise.all(['csv', 'json', 'csv', 'json'].map(read));
    const refused = await download(w.manager, 'contacts/export');
    expect([refused.status, refused.headers['retry-after']]).toEqual([503, '5']);
    expect((await download(other.manager, 'contacts/export')).status).toBe(200);
    four[0]!.content.destroy();
    await once(four[0]!.content, 'close');
    for (let i = 0; i < 3; i++) expect((await download(w.manager, 'contacts/export?format=json')).status).toBe(200);
    for (const { content } of four) content.destroy();
  });

  it('a workbook is made in memory, so it has an end, and says what has none', async () => {
    const { admin, organization } = await world();
    await tamper(
      organization.id,
      `insert into exchange_rate (id, created_at, updated_at, tenant_id, "from", "to", date, rate)
       select gen_random_uuid(), now(), now(), $1, 'USD', 'EUR', date '1900-01-01' + n, 1 from generate_series(1, 50001) n`,
      [organization.id],
    );
    const { status, bytes } = await download(admin, 'exchange-rates/export?format=xlsx');
    expect([status, JSON.parse(bytes.toString()).error.details]).toEqual([
      400,
      [{ parameter: 'format', code: 'too_large', message: expect.stringContaining('ask for csv') }],
    ]);
  });

  it('a workbook is packed in another thread than others are answered in', async () => {
    const w = await world();
    const text = 'word '.repeat(2000);
    for (let i = 0; i < 3; i++)
      await w.manager.post('companies/batch', {
        items: Array.from({ length: 90 }, (_, n) => ({ name: `Company ${i} ${n}`, notes: text })),
      });
    await tamper(
      w.organization.id,
      `insert into company select (jsonb_populate_record(c, jsonb_build_object('id', gen_random_uuid()))).* from company c, generate_series(1, 2) where tenant_id = $1`,
      [w.organization.id],
    );
    const [all, own] = [process.cpuUsage(), process.threadCpuUsage()];
    const { status, bytes } = await download(w.manager, 'companies/export?format=xlsx&fields=name,notes');
    const sum = ({ user, system: kernel }: NodeJS.CpuUsage) => user + kernel;
    expect([status, bytes.subarray(0, 2).toString()]).toEqual([200, 'PK']);
    // Packed here, it would be nearly all of it.
    expect(sum(process.threadCpuUsage(own)) / sum(process.cpuUsage(all))).toBeLessThan(0.6);
  });

  it('CSV: the columns and values of the list, formulas neutralised', async () => {
    const w = await world();
    await people(w);
    const { data } = await w.manager.get('contacts?sort=created_at');
    const { status, headers, bytes } = await download(w.manager, 'contacts/export?sort=created_at');
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': expect.stringContaining('attachment; filename="contacts.csv"'),
    });
    const [header, ...lines] = bytes.toString().trimEnd().split('\r\n');
    expect(header!.split(',')).toEqual(Object.keys(data[0]));
    expect(lines).toHaveLength(3);
    expect(bytes.toString()).toContain(`"'=HYPERLINK(""http://x"")"`);
    expect(bytes.toString()).toContain(`'@sum`);
    const rows = await rowsOf(w.manager, 'contacts/export?sort=created_at');
    expect(rows.map(({ id }) => id)).toEqual(data.map(({ id }: { id: string }) => id));
    expect(rows[0]).toMatchObject({ name: 'Ada Lovelace', tags: 'math; poet', email: 'ada@example.com' });
    expect(rows[1]).toMatchObject({ custom: '{"engine":2}', email: '' });
    // Read back, the apostrophe is gone again.
    expect(rows[2]).toMatchObject({ name: '=HYPERLINK("http://x")' });
  });

  it('JSON: the very rows of the list', async () => {
    const w = await world();
    await people(w);
    const { bytes, headers } = await download(w.manager, 'contacts/export?format=json&sort=created_at');
    expect(headers['content-type']).toBe('application/json; charset=utf-8');
    expect(JSON.parse(bytes.toString())).toEqual((await w.manager.get('contacts?sort=created_at')).data);
    const other = await world();
    expect(JSON.parse((await download(other.manager, 'contacts/export?format=json')).bytes.toString())).toEqual([]);
  });

  it('XLSX: a workbook with a header and every row as text', async () => {
    const w = await world();
    await people(w);
    const { bytes, headers } = await download(w.manager, 'contacts/export?format=xlsx');
    expect(headers['content-type']).toBe('application/vnd.openxmlformats-officedocument.spreadsheetml.sheet');
    const files = unzipped(bytes);
    const sheet = files.get('xl/worksheets/sheet1.xml')!;
    expect(sheet.match(/<row /g)).toHaveLength(4);
    expect(sheet).not.toContain('<f>');
    expect([...files.values()].join('')).toContain('Ada Lovelace');
  });

  it('filters, fields and order are those of the list, and every page is in it', async () => {
    const w = await world();
    const items = Array.from({ length: 100 }, (_, i) => ({ name: `Person ${String(i).padStart(3, '0')}`, kinds: i % 2 ? ['lead'] : [] }));
    for (const half of [items, items.map(({ name }) => ({ name: `${name} again` }))])
      await w.manager.post('contacts/batch', { items: half });
    await w.manager.post('contacts', { name: 'One more' });
    const all = await rowsOf(w.manager, 'contacts/export?sort=name');
    expect(all).toHaveLength(201);
    expect(new Set(all.map(({ id }) => id)).size).toBe(201);
    expect(all[0]).toMatchObject({ name: 'One more' });
    expect(await rowsOf(w.manager, 'contacts/export?kind=lead')).toHaveLength(50);
    const [first] = await rowsOf(w.manager, 'contacts/export?kind=lead&sort=name&fields=name');
    expect(first).toMatchObject({ name: 'Person 001' });
    expect(await download(w.manager, 'contacts/export?ship=1')).toMatchObject({ status: 400 });
    expect(await download(w.manager, 'contacts/export?format=pdf')).toMatchObject({ status: 400 });
  });

  it('is for managers and the sales set, and shows each what he may see', async () => {
    const w = await world({ settings: { record_visibility: 'own' } });
    await people(w);
    expect(await download(w.member, 'contacts/export')).toMatchObject({ status: 403 });
    const seller = await w.join('member', ['sales']);
    await seller.post('contacts', { name: 'Of my own' });
    expect((await rowsOf(seller, 'contacts/export')).map(({ name }) => name)).toEqual(['Of my own']);
    expect(await rowsOf(w.manager, 'contacts/export')).toHaveLength(4);
    expect(await rowsOf(w.stranger, 'contacts/export')).toEqual([]);
  });

  it('companies, deals, tasks and imports have one too', async () => {
    const w = await world();
    await w.manager.post('companies', { name: 'Acme' });
    expect(await rowsOf(w.manager, 'companies/export')).toMatchObject([{ name: 'Acme' }]);
    for (const path of ['tasks', 'imports']) expect(await download(w.manager, `${path}/export`)).toMatchObject({ status: 200 });
  });
});
