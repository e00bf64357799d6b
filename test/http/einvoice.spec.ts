import { inflateSync } from 'node:zlib';
import { type Parsed, parseXml, texts } from '../xml.ts';
import { type Answer, type Json, type Persona, world } from '../world.ts';

const ADDRESS = { street: 'Main street 1', city: 'Berlin', postal_code: '10115', country: 'DE' };
const line = (unit_price: string, more: object = {}) => ({ description: 'Hours', quantity: '1', unit_price, tax_percent: '25', ...more });

/** The default billing entity with all that an e-invoice states of a seller. */
async function registered(who: Persona, more: object = {}): Promise<void> {
  const [seller] = (await who.get('billing-entities')).data;
  const bank_details = { iban: 'DE02120300000000202051', bic: 'BYLADEM1001' };
  const changes = { vat_id: 'DE123456789', address: ADDRESS, email: 'billing@harbour.example', bank_details, ...more };
  expect(await who.patch(`billing-entities/${seller.id}`, changes)).toMatchObject({ status: 200 });
}
async function customerOf(who: Persona, more: object = {}): Promise<Json> {
  const contact = (await who.post('contacts', { name: 'Ada Lovelace' })).data;
  const made = await who.post('customer-accounts', { contact_id: contact.id, currency: 'EUR', ...more });
  expect(made).toMatchObject({ status: 201 });
  return made.data;
}
const FRENCH = { address: { street: 'Rue du Port 2', city: 'Nantes', postal_code: '44000', country: 'FR' }, tax_id: 'FR40303265045' };
async function drafted(who: Persona, customer: Json, more: object = {}): Promise<Json> {
  const made = await who.post('invoices', {
    customer_account_id: customer.id,
    lines: [line('99.99'), line('99.99'), line('99.99')],
    ...more,
  });
  expect(made).toMatchObject({ status: 201 });
  return made.data;
}
async function issued(who: Persona, customer: Json, more: object = {}): Promise<Json> {
  const { id } = await drafted(who, customer, more);
  const answer = await who.post(`invoices/${id}/issue`);
  expect(answer).toMatchObject({ status: 200 });
  return answer.data;
}
const pointers = ({ error }: Answer) =>
  (error.details as { pointer: string; code: string }[]).map(({ pointer, code }) => `${code} ${pointer}`);

