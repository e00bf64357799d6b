import { Deal, FolderImport, MappingFile } from '#crm';
import { type Actor, actingAs, Bus, EntityManager, MOST_ATTEMPTS, Read, setClock, Storage, system } from '#kernel';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { CreateDeal } from '../../libs/crm/deals/create-deal.ts';
import { RunImport } from '../../libs/crm/imports/run-import.ts';
import { app, drain, type Persona, type World, world } from '../world.ts';
import { tamper } from '../database.ts';

/** What a worker would do for this organization. */
const work = ({ organization }: World) => drain(organization);
const csv = (...lines: string[]) => Buffer.from(lines.join('\n') + '\n');

/** Sends a file in a form, with its fields. */
function form(
  who: Persona,
  fields: Record<string, string>,
  file: Buffer | null,
  { name = 'file.csv', type = 'text/csv', headers = {} as Record<string, string> } = {},
) {
  const parts = Object.entries(fields).map(([key, value]) =>
    Buffer.from(`--xx\r\ncontent-disposition: form-data; name="${key}"\r\n\r\n${value}\r\n`),
  );
  const head = Buffer.from(`--xx\r\ncontent-disposition: form-data; name="file"; filename="${name}"\r\ncontent-type: ${type}\r\n\r\n`);
  const body = Buffer.concat([...parts, ...(file ? [head, file, Buffer.from('\r\n')] : []), Buffer.from('--xx--\r\n')]);
  return who.post('imports', body, { 'content-type': 'multipart/form-data; boundary=xx', ...headers });
}

/** Imports a file to the end, and answers what became of it. */
async function imported(w: World, fields: Record<string, string>, file: Buffer, who = w.manager) {
  const started = await form(who, fields, file);
  expect(started).toMatchObject({ status: 202, headers: { location: `/api/v1/imports/${started.data?.id}` } });
  await work(w);
  return (await who.get(`imports/${started.data.id}`)).data;
}
const errorsOf = async (who: Persona, id: string) => (await who.get(`imports/${id}/errors`)).text.trim().split('\r\n');

describe('importing contacts', () => {
  const people = csv(
    'Record ID,First Name,Last Name,Email,Phone,Company,Birthday,Nickname',
    '1,Ada,Lovelace,Ada@Example.com,020 7946 0958,Analytical Engines,10/12/1815,Countess',
    '2,Charles,Babbage,charles@example.com,,analytical engines,26/12/1791,',
    '3,,,,,,,',
    '4,Mary,Somerville,not-an-address,,,,',
    '5,Augustus,De Morgan,augustus@example.com,,,1806-06-27,',
    '6,"Unclosed,Somebody,x@example.com,,,,',
    '7,Too,Few',
    '8,Caroline,Herschel,caroline@example.com,,,35/13/1750,',
  );
  const fields = { resource: 'contact', date_format: 'D/M/YYYY', mapping: JSON.stringify({ columns: { 'custom.nickname': 'Nickname' } }) };

  it('takes the rows that are fine, and lists the others with line, column and reason', async () => {
    const w = await world();
    const done = await imported(w, fields, people);
    expect(done).toMatchObject({
      status: 'done',
      total: 8,
      created: 3,
      updated: 0,
      skipped: 0,
      failed: 5,
      progress: 100,
      match_on: 'external_id',
      failure: null,
    });
    expect(await errorsOf(w.manager, done.id)).toEqual([
      'line,column,reason',
      '4,,"A contact needs a first name, a last name or a company name"',
      '5,Email,Invalid email address',
      '7,,a quote is not closed',
      '8,,the row has fewer cells than the header',
      '9,Birthday,is not a date like D/M/YYYY',
    ]);
    const { data } = await w.manager.get('contacts?sort=last_name');
    expect(data.map(({ name }: { name: string }) => name)).toEqual(['Charles Babbage', 'Augustus De Morgan', 'Ada Lovelace']);
    expect(data[2]).toMatchObject({
      email: 'ada@example.com',
      phone: '+442079460958',
      birthday: '1815-12-10',
      custom: { nickname: 'Countess' },
      owner_id: w.manager.userId,
    });
    // Named twice, in two spellings: one company.
    const companies = await w.manager.get('companies');
    expect(companies.data.map(({ name }: { name: string }) => name)).toEqual(['Analytical Engines']);
    expect(data[0].company_id).toBe(companies.data[0].id);
  });

  it('changes nothing when the same file comes again', async () => {
    const w = await world();
    await imported(w, fields, people);
    const before = (await w.manager.get('contacts?sort=name')).data;
    const again = await imported(w, fields, people);
    expect(again).toMatchObject({ status: 'done', created: 0, updated: 0, skipped: 3, failed: 5 });
    expect((await w.manager.get('contacts?sort=name')).data).toEqual(before);
  });

  it('recognises rows without an id by e-mail, else as a whole', async () => {
    const w = await world();
    const file = csv('Name,Email', 'Ada Lovelace,ada@example.com', 'Nameless Twin,', 'Nameless Twin,', 'Ada L,ADA@example.com');
    expect(await imported(w, { resource: 'contact' }, file)).toMatchObject({ match_on: 'email', created: 2, skipped: 2 });
    expect(await imported(w, { resource: 'contact' }, file)).toMatchObject({ created: 0, skipped: 4 });
    expect(await imported(w, { resource: 'contact', duplicate_policy: 'create' }, file)).toMatchObject({ created: 4, skipped: 0 });
  });

  it('updates what the file says of known records, through their own rules, and leaves the rest', async () => {
    const w = await world();
    const known = (
      await w.member.post('contacts', { name: 'Ada Byron', email: 'ada@example.com', job_title: 'Countess', custom: { a: 1 } })
    ).data;
    const file = csv(
      'Name,Email,Source,Owner',
      `Ada Lovelace,ada@example.com,fair,${w.colleague.email}`,
      'New One,new@example.com,fair,',
      'Bad One,bad@example.com,fair,Nobody Known',
    );
    const fields = {
      resource: 'contact',
      duplicate_policy: 'update',
      mapping: JSON.stringify({ columns: { 'custom.b': { value: '2' } } }),
    };
    const done = await imported(w, fields, file);
    expect(done).toMatchObject({ created: 1, updated: 1, failed: 1 });
    expect(await errorsOf(w.manager, done.id)).toEqual(['line,column,reason', '4,Owner,there is no member called Nobody Known']);
    expect((await w.manager.get(`contacts/${known.id}`)).data).toMatchObject({
      name: 'Ada Lovelace',
      job_title: 'Countess',
      source: 'fair',
      custom: { a: 1, b: '2' },
      owner_id: w.colleague.userId,
      version: known.version + 1,
    });
    const [entry] = (await w.admin.get(`audit?subject_id=${known.id}&action=update`)).data;
    expect(entry).toMatchObject({ actor_kind: 'system', user_id: null, on_behalf_of: w.manager.userId });
    expect(await imported(w, fields, file)).toMatchObject({ created: 0, updated: 0, skipped: 2, failed: 1 });
  });

  it('a dry run tells the same and writes nothing', async () => {
    const w = await world();
    const dry = await imported(w, { ...fields, dry_run: 'true' }, people);
    expect(dry).toMatchObject({ status: 'done', dry_run: true, created: 3, failed: 5 });
    expect((await errorsOf(w.manager, dry.id)).length).toBe(6);
    expect((await w.manager.get('contacts')).data).toEqual([]);
    expect((await w.manager.get('companies')).data).toEqual([]);
    expect(await imported(w, fields, people)).toMatchObject({ created: 3 });
  });

  it('where e-mails are unique, the second with one is a row that fails', async () => {
    const w = await world({ settings: { unique_emails: true } });
    const file = csv('Record ID,Name,Email', '1,Ada,ada@example.com', '2,Another Ada,ada@example.com');
    const done = await imported(w, { resource: 'contact' }, file);
    expect(done).toMatchObject({ created: 1, failed: 1 });
    expect(await errorsOf(w.manager, done.id)).toContain('3,Email,another contact has this e-mail');
  });
});

