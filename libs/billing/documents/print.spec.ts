import { createHash } from 'node:crypto';
import { inflateSync } from 'node:zlib';
import { linesOf, pagesOf, textOf } from '../../../test/pdf-text.ts';
import { type Design, designOf, STANDARD } from './design.ts';
import { languages } from './labels.ts';
import { pressed } from './press.ts';
import { printedFacturX, printedPdf } from './print.ts';
import { sampleOf } from './sample.ts';
import type { InvoiceRow, Printed } from './printed.ts';

const SELLER: InvoiceRow['seller'] = {
  name: 'Harbour Clinic Ltd',
  address: { street: 'Hafenstraße 1', city: 'Hamburg', postal_code: '20457', country: 'DE' },
  email: 'billing@harbour.example',
  vat_id: 'DE123456789',
  tax_number: null,
  registration_number: 'HRB 12345',
  bank_details: { account_holder: 'Harbour Clinic Ltd', iban: 'DE02120300000000202051', bic: 'BYLADEM1001' },
  footer: 'Registered in Hamburg.',
};
const sample = sampleOf('EUR', SELLER, '2026-03-31');
const design = (more: Partial<Design> = {}): Design => ({ ...designOf(STANDARD), ...more });
const print = (invoice: Partial<InvoiceRow> = {}, more: Partial<Printed> = {}) =>
  printedPdf({ invoice: { ...sample, ...invoice }, design: design(), ...more });
const many = (n: number, description = (i: number) => `Service number ${i}.`) =>
  Array.from({ length: n }, (_, i) => ({ ...sample.lines[i % 2]!, position: i + 1, description: description(i + 1) }));
const hash = (content: Buffer) => createHash('sha256').update(content).digest('hex');
const words = async (invoice: Partial<InvoiceRow> = {}, more: Partial<Printed> = {}) =>
  textOf(await print(invoice, more)).replace(/[\u00a0\u202f]/g, ' ');

it('says everything that was issued', async () => {
  const text = await words(
    { notes: 'Thank you for your trust.' },
    { design: design({ intro: 'As agreed:', payment_terms: 'Net.', footer: 'Bye.' }) },
  );
  const said = [
    ['Invoice', 'INV-2026-00001', 'Mar 31, 2026', 'PO 4711', 'Ada Lovelace', 'SW1Y 4JH London', 'United Kingdom', 'GB123456789'],
    ['Harbour Clinic Ltd · Hafenstraße 1 · 20457 Hamburg · Germany', 'VAT ID DE123456789', 'Company number HRB 12345', 'Page 1 of 1'],
    ['Consulting', '10 h', '120.00', '20 %', '1,200.00', 'Workshop, half a day', '10 %', '270.00'],
    ['Subtotal1,470.00', 'Charge30.00', 'Total without tax1,500.00', 'Tax 20 %300.00', 'Total with tax1,800.00', 'Amount due1,800.00 EUR'],
    ['Account holderHarbour Clinic Ltd', 'IBANDE02 1203 0000 0000 2020 51', 'BICBYLADEM1001', 'Payment referenceINV-2026-00001'],
    ['As agreed:', 'Net.', 'Thank you for your trust.', 'Registered in Hamburg.', 'Bye.'],
  ].flat();
  for (const one of said) expect(text).toContain(one);
});

it('shows taxes by category and percent with their reasons, allowances, rounding and what is paid already', async () => {
  const text = await words({
    allowances: [{ reason: 'Loyalty', net: '100.00' }],
    charges: [{ reason: 'Freight', net: '200.00' }],
    taxes: [
      { category: 'S', percent: '21', taxable: '100.00', tax: '21.00', exemption_reason: null },
      { category: 'AE', percent: '0', taxable: '1500.00', tax: '0.00', exemption_reason: 'Article 196' },
    ],
    totals: { ...sample.totals, rounding: '-0.01', prepaid: '1000.00', payable: '799.99' },
  });
  for (const one of [
    'Allowance: Loyalty-100.00',
    'Charge: Freight200.00',
    '21 %100.0021.00',
    '0 % Reverse charge1,500.000.00',
    'Article 196',
  ])
    expect(text).toContain(one);
  for (const one of ['Rounding-0.01', 'Already paid-1,000.00', 'Amount due799.99 EUR']) expect(text).toContain(one);
});

