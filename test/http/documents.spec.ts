import { jest } from '@jest/globals';
import { actingAs, Bus, fileKey, Mailer, type Process, Promises, setClock, Storage, system } from '#kernel';
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import { DeliverInvoice } from '../../libs/billing/documents/deliver-invoice.ts';
import { InvoicePdf } from '../../libs/billing/documents/invoice-pdf.ts';
import { asOwner } from '../database.ts';
import { lettersTo } from '../people.ts';
import { app, type Json, type Persona, send, type World, world } from '../world.ts';

beforeAll(app);
afterEach(() => {
  setClock();
  jest.restoreAllMocks();
});

const anEmail = () => `buyer-${Math.random().toString(36).slice(2)}@test.example`;
const hash = (content: Buffer) => createHash('sha256').update(content).digest('hex');
const lines = [{ description: 'Hours', quantity: '20', unit_price: '12.36', discount_percent: '12.5', tax_percent: '21' }];

interface Sold {
  id: string;
  email: string;
  draft: Json;
}
async function drafted({ manager }: World, more: object = {}, who: Persona = manager): Promise<Sold> {
  const email = anEmail();
  const contact = (await who.post('contacts', { name: 'Ada Lovelace', email })).data;
  const answer = await who.post('invoices', { contact_id: contact.id, currency: 'EUR', lines, ...more });
  expect(answer).toMatchObject({ status: 201 });
  return { id: answer.data.id, email, draft: answer.data };
}
async function issued(here: World, more: object = {}): Promise<Sold> {
  const sold = await drafted(here, more);
  expect(await here.manager.post(`invoices/${sold.id}/issue`)).toMatchObject({ status: 200 });
  return sold;
}

interface File {
  status: number;
  type: string;
  name: string;
  content: Buffer;
}
/** What a download gives, byte by byte. */
async function fetched(who: Persona, url: string, method: 'GET' | 'POST' = 'GET', body?: object): Promise<File> {
  const headers = { authorization: `Bearer ${who.token}`, 'x-organization-id': who.organizationId };
  const reply = await (await app()).inject({ method, url: `/api/v1/${url}`, headers, ...(body ? { payload: body } : {}) });
  const { statusCode: status, headers: said, rawPayload: content } = reply;
  return { status, type: String(said['content-type']), name: String(said['content-disposition']), content };
}
async function upload(who: Persona, url: string, content: Buffer, type = 'image/png') {
  const headers = { authorization: `Bearer ${who.token}`, 'x-organization-id': who.organizationId, 'content-type': type };
  const reply = await (await app()).inject({ method: 'POST', url: `/api/v1/${url}`, headers, payload: content });
  return { status: reply.statusCode, body: reply.json() as Json };
}
const keyOf = ({ organization }: World, id: string) => fileKey(organization.id, 'documents', `${id}.pdf`);
const storage = async () => (await app()).get(Storage, { strict: false });
/** As the system inside the organization, as a worker would. */
async function asWorker<R>({ organization }: World, message: Process<R>): Promise<R> {
  const bus = (await app()).get(Bus);
  return actingAs(system(organization.facts()), () => bus.run(message));
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [size, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  size.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([size, body, sum]);
}
/** A PNG of one color, with transparency; its pixels as they are packed. */
function png(width: number, height: number, given?: Buffer): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 6, 0, 0, 0], 8);
  const row = Buffer.concat([Buffer.from([0]), Buffer.alloc(width * 4, 0x80)]);
  const pixels = given ?? deflateSync(Buffer.concat(Array.from({ length: height }, () => row)));
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0))]);
}