describe('importing companies', () => {
  it('knows parents that come later, and makes those that never come', async () => {
    const w = await world({ currency: 'USD' });
    const file = csv(
      'account;sector;revenue;office;subsidiary_of',
      'Daughter;technolgy;1.100,04;United States;Mother',
      'Mother;retail;12;Philipines;',
      'Orphan;retail;;;Elsewhere',
      'Own;retail;;;own',
    );
    const mapping = {
      columns: { annual_revenue: { column: 'revenue', times: '1000000' }, 'address.country': 'office' },
      values: { sector: { technolgy: 'technology' }, office: { Philipines: 'Philippines' } },
    };
    const done = await imported(w, { resource: 'company', mapping: JSON.stringify(mapping) }, file);
    expect(done).toMatchObject({ created: 4, failed: 0, incomplete: 1, match_on: 'name' });
    expect(await errorsOf(w.manager, done.id)).toEqual(['line,column,reason', '5,subsidiary_of,a company is not its own parent']);
    const { data } = await w.manager.get('companies?sort=name');
    const by = Object.fromEntries(data.map((row: { name: string }) => [row.name, row]));
    expect(Object.keys(by)).toEqual(['Daughter', 'Elsewhere', 'Mother', 'Orphan', 'Own']);
    expect(by.Daughter).toMatchObject({
      parent_id: by.Mother.id,
      industry: 'technology',
      annual_revenue: '1100040000.00',
      currency: 'USD',
      address: { country: 'US' },
    });
    expect(by.Orphan.parent_id).toBe(by.Elsewhere.id);
    expect(by.Mother.address).toEqual({ country: 'PH' });
  });
});