it.each([
  ['JPY', '1005', '101', '1106', ['1,005', '101', '1,106 JPY']],
  ['KWD', '1.001', '0.050', '1.051', ['1.001', '0.050', '1.051 KWD']],
])('%s has the digits of its currency', async (currency, net, tax, payable, said) => {
  const text = await words({
    currency,
    charges: [],
    lines: [{ ...sample.lines[0]!, quantity: '1', unit_price: net, net, total: net }],
    taxes: [{ category: 'S', percent: '5', taxable: net, tax, exemption_reason: null }],
    totals: { ...sample.totals, lines: net, net, tax, gross: payable, payable },
  });
  for (const one of said) expect(text).toContain(one);
  expect(text).not.toMatch(/\d\.\d{2}(?!\d)/);
});

it('prices that include tax are shown with it', async () => {
  const [line] = sample.lines;
  const text = await words({
    prices_include_tax: true,
    lines: [{ ...line!, quantity: '1', unit_price: '100', total: '100.00', net: '83.33' }],
  });
  expect(text).toContain('Amount (incl. tax) EUR');
  expect(text).toContain('100.0020 %100.00');
});

it('a credit note says what it corrects and why, and asks for nothing', async () => {
  const corrects = { number: 'INV-2026-00001', issue_date: '2026-03-01' };
  const text = await words({ kind: 'credit_note', number: 'CN-2026-00001', reason: 'Returned' }, { corrects });
  for (const one of ['Credit note', 'Corrects invoice INV-2026-00001 of Mar 1, 2026: Returned', 'Amount credited1,800.00 EUR'])
    expect(text).toContain(one);
  for (const one of ['IBAN', 'Due date', 'Payment']) expect(text).not.toContain(one);
});

it('a draft bears the mark of one, an issued invoice does not', async () => {
  const draft = { status: 'draft' as const, number: null, issued_at: null };
  expect(await words(draft)).toContain('Draft');
  expect(await words()).not.toContain('Draft');
});