describe('the PDF of an invoice', () => {
  it('is stored after the issue, under the key of its organization, and is what is downloaded', async () => {
    const here = await world();
    const { id } = await issued(here);
    expect(await (await storage()).exists(keyOf(here, id))).toBe(false);
    await here.drain();
    expect(await (await storage()).exists(keyOf(here, id))).toBe(true);
    const file = await fetched(here.manager, `invoices/${id}/pdf`);
    expect(file).toMatchObject({ status: 200, type: 'application/pdf' });
    expect(file.name).toMatch(/^attachment; filename="INV-\d{4}-00001\.pdf"/);
    expect(file.content.subarray(0, 8).toString()).toBe('%PDF-1.7');
  });

  it('is printed on demand while it is not there, the same to the byte, also when its template has changed or is gone since', async () => {
    const here = await world();
    const { manager } = here;
    const [template] = (await manager.get('document-templates')).data;
    await upload(manager, `document-templates/${template.id}/logo`, png(60, 20));
    await manager.patch(`document-templates/${template.id}`, { intro: 'Thank you', accent_color: '#7A1F3D' });
    const { id } = await issued(here);
    const first = hash((await fetched(manager, `invoices/${id}/pdf`)).content);
    await here.drain();
    expect(hash((await fetched(manager, `invoices/${id}/pdf`)).content)).toBe(first);

    await manager.patch(`document-templates/${template.id}`, { intro: 'Other words', locale: 'fr', accent_color: '#000000' });
    await manager.delete(`document-templates/${template.id}/logo`);
    const other = (await manager.post('document-templates', { name: 'Other', is_default: true, locale: 'de' })).data;
    expect(other).toMatchObject({ is_default: true, locale: 'de' });
    expect((await manager.delete(`document-templates/${template.id}`)).status).toBe(200);
    await (await storage()).delete(keyOf(here, id));
    setClock(() => new Date(Date.now() + 1_000_000));
    const late = await asWorker(here, new InvoicePdf(id));
    const content: Buffer[] = [];
    for await (const chunk of late.content) content.push(chunk as Buffer);
    expect(hash(Buffer.concat(content))).toBe(first);
    setClock();
    const next = await issued(here);
    expect(hash((await fetched(manager, `invoices/${next.id}/pdf`)).content)).not.toBe(first);
  });

  it('of a draft has its mark, and is stored nowhere', async () => {
    const here = await world();
    const { id } = await drafted(here);
    const file = await fetched(here.manager, `invoices/${id}/pdf`);
    expect(file).toMatchObject({ status: 200, type: 'application/pdf' });
    expect(file.name).toContain(`draft-${id}.pdf`);
    await here.drain();
    expect(await (await storage()).exists(keyOf(here, id))).toBe(false);
    await here.manager.post(`invoices/${id}/issue`);
    expect(hash((await fetched(here.manager, `invoices/${id}/pdf`)).content)).not.toBe(hash(file.content));
  });

  it('of a credit note and a proforma is there too', async () => {
    const here = await world();
    const { id } = await issued(here);
    const note = (await here.manager.post(`invoices/${id}/credit`, { reason: 'Returned' })).data;
    const file = await fetched(here.manager, `credit-notes/${note.id}/pdf`);
    expect(file).toMatchObject({ status: 200, type: 'application/pdf' });
    expect(file.name).toContain('CN-');
    const proforma = await issued(here, { kind: 'proforma' });
    expect((await fetched(here.manager, `invoices/${proforma.id}/pdf`)).name).toContain('PRO-');
  });

  it('is for who may read the invoice: stored or not, nobody else learns that it is there', async () => {
    const here = await world({ settings: { record_visibility: 'own' } });
    const { id } = await issued(here);
    for (const step of ['before', 'after']) {
      if (step === 'after') await here.drain();
      expect((await fetched(here.member, `invoices/${id}/pdf`)).status).toBe(404);
      expect((await fetched(here.stranger, `invoices/${id}/pdf`)).status).toBe(404);
    }
    const own = await drafted(here, {}, here.member);
    expect((await fetched(here.member, `invoices/${own.id}/pdf`)).status).toBe(200);
    expect((await fetched(here.colleague, `invoices/${own.id}/pdf`)).status).toBe(404);
  });
});