describe('importing deals', () => {
  const file = csv(
    'Deal ID,Deal Name,Amount,Deal Stage,Deal Owner,Account,Contact,Create Date,Closed,Lost Reason',
    'd1,First,"$1,054.50",Closed Won,,Acme,Ada Lovelace,1/2/2024,2/2/2024,',
    'd2,Second,0,lost,,Acme,,1/2/2024,3/2/2024,too dear',
    'd3,Third,10,proposal,,,ada@example.com,4/2/2024,,',
    'd4,Won for nothing,0,won,,,,1/2/2024,2/2/2024,',
    'd5,No such stage,1,signing,,,,,,',
    'd6,Backwards,1,lost,,,,3/2/2024,2/2/2024,',
    'd7,Still open,1,negotiation,,,,1/2/2024,2/2/2024,',
    'd8,In the future,1,proposal,,,,1/2/2999,,',
    'd9,Too exact,1.234,proposal,,,,,,',
  );
  const fields = { resource: 'deal', date_format: 'D/M/YYYY' };

  it('keeps the dates of the file at the midnight of the organization, and writes the history', async () => {
    const w = await world({ timeZone: 'Europe/Berlin' });
    const done = await imported(w, fields, file);
    expect(done).toMatchObject({ created: 3, failed: 6, match_on: 'external_id' });
    expect(await errorsOf(w.manager, done.id)).toEqual([
      'line,column,reason',
      '5,Amount,a won deal needs an amount',
      '6,Deal Stage,there is no stage called signing',
      '7,Closed,it was closed before it was created',
      '8,Closed,the deal is open and has a day on which it was closed',
      '9,Create Date,lies in the future',
      '10,Amount,"has more digits than EUR, which has 2 after the point"',
    ]);
    const { data } = await w.manager.get('deals?sort=created_at');
    const [second, first, third] = [...data]
      .sort((a, b) => (a.title < b.title ? 1 : -1))
      .sort((a, b) => (a.title === 'Second' ? -1 : b.title === 'Second' ? 1 : a.title < b.title ? -1 : 1));
    expect(first).toMatchObject({
      title: 'First',
      status: 'won',
      stage: 'closed',
      probability: 100,
      amount: '1054.50',
      currency: 'EUR',
      created_at: '2024-01-31T23:00:00.000Z',
      closed_at: '2024-02-01T23:00:00.000Z',
      owner_id: w.manager.userId,
    });
    expect(second).toMatchObject({ status: 'lost', amount: '0.00', lost_reason: 'too dear', closed_at: '2024-02-02T23:00:00.000Z' });
    expect(third).toMatchObject({ status: 'in_progress', stage: 'proposal', probability: 40, closed_at: null });
    expect(second.company_id).toBe(first.company_id);
    const history = (await w.manager.get(`deals/${first.id}/history`)).data;
    expect(history.map(({ to_stage, to_status, at }: Record<string, string>) => [to_stage, to_status, at]).sort()).toEqual([
      ['closed', 'won', '2024-02-01T23:00:00.000Z'],
      ['negotiation', 'in_progress', '2024-01-31T23:00:00.000Z'],
    ]);
    const activities = (await w.manager.get(`deals/${first.id}/activities`)).data;
    expect(activities.map(({ kind }: { kind: string }) => kind).sort()).toEqual(['created', 'stage_changed', 'status_changed']);
    expect((await w.manager.get('contacts')).data).toHaveLength(2);
    expect(await imported(w, fields, file)).toMatchObject({ created: 0, skipped: 3, failed: 6 });
  });

  it('changes known deals as their own rules want', async () => {
    const w = await world();
    const all = { ...fields, duplicate_policy: 'update' };
    await imported(w, all, csv('Deal ID,Title,Amount,Stage', 'd1,One,0,proposal', 'd2,Two,5,proposal'));
    const done = await imported(w, all, csv('Deal ID,Title,Amount,Stage', 'd1,One,0,won', 'd2,Two,6,won'));
    expect(done).toMatchObject({ created: 0, updated: 1, failed: 1 });
    const { data } = await w.manager.get('deals?status=won');
    expect(data).toMatchObject([{ title: 'Two', amount: '6.00', probability: 100 }]);
    const activities = (await w.manager.get(`deals/${data[0].id}/activities`)).data;
    expect(activities.map(({ kind }: { kind: string }) => kind).sort()).toEqual([
      'amount_changed',
      'created',
      'stage_changed',
      'status_changed',
    ]);
  });
});

describe('updating deals', () => {
  const fields = { resource: 'deal', duplicate_policy: 'update' };
  const stages = [{ name: 'Asked' }, { name: 'Told' }, { name: 'Over', kind: 'closed' }];
  /** One deal that was imported, and then moved by hand to where it is now. */
  async function dealt(w: World, changes: object) {
    await imported(w, fields, csv('Deal ID,Title,Amount', 'd1,One,5'));
    const [{ id }] = (await w.manager.get('deals')).data;
    expect((await w.owner.patch(`deals/${id}`, changes)).status).toBe(200);
    return id as string;
  }
  const stands = async (w: World, id: string) => {
    const { title, stage, status, amount, pipeline_id } = (await w.owner.get(`deals/${id}`)).data;
    return { title, stage, status, amount, pipeline_id };
  };

  it('leaves stage, status and pipeline where the row does not name them', async () => {
    const w = await world();
    const line = (await w.owner.post('pipelines', { name: 'Other', stages })).data;
    const id = await dealt(w, { pipeline_id: line.id, stage: 'told' });
    expect(await imported(w, fields, csv('Deal ID,Title,Amount', 'd1,Renamed,6'))).toMatchObject({ updated: 1, failed: 0 });
    const told = { title: 'Renamed', stage: 'told', amount: '6.00', pipeline_id: line.id };
    expect(await stands(w, id)).toEqual({ ...told, status: 'in_progress' });
    // A status alone stays in the deal's own pipeline, and is judged with the amount that it has.
    expect(await imported(w, fields, csv('Deal ID,Title,Status', 'd1,Renamed,won'))).toMatchObject({ updated: 1, failed: 0 });
    expect(await stands(w, id)).toMatchObject({ status: 'won', amount: '6.00', pipeline_id: line.id });
    expect(await imported(w, fields, csv('Deal ID,Title', 'd1,Won and renamed'))).toMatchObject({ updated: 1, failed: 0 });
    expect(await stands(w, id)).toMatchObject({ title: 'Won and renamed', status: 'won', pipeline_id: line.id });
  });

  it('into another pipeline wants its stage named', async () => {
    const w = await world();
    const line = (await w.owner.post('pipelines', { name: 'Other', stages })).data;
    const id = await dealt(w, { stage: 'proposal' });
    const refused = await imported(w, fields, csv('Deal ID,Title,Pipeline', 'd1,One,Other'));
    expect(await errorsOf(w.manager, refused.id)).toEqual([
      'line,column,reason',
      '2,Pipeline,Name the stage of the other pipeline the deal goes to',
    ]);
    expect(await imported(w, fields, csv('Deal ID,Title,Pipeline,Stage', 'd1,One,other,Told'))).toMatchObject({ updated: 1 });
    expect(await stands(w, id)).toMatchObject({ stage: 'told', pipeline_id: line.id });
  });

  it('back or open again takes the permission of whoever started the import', async () => {
    const w = await world();
    const id = await dealt(w, { stage: 'negotiation' });
    const back = csv('Deal ID,Title,Stage', 'd1,Back,qualification');
    const refused = await imported(w, fields, back);
    expect(refused).toMatchObject({ updated: 0, failed: 1 });
    expect(await errorsOf(w.manager, refused.id)).toContain('2,,Only owners and admins may move a deal back or reopen it');
    expect(await stands(w, id)).toMatchObject({ title: 'One', stage: 'negotiation' });
    expect(await imported(w, fields, back, w.admin)).toMatchObject({ updated: 1, failed: 0 });
    expect(await stands(w, id)).toMatchObject({ title: 'Back', stage: 'qualification' });
    await w.owner.post(`deals/${id}/win`);
    const open = csv('Deal ID,Title,Status', 'd1,Open again,in_progress');
    expect(await imported(w, fields, open)).toMatchObject({ updated: 0, failed: 1 });
    expect(await imported(w, fields, open, w.admin)).toMatchObject({ updated: 1, failed: 0 });
    expect(await stands(w, id)).toMatchObject({ title: 'Open again', status: 'in_progress' });
  });
});