describe('the e-invoice of an issued invoice', () => {
  it('is UBL with the figures of the invoice', async () => {
    const { manager, member } = await world();
    await registered(manager, { electronic_address: '0088:7300010000001' });
    const customer = await customerOf(manager, { ...FRENCH, electronic_address: '0009:30326504500017', buyer_reference: 'Dept. 7' });
    const invoice = await issued(manager, customer, {
      issue_date: '2026-03-31',
      due_date: '2026-04-30',
      reference: 'PO 4711',
      notes: 'Thank you & come again',
      allowances: [{ reason: 'Loyalty', amount: '100', tax_percent: '25' }],
      prepaid: '50',
    });
    const answer = await member.get(`invoices/${invoice.id}/ubl`);
    expect(answer).toMatchObject({ status: 200, headers: { 'content-type': 'application/xml; charset=utf-8' } });
    expect(answer.headers['content-disposition']).toContain(`attachment; filename="${invoice.number}.xml"`);
    const document = parseXml(answer.text);
    expect(document).toMatchObject({ name: 'Invoice', attributes: { xmlns: 'urn:oasis:names:specification:ubl:schema:xsd:Invoice-2' } });
    const said = (path: string) => texts(document, path)[0];
    expect(said('cbc:CustomizationID')).toContain('peppol');
    expect([said('cbc:ID'), said('cbc:IssueDate'), said('cbc:DueDate')]).toEqual([invoice.number, '2026-03-31', '2026-04-30']);
    expect([said('cbc:BuyerReference'), said('cac:OrderReference/cbc:ID'), said('cbc:Note')]).toEqual([
      'Dept. 7',
      'PO 4711',
      'Thank you & come again',
    ]);
    expect(said('cac:AccountingSupplierParty/cac:Party/cac:PartyTaxScheme/cbc:CompanyID')).toBe('DE123456789');
    expect(said('cac:AccountingCustomerParty/cac:Party/cbc:EndpointID')).toBe('30326504500017');
    expect(said('cac:PaymentMeans/cac:PayeeFinancialAccount/cbc:ID')).toBe('DE02120300000000202051');
    const { totals } = invoice;
    const sums = ['LineExtension', 'TaxExclusive', 'TaxInclusive', 'AllowanceTotal', 'Prepaid', 'Payable'];
    expect(sums.map((name) => said(`cac:LegalMonetaryTotal/cbc:${name}Amount`))).toEqual([
      totals.lines,
      totals.net,
      totals.gross,
      totals.allowances,
      totals.prepaid,
      totals.payable,
    ]);
    expect([totals.net, totals.tax, totals.payable]).toEqual(['199.97', '49.99', '199.96']);
    expect(said('cac:TaxTotal/cbc:TaxAmount')).toBe(totals.tax);
    expect(texts(document, 'cac:InvoiceLine/cbc:LineExtensionAmount')).toEqual(['99.99', '99.99', '99.99']);
  });

  it('carries the rounding of prices that include tax', async () => {
    const { manager } = await world();
    await registered(manager);
    const lines = [line('340.00', { tax_percent: '19' }), line('13.90', { tax_percent: '19' })];
    const invoice = await issued(manager, await customerOf(manager, FRENCH), { prices_include_tax: true, lines });
    expect(invoice.totals).toMatchObject({ net: '297.39', tax: '56.51', payable: '353.90' });
    const document = parseXml((await manager.get(`invoices/${invoice.id}/ubl`)).text);
    const of = (name: string) => texts(document, `cac:LegalMonetaryTotal/cbc:${name}`);
    expect(texts(document, 'cac:TaxTotal/cbc:TaxAmount')).toEqual(['56.50']);
    expect([...of('TaxInclusiveAmount'), ...of('PayableRoundingAmount'), ...of('PayableAmount')]).toEqual(['353.89', '0.01', '353.90']);
  });

  it('of a credit note names the invoice it corrects', async () => {
    const { manager } = await world();
    await registered(manager);
    const invoice = await issued(manager, await customerOf(manager, FRENCH));
    const part = { lines: [{ position: 1, quantity: '1' }], reason: 'Returned' };
    const notes: Json[] = [];
    for (let i = 1; i <= 3; i++)
      notes.push((await manager.post(`invoices/${invoice.id}/credit`, { ...part, lines: [{ position: i, quantity: '1' }] })).data);
    const documents: Parsed[] = [];
    for (const { id } of notes) documents.push(parseXml((await manager.get(`credit-notes/${id}/ubl`)).text));
    expect(documents.map(({ name }) => name)).toEqual(['CreditNote', 'CreditNote', 'CreditNote']);
    const of = (path: string) => documents.map((document) => texts(document, path)[0]);
    expect(of('cac:BillingReference/cac:InvoiceDocumentReference/cbc:ID')).toEqual([invoice.number, invoice.number, invoice.number]);
    // The last one gives back 24.99 of tax, of 74.99; the e-invoice states the tax of 99.99 and rounds.
    expect(of('cac:TaxTotal/cbc:TaxAmount')).toEqual(['25.00', '25.00', '25.00']);
    expect(of('cac:LegalMonetaryTotal/cbc:PayableRoundingAmount')).toEqual([undefined, undefined, '-0.01']);
    expect(of('cac:LegalMonetaryTotal/cbc:PayableAmount')).toEqual(['124.99', '124.99', '124.98']);
    expect((await manager.get(`invoices/${notes[0].id}/ubl`)).text).toBe((await manager.get(`credit-notes/${notes[0].id}/ubl`)).text);
  });

  it('is refused with all that is missing, and made when it has been completed', async () => {
    const { manager } = await world();
    const contact = (await manager.post('contacts', { name: 'Ada Lovelace' })).data;
    const draft = (await manager.post('invoices', { contact_id: contact.id, currency: 'EUR', lines: [line('100')] })).data;
    expect(await manager.post(`invoices/${draft.id}/issue`)).toMatchObject({ status: 200 });
    const refused = await manager.get(`invoices/${draft.id}/ubl`);
    expect(refused).toMatchObject({ status: 422, error: { code: 'invoice.einvoice_incomplete' } });
    expect(pointers(refused)).toEqual([
      'BR-08 /billing_entity/address',
      'BR-10 /customer_account/address',
      'BR-CO-26 /billing_entity/vat_id',
      'BR-S-02 /billing_entity/vat_id',
    ]);
    await registered(manager);
    const { customer_account_id } = draft;
    await manager.patch(`customer-accounts/${customer_account_id}`, FRENCH);
    const made = await manager.get(`invoices/${draft.id}/ubl`);
    expect(made).toMatchObject({ status: 200 });
    expect(texts(parseXml(made.text), 'cbc:CustomizationID')).toEqual(['urn:cen.eu:en16931:2017']);
    const peppol = await manager.get(`invoices/${draft.id}/ubl?profile=peppol`);
    expect(peppol).toMatchObject({ status: 422, error: { code: 'invoice.einvoice_incomplete' } });
    expect(pointers(peppol)).toEqual([
      'PEPPOL-EN16931-R003 /customer_account/buyer_reference',
      'PEPPOL-EN16931-R010 /customer_account/electronic_address',
      'PEPPOL-EN16931-R020 /billing_entity/electronic_address',
    ]);
  });

  it('keeps what was frozen, whatever changes afterwards', async () => {
    const { manager } = await world();
    await registered(manager);
    const customer = await customerOf(manager, FRENCH);
    const invoice = await issued(manager, customer);
    const { text } = await manager.get(`invoices/${invoice.id}/ubl`);
    await registered(manager, { vat_id: 'DE999999999', address: { ...ADDRESS, city: 'Bonn' }, email: 'other@harbour.example' });
    await manager.patch(`customer-accounts/${customer.id}`, { tax_id: 'FR99999999999', address: ADDRESS });
    expect((await manager.get(`invoices/${invoice.id}/ubl`)).text).toBe(text);
  });

  it('does not exist of drafts and proformas, nor for a stranger', async () => {
    const { manager, stranger } = await world();
    await registered(manager);
    const customer = await customerOf(manager, FRENCH);
    const draft = await drafted(manager, customer);
    const proforma = await issued(manager, customer, { kind: 'proforma' });
    for (const { id } of [draft, proforma])
      expect(await manager.get(`invoices/${id}/ubl`)).toMatchObject({ status: 409, error: { code: 'invoice.no_einvoice' } });
    const invoice = await issued(manager, customer);
    expect(await stranger.get(`invoices/${invoice.id}/ubl`)).toMatchObject({ status: 404 });
  });

  it('cannot be stated where EN 16931 has no words for it', async () => {
    const { manager } = await world();
    await registered(manager);
    const customer = await customerOf(manager, FRENCH);
    const dinars = await issued(manager, customer, { currency: 'KWD', lines: [line('1.001', { tax_percent: '5' })] });
    const answer = await manager.get(`invoices/${dinars.id}/ubl`);
    expect(answer).toMatchObject({ status: 422, error: { code: 'invoice.einvoice_impossible' } });
    expect(answer.error.details[0]).toMatchObject({ code: 'BR-DEC-23' });
  });
});

