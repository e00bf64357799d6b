import { now } from '#kernel';
import { dealOf } from '../deal-of.ts';
import { type Json, type Persona, world } from '../world.ts';

const made = async (who: Persona, body: Json) => {
  const answer = await who.post('contacts', body);
  expect(answer.error).toBeNull();
  return answer.data as Json;
};
const names = (answer: Json) => (answer.data as Json[]).map(({ name }) => name as string).sort();

describe('contacts', () => {
  it('what was created is read back, and nobody from another organization sees, changes or deletes it', async () => {
    const { member, stranger } = await world();
    const answer = await member.post('contacts', { name: 'Ada Lovelace' });
    expect(answer.status).toBe(201);
    expect(answer.headers.location).toBe(`/api/v1/contacts/${answer.data.id}`);
    expect((await member.get(`contacts/${answer.data.id}`)).data).toEqual(answer.data);
    const path = `contacts/${answer.data.id}`;
    const tried = [
      await stranger.get(path),
      await stranger.patch(path, { name: 'X' }),
      await stranger.delete(path),
      await stranger.get(`${path}/timeline`),
    ];
    expect(tried.map(({ status }) => status)).toEqual([404, 404, 404, 404]);
    expect((await stranger.get('contacts')).data).toEqual([]);
  });

  it('a member changes his own, a manager any', async () => {
    const { member, colleague, manager } = await world();
    const { id } = await made(member, { name: 'Ada Lovelace' });
    expect((await colleague.patch(`contacts/${id}`, { name: 'Bob' })).status).toBe(403);
    expect((await member.patch(`contacts/${id}`, { name: 'Bob' })).status).toBe(200);
    expect((await manager.patch(`contacts/${id}`, { name: 'Cy' })).data).toMatchObject({ name: 'Cy', version: 3 });
  });

  it('every field is kept and read back', async () => {
    const { member } = await world();
    const company = await member.post('companies', { name: 'Engines' });
    const full = {
      first_name: 'Ada',
      last_name: 'Lovelace',
      company_name: 'Engines Ltd',
      company_id: company.data.id,
      kinds: ['customer', 'vendor'],
      job_title: 'Analyst',
      address: { street: '1 Dorset Street', city: 'London', country: 'GB' },
      birthday: '1815-12-10',
      tags: ['vip'],
      source: 'fair',
      notes: 'Prefers letters',
      custom: { height: 3, nested: { a: [1] } },
    };
    const created = await made(member, full);
    expect((await member.get(`contacts/${created.id}`)).data).toMatchObject(full);
    expect((await member.get(`contacts?include=company&search=lovelace`)).data[0].company).toMatchObject({ name: 'Engines' });
  });

  describe('names', () => {
    it('a part that is too long is pointed at, and keeps nobody else of a batch out', async () => {
      const { member } = await world();
      const long = 'x'.repeat(101);
      const refused = await member.post('contacts', { name: `${long} Lovelace` });
      expect([refused.status, refused.error.details[0].pointer]).toEqual([400, '/name']);
      const { status, data } = await member.post('contacts/batch', { mode: 'partial', items: [{ name: 'Ada' }, { name: long }] });
      expect([status, data.map((one: Json) => one.status as number)]).toEqual([207, [201, 400]]);
    });

    it('a full name alone is split, and parts are joined', async () => {
      const { member } = await world();
      expect(await made(member, { name: 'Ludwig van Beethoven' })).toMatchObject({ first_name: 'Ludwig', last_name: 'van Beethoven' });
      const { id, name } = await made(member, { first_name: 'Ada', last_name: 'King' });
      expect(name).toBe('Ada King');
      expect((await member.patch(`contacts/${id}`, { last_name: 'Lovelace' })).data.name).toBe('Ada Lovelace');
      expect((await member.patch(`contacts/${id}`, { name: 'Grace Hopper' })).data).toMatchObject({
        first_name: 'Grace',
        last_name: 'Hopper',
      });
    });

    it('a company name is enough, and is then the name', async () => {
      const { member } = await world();
      const { id, name } = await made(member, { company_name: 'Acme' });
      expect(name).toBe('Acme');
      expect((await member.patch(`contacts/${id}`, { first_name: 'Ada' })).data.name).toBe('Ada');
      expect((await member.patch(`contacts/${id}`, { first_name: null })).data.name).toBe('Acme');
    });

    it('without first, last and company name it is refused: 422 contact.needs_name', async () => {
      const { member } = await world();
      const refused = await member.post('contacts', { email: 'a@example.com' });
      expect([refused.status, refused.error.code]).toEqual([422, 'contact.needs_name']);
      const { id } = await made(member, { first_name: 'Ada' });
      expect((await member.patch(`contacts/${id}`, { first_name: null })).error.code).toBe('contact.needs_name');
    });

    it('a name beside other parts than its own is refused', async () => {
      const { member } = await world();
      expect((await member.post('contacts', { name: 'Ada Lovelace', first_name: 'Bob' })).status).toBe(400);
      expect((await member.post('contacts', { name: 'Ada Lovelace', first_name: 'Ada', last_name: 'Lovelace' })).status).toBe(201);
    });
  });

  describe('e-mails and phones', () => {
    it('an e-mail alone is the primary of the list, in lower case', async () => {
      const { member } = await world();
      expect(await made(member, { first_name: 'Ada', email: ' Ada@Example.COM ' })).toMatchObject({
        email: 'ada@example.com',
        emails: [{ email: 'ada@example.com', label: 'work', primary: true }],
      });
    });

    it('exactly one of a list is primary, and email follows it', async () => {
      const { member } = await world();
      const { id, email } = await made(member, {
        first_name: 'Ada',
        emails: [{ email: 'a@x.io' }, { email: 'b@x.io', label: 'home', primary: true }],
      });
      expect(email).toBe('b@x.io');
      expect((await member.patch(`contacts/${id}`, { email: 'a@x.io' })).data.emails).toEqual([
        { email: 'a@x.io', label: 'work', primary: true },
        { email: 'b@x.io', label: 'home', primary: false },
      ]);
      expect((await member.patch(`contacts/${id}`, { email: null })).data).toMatchObject({
        email: 'b@x.io',
        emails: [{ email: 'b@x.io', primary: true }],
      });
      expect((await member.patch(`contacts/${id}`, { emails: [] })).data).toMatchObject({ email: null, emails: [] });
    });

    it('two primaries are refused: 422 contact.ambiguous_primary', async () => {
      const { member } = await world();
      const emails = ['a@x.io', 'b@x.io'].map((email) => ({ email, primary: true }));
      const refused = await member.post('contacts', { first_name: 'Ada', emails });
      expect([refused.status, refused.error.code, refused.error.details[0].pointer]).toEqual([422, 'contact.ambiguous_primary', '/emails']);
    });

    it('a phone is kept in E.164 by the default country of the organization, and as it was typed', async () => {
      const { member } = await world({ settings: { default_country: 'US' } });
      expect(await made(member, { first_name: 'Ada', phone: '(415) 555-2671' })).toMatchObject({
        phone: '+14155552671',
        phone_typed: '(415) 555-2671',
        phones: [{ phone: '+14155552671', typed: '(415) 555-2671', label: 'work', primary: true }],
      });
      expect(await made(member, { first_name: 'Bob', phone: 'reception' })).toMatchObject({ phone: 'reception', phone_typed: 'reception' });
    });
  });

  it('consent has a date, and a change of one channel leaves the others', async () => {
    const { member } = await world();
    const { id, consent } = await made(member, { first_name: 'Ada', consent: { email: { state: 'granted', basis: 'form' } } });
    expect(consent.email).toMatchObject({ state: 'granted', basis: 'form', at: expect.stringMatching(/Z$/) });
    const changed = await member.patch(`contacts/${id}`, { consent: { sms: { state: 'denied', at: '2026-01-01T00:00:00Z' } } });
    expect(changed.data.consent).toEqual({ email: consent.email, sms: { state: 'denied', at: '2026-01-01T00:00:00Z' } });
    expect((await member.patch(`contacts/${id}`, { consent: { email: null } })).data.consent).toEqual({ sms: changed.data.consent.sms });
  });

  it('free metadata is merged key by key; null takes a key away', async () => {
    const { member } = await world();
    const { id } = await made(member, { first_name: 'Ada', custom: { a: 1, deep: { b: 2, c: 3 } } });
    expect((await member.patch(`contacts/${id}`, { custom: { deep: { b: null }, d: 4 } })).data.custom).toEqual({
      a: 1,
      deep: { c: 3 },
      d: 4,
    });
  });

  it('free metadata that grows change by change is bounded as a whole', async () => {
    const { member } = await world();
    const { id } = await made(member, { first_name: 'Ada', custom: { a: 'x'.repeat(9000) } });
    const { status, error } = await member.patch(`contacts/${id}`, { custom: { b: 'x'.repeat(9000) } });
    expect([status, error.details]).toEqual([400, [{ pointer: '/custom', code: 'too_big', message: 'at most 16 KiB' }]]);
    expect((await member.patch(`contacts/${id}`, { custom: { a: null, b: 'x'.repeat(9000) } })).status).toBe(200);
  });

  it('an item of a batch names its record in either case, and its version counts', async () => {
    const { member } = await world();
    const { id } = await made(member, { first_name: 'Ada' });
    const stale = { id: (id as string).toUpperCase(), version: 7, first_name: 'Eve' };
    const { data } = await member.patch('contacts/batch', { mode: 'partial', items: [stale, { ...stale, version: 1 }] });
    expect((data as { status: number }[]).map(({ status }) => status)).toEqual([412, 200]);
    expect((await member.get(`contacts/${id}`)).data).toMatchObject({ first_name: 'Eve', version: 2 });
  });

  describe('lists', () => {
    it('filters by kind, tag, company, names, e-mail, days and owner', async () => {
      const { member, manager } = await world();
      const { data: company } = await member.post('companies', { name: 'Acme' });
      await made(member, { name: 'Ada Lovelace', kinds: ['lead', 'customer'], tags: ['a'], company_id: company.id, email: 'ada@x.io' });
      await made(manager, { name: 'Bob Stone', kinds: ['patient'], tags: ['a', 'b'] });
      const today = new Date().toISOString().slice(0, 10);
      const asked = async (query: string) => names(await manager.get(`contacts?${query}`));
      expect(await asked('kind=lead')).toEqual(['Ada Lovelace']);
      expect(await asked('kind=lead&kind=patient')).toEqual(['Ada Lovelace', 'Bob Stone']);
      expect(await asked('tag=b')).toEqual(['Bob Stone']);
      expect(await asked('kind[in]=customer,patient')).toEqual(['Ada Lovelace', 'Bob Stone']);
      expect((await member.get('contacts?kind[between]=a')).error.details[0].parameter).toBe('kind[between]');
      expect(await asked(`company_id=${company.id}`)).toEqual(['Ada Lovelace']);
      expect(await asked('first_name=Bob')).toEqual(['Bob Stone']);
      expect(await asked('last_name[starts_with]=love')).toEqual(['Ada Lovelace']);
      expect(await asked('email=ADA@x.io')).toEqual(['Ada Lovelace']);
      expect(await asked(`created_at=${today}`)).toEqual(['Ada Lovelace', 'Bob Stone']);
      expect(await asked('updated_at[gt]=2999-01-01')).toEqual([]);
      expect(await asked('created_at[gte]=0001-01-01&created_at[lte]=9999-12-31')).toEqual(['Ada Lovelace', 'Bob Stone']);
      expect(await asked(`owner_id=${member.userId}`)).toEqual(['Ada Lovelace']);
      expect((await member.get(`contacts?owner_id=${manager.userId}`)).status).toBe(403);
      expect((await member.get('contacts?shoe_size=3')).status).toBe(400);
    });

    it('sorts by names and dates, and refuses what it does not know', async () => {
      const { member } = await world();
      for (const name of ['Bob Adams', 'Ada Zorn', 'Cy Mill']) await made(member, { name });
      const sorted = async (sort: string) =>
        ((await member.get(`contacts?sort=${sort}`)).data as Json[]).map(({ first_name }) => first_name as string).join(' ');
      expect(await sorted('first_name')).toBe('Ada Bob Cy');
      expect(await sorted('-last_name')).toBe('Ada Cy Bob');
      expect(await sorted('name')).toBe('Ada Bob Cy');
      expect(await sorted('created_at')).toBe('Bob Ada Cy');
      expect(await sorted('-updated_at')).toBe('Cy Ada Bob');
      expect((await member.get('contacts?sort=email')).status).toBe(400);
    });

    it('search finds by parts of names, every e-mail, and phones as typed, in E.164 or as digits', async () => {
      const { member } = await world();
      await made(member, {
        name: 'Zoë Łukasiewicz',
        company_name: 'Acme',
        emails: [{ email: 'zoe@work.io' }, { email: 'private@home.io' }],
        phone: '020 7946 0958',
      });
      await made(member, { name: 'Somebody Else' });
      const found = async (words: string) => names(await member.get(`contacts?search=${encodeURIComponent(words)}`)).length;
      for (const words of [
        'zoe',
        'LUKASI',
        'acme',
        'private@home',
        '020 7946 0958',
        '02079460958',
        '+442079460958',
        '442079460958',
        '+44 20 7946',
        'luka zoe',
      ])
        expect([words, await found(words)]).toEqual([words, 1]);
      expect(await found('nobody')).toBe(0);
    });

    it('with record_visibility = own, a member sees, counts and finds only his own; a manager all', async () => {
      const { member, colleague, manager } = await world({ settings: { record_visibility: 'own' } });
      const { id } = await made(colleague, { name: 'Hidden Person' });
      await made(member, { name: 'Own Person' });
      const own = await member.get('contacts');
      expect([names(own), own.body.meta.total]).toEqual([['Own Person'], 1]);
      expect(names(await member.get('contacts?search=person'))).toEqual(['Own Person']);
      expect((await manager.get('contacts')).body.meta.total).toBe(2);
      for (const path of ['', '/timeline', '/activities']) expect((await member.get(`contacts/${id}${path}`)).status).toBe(404);
      expect((await member.patch(`contacts/${id}`, { name: 'X' })).status).toBe(404);
      expect((await member.post(`contacts/${id}/activities`, { text: 'hello' })).status).toBe(404);
    });

    it('the permission set sales exports, and an export shows what the list would', async () => {
      const w = await world({ settings: { record_visibility: 'own' } });
      const seller = await w.join('member', ['sales']);
      await made(w.colleague, { name: 'Hidden Person' });
      await made(seller, { name: 'Own Person' });
      expect((await w.member.get('contacts/export')).status).toBe(403);
      const { text, status } = await seller.get('contacts/export?format=json');
      expect([status, (JSON.parse(text) as Json[]).map(({ name }) => name as string)]).toEqual([200, ['Own Person']]);
    });
  });

  describe('the same e-mail twice', () => {
    it('is a warning that names the other one', async () => {
      const { member } = await world();
      const first = await made(member, { first_name: 'Ada', email: 'a@x.io' });
      const second = await member.post('contacts', { first_name: 'Eva', email: 'A@x.io' });
      expect(second.status).toBe(201);
      expect(second.body.meta.warnings).toEqual([
        { code: 'contact.duplicate_email', message: expect.any(String), pointer: '/email', existing: { type: 'contact', id: first.id } },
      ]);
      expect((await member.patch(`contacts/${second.data.id}`, { job_title: 'Boss' })).body.meta.warnings).toBeUndefined();
    });

    it('is no warning about a contact the caller may not read, or that is deleted', async () => {
      const { member, colleague } = await world({ settings: { record_visibility: 'own' } });
      const { id } = await made(colleague, { first_name: 'Ada', email: 'a@x.io' });
      expect((await member.post('contacts', { first_name: 'Eva', email: 'a@x.io' })).body.meta.warnings).toBeUndefined();
      await colleague.delete(`contacts/${id}`);
      expect((await colleague.post('contacts', { first_name: 'Ida', email: 'a@x.io' })).body.meta.warnings).toBeUndefined();
    });

    it('is refused where the organization wants e-mails unique: 409 that names the other one to who may read it', async () => {
      const { member, colleague } = await world({ settings: { unique_emails: true, record_visibility: 'own' } });
      const first = await made(member, { first_name: 'Ada', email: 'a@x.io' });
      const refused = await member.post('contacts', { first_name: 'Eva', email: 'A@x.io' });
      expect([refused.status, refused.error.code, refused.error.existing]).toEqual([
        409,
        'contact.duplicate_email',
        { type: 'contact', id: first.id },
      ]);
      const blind = await colleague.post('contacts', { first_name: 'Eva', email: 'a@x.io' });
      expect([blind.status, blind.error.existing]).toEqual([409, undefined]);
      const other = await made(member, { first_name: 'Eva', email: 'b@x.io' });
      expect((await member.patch(`contacts/${other.id}`, { email: 'a@x.io' })).error.code).toBe('contact.duplicate_email');
      await member.delete(`contacts/${first.id}`);
      expect((await member.patch(`contacts/${other.id}`, { email: 'a@x.io' })).status).toBe(200);
      const back = (await member.post(`contacts/${first.id}/restore`)).error;
      expect([back.code, back.existing]).toEqual(['contact.duplicate_email', { type: 'contact', id: other.id }]);
    });

    it('those who shared one before the organization wanted e-mails unique stay as they are, and can be changed; nobody joins them', async () => {
      const { admin, organization } = await world();
      const shared = { email: 'shared@x.io' };
      const [one, other] = [await made(admin, { first_name: 'One', ...shared }), await made(admin, { first_name: 'Other', ...shared })];
      const gone = await made(admin, { first_name: 'Gone', ...shared });
      await admin.delete(`contacts/${gone.id}`);
      const left = await made(admin, { first_name: 'Left', email: 'left@x.io' });
      await admin.patch(`organizations/${organization.id}`, { settings: { unique_emails: true } });
      for (const { id } of [one, other])
        expect((await admin.patch(`contacts/${id}`, { job_title: 'Analyst', ...shared })).status).toBe(200);
      expect((await admin.post('contacts', { first_name: 'New', ...shared })).error.code).toBe('contact.duplicate_email');
      expect((await admin.post(`contacts/${gone.id}/restore`)).error.code).toBe('contact.duplicate_email');
      await admin.patch(`contacts/${left.id}`, { email: 'right@x.io' });
      expect((await admin.post('contacts', { first_name: 'New', email: 'left@x.io' })).status).toBe(201);
    });

    it('an address that was given up while e-mails could be shared is free afterwards', async () => {
      const { admin, organization } = await world({ settings: { unique_emails: true } });
      const wants = (unique_emails: boolean) => admin.patch(`organizations/${organization.id}`, { settings: { unique_emails } });
      const { id } = await made(admin, { first_name: 'Ada', email: 'old@x.io' });
      await wants(false);
      await admin.patch(`contacts/${id}`, { email: 'new@x.io' });
      await wants(true);
      expect((await admin.post('contacts', { first_name: 'Eva', email: 'old@x.io' })).status).toBe(201);
    });

    it('among 20 at the same moment only one gets it', async () => {
      const { member } = await world({ settings: { unique_emails: true } });
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, i) => member.post('contacts', { first_name: `Nr ${i}`, email: 'one@x.io' })),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array<number>(19).fill(409)]);
      expect(new Set(answers.filter(({ status }) => status === 409).map(({ error }) => error.code as string))).toEqual(
        new Set(['contact.duplicate_email']),
      );
      expect((await member.get('contacts?email=one@x.io')).body.meta.total).toBe(1);
    });
  });

  describe('deleting', () => {
    it('is soft: gone from everywhere, and back when it is restored', async () => {
      const { member } = await world();
      const { id } = await made(member, { name: 'Ada Lovelace' });
      expect((await member.delete(`contacts/${id}`)).data).toEqual({ id, deleted_at: expect.any(String) });
      expect((await member.get(`contacts/${id}`)).status).toBe(404);
      expect((await member.get('contacts?search=ada')).data).toEqual([]);
      expect((await member.post(`contacts/${id}/restore`)).status).toBe(200);
      expect((await member.get(`contacts/${id}`)).data.name).toBe('Ada Lovelace');
    });

    it('what comes back may lead to what has gone meanwhile, as what has stayed does', async () => {
      const { member } = await world();
      const { data: company } = await member.post('companies', { name: 'Engines' });
      const contact = await made(member, { first_name: 'Ada', company_id: company.id });
      const { data: deal } = await member.post('deals', { title: 'Won', amount: '1.00', contact_id: contact.id });
      await member.post(`deals/${deal.id}/win`);
      for (const path of [`deals/${deal.id}`, `contacts/${contact.id}`, `companies/${company.id}`])
        expect((await member.delete(path)).status).toBe(200);
      for (const path of [`deals/${deal.id}`, `contacts/${contact.id}`]) expect((await member.post(`${path}/restore`)).status).toBe(200);
      expect((await member.get(`contacts/${contact.id}`)).data.company_id).toBe(company.id);
    });

    it('is refused while there are open deals, and says how many: 409 contact.has_open_deals', async () => {
      const w = await world();
      const { id } = await made(w.member, { name: 'Ada Lovelace' });
      for (let i = 0; i < 2; i++) await dealOf(w, { contactId: id, ownerId: w.colleague.userId });
      const refused = await w.member.delete(`contacts/${id}`);
      expect([refused.status, refused.error.code, refused.error.open_deals]).toEqual([409, 'contact.has_open_deals', 2]);
      expect(refused.body.detail).toContain('2 open deals');
      const batch = await w.member.delete('contacts/batch', { mode: 'partial', ids: [id] });
      expect([batch.status, batch.data[0].error.code]).toEqual([207, 'contact.has_open_deals']);
    });

    it('and making a deal at the same moment never leave an open deal on a deleted contact', async () => {
      const w = await world();
      for (let round = 0; round < 5; round++) {
        const { id } = await made(w.member, { name: 'Ada Lovelace' });
        const deal = dealOf(w, { contactId: id, ownerId: w.member.userId }).then(
          () => true,
          () => false,
        );
        const [deleted, dealt] = await Promise.all([w.member.delete(`contacts/${id}`), deal]);
        expect([deleted.status, dealt]).toEqual(dealt ? [409, true] : [200, false]);
      }
    });

    it('counts open deals the caller may not see, and none that are lost', async () => {
      const w = await world({ settings: { record_visibility: 'own' } });
      const { id } = await made(w.member, { name: 'Ada Lovelace' });
      await dealOf(w, { contactId: id, ownerId: w.colleague.userId, status: 'lost', closedAt: now(), probability: 0 });
      expect((await w.member.delete(`contacts/${id}`)).status).toBe(200);
      await w.member.post(`contacts/${id}/restore`);
      await dealOf(w, { contactId: id, ownerId: w.colleague.userId });
      expect((await w.member.delete(`contacts/${id}`)).error.open_deals).toBe(1);
    });
  });

  describe('the timeline', () => {
    it('shows activities, tasks and deals, newest first, page by page', async () => {
      const w = await world();
      const { id } = await made(w.member, { name: 'Ada Lovelace' });
      for (const text of ['one', 'two', 'three']) await w.member.post(`contacts/${id}/activities`, { text });
      await w.member.post('tasks', { title: 'call', contact_id: id });
      await dealOf(w, { title: 'big', contactId: id, ownerId: w.member.userId, amount: 10_540_000n, currency: 'GBP' });
      const all = await w.member.get(`contacts/${id}/timeline`);
      expect(all.data.map(({ kind, title }: Json) => `${kind} ${title}`)).toEqual([
        'deal big',
        'task call',
        'activity three',
        'activity two',
        'activity one',
      ]);
      expect(all.data[0].detail).toMatchObject({ status: 'new', amount: '1054.00', currency: 'GBP' });
      const pages: Json[] = [];
      for (let path = `contacts/${id}/timeline?page_size=2`; path;) {
        const { data, body } = await w.member.get(path);
        pages.push(data.length);
        if (pages.length === 1) await w.member.post(`contacts/${id}/activities`, { text: 'meanwhile' });
        expect(Boolean(body.meta.links.next)).toBe(body.meta.has_more);
        path = body.meta.links.next ?? '';
      }
      expect(pages).toEqual([2, 2, 1]);
      expect((await w.member.get(`contacts/${id}/timeline?kind=task`)).data).toHaveLength(1);
      expect((await w.member.get(`contacts/${id}/timeline?kind=nonsense`)).status).toBe(400);
    });

    it('shows the tasks of the deals of a contact, each once', async () => {
      const { member } = await world();
      const { id } = await made(member, { name: 'Ada Lovelace' });
      const { data: deal } = await member.post('deals', { title: 'big', contact_id: id });
      await member.post('tasks', { title: 'of the deal', deal_id: deal.id });
      await member.post('tasks', { title: 'of both', deal_id: deal.id, contact_id: id });
      const { data } = await member.get(`contacts/${id}/timeline?kind=task`);
      expect(data.map(({ title }: Json) => title as string)).toEqual(['of both', 'of the deal']);
    });

    it('takes no cursor of another contact', async () => {
      const { member } = await world();
      const [one, other] = [await made(member, { name: 'Ada One' }), await made(member, { name: 'Ada Two' })];
      for (const text of ['a', 'b']) await member.post(`contacts/${one.id}/activities`, { text });
      const { body } = await member.get(`contacts/${one.id}/timeline?page_size=1`);
      expect((await member.get(`contacts/${other.id}/timeline?page_size=1&cursor=${body.meta.next_cursor}`)).error.code).toBe(
        'cursor.invalid',
      );
    });

    it('shows the activities of the deals of a contact, and with record_visibility = own nothing of others', async () => {
      const w = await world({ settings: { record_visibility: 'own' } });
      const { id } = await made(w.member, { name: 'Ada Lovelace' });
      const own = await dealOf(w, { title: 'mine', contactId: id, ownerId: w.member.userId });
      const foreign = await dealOf(w, { title: 'theirs', contactId: id, ownerId: w.colleague.userId });
      await w.manager.post('activities', { text: 'on mine', deal_id: own.id });
      await w.manager.post('activities', { text: 'on theirs', deal_id: foreign.id });
      await w.manager.post('activities', { text: 'on both', deal_id: foreign.id, contact_id: id });
      await w.manager.post('tasks', { title: 'manager’s', contact_id: id });
      const titles = ({ data }: Json) => data.map(({ title }: Json) => title as string).sort();
      expect(titles(await w.member.get(`contacts/${id}/timeline`))).toEqual(['mine', 'on mine']);
      expect(titles(await w.manager.get(`contacts/${id}/timeline`))).toEqual([
        'manager’s',
        'mine',
        'on both',
        'on mine',
        'on theirs',
        'theirs',
      ]);
    });
  });

  it('a new owner is noted, and only who may reassign decides it', async () => {
    const { member, colleague, manager } = await world();
    const { id } = await made(member, { name: 'Ada Lovelace' });
    expect((await member.patch(`contacts/${id}`, { owner_id: colleague.userId })).status).toBe(403);
    await manager.patch(`contacts/${id}`, { owner_id: colleague.userId });
    expect((await member.get(`contacts/${id}/activities`)).data).toMatchObject([
      { kind: 'owner_changed', author_id: null, created_by: manager.userId, payload: { from: member.userId, to: colleague.userId } },
    ]);
  });

  it('can be changed although its company was deleted, or is not the caller’s to see', async () => {
    const { member, colleague, manager } = await world({ settings: { record_visibility: 'own' } });
    const { data: theirs } = await colleague.post('companies', { name: 'Theirs' });
    const { data: deleted } = await colleague.post('companies', { name: 'Deleted' });
    for (const company of [theirs, deleted]) {
      const { id } = await made(manager, { name: 'Ada Lovelace', company_id: company.id });
      await manager.patch(`contacts/${id}`, { owner_id: member.userId });
      if (company === deleted) await colleague.delete(`companies/${company.id}`);
      expect((await member.patch(`contacts/${id}`, { job_title: 'Boss' })).data).toMatchObject({
        job_title: 'Boss',
        company_id: company.id,
      });
      expect((await member.get('contacts?include=company')).data[0].company).toBeNull();
    }
  });

  it('a company or an owner from another organization is 404 with a pointer', async () => {
    const { member, manager, stranger } = await world();
    const { data } = await stranger.post('companies', { name: 'Theirs' });
    const refused = await member.post('contacts', { name: 'Ada', company_id: data.id });
    expect([refused.status, refused.error.details[0].pointer]).toEqual([404, '/company_id']);
    const owned = await manager.post('contacts', { name: 'Ada', owner_id: stranger.userId });
    expect([owned.status, owned.error.details[0].pointer]).toEqual([404, '/owner_id']);
  });
});