describe('whom a row names', () => {
  const said = (name: string) => csv('Name', name);
  it('is found by the name that is stored, however it is written', async () => {
    const w = await world();
    expect(await imported(w, { resource: 'contact', match_on: 'name' }, csv('Name', '"Lovelace, Ada"'))).toMatchObject({ created: 1 });
    expect(await imported(w, { resource: 'contact', match_on: 'name' }, said('Ada  LOVELACE'))).toMatchObject({ created: 0, skipped: 1 });
    const deals = csv('Title,Contact', 'One,"Lovelace, Ada"', 'Two,Ada Lovelace', 'Three,"Byron, George"', 'Four,George Byron');
    expect(await imported(w, { resource: 'deal' }, deals)).toMatchObject({ created: 4, failed: 0 });
    expect((await w.manager.get('contacts?sort=name')).data.map(({ name }: { name: string }) => name)).toEqual([
      'Ada Lovelace',
      'George Byron',
    ]);
    await w.manager.post('companies', { name: 'Acme  Ltd' });
    expect(await imported(w, { resource: 'company' }, said('acme ltd'))).toMatchObject({ match_on: 'name', created: 0, skipped: 1 });
  });

  it('is looked for among what whoever started the import may see', async () => {
    const w = await world({ settings: { record_visibility: 'own' } });
    const seller = await w.join('member', ['sales']);
    const ada = { name: 'Ada Lovelace', email: 'ada@example.com' };
    await w.manager.post('contacts', ada);
    await w.manager.post('companies', { name: 'Acme' });
    const report = { mapping: JSON.stringify({ missing: { company: 'report', contact: 'report' } }) };
    const deals = csv('Title,Contact,Company', 'One,Ada Lovelace,', 'Two,ada@example.com,', 'Three,,Acme');
    expect(await imported(w, { resource: 'deal', ...report }, deals, seller)).toMatchObject({ created: 0, failed: 3 });
    expect(await imported(w, { resource: 'contact' }, csv('Name,Email', 'Ada Lovelace,ada@example.com'), seller)).toMatchObject({
      created: 1,
    });
    expect(await imported(w, { resource: 'deal', ...report }, deals, seller)).toMatchObject({ created: 2, failed: 1 });
    const [own] = (await seller.get('contacts')).data;
    expect((await seller.get('deals')).data.map((deal: { contact_id: string }) => deal.contact_id)).toEqual([own.id, own.id]);
    expect(await imported(w, { resource: 'deal', ...report }, deals)).toMatchObject({ created: 1, skipped: 2, failed: 0 });
  });
});