describe('a template', () => {
  it('is there from the first minute in the language of the organization, and one is always the default', async () => {
    const { manager } = await world();
    const [standard, ...others] = (await manager.get('document-templates')).data;
    expect(others).toEqual([]);
    expect(standard).toMatchObject({ name: 'Standard', is_default: true, locale: 'en', page_size: 'A4', has_logo: false });
    expect(standard).not.toHaveProperty('logo');
    expect((await manager.delete(`document-templates/${standard.id}`)).error.code).toBe('document_template.is_default');
    expect((await manager.patch(`document-templates/${standard.id}`, { is_default: false })).error.code).toBe(
      'document_template.is_default',
    );
    const [seller] = (await manager.get('billing-entities')).data;
    expect((await manager.patch(`document-templates/${standard.id}`, { billing_entity_id: seller.id })).error.code).toBe(
      'document_template.scope',
    );
    expect((await manager.patch(`document-templates/${standard.id}`, { accent_color: 'url(http://x)' })).status).toBe(400);
    expect((await manager.patch(`document-templates/${standard.id}`, { locale: 'not a locale' })).status).toBe(400);
  });

  it('of a billing entity counts for what it sells', async () => {
    const here = await world();
    const seller = (await here.manager.post('billing-entities', { name: 'Nordhafen GmbH', currency: 'EUR', time_zone: 'Europe/Berlin' }))
      .data;
    const before = await drafted(here, { billing_entity_id: seller.id });
    const plain = hash((await fetched(here.manager, `invoices/${before.id}/pdf`)).content);
    const own = (await here.manager.post('document-templates', { name: 'Nordhafen', billing_entity_id: seller.id, locale: 'de-DE' })).data;
    const now = async () => hash((await fetched(here.manager, `invoices/${before.id}/pdf`)).content);
    const german = await now();
    expect(german).not.toBe(plain);
    await here.manager.delete(`document-templates/${own.id}`);
    expect(await now()).toBe(plain);
    expect((await here.manager.post(`document-templates/${own.id}/restore`)).status).toBe(200);
    expect(await now()).toBe(german);
  });

  it('is previewed with made-up figures before and after it is stored, and nothing is kept of it', async () => {
    const { manager, member } = await world();
    const [standard] = (await manager.get('document-templates')).data;
    for (const url of ['document-templates/preview', `document-templates/${standard.id}/preview`]) {
      const file = await fetched(manager, url, 'POST', {});
      expect(file).toMatchObject({ status: 200, type: 'application/pdf' });
      expect(file.content.subarray(0, 5).toString()).toBe('%PDF-');
    }
    const german = await fetched(member, 'document-templates/preview', 'POST', { locale: 'de', intro: 'Guten Tag' });
    expect(german.status).toBe(200);
    expect((await manager.get('document-templates')).data).toHaveLength(1);
    expect((await manager.get('invoices')).data).toEqual([]);
    expect((await member.post('document-templates', { name: 'Mine' })).status).toBe(403);
  });

  it('takes a logo that is a PNG or JPEG by its content, within its limits, and nothing else', async () => {
    const { manager } = await world();
    const [{ id }] = (await manager.get('document-templates')).data;
    const url = `document-templates/${id}/logo`;
    const plain = hash((await fetched(manager, `document-templates/${id}/preview`, 'POST', {})).content);
    expect(await upload(manager, url, png(120, 40))).toMatchObject({ status: 200, body: { data: { has_logo: true } } });
    expect(hash((await fetched(manager, `document-templates/${id}/preview`, 'POST', {})).content)).not.toBe(plain);
    const refused: [string, Buffer, number][] = [
      ['a page', Buffer.from('<html><img src="file:///etc/passwd"></html>'), 422],
      ['a drawing', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), 422],
      ['a torn one', png(120, 40).subarray(0, 40), 422],
      [
        'a lie about its size',
        Buffer.concat([png(1, 1).subarray(0, 16), Buffer.from([0, 1, 0, 0, 0, 1, 0, 0]), png(1, 1).subarray(24)]),
        422,
      ],
      ['pixels that cannot be unpacked', png(1, 1, Buffer.from('no pixels')), 422],
      ['pixels that unpack to a thousand times what the header says', png(1, 1, deflateSync(Buffer.alloc(50 << 20))), 422],
      ['fewer pixels than the header says', png(9, 9, deflateSync(Buffer.alloc(37))), 422],
      ['a way of filtering that there is none', png(1, 1, deflateSync(Buffer.from([9, 1, 1, 1, 1]))), 422],
      ['a second header', Buffer.concat([png(1, 1).subarray(0, 33), png(1, 1).subarray(8)]), 422],
      [
        'a chunk that leads backwards',
        Buffer.concat([png(1, 1).subarray(0, 33), Buffer.from([255, 255, 255, 200]), png(1, 1).subarray(37)]),
        422,
      ],
      ['a vast one', png(2001, 1), 422],
      ['a heavy one', Buffer.concat([png(1, 1), Buffer.alloc(600 << 10)]), 413],
    ];
    for (const [what, content, status] of refused) expect([what, (await upload(manager, url, content)).status]).toEqual([what, status]);
    expect((await upload(manager, url, png(1, 1), 'image/svg+xml')).status).toBe(415);
    expect((await manager.delete(url)).data).toMatchObject({ has_logo: false });
    expect(hash((await fetched(manager, `document-templates/${id}/preview`, 'POST', {})).content)).toBe(plain);
  });

  it("prints the seller's logo where the template has none, as it was when the invoice was issued", async () => {
    const here = await world();
    const { manager, member } = here;
    const [{ id }] = (await manager.get('billing-entities')).data;
    const url = `billing-entities/${id}/logo`;
    const images = async (invoice: string) =>
      (await fetched(manager, `invoices/${invoice}/pdf`)).content.toString('latin1').split('/Subtype /Image').length - 1;
    const [early, draft] = [(await issued(here)).id as string, (await drafted(here)).id as string];
    expect(await upload(manager, url, Buffer.from('<svg/>'))).toMatchObject({ status: 422, body: { error: { code: 'logo.unfit' } } });
    expect((await upload(member, url, png(120, 40))).status).toBe(403);
    expect(await upload(manager, url, png(120, 40))).toMatchObject({ status: 200, body: { data: { has_logo: true } } });
    const late = (await issued(here)).id as string;
    expect([await images(early), (await images(draft)) > 0, (await images(late)) > 0]).toEqual([0, true, true]);
    const first = hash((await fetched(manager, `invoices/${late}/pdf`)).content);
    expect((await manager.delete(url)).data).toMatchObject({ has_logo: false });
    await (await storage()).delete(keyOf(here, late));
    expect(hash((await fetched(manager, `invoices/${late}/pdf`)).content)).toBe(first);
    expect(await images(draft)).toBe(0);
  });

  it('reads no files and fetches nothing, whatever its texts and the invoice say', async () => {
    const here = await world();
    const { manager } = here;
    const fetches = jest.spyOn(globalThis, 'fetch');
    const hostile = [
      'file:///etc/passwd',
      'http://127.0.0.1:1/x.png',
      'data:image/svg+xml;base64,PHN2Zy8+',
      '/etc/passwd',
      'logo',
      '{"image":"/etc/passwd"}',
    ];
    const [{ id: template }] = (await manager.get('document-templates')).data;
    for (const text of hostile) {
      await manager.patch(`document-templates/${template}`, { intro: text, footer: text, payment_terms: text });
      const { id } = await issued(here, { notes: text, reference: text, lines: [{ ...lines[0], description: text }] });
      const { status, content } = await fetched(manager, `invoices/${id}/pdf`);
      expect(status).toBe(200);
      expect(content.includes('/Subtype /Image')).toBe(false);
      expect(content.includes('EmbeddedFile')).toBe(false);
    }
    expect(fetches).not.toHaveBeenCalled();
  });
});