describe('many lines', () => {
  it('200 go over pages that repeat the head of the table, each line once and whole, each page with its number', async () => {
    const pages = pagesOf(await print({ lines: many(200) })).map(linesOf);
    expect(pages).toHaveLength(7);
    pages.forEach((lines, i) => {
      expect(lines.join('\n')).toContain(`Page ${i + 1} of 7`);
      expect(lines.some((line) => line.startsWith('#Description'))).toBe(true);
      if (i) expect(lines[0]).toBe('Invoice INV-2026-00001');
    });
    const found = pages.flat().flatMap((line) => /^(\d+)Service number (\d+)\./.exec(line)?.slice(1) ?? []);
    expect(found).toEqual(Array.from({ length: 200 }, (_, i) => [String(i + 1), String(i + 1)]).flat());
  });

  it('totals are in one piece, below a line', async () => {
    for (let n = 14; n <= 30; n++) {
      const pages = pagesOf(await print({ lines: many(n) })).map(linesOf);
      const [page, ...others] = pages.filter((lines) => lines.some((line) => /^Tax.*Subtotal|^Subtotal/.test(line)));
      expect([n, others]).toEqual([n, []]);
      const text = page!.join('\n');
      expect([n, text.includes('Amount due'), text.includes('Total without tax')]).toEqual([n, true, true]);
      expect([n, /Service number/.test(text), /#Description/.test(text)]).toEqual([n, true, true]);
    }
  });

  it('long words and texts stay on the page', async () => {
    const long = (i: number) => (i % 2 ? 'Donaudampfschifffahrtsgesellschaft'.repeat(29) : 'sed do eiusmod tempor '.repeat(45));
    const customer = { ...sample.customer, name: 'x'.repeat(255) };
    const pdf = await print({
      lines: many(6, long),
      notes: 'y'.repeat(2000),
      reference: '4711-'.repeat(40),
      customer,
      number: `INV-${'9'.repeat(60)}`,
    });
    for (const { x } of pagesOf(pdf).flat()) expect(x).toBeLessThan(560);
    expect(textOf(pdf).match(/x/g)!.length).toBeGreaterThanOrEqual(255);
  });
});

describe('right to left', () => {
  const arabic = { name: 'شركة المثال ABC', email: null, address: { street: 'شارع 12', country: 'AE' }, tax_id: null };
  const reversed = (text: string) => [...text].reverse().join('');

  it('a name stands from right to left among Latin, its number and Latin words as they are', async () => {
    const lines = linesOf(pagesOf(await print({ customer: arabic }))[0]!);
    expect(lines).toContain(`ABC${reversed('شركة المثال ')}`);
    expect(lines.some((line) => line.includes(`12${reversed('شارع ')}`))).toBe(true);
  });

  it('a Hebrew name with brackets and numbers reads as it should', async () => {
    const lines = linesOf(pagesOf(await print({ customer: { ...arabic, name: 'חברה (תל אביב) 2020' } }))[0]!);
    expect(lines.some((line) => line.startsWith(`2020 (${reversed('תל אביב')}) ${reversed('חברה')}`))).toBe(true);
  });

  it('in Arabic the page is the other way round', async () => {
    const pieces = pagesOf(await print({ customer: arabic }, { design: design({ locale: 'ar' }) }))[0]!;
    const x = (text: string) => pieces.find((piece) => piece.text.includes(text))!.x;
    expect(x(reversed('فاتورة'))).toBeLessThan(100);
    expect(x('Consulting')).toBeGreaterThan(300);
    expect(x('1,200.00')).toBeLessThan(100);
  });
});

it('is printed in every language, with letters of Latin, Greek and Cyrillic', async () => {
  for (const locale of languages) expect(await words({}, { design: design({ locale }) })).toContain('IBAN');
  expect(await words({ customer: { ...sample.customer, name: 'Ελληνική Российская ŁŐŽ İ Việt' } })).toContain(
    'Ελληνική Российская ŁŐŽ İ Việt',
  );
});

it('the same content gives the same bytes, another content others', async () => {
  const logo = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
  const [one, two] = [await print({}, { logo }), await print({}, { logo })];
  expect(hash(two)).toBe(hash(one));
  expect(one.includes('/Subtype /Image')).toBe(true);
  const others = [print(), print({ content_hash: 'x' }, { logo }), print({ issued_at: '2026-03-31T00:00:01.000Z' }, { logo })];
  for (const other of others) expect(hash(await other)).not.toBe(hash(one));
  expect(one.toString('latin1')).toContain('/CreationDate');
  expect(one.toString('latin1')).toContain('D:20260331000000Z');
});

describe('nothing is read or fetched', () => {
  it.each([
    ['a file as an image', { content: [{ image: '/etc/hostname' }] }],
    ['a file URL as an image', { content: [{ image: 'file:///etc/hostname' }] }],
    ['a file by name', { content: [{ image: 'secret' }], images: { secret: '/etc/hostname' } }],
    ['a URL by name', { content: [{ image: 'secret' }], images: { secret: 'http://127.0.0.1:1/a.png' } }],
    [
      'a URL with headers',
      { content: [{ image: 'secret' }], images: { secret: { url: 'https://127.0.0.1:1/a.png', headers: { a: 'b' } } } },
    ],
    ['a file to attach', { content: ['x'], files: { secret: { src: '/etc/hostname' } } }],
    ['a URL to attach', { content: ['x'], files: { secret: { src: 'http://127.0.0.1:1/a' } } }],
    ['an attachment in the text', { content: [{ attachment: 'secret' }], attachments: { secret: { src: '/etc/hostname' } } }],
  ])('%s', async (_, definition) => {
    await expect(pressed(definition as never)).rejects.toThrow(/denied by resource access policy/);
  });

  it('texts are texts, whatever they look like', async () => {
    const texts = [
      '/etc/hostname',
      'file:///etc/hostname',
      '{"image":"/etc/hostname"}',
      '<img src="http://127.0.0.1:1/">',
      '{{constructor}}',
      '${7*7}',
    ];
    const text = await words({ notes: texts.join('\n'), customer: { ...sample.customer, name: texts[2]! } });
    for (const one of texts) expect(text).toContain(one);
  });
});

describe('Factur-X', () => {
  const xml = '<?xml version="1.0" encoding="UTF-8"?>\n<rsm:CrossIndustryInvoice xmlns:rsm="urn:un:unece">é €</rsm:CrossIndustryInvoice>\n';
  const made = (invoice: Partial<InvoiceRow> = {}) => printedFacturX({ invoice: { ...sample, ...invoice }, design: design() }, xml);

  it('carries the XML as it is, as an alternative of the page', async () => {
    const pdf = (await made()).toString('latin1');
    expect(pdf).toMatch(/\/AFRelationship \/Alternative/);
    expect(pdf).toMatch(/\/UF \(factur-x\.xml\)/);
    expect(pdf).toMatch(/\/AF \[\d+ 0 R\]/);
    expect(pdf).toMatch(/\/Subtype \/text#2Fxml/);
    expect(pdf).toMatch(/\/ModDate \(D:20260331000000Z\)/);
    const id = /\/EF <<\s*\/F (\d+) 0 R/.exec(pdf)![1];
    const body = new RegExp(`\\n${id} 0 obj\\n(.*?)\\nendobj`, 's').exec(pdf)![1]!;
    const content = Buffer.from(body.slice(body.indexOf('stream\n') + 7, body.lastIndexOf('\nendstream')), 'latin1');
    expect(inflateSync(content).toString('utf8')).toBe(xml);
  });

  it('says that it is PDF/A-3b and Factur-X with its extension schema, in XMP that is XML whatever anybody is called', async () => {
    const pdf = await made({ number: 'R&D <1>', customer: { ...sample.customer, name: 'A & <B>' } });
    const xmp = /<x:xmpmeta.*<\/x:xmpmeta>/s.exec(pdf.toString('utf8'))![0];
    for (const [name, value] of [
      ['pdfaid:part', '3'],
      ['pdfaid:conformance', 'B'],
      ['fx:DocumentType', 'INVOICE'],
      ['fx:DocumentFileName', 'factur-x.xml'],
      ['fx:Version', '1.0'],
      ['fx:ConformanceLevel', 'EN 16931'],
    ])
      expect(xmp).toContain(`<${name}>${value}</${name}>`);
    expect(xmp).toContain('<pdfaSchema:namespaceURI>urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#</pdfaSchema:namespaceURI>');
    expect(xmp.match(/<pdfaProperty:name>/g)).toHaveLength(4);
    expect(xmp.replace(/<[^<>&]*>/g, '')).not.toMatch(/[<>&]/);
  });

  it('brings the colors and the fonts it is shown with, and is not encrypted', async () => {
    const pdf = (await made()).toString('latin1');
    expect(pdf).toMatch(/\/S \/GTS_PDFA1/);
    expect(pdf).toMatch(/\/OutputConditionIdentifier \(sRGB IEC61966-2\.1\)/);
    expect(pdf).toMatch(/\/DestOutputProfile \d+ 0 R/);
    const fonts = pdf.match(/\/Type \/FontDescriptor/g)!.length;
    expect(pdf.match(/\/FontFile[23] \d+ 0 R/g)).toHaveLength(fonts);
    expect(pdf).not.toContain('/Encrypt');
    expect(pdf).toMatch(/\/ID \[<[0-9a-f]{32}> <[0-9a-f]{32}>\]/);
  });

  it('looks as the plain document does, and is the same each time', async () => {
    expect(textOf(await made())).toBe(textOf(await print()));
    expect(hash(await made())).toBe(hash(await made()));
    expect(linesOf(pagesOf(await made({ lines: many(22) }))[1]!).join('\n')).toContain('Service number 22');
  });
});