describe('a cell that nothing can be made of', () => {
  const long = 'x'.repeat(256);
  const errors = async (w: World, fields: Record<string, string>, file: Buffer) => {
    const done = await imported(w, fields, file);
    expect(done).toMatchObject({ status: 'done', created: 1 });
    return (await errorsOf(w.manager, done.id)).slice(1);
  };

  it('fails its own row, and no other', async () => {
    const w = await world();
    const deals = csv(
      'Title,Company,Contact',
      `A,${long},`,
      `B,,${'y'.repeat(101)} Jones`,
      'C,,@acme',
      'D,,a b@example',
      'E,Acme,Ada Lovelace',
    );
    expect(await errors(w, { resource: 'deal' }, deals)).toEqual([
      '2,Company,is longer than 255 characters',
      `3,Contact,"there is no contact called ${'y'.repeat(101)} Jones, and none can be"`,
      '4,Contact,"there is no contact called @acme, and none can be"',
      '5,Contact,"there is no contact called a b@example, and none can be"',
    ]);
    expect((await w.manager.get('contacts')).data).toHaveLength(1);
    const companies = csv('Name,Parent', `Daughter,${'z'.repeat(990)}`, 'Mother,');
    expect(await errors(w, { resource: 'company' }, companies)).toEqual(['2,Parent,is longer than 255 characters']);
    const email = `${'e'.repeat(60)}@${'d'.repeat(60)}.${'d'.repeat(60)}.${'d'.repeat(60)}.${'d'.repeat(60)}.com`;
    const people = csv('Name,Email', `Long,${email}`, 'Short,short@example.com');
    expect(await errors(w, { resource: 'contact', match_on: 'email' }, people)).toEqual(['2,Email,is too long to be recognised by']);
  });

  it('does not stop the rows beside it where a database rule refuses the record', async () => {
    const w = await world({ settings: { record_visibility: 'own', unique_emails: true } });
    const seller = await w.join('member', ['sales']);
    await w.manager.post('contacts', { name: 'Ada Lovelace', email: 'ada@example.com' });
    const deals = csv('Title,Contact', 'A,ada@example.com', 'B,other@example.com');
    expect(await imported(w, { resource: 'deal' }, deals, seller)).toMatchObject({ status: 'done', created: 1, failed: 1 });
  });
});

describe('an import that cannot go on', () => {
  /** Runs it again and again, as long as it is tried. */
  async function triedToTheEnd(w: World) {
    let failures = 0;
    try {
      for (; failures < 20; failures++) {
        setClock(() => new Date(Date.now() + failures * 7_200_000));
        const done = await work(w).catch(() => -1);
        if (done >= 0) return failures;
      }
      return failures;
    } finally {
      setClock();
    }
  }

  it('is failed, and says so, when it is given up', async () => {
    const w = await world();
    const { id } = (await form(w.manager, { resource: 'contact' }, csv('Record ID,Name', '1,Ada Lovelace'))).data;
    const storage = (await app()).get(Storage);
    const get = storage.get.bind(storage);
    const keys: string[] = [];
    storage.get = (key) => (keys.push(key), Promise.reject(new Error('broken')));
    try {
      expect(await triedToTheEnd(w)).toBe(MOST_ATTEMPTS);
    } finally {
      storage.get = get;
    }
    const failure = 'It broke off again and again and was given up; what came in until then is there';
    expect((await w.manager.get(`imports/${id}`)).data).toMatchObject({ status: 'failed', failure });
    expect(await storage.exists(keys[0]!)).toBe(false);
    expect((await w.manager.post(`imports/${id}/revert`)).status).toBe(202);
  });

  it('is failed at once when it would be refused again', async () => {
    const w = await world();
    const { id } = (await form(w.manager, { resource: 'contact' }, csv('Record ID,Name', '1,Ada Lovelace'))).data;
    const storage = (await app()).get(Storage);
    const get = storage.get.bind(storage);
    storage.get = () => Promise.reject(Object.assign(new Error('refused'), { code: '22001' }));
    await work(w).finally(() => (storage.get = get));
    expect((await w.manager.get(`imports/${id}`)).data).toMatchObject({
      status: 'failed',
      failure: 'A value could not be understood by the database',
    });
  });
});