describe('sending', () => {
  /** What left for somebody, each time it left: the folder alone would show a letter that was sent twice only once. */
  const watched = async () => jest.spyOn((await app()).get(Mailer, { strict: false }), 'send');
  const sentTo = (mailer: Awaited<ReturnType<typeof watched>>, email: string) => mailer.mock.calls.filter(([{ to }]) => to === email);
  const deliveries = async ({ manager }: World, id: string): Promise<Json[]> => (await manager.get(`invoices/${id}/deliveries`)).data;

  it('leaves after the answer with the stored PDF, and sets sent_at', async () => {
    const here = await world();
    const { id, email } = await issued(here);
    const answer = await here.manager.post(`invoices/${id}/send`);
    expect(answer).toMatchObject({ status: 200, data: { sent_at: null } });
    const [letter, ...others] = await lettersTo(email, here.organization.id);
    expect(others).toEqual([]);
    const { number, sent_at: sentAt } = (await here.manager.get(`invoices/${id}`)).data;
    expect(sentAt >= letter!.sent_at).toBe(true);
    expect(letter!.subject).toBe(`Invoice ${number} from ${here.organization.name}`);
    expect(letter!.text).toContain('261.72 EUR');
    expect(await deliveries(here, id)).toMatchObject([{ automatic: false, email, status: 'sent', sent_at: sentAt }]);
    const { content } = await fetched(here.manager, `invoices/${id}/pdf`);
    expect((await emlOf(letter!.key)).replace(/\s/g, '')).toContain(content.toString('base64'));
  });

  it('goes where it is told, with the words it is given', async () => {
    const here = await world();
    const { id, email } = await issued(here);
    const to = anEmail();
    await here.manager.post(`invoices/${id}/send`, { to, message: 'As agreed.' });
    expect(await lettersTo(to, here.organization.id)).toMatchObject([{ text: 'As agreed.' }]);
    expect(await lettersTo(email, here.organization.id)).toEqual([]);
  });

  it('a job that runs twice, also at once, sends one letter; asked again it is sent again, unless under the same key', async () => {
    const here = await world();
    const { id, email } = await issued(here);
    const mailer = await watched();
    await here.manager.post(`invoices/${id}/send`, {}, { 'idempotency-key': 'once' });
    await here.manager.post(`invoices/${id}/send`, {}, { 'idempotency-key': 'once' });
    await Promise.all([here.drain(), here.drain(), here.drain()]);
    const [delivery] = await deliveries(here, id);
    await Promise.all([1, 2, 3].map(() => asWorker(here, new DeliverInvoice(delivery.id, id))));
    expect(sentTo(mailer, email)).toHaveLength(1);
    await here.manager.post(`invoices/${id}/send`);
    await here.drain();
    const keys = sentTo(mailer, email).map(([{ key }]) => key);
    expect(new Set(keys).size).toBe(2);
    expect(await deliveries(here, id)).toHaveLength(2);
  });

  it('several workers that have the job at the same moment send one letter', async () => {
    const here = await world();
    const { id, email } = await issued(here);
    const mailer = await watched();
    await here.manager.post(`invoices/${id}/send`);
    const [delivery] = await deliveries(here, id);
    await Promise.all([1, 2, 3, 4].map(() => asWorker(here, new DeliverInvoice(delivery.id, id))));
    await here.drain();
    expect(sentTo(mailer, email)).toHaveLength(1);
  });

  it('given up it has failed, somebody is asked to look, and it leaves when it is tried again all the same', async () => {
    const here = await world();
    const { id, email } = await issued(here);
    const mailer = await watched();
    await here.manager.post(`invoices/${id}/send`);
    mailer.mockRejectedValue(new Error('421 try later'));
    for (let hours = 0; hours < 8; hours++) {
      setClock(() => new Date(Date.now() + hours * 3_600_000));
      await here.drain().catch(() => {});
    }
    mailer.mockRestore();
    expect(await here.drain()).toBe(0);
    setClock();
    expect(await deliveries(here, id)).toMatchObject([{ email, status: 'failed', sent_at: null }]);
    const [task, ...others] = (await here.manager.get('tasks')).data as Json[];
    expect([task, others]).toMatchObject([
      { title: 'An invoice could not be sent', priority: 'urgent', description: expect.stringContaining(email) },
      [],
    ]);
    const given = 'select id from due where organization_id = $1 and failed_at is not null';
    for (const due of await asOwner<{ id: string }>(given, [here.organization.id])) await (await app()).get(Promises).retry(due.id);
    await here.drain();
    expect(await deliveries(here, id)).toMatchObject([{ status: 'sent' }]);
  });

  it('a mail server that fails is asked again, and the letter is the same', async () => {
    const here = await world();
    const { id, email } = await issued(here);
    const mailer = await watched();
    mailer.mockRejectedValueOnce(new Error('421 try later'));
    await here.manager.post(`invoices/${id}/send`);
    await expect(here.drain()).rejects.toThrow('421');
    expect((await here.manager.get(`invoices/${id}`)).data.sent_at).toBeNull();
    setClock(() => new Date(Date.now() + 3_600_000));
    await here.drain();
    setClock();
    const keys = sentTo(mailer, email).map(([{ key }]) => key);
    expect(keys).toHaveLength(2);
    expect(new Set(keys).size).toBe(1);
    expect((await here.manager.get(`invoices/${id}`)).data.sent_at).not.toBeNull();
  });

  it('is open for what is issued, to who may', async () => {
    const here = await world();
    const { id, draft } = await drafted(here);
    expect(draft._links).not.toHaveProperty('send');
    expect((await here.manager.post(`invoices/${id}/send`)).error.code).toBe('invoice.cannot_send');
    const data = (await here.manager.post(`invoices/${id}/issue`)).data;
    expect(data._links.send).toMatchObject({ method: 'POST' });
    expect((await here.member.get(`invoices/${id}`)).data._links).not.toHaveProperty('send');
    expect((await here.member.post(`invoices/${id}/send`)).status).toBe(403);
    expect((await here.stranger.post(`invoices/${id}/send`, { to: anEmail() })).status).toBe(404);
    await here.manager.post(`invoices/${id}/void`);
    expect((await here.manager.post(`invoices/${id}/send`)).error.code).toBe('invoice.cannot_send');
  });

  it('what is voided before the letter leaves is not sent', async () => {
    const here = await world();
    const { id, email } = await issued(here);
    await here.manager.post(`invoices/${id}/send`);
    await here.manager.post(`invoices/${id}/void`);
    expect(await lettersTo(email, here.organization.id)).toEqual([]);
    expect(await deliveries(here, id)).toMatchObject([{ status: 'withdrawn', sent_at: null }]);
  });

  it('needs somebody to write to', async () => {
    const here = await world();
    const contact = (await here.manager.post('contacts', { name: 'Nobody Known' })).data;
    const { id } = (await here.manager.post('invoices', { contact_id: contact.id, currency: 'EUR', lines })).data;
    await here.manager.post(`invoices/${id}/issue`);
    expect((await here.manager.post(`invoices/${id}/send`)).error.code).toBe('invoice.no_address');
    expect((await here.manager.post(`invoices/${id}/send`, { to: 'a@b.example, c@d.example' })).status).toBe(400);
  });

  it('speaks the language of the template', async () => {
    const here = await world();
    const [{ id: template }] = (await here.manager.get('document-templates')).data;
    await here.manager.patch(`document-templates/${template}`, { locale: 'de-DE' });
    const { id, email } = await issued(here);
    await here.manager.post(`invoices/${id}/send`);
    const [letter] = await lettersTo(email, here.organization.id);
    expect(letter!.subject).toMatch(/^Rechnung INV-/);
    expect(letter!.text).toContain('261,72 EUR');
  });

  describe('of what a subscription bills', () => {
    const item = { description: 'Plan', quantity: 1, unit_price: '30', tax_percent: '0', interval: 'month', interval_count: 1 };
    async function subscribed({ manager, drain }: World, given: { account?: string; contact?: string | null } = {}) {
      const email = anEmail();
      const contact = (await manager.post('contacts', { name: 'Sue Scriber', email: given.contact === undefined ? email : given.contact }))
        .data;
      if (given.account) await manager.post('customer-accounts', { contact_id: contact.id, email: given.account });
      const subscription = (await manager.post('subscriptions', { contact_id: contact.id, currency: 'EUR', items: [item] })).data;
      await drain();
      const [invoice] = (await manager.get(`invoices?source_id=${subscription.id}`)).data as Json[];
      return { email, invoice };
    }

    it('goes to the customer by itself, once, also when several workers are at it', async () => {
      const here = await world();
      const mailer = await watched();
      const { email, invoice } = await subscribed(here);
      expect(invoice).toMatchObject({ status: 'issued', source: 'subscription' });
      await Promise.all([here.drain(), here.drain(), here.drain()]);
      const [delivery, ...others] = await deliveries(here, invoice.id);
      expect(others).toEqual([]);
      await Promise.all([1, 2, 3].map(() => asWorker(here, new DeliverInvoice(delivery.id, invoice.id))));
      expect(sentTo(mailer, email)).toHaveLength(1);
      expect(delivery).toMatchObject({ automatic: true, status: 'sent', email });
      expect((await here.manager.get(`invoices/${invoice.id}`)).data.sent_at).not.toBeNull();
    });

    it('goes to the address for invoices where there is one, and nowhere where there is none', async () => {
      const here = await world();
      const account = anEmail();
      const { email } = await subscribed(here, { account });
      expect(await lettersTo(account, here.organization.id)).toHaveLength(1);
      expect(await lettersTo(email, here.organization.id)).toEqual([]);
      const { invoice } = await subscribed(here, { contact: null });
      expect(invoice.status).toBe('issued');
      expect(await deliveries(here, invoice.id)).toEqual([]);
    });

    it('stays where the seller does not want it, and what is made by hand is only sent by hand', async () => {
      const here = await world();
      const [seller] = (await here.manager.get('billing-entities')).data;
      expect(seller.emails_recurring).toBe(true);
      await here.manager.patch(`billing-entities/${seller.id}`, { emails_recurring: false });
      const { invoice } = await subscribed(here);
      expect(await deliveries(here, invoice.id)).toEqual([]);
      const { id } = await issued(here);
      await here.drain();
      expect(await deliveries(here, id)).toEqual([]);
    });
  });

  async function emlOf(key: string): Promise<string> {
    const folder = process.env.OUTBOX_DIR!;
    for (const name of (await readdir(folder)).filter((one) => one.endsWith('.json'))) {
      const about = JSON.parse(await readFile(join(folder, name), 'utf8')) as Json;
      if (about.key !== key) continue;
      expect(about.attachments).toEqual([expect.stringMatching(/^INV-.*\.pdf$/)]);
      return readFile(join(folder, name.replace('.json', '.eml')), 'utf8');
    }
    throw new Error(`No letter ${key}`);
  }
});

it('downloads are never shown by the browser itself', async () => {
  const here = await world();
  const { id } = await issued(here);
  const { headers } = await send('GET', `invoices/${id}/pdf`, undefined, {
    authorization: `Bearer ${here.manager.token}`,
    'x-organization-id': here.manager.organizationId,
  });
  expect(headers['content-disposition']).toMatch(/^attachment/);
  expect(headers['x-content-type-options']).toBe('nosniff');
});
