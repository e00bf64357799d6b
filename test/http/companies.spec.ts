import { dealOf } from '../deal-of.ts';
import { type Json, type Persona, world } from '../world.ts';

const names = (answer: Json) => (answer.data as Json[]).map(({ name }) => name as string).sort();

describe('companies', () => {
  it('every field is kept and read back; nobody from another organization sees it', async () => {
    const { member, stranger } = await world();
    const full = {
      name: 'Analytical Engines Ltd',
      domain: 'example.com',
      industry: 'Computing',
      employees: 12,
      annual_revenue: '1250000.50',
      currency: 'GBP',
      founded_year: 1837,
      address: { street: '1 Dorset Street', city: 'London', country: 'GB' },
      phone: '+442079460958',
      website: 'https://example.com/about',
      tags: ['partner'],
      notes: 'Slow payer',
      custom: { a: 1 },
    };
    const made = await member.post('companies', full);
    expect(made.status).toBe(201);
    expect((await member.get(`companies/${made.data.id}`)).data).toMatchObject(full);
    for (const path of ['', '/summary', '/activities']) expect((await stranger.get(`companies/${made.data.id}${path}`)).status).toBe(404);
    expect((await stranger.get('companies')).data).toEqual([]);
  });

  it('a domain is kept in one form, and found by any other', async () => {
    const { member } = await world();
    expect((await member.post('companies', { name: 'A', domain: 'https://www.Example.com/about' })).data.domain).toBe('example.com');
    expect(names(await member.get('companies?domain=WWW.EXAMPLE.COM'))).toEqual(['A']);
    const refused = await member.post('companies', { name: 'B', domain: 'not a domain' });
    expect([refused.status, refused.error.details[0].pointer]).toEqual([400, '/domain']);
  });

  it('revenue is in the currency of the organization unless another is named, with its digits and never negative', async () => {
    const { member } = await world({ currency: 'JPY' });
    expect((await member.post('companies', { name: 'A', annual_revenue: 1200 })).data).toMatchObject({
      annual_revenue: '1200',
      currency: 'JPY',
    });
    expect((await member.post('companies', { name: 'A', annual_revenue: '1.5' })).status).toBe(400);
    expect((await member.post('companies', { name: 'A', annual_revenue: '-1' })).status).toBe(400);
    expect((await member.post('companies', { name: 'A', annual_revenue: '1.5', currency: 'EUR' })).data.annual_revenue).toBe('1.50');
  });

  it('filters, sorts and searches', async () => {
    const { member } = await world();
    const { data: parent } = await member.post('companies', {
      name: 'Great Engines',
      industry: 'Computing',
      employees: 100,
      annual_revenue: '5.00',
      tags: ['a'],
    });
    await member.post('companies', {
      name: 'Small Shop',
      industry: 'Retail',
      employees: 3,
      parent_id: parent.id,
      phone: '020 7946 0958',
      founded_year: 1999,
    });
    const asked = async (query: string) => names(await member.get(`companies?${query}`));
    expect(await asked('industry=Retail')).toEqual(['Small Shop']);
    expect(await asked('employees[gte]=50')).toEqual(['Great Engines']);
    expect(await asked('annual_revenue[gt]=4.99&currency=EUR')).toEqual(['Great Engines']);
    expect(await asked(`parent_id=${parent.id}`)).toEqual(['Small Shop']);
    expect(await asked('parent_id[is_null]=true')).toEqual(['Great Engines']);
    expect(await asked('tag=a')).toEqual(['Great Engines']);
    expect(await asked('founded_year=1999')).toEqual(['Small Shop']);
    for (const words of ['engin', 'GREAT engines', 'eng gre']) expect(await asked(`search=${words}`)).toEqual(['Great Engines']);
    expect(await asked('search=02079460958')).toEqual([]);
    expect(await asked('search=2079460958')).toEqual(['Small Shop']);
    expect((await member.get('companies?sort=-employees')).data[0].name).toBe('Great Engines');
    expect((await member.get('companies?sort=name')).data[0].name).toBe('Great Engines');
  });

  describe('a parent', () => {
    it('may not be the company itself or one below it: 422 company.parent_cycle', async () => {
      const { member } = await world();
      const ids: string[] = [];
      for (const name of ['A', 'B', 'C'])
        ids.push((await member.post('companies', { name, ...(ids.length ? { parent_id: ids.at(-1) } : {}) })).data.id as string);
      for (const parent_id of ids) {
        const refused = await member.patch(`companies/${ids[0]}`, { parent_id });
        expect([refused.status, refused.error.code]).toEqual([422, 'company.parent_cycle']);
      }
      expect((await member.patch(`companies/${ids[2]}`, { parent_id: ids[0] })).status).toBe(200);
      expect((await member.patch(`companies/${ids[1]}`, { parent_id: null })).data.parent_id).toBeNull();
    });

    it('closes no circle, however many are set at the same moment', async () => {
      const { member } = await world();
      const ids = await Promise.all(['A', 'B', 'C', 'D'].map(async (name) => (await member.post('companies', { name })).data.id as string));
      const answers = await Promise.all(ids.map((id, i) => member.patch(`companies/${id}`, { parent_id: ids[(i + 1) % ids.length] })));
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 422]);
    });

    it('of another organization, deleted or unreadable is 404 with a pointer', async () => {
      const { member, stranger } = await world();
      const { data: theirs } = await stranger.post('companies', { name: 'Theirs' });
      const { data: deleted } = await member.post('companies', { name: 'Deleted' });
      await member.delete(`companies/${deleted.id}`);
      for (const parent_id of [theirs.id, deleted.id]) {
        const refused = await member.post('companies', { name: 'A', parent_id });
        expect([refused.status, refused.error.details[0].pointer]).toEqual([404, '/parent_id']);
      }
    });
  });

  it('the summary counts contacts, subsidiaries, open tasks and deals', async () => {
    const { member } = await world();
    const { data: company } = await member.post('companies', { name: 'Acme' });
    for (const name of ['Ada One', 'Bob Two']) await member.post('contacts', { name, company_id: company.id });
    await member.post('companies', { name: 'Below', parent_id: company.id });
    await member.post('tasks', { title: 'open', company_id: company.id });
    await member.post('tasks', { title: 'finished', company_id: company.id, is_done: true });
    expect((await member.get(`companies/${company.id}/summary`)).data).toEqual({
      company_id: company.id,
      contacts: { count: 2 },
      subsidiaries: { count: 1 },
      open_tasks: { count: 1 },
      deals: { count: 0, by_status: [] },
    });
  });

  it('the summary adds the amounts of its deals by status and currency, as far as the caller may read them', async () => {
    const w = await world({ settings: { record_visibility: 'own' } });
    const { data: company } = await w.member.post('companies', { name: 'Acme' });
    const deal = (ownerId: string, amount: bigint, currency: string) =>
      dealOf(w, { companyId: company.id as string, ownerId, amount, currency });
    await deal(w.member.userId, 10_000n, 'EUR');
    await deal(w.member.userId, 25_000n, 'EUR');
    await deal(w.member.userId, 7_000_000n, 'JPY');
    await deal(w.colleague.userId, 40_000n, 'EUR');
    const sums = async (who: Persona) => (await who.get(`companies/${company.id}/summary`)).data.deals as Json;
    expect(await sums(w.member)).toEqual({
      count: 3,
      by_status: [
        { status: 'new', currency: 'EUR', count: 2, total_amount: '3.50' },
        { status: 'new', currency: 'JPY', count: 1, total_amount: '700' },
      ],
    });
    expect(await sums(w.manager)).toMatchObject({ count: 4, by_status: [{ total_amount: '7.50' }, { total_amount: '700' }] });
  });

  it('with record_visibility = own, lists, counts and summaries hold only what the member may read', async () => {
    const { member, colleague, manager } = await world({ settings: { record_visibility: 'own' } });
    const { data: company } = await member.post('companies', { name: 'Acme' });
    const { data: hidden } = await colleague.post('companies', { name: 'Hidden' });
    await member.post('contacts', { name: 'Ada One', company_id: company.id });
    await manager.post('contacts', { name: 'Bob Two', company_id: company.id });
    expect((await member.get(`companies/${company.id}/summary`)).data.contacts.count).toBe(1);
    expect((await manager.get(`companies/${company.id}/summary`)).data.contacts.count).toBe(2);
    const list = await member.get('companies');
    expect([names(list), list.body.meta.total]).toEqual([['Acme'], 1]);
    expect((await member.get(`companies/${hidden.id}`)).status).toBe(404);
    expect((await member.post('contacts', { name: 'Cy', company_id: hidden.id })).status).toBe(404);
  });

  it('a member changes and deletes his own, a manager any; only who may export does', async () => {
    const { member, colleague, manager } = await world();
    const { data } = await member.post('companies', { name: 'Acme' });
    expect((await colleague.patch(`companies/${data.id}`, { name: 'X' })).status).toBe(403);
    expect((await colleague.delete(`companies/${data.id}`)).status).toBe(403);
    expect((await manager.patch(`companies/${data.id}`, { name: 'Acme 2' })).status).toBe(200);
    expect((await member.get('companies/export')).status).toBe(403);
    expect((await manager.get('companies/export')).text).toContain('Acme 2');
    expect((await member.delete(`companies/${data.id}`)).status).toBe(200);
  });
});