describe('a folder and its mapping file', () => {
  const actor = ({ organization, owner }: World): Actor => ({
    kind: 'user',
    userId: owner.userId,
    role: 'owner',
    permissionSets: [],
    organization: organization.facts(),
  });
  const folder = async (w: World, path: string, mapping: MappingFile, dryRun = false) =>
    (await app()).get(FolderImport, { strict: false }).run(path, mapping, actor(w), dryRun);
  const example = async () => MappingFile.parse(JSON.parse(await readFile('examples/crm-sales-opportunities.json', 'utf8')));
  const counts = (files: Awaited<ReturnType<typeof folder>>) =>
    files.map(({ resource, created, skipped, failed, incomplete }) => [resource, created, skipped, failed, incomplete]);
  /** Count, sum and average days from creation to closing, by stage: a plain query over what the owner may read. */
  async function figures(w: World) {
    const read = (await app()).get(Read);
    const rows = await actingAs(actor(w), () =>
      read.all(
        read
          .from(Deal)
          .select(({ fn }) => [
            'deal.stage',
            'deal.status',
            'deal.created_at',
            'deal.closed_at',
            fn<string>('coalesce', ['deal.amount_e4' as never]).as('e4'),
          ]),
      ),
    );
    const of = (name: string) => rows.filter(({ stage }) => stage === name);
    const won = of('won');
    const days = won.map(({ created_at: from, closed_at: to }) => (Date.parse(to!) - Date.parse(from)) / 86_400_000);
    return {
      stages: Object.fromEntries(['prospecting', 'engaging', 'won', 'lost'].map((name) => [name, of(name).length])),
      won: won.reduce((sum, { e4 }) => sum + BigInt(e4), 0n) / 10_000n,
      days: (days.reduce((sum, n) => sum + n, 0) / days.length).toFixed(1),
    };
  }

  it('brings in an untidy one in one call, members included; twice changes nothing', async () => {
    const w = await world();
    const path = await mkdtemp(join(tmpdir(), 'tessera-import-'));
    try {
      await writeFile(
        join(path, 'sales_teams.csv'),
        'sales_agent,manager,regional_office\nAnna S,Dustin B,Central\nNever Sold,Dustin B,\n',
      );
      await writeFile(
        join(path, 'accounts.csv'),
        '\ufeffaccount,sector,year_established,revenue,employees,office_location,subsidiary_of\r\nDaughter,technolgy,1996,1.5,28,Korea,Mother\r\nMother,retail,1990,2,3,Philipines,\r\n',
      );
      await writeFile(
        join(path, 'sales_pipeline.csv'),
        `opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value
A1,Anna S,GTXPro,Daughter,Won,10/20/2016,3/1/2017,1054
A2,anna s,GTX Basic,,Lost,10/25/2016,3/11/2017,0
A3,Anna S,MG Special,Mother,Engaging,11/3/2016,,
A4,Anna S,MG Special,,Prospecting,,,
A5,Nobody,MG Special,,Prospecting,,,
A6,Anna S,MG Special,Unknown Inc,Prospecting,,,
A7,Anna S,MG Special,Mother,Won,10/20/2016,3/1/2017,0
`,
      );
      const mapping = await example();
      const wanted = [
        ['member', 2, 0, 0, 0],
        ['company', 2, 0, 0, 0],
        ['deal', 4, 0, 3, 0],
      ];
      expect(counts(await folder(w, path, mapping, true))).toEqual(wanted);
      expect(await figures(w)).toMatchObject({ stages: { won: 0 } });
      const done = await folder(w, path, mapping);
      expect(counts(done)).toEqual(wanted);
      expect(done[2]!.errors).toEqual([
        '6 sales_agent: there is no member called Nobody',
        '7 account: there is no company called Unknown Inc',
        '8 close_value: a won deal needs an amount',
      ]);
      expect(counts(await folder(w, path, mapping))).toEqual([
        ['member', 0, 2, 0, 0],
        ['company', 0, 2, 0, 0],
        ['deal', 0, 4, 3, 0],
      ]);

      const { data } = await w.owner.get('deals?sort=title');
      expect(data.map(({ title, stage, status, currency }: Record<string, string>) => [title, stage, status, currency])).toEqual([
        ['GTX Basic', 'lost', 'lost', 'USD'],
        ['GTX Pro for Daughter', 'won', 'won', 'USD'],
        ['MG Special', 'prospecting', 'new', 'USD'],
        ['MG Special for Mother', 'engaging', 'in_progress', 'USD'],
      ]);
      expect(data[1]).toMatchObject({
        amount: '1054.00',
        created_at: '2016-10-20T00:00:00.000Z',
        closed_at: '2017-03-01T00:00:00.000Z',
        custom: { product: 'GTX Pro' },
      });
      const [daughter, mother] = (await w.owner.get('companies?sort=name')).data;
      expect(daughter).toMatchObject({
        name: 'Daughter',
        industry: 'technology',
        annual_revenue: '1500000.00',
        address: { country: 'KR' },
        parent_id: mother.id,
      });
    } finally {
      await rm(path, { recursive: true });
    }
  });

  const REAL = '../shared/data/crm-sales-opportunities';
  // Only where the data is at hand; it is never part of the repository.
  if (existsSync(REAL))
    it('the public sample set comes out as its README says (where it is at hand)', async () => {
      const w = await world();
      expect(counts(await folder(w, REAL, await example()))).toEqual([
        ['member', 35, 0, 0, 0],
        ['company', 85, 0, 0, 0],
        ['deal', 8800, 0, 0, 0],
      ]);
      expect(await figures(w)).toEqual({
        stages: { prospecting: 500, engaging: 1589, won: 4238, lost: 2473 },
        won: 10_005_534n,
        days: '51.8',
      });
      const { data } = await w.owner.get('analytics/deals/summary');
      expect(data).toMatchObject({ average_won_amount: '2360.91', win_rate: 63.15, average_days_to_close: 51.8 });
      expect(data.by_status.won).toMatchObject({ count: 4238, total_amount: '10005534.00', currency: 'USD' });
      expect(counts(await folder(w, REAL, await example()))).toEqual([
        ['member', 0, 35, 0, 0],
        ['company', 0, 85, 0, 0],
        ['deal', 0, 8800, 0, 0],
      ]);
    });
});

/** The first half of a file, and then the end of its reader. */
async function* half(content: AsyncIterable<Buffer>) {
  for await (const chunk of content) {
    yield chunk.subarray(0, chunk.length / 2);
    throw new Error('died');
  }
}