describe('where e-invoices go', () => {
  it('is a scheme and an identifier', async () => {
    const { manager } = await world();
    const customer = await customerOf(manager);
    for (const electronic_address of ['7300010000001', '0088:', '88:1', '0088:a b', 'XX:1'])
      expect(await manager.patch(`customer-accounts/${customer.id}`, { electronic_address })).toMatchObject({
        status: 400,
        error: { details: [{ pointer: '/electronic_address' }] },
      });
    expect(await manager.patch(`customer-accounts/${customer.id}`, { electronic_address: '0192:987654321' })).toMatchObject({
      status: 200,
    });
  });
});

describe('Factur-X', () => {
  it('is a PDF/A-3 with the e-invoice inside, which says what the invoice says', async () => {
    const { manager, stranger } = await world();
    await registered(manager);
    const invoice = await issued(manager, await customerOf(manager, FRENCH));
    const answer = await manager.get(`invoices/${invoice.id}/facturx`);
    expect(answer).toMatchObject({ status: 200, headers: { 'content-type': 'application/pdf' } });
    const pdf = answer.bytes.toString('latin1');
    expect(pdf.slice(0, 5)).toBe('%PDF-');
    expect(pdf).toMatch(/\/AFRelationship \/Alternative/);
    const inside = streamsOf(answer.bytes).filter((text) => text.includes('CrossIndustryInvoice>'));
    expect(inside).toHaveLength(1);
    const said = (path: string) => texts(parseXml(inside[0]!), path);
    expect(said('rsm:ExchangedDocument/ram:ID')).toEqual([invoice.number]);
    const sums = 'rsm:SupplyChainTradeTransaction/ram:ApplicableHeaderTradeSettlement/ram:SpecifiedTradeSettlementHeaderMonetarySummation';
    expect(said(`${sums}/ram:DuePayableAmount`)).toEqual([invoice.totals.payable]);
    expect((await stranger.get(`invoices/${invoice.id}/facturx`)).status).toBe(404);
  });

  it('is refused where the e-invoice is', async () => {
    const { manager } = await world();
    const draft = await drafted(manager, await customerOf(manager));
    expect(await manager.get(`invoices/${draft.id}/facturx`)).toMatchObject({ status: 409, error: { code: 'invoice.no_einvoice' } });
    await manager.post(`invoices/${draft.id}/issue`);
    expect(await manager.get(`invoices/${draft.id}/facturx`)).toMatchObject({
      status: 422,
      error: { code: 'invoice.einvoice_incomplete' },
    });
  });
});

/** What the streams of a PDF hold, unpacked where they are packed. */
function streamsOf(pdf: Buffer): string[] {
  const found: string[] = [];
  for (let at = pdf.indexOf('stream\n'); at >= 0; at = pdf.indexOf('stream\n', at)) {
    const from = at + 'stream\n'.length;
    const until = pdf.indexOf('endstream', from);
    const content = pdf.subarray(from, until);
    found.push((content[0] === 0x78 ? inflateSync(content) : content).toString('utf8'));
    at = until + 'endstream'.length;
  }
  return found;
}