describe('a worker that is killed', () => {
  it('is followed by one that goes on where it stopped, and nothing is taken twice', async () => {
    const w = await world();
    const rows = Array.from({ length: 2500 }, (_, i) => `${i},Person ${i}`);
    const started = await form(w.manager, { resource: 'contact' }, csv('Record ID,Name', ...rows));
    const { id } = started.data;
    // The first thousand rows are in, as if the worker had died behind them; then two come at the same time.
    const storage = (await app()).get(Storage);
    const get = storage.get.bind(storage);
    storage.get = async (key) => Readable.from(half(await get(key)));
    await expect(work(w)).rejects.toThrow('died');
    storage.get = get;
    expect((await w.manager.get(`imports/${id}`)).data).toMatchObject({ status: 'running', total: 1000, created: 1000 });
    const bus = (await app()).get(Bus);
    const worker = () => actingAs(system(w.organization.facts(), w.manager.userId), () => bus.run(new RunImport(id)));
    const ends = await Promise.allSettled([worker(), worker()]);
    expect(ends.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThanOrEqual(1);
    expect((await w.manager.get(`imports/${id}`)).data).toMatchObject({ status: 'done', total: 2500, created: 2500, skipped: 0 });
    expect((await w.manager.get('contacts?page_size=1')).body.meta.total).toBe(2500);
  });

  it('leaves no copy of the file behind, neither when it is done nor when it comes too late', async () => {
    const w = await world();
    const storage = (await app()).get(Storage);
    const get = storage.get.bind(storage);
    const keys = new Set<string>();
    storage.get = (key) => (keys.add(key), get(key));
    const done = await imported(w, { resource: 'contact' }, csv('Record ID,Name', '1,Ada Lovelace'));
    storage.get = get;
    const bus = (await app()).get(Bus);
    await actingAs(system(w.organization.facts(), w.manager.userId), () => bus.run(new RunImport(done.id)));
    expect(keys.size).toBe(1);
    for (const key of keys) expect(await storage.exists(key)).toBe(false);
    expect((await w.manager.get(`imports/${done.id}`)).data).toMatchObject({ status: 'done', created: 1 });
  });
});

describe('two imports of one file at once', () => {
  it('take each row once', async () => {
    const w = await world();
    const file = csv('Record ID,Name', ...Array.from({ length: 50 }, (_, i) => `${i},Person ${i}`));
    const started = await Promise.all([1, 2].map(() => form(w.manager, { resource: 'contact' }, file)));
    const bus = (await app()).get(Bus);
    const facts = system(w.organization.facts(), w.manager.userId);
    await Promise.all(started.map(({ data: { id } }) => actingAs(facts, () => bus.run(new RunImport(id)))));
    const done = await Promise.all(started.map(async ({ data: { id } }) => (await w.manager.get(`imports/${id}`)).data));
    expect(done.map(({ created, skipped }) => [created, skipped]).sort()).toEqual([
      [0, 50],
      [50, 0],
    ]);
    expect((await w.manager.get('contacts?page_size=1')).body.meta.total).toBe(50);
  });
});

describe('reverting', () => {
  it('leaves a contact to the open deal that is being made for it', async () => {
    const w = await world();
    const { id } = await imported(w, { resource: 'contact' }, csv('Name', 'Ada Lovelace'));
    const [contact] = (await w.manager.get('contacts')).data;
    await w.manager.post(`imports/${id}/revert`);
    let revert = () => {};
    let over = false;
    const reverted = new Promise<void>((resolve) => (revert = resolve)).then(() => work(w)).finally(() => (over = true));
    const instance = await app();
    await instance.get(Bus).asSystem(w.organization.facts(), async () => {
      await instance.get(Bus).run(new CreateDeal({ title: 'Engine', contactId: contact.id }));
      const em = instance.get(EntityManager);
      await em.flush();
      revert();
      const waits = `select from pg_locks where not granted and transactionid = pg_current_xact_id()::xid`;
      while (!over && !(await em.execute<object[]>(waits)).length);
    });
    await reverted;
    expect((await w.manager.get(`imports/${id}`)).data).toMatchObject({ status: 'reverted', removed: 0, kept: { in_use: 1 } });
    expect((await w.manager.get(`contacts/${contact.id}`)).status).toBe(200);
  });

  it('removes what was created and has not been edited, and says what stayed', async () => {
    const w = await world();
    const file = csv('Name,Email,Company', 'A One,a@example.com,Acme', 'B Two,b@example.com,Acme', 'C Three,c@example.com,Other');
    const done = await imported(w, { resource: 'contact' }, file);
    const [edited] = (await w.manager.get('contacts?email=a@example.com')).data;
    await w.manager.patch(`contacts/${edited.id}`, { job_title: 'Edited' });
    const reverting = await w.manager.post(`imports/${done.id}/revert`);
    expect(reverting).toMatchObject({ status: 202, data: { status: 'reverting' } });
    await work(w);
    expect((await w.manager.get(`imports/${done.id}`)).data).toMatchObject({
      status: 'reverted',
      removed: 3,
      kept: { edited: 1, in_use: 1 },
    });
    expect((await w.manager.get('contacts')).data).toMatchObject([{ id: edited.id }]);
    expect((await w.manager.get('companies')).data).toMatchObject([{ name: 'Acme' }]);
    // Reverted rows are new again.
    expect(await imported(w, { resource: 'contact' }, file)).toMatchObject({ created: 2, skipped: 1 });
  });

  it('is for imports that are done, and whoever may import', async () => {
    const w = await world();
    const started = await form(w.manager, { resource: 'contact' }, csv('Name', 'Ada'));
    expect(await w.manager.post(`imports/${started.data.id}/revert`)).toMatchObject({
      status: 409,
      error: { code: 'import.not_finished' },
    });
    expect((await w.member.post(`imports/${started.data.id}/revert`)).status).toBe(403);
    expect((await w.stranger.post(`imports/${started.data.id}/revert`)).status).toBe(404);
  });
});

describe('sending a file', () => {
  const file = csv('Name', 'Ada Lovelace');

  it('that the disk has no room for is 503, and nothing is begun', async () => {
    const w = await world();
    const storage = (await app()).get(Storage);
    const put = storage.put.bind(storage);
    storage.put = () => Promise.reject(Object.assign(new Error('no space left on device'), { code: 'ENOSPC' }));
    const refused = await form(w.manager, { resource: 'contact' }, file).finally(() => (storage.put = put));
    expect([refused.status, refused.error.code, refused.headers['retry-after']]).toEqual([503, 'unavailable', '5']);
    expect((await w.manager.get('imports')).data).toEqual([]);
  });

  it('is refused while half a gigabyte of the organization waits already, and taken when that is done', async () => {
    const w = await world();
    const first = await form(w.manager, { resource: 'contact' }, file);
    await tamper(w.organization.id, 'update import set file_size = $1 where id = $2', [(512 << 20) - 5, first.data.id]);
    const refused = await form(w.manager, { resource: 'contact' }, file);
    expect([refused.status, refused.error.code, refused.headers['retry-after']]).toEqual([409, 'import.too_much_waiting', '60']);
    expect((await form(w.stranger, { resource: 'contact' }, file)).status).not.toBe(409);
    await work(w);
    expect((await form(w.manager, { resource: 'contact' }, file)).status).toBe(202);
  });

  it('with a mapping that is none is told where it is wrong, as a form or in the query', async () => {
    const w = await world();
    const told = async (mapping: string) => {
      const sent = await form(w.manager, { resource: 'contact', mapping }, file);
      expect(sent.status).toBe(400);
      return (sent.error.details as { pointer: string; message: string }[]).map(({ pointer, message }) => `${pointer} ${message}`);
    };
    expect(await told('{"columns":{"name":5}}')).toEqual([expect.stringMatching(/^\/mapping\/columns\/name /)]);
    expect(await told('{"columns":{"name":{"column":"Name","time":2}}}')).toEqual(['/mapping/columns/name/time is not a field here']);
    expect(await told('{')).toEqual(['/mapping is not JSON']);
  });

  it('works as a body of its own, with the options in the query', async () => {
    const w = await world();
    const sent = await w.manager.post('imports?resource=contact&dry_run=true', file, { 'content-type': 'text/csv' });
    expect(sent).toMatchObject({ status: 202, data: { status: 'pending', resource: 'contact', dry_run: true, file_size: file.length } });
    expect((await w.manager.get(`imports/${sent.data.id}`)).headers.etag).toMatch(/^"v1\./);
    expect((await w.stranger.get(`imports/${sent.data.id}`)).status).toBe(404);
    expect((await w.manager.get('imports?status=pending')).data).toHaveLength(1);
  });

  it('is for managers and the sales set', async () => {
    const w = await world();
    expect((await form(w.member, { resource: 'contact' }, file)).status).toBe(403);
    const seller = await w.join('member', ['sales']);
    expect(await imported(w, { resource: 'contact' }, file, seller)).toMatchObject({ created: 1, owner_id: seller.userId });
    expect((await form(seller, { resource: 'contact', duplicate_policy: 'update' }, file)).status).toBe(403);
  });

  it('is refused with the reason', async () => {
    const w = await world();
    const refused = async (fields: Record<string, string>, content: Buffer | null, about = {}) => {
      const { status, error } = await form(w.manager, fields, content, about);
      return [status, error.code, error.details[0]?.pointer];
    };
    expect(await refused({ resource: 'contact' }, null)).toEqual([400, 'request.invalid', '/file']);
    expect(await refused({ resource: 'contact' }, Buffer.alloc(0))).toEqual([400, 'request.invalid', '/file']);
    expect(await refused({ resource: 'ship' }, file)).toEqual([400, 'request.invalid', '/resource']);
    expect(await refused({ resource: 'contact', extra: '1' }, file)).toEqual([400, 'request.invalid', '/extra']);
    expect(await refused({ resource: 'contact', date_format: 'whenever' }, file)).toEqual([400, 'request.invalid', '/date_format']);
    expect(await refused({ resource: 'contact' }, Buffer.from('PK\x03\x04rest'))).toEqual([415, 'request.media_type', undefined]);
    expect(await refused({ resource: 'contact' }, file, { type: 'image/png', name: 'a.png' })).toEqual([
      415,
      'request.media_type',
      undefined,
    ]);
    expect(await refused({ resource: 'company' }, csv('Foo', 'x'))).toEqual([422, 'import.mapping_unfit', '/mapping/columns']);
    const mapping = JSON.stringify({ columns: { email: 'Mail', ship: 'Name' } });
    expect(await refused({ resource: 'contact', mapping }, file)).toEqual([422, 'import.mapping_unfit', '/mapping/columns/email']);
    expect((await w.manager.post('imports', { resource: 'contact' })).status).toBe(415);
    expect((await w.manager.get('imports')).data).toEqual([]);
  });

  it('takes no more than 64 MiB', async () => {
    const w = await world();
    const large = Buffer.alloc((64 << 20) + 1, 'x,y\n');
    expect((await w.manager.post('imports?resource=contact', large, { 'content-type': 'text/csv' })).status).toBe(413);
    expect((await form(w.manager, { resource: 'contact' }, large)).status).toBe(413);
  });

  it('has one effect for one Idempotency-Key', async () => {
    const w = await world();
    const headers = { 'idempotency-key': 'one' };
    const first = await form(w.manager, { resource: 'contact' }, file, { headers });
    const again = await form(w.manager, { resource: 'contact' }, file, { headers });
    expect(again).toMatchObject({ status: 202, data: { id: first.data.id }, headers: { 'idempotency-replayed': 'true' } });
    expect((await form(w.manager, { resource: 'contact' }, csv('Name', 'Other'), { headers })).status).toBe(422);
    await work(w);
    expect((await w.manager.get(`imports/${first.data.id}`)).data).toMatchObject({ status: 'done', created: 1 });
  });
});
