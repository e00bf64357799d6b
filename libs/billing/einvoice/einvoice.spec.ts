import { CURRENCIES, digitsOf, fixed, formatAmount, formatFixed, parseAmount } from '#kernel';
import fc from 'fast-check';
import { found, type Parsed, parseXml, texts } from '../../../test/xml.ts';
import { type Tax, taxOf } from '../invoices/arithmetic.ts';
import { creditContent } from '../invoices/credit-invoice.ts';
import { type Billed, credit } from '../invoices/crediting.ts';
import { type Content, type ContentInput, priced, type Referred, sharesOf } from '../invoices/pricing.ts';
import { check, type Finding } from './check.ts';
import { facturXml } from './cii.ts';
import type { EInvoice } from './einvoice.ts';
import { einvoiceOf } from './from-invoice.ts';
import { EInvoiceSource, type Known } from './source.ts';
import { ubl } from './ubl.ts';

const SELLER = {
  name: 'Harbour Clinic Ltd',
  address: { street: 'Main street 1', city: 'Berlin', postal_code: '10115', country: 'DE' },
  email: 'billing@harbour.example',
  vat_id: 'DE123456789',
  tax_number: null,
  registration_number: 'HRB 4711',
  electronic_address: '0088:7300010000001',
  bank_details: { iban: 'DE02 1203 0000 0000 2020 51', bic: 'BYLADEM1001', account_holder: 'Harbour Clinic' },
  footer: null,
};
const BUYER = {
  name: 'Ada Lovelace SARL',
  email: 'ada@lovelace.example',
  address: { street: 'Rue du Port 2', city: 'Nantes', region: 'Loire', postal_code: '44000', country: 'FR' },
  tax_id: 'FR40303265045',
  registration_number: '303265045',
  electronic_address: '0009:30326504500017',
  buyer_reference: null,
};

interface Terms {
  currency?: string;
  pricesIncludeTax?: boolean;
}
const NOTHING: Referred = { prices: new Map(), products: new Map(), rates: new Map() };
/** What issuing keeps: worked out by the same functions, without a database. */
const contentOf = (input: ContentInput, { currency = 'EUR', pricesIncludeTax = false }: Terms = {}) =>
  priced(undefined as never, input, { currency, pricesIncludeTax, day: '2026-03-31', taxable: true, tax: taxOf('Z', '0') }, NOTHING);
const sourceOf = ({ totals, ...content }: Content, terms: Terms = {}, more: object = {}): EInvoiceSource =>
  EInvoiceSource.show({
    kind: 'invoice',
    status: 'issued',
    number: 'INV-2026-00001',
    issueDate: '2026-03-31',
    dueDate: '2026-04-30',
    currency: terms.currency ?? 'EUR',
    pricesIncludeTax: terms.pricesIncludeTax ?? false,
    customer: BUYER,
    seller: SELLER,
    reference: 'PO 4711',
    ...totals,
    ...content,
    ...more,
  });
const issued = async (input: ContentInput, terms: Terms = {}, more: object = {}, known: Known = {}): Promise<EInvoice> =>
  einvoiceOf(sourceOf(await contentOf(input, terms), terms, more), known);

const e4 = (text: string) => parseAmount(text)!;
type LineGiven = ContentInput['lines'][number];
const line = (quantity: string, unitPrice: string, taxPercent: string, more: Partial<LineGiven> = {}): LineGiven => ({
  description: 'Hours',
  quantity,
  unitPrice,
  taxPercent,
  taxCategory: taxPercent === '0' ? 'Z' : 'S',
  ...more,
});
const extra = (amount: string, taxPercent: string, reason: string | null = null) => ({ reason, amount: e4(amount), taxPercent });
/** The totals of BG-22, in the digits of the currency. */
const totals = ({ totals: all, currency }: EInvoice) =>
  Object.fromEntries(
    Object.entries(all as unknown as Record<string, bigint>).map(([name, amount]) => [name, formatAmount(amount, currency)]),
  );
const breakdown = ({ taxes, currency }: EInvoice) =>
  taxes.map(({ category, percent, taxable, tax }) => [category, percent, formatAmount(taxable, currency), formatAmount(tax, currency)]);
const rules = (findings: readonly Finding[]) => findings.map(({ rule }) => rule);

describe('the table of the specification, as e-invoices', () => {
  it('three lines of 99.99 at 25 %', async () => {
    const invoice = await issued({ lines: [line('1', '99.99', '25'), line('1', '99.99', '25'), line('1', '99.99', '25')] });
    expect(totals(invoice)).toMatchObject({ net: '299.97', tax: '74.99', gross: '374.96', payable: '374.96', rounding: '0.00' });
    expect(check(invoice, 'peppol')).toEqual([]);
  });

  it('26,935.78 × 0.25 at 19 %', async () => {
    const invoice = await issued({ lines: [line('26935.78', '0.25', '19')] });
    expect(totals(invoice)).toMatchObject({ net: '6733.95', tax: '1279.45', payable: '8013.40' });
    expect(invoice.lines[0]).toMatchObject({ quantity: '26935.78', price: '0.25' });
    expect(check(invoice)).toEqual([]);
  });

  it('charge and allowance, two rates; the figures of Peppol’s example of category S', async () => {
    const invoice = await issued({
      lines: [line('10', '400', '25'), line('10', '200', '15'), line('10', '90', '25')],
      charges: [extra('200', '25', 'Cleaning')],
      allowances: [extra('100', '25')],
    });
    expect(totals(invoice)).toMatchObject({ lines: '6900.00', allowances: '100.00', charges: '200.00', net: '7000.00', tax: '1550.00' });
    expect(totals(invoice)).toMatchObject({ gross: '8550.00', payable: '8550.00' });
    expect(breakdown(invoice)).toEqual([
      ['S', '25', '5000.00', '1250.00'],
      ['S', '15', '2000.00', '300.00'],
    ]);
    expect(invoice.allowances).toMatchObject([{ reason: 'Discount', reasonCode: '95' }]);
    expect(invoice.charges).toMatchObject([{ reason: 'Cleaning', reasonCode: null }]);
    expect(check(invoice, 'peppol')).toEqual([]);
  });

  it('prepaid, and an exempt line; the figures of Peppol’s example of allowances', async () => {
    const discounted = { discountAmount: e4('100') };
    const invoice = await issued({
      lines: [line('10', '410', '25', discounted), line('10', '100', '0', { taxCategory: 'E' }), line('10', '100', '25', discounted)],
      charges: [extra('200', '25', 'Cleaning')],
      allowances: [extra('200', '25', 'Loyalty')],
      prepaid: e4('1000'),
    });
    expect(totals(invoice)).toEqual({
      lines: '5900.00',
      allowances: '200.00',
      charges: '200.00',
      net: '5900.00',
      tax: '1225.00',
      gross: '7125.00',
      prepaid: '1000.00',
      rounding: '0.00',
      payable: '6125.00',
    });
    expect(breakdown(invoice)).toEqual([
      ['S', '25', '4900.00', '1225.00'],
      ['E', '0', '1000.00', '0.00'],
    ]);
    expect(invoice.taxes[1]).toMatchObject({ reason: 'Exempt from tax', reasonCode: null });
    expect(check(invoice, 'peppol')).toEqual([]);
  });

  it('−6,491.34 at 25 %: an invoice below zero is not paid to anybody', async () => {
    const invoice = await issued({ lines: [line('-1', '6491.34', '25')] });
    expect(totals(invoice)).toMatchObject({ tax: '-1622.84', payable: '-8114.18' });
    expect(invoice).toMatchObject({ type: '380', payment: null, terms: null, lines: [{ quantity: '-1', price: '6491.34' }] });
    expect(check(invoice, 'peppol')).toEqual([]);
  });

  it('20 × 12.36 less 12.5 % at 21 %: the percent and its base are stated', async () => {
    const invoice = await issued({ lines: [line('20', '12.36', '21', { discountPercent: '12.5' })] });
    expect(totals(invoice)).toMatchObject({ lines: '216.30', tax: '45.42', payable: '261.72' });
    expect(invoice.lines[0]!.discount).toMatchObject({ amount: e4('30.90'), percent: '12.5', reasonCode: '95' });
    const document = parseXml(ubl(invoice, 'peppol'));
    const discount = 'cac:InvoiceLine/cac:AllowanceCharge';
    expect([...texts(document, `${discount}/cbc:MultiplierFactorNumeric`), ...texts(document, `${discount}/cbc:BaseAmount`)]).toEqual([
      '12.5',
      '247.20',
    ]);
    expect(check(invoice, 'peppol')).toEqual([]);
  });

  it('90.30 at 0 %; 0.45 × 2.54 and 0.28 × 6.87 at 6 %', async () => {
    const invoice = await issued({ lines: [line('1', '90.30', '0'), line('0.45', '2.54', '6'), line('0.28', '6.87', '6')] });
    expect(totals(invoice)).toMatchObject({ tax: '0.18', payable: '93.54' });
    expect(check(invoice, 'peppol')).toEqual([]);
  });

  it('JPY has no digits; KWD has three, of which EN 16931 allows two', async () => {
    const yen = await issued({ lines: [line('1', '1005', '10')] }, { currency: 'JPY' });
    expect(totals(yen)).toMatchObject({ tax: '101', payable: '1106' });
    expect(check(yen, 'peppol')).toEqual([]);
    expect(texts(parseXml(ubl(yen, 'peppol')), 'cac:LegalMonetaryTotal/cbc:PayableAmount')).toEqual(['1106']);
    const dinar = await issued({ lines: [line('1', '1.001', '5')] }, { currency: 'KWD' });
    expect(totals(dinar)).toMatchObject({ tax: '0.050', payable: '1.051' });
    expect(rules(check(dinar))).toEqual(['BR-DEC-23', 'BR-DEC-09', 'BR-DEC-12', 'BR-DEC-14', 'BR-DEC-18', 'BR-DEC-19']);
    expect(check(dinar).every(({ pointer }) => pointer === null)).toBe(true);
    expect(check(await issued({ lines: [line('1', '1.01', '0')] }, { currency: 'KWD' }))).toEqual([]);
  });

  it.each([
    [['100.00'], '20', '83.33', '16.67', '0.00', '100.00', ['83.33']],
    [['79.20'], '19', '66.55', '12.64', '0.01', '79.20', ['66.55']],
    [['340.00', '13.90'], '19', '297.39', '56.50', '0.01', '353.90', ['285.71', '11.68']],
    [['9.99'], '20', '8.33', '1.67', '-0.01', '9.99', ['8.33']],
  ])('tax included: %j at %s %% is %s + %s, rounding %s', async (prices, percent, net, tax, rounding, payable, without) => {
    const invoice = await issued({ lines: prices.map((price) => line('1', price, percent)) }, { pricesIncludeTax: true });
    expect(totals(invoice)).toMatchObject({ net, tax, rounding, payable });
    expect(invoice.lines.map(({ price }) => price)).toEqual(without);
    expect(check(invoice, 'peppol')).toEqual([]);
    const rounded = texts(parseXml(ubl(invoice, 'peppol')), 'cac:LegalMonetaryTotal/cbc:PayableRoundingAmount');
    expect(rounded).toEqual(rounding === '0.00' ? [] : [rounding]);
  });

  it('tax included: a price without tax has as many decimals as give the amount', async () => {
    const invoice = await issued({ lines: [line('364', '51.78', '6'), line('1', '52.08', '6')] }, { pricesIncludeTax: true });
    expect(totals(invoice)).toMatchObject({ net: '17830.19', tax: '1069.81', payable: '18900.00' });
    expect(invoice.lines[0]!.price).toBe('48.84906');
    expect(check(invoice, 'peppol')).toEqual([]);
  });

  it('a discount without a tax of its own is one allowance for each tax', async () => {
    const lines = [line('1', '50', '1'), line('1', '30', '2'), line('1', '20', '3')];
    const invoice = await issued({ lines, allowances: [{ reason: 'Thanks', amount: e4('0.05') }] });
    expect(invoice.allowances.map(({ percent, amount, reason }) => [percent, formatAmount(amount, 'EUR'), reason])).toEqual([
      ['1', '0.03', 'Thanks'],
      ['2', '0.01', 'Thanks'],
      ['3', '0.01', 'Thanks'],
    ]);
    expect(check(invoice, 'peppol')).toEqual([]);
  });
});

describe('the figures of the official examples', () => {
  const base = { lines: [line('7', '400', '25'), line('-3', '500', '25')], charges: [extra('25', '25', 'Insurance')] };
  const figures = { lines: '1300.00', charges: '25.00', net: '1325.00', tax: '331.25', gross: '1656.25', payable: '1656.25' };

  it('base-example', async () => {
    const invoice = await issued(base);
    expect(totals(invoice)).toMatchObject(figures);
    expect(check(invoice, 'peppol')).toEqual([]);
  });

  it('base-creditnote-correction', async () => {
    const known = { preceding: { number: 'INV-2026-00001', issue_date: '2026-03-01' } };
    const invoice = await issued(base, {}, { kind: 'credit_note', number: 'CN-2026-00001', reason: 'Returned' }, known);
    expect(totals(invoice)).toMatchObject(figures);
    expect(invoice).toMatchObject({ type: '381', dueDate: null, payment: null, note: 'Returned' });
    expect(check(invoice, 'peppol')).toEqual([]);
    const document = parseXml(ubl(invoice, 'peppol'));
    expect(document.name).toBe('CreditNote');
    expect(texts(document, 'cbc:CreditNoteTypeCode')).toEqual(['381']);
    expect(texts(document, 'cac:BillingReference/cac:InvoiceDocumentReference/cbc:ID')).toEqual(['INV-2026-00001']);
    expect(texts(document, 'cac:CreditNoteLine/cbc:CreditedQuantity')).toEqual(['7', '-3']);
  });

  it('base-negative-inv-correction', async () => {
    const negative = { lines: [line('-7', '400', '25'), line('3', '500', '25')], charges: [extra('-25', '25', 'Insurance')] };
    const invoice = await issued(negative);
    const minus = Object.fromEntries(Object.entries(figures).map(([name, amount]) => [name, `-${amount}`.replace('--', '')]));
    expect(totals(invoice)).toMatchObject(minus);
    expect(check(invoice, 'peppol')).toEqual([]);
  });

  it('vat-category-Z and vat-category-E', async () => {
    const zero = await issued({ lines: [line('10', '120', '0')] }, { currency: 'GBP' });
    const exempt = await issued({ lines: [line('10', '120', '0', { taxCategory: 'E' })] }, { currency: 'GBP' });
    for (const invoice of [zero, exempt]) {
      expect(totals(invoice)).toMatchObject({ net: '1200.00', tax: '0.00', payable: '1200.00' });
      expect(check(invoice, 'peppol')).toEqual([]);
    }
    expect(zero.taxes).toMatchObject([{ category: 'Z', reason: null, reasonCode: null }]);
    const coded = { ...exempt, taxes: [{ ...exempt.taxes[0]!, reason: null, reasonCode: 'VATEX-EU-F' }] };
    expect(check(coded, 'peppol')).toEqual([]);
  });

  it('vat-category-O: no percent, and no VAT id of anybody', async () => {
    const invoice = await issued({ lines: [line('1', '3200', '0', { taxCategory: 'O' })] }, { currency: 'SEK' });
    expect(totals(invoice)).toMatchObject({ tax: '0.00', payable: '3200.00' });
    expect(invoice).toMatchObject({ seller: { vatId: null, registration: 'HRB 4711' }, buyer: { vatId: null } });
    expect(invoice.taxes).toMatchObject([{ percent: null, reason: 'Not subject to tax', reasonCode: 'VATEX-EU-O' }]);
    expect(check(invoice, 'peppol')).toEqual([]);
    expect(found(parseXml(ubl(invoice, 'peppol')), 'cac:TaxTotal/cac:TaxSubtotal/cac:TaxCategory/cbc:Percent')).toEqual([]);
  });
});

describe('what is missing is found, with the field to complete', () => {
  const lines = [line('1', '100', '19')];
  const missing = async (more: object, input: ContentInput = { lines }, known: Known = {}) =>
    check(await issued(input, {}, more, known)).map(({ rule, pointer }) => `${rule} ${pointer}`);

  it('of the seller and of the buyer', async () => {
    const nobody = {
      name: 'Nobody',
      address: null,
      email: null,
      vat_id: null,
      tax_number: null,
      registration_number: null,
      bank_details: null,
      footer: null,
    };
    expect(await missing({ seller: nobody, customer: { name: 'Ada', email: null, address: { city: 'Nantes' }, tax_id: null } })).toEqual([
      'BR-08 /billing_entity/address',
      'BR-11 /customer_account/address/country',
      'BR-CO-26 /billing_entity/vat_id',
      'BR-S-02 /billing_entity/vat_id',
    ]);
    expect(await missing({ seller: { ...SELLER, vat_id: null, registration_number: null, tax_number: '30/123/45678' } })).toEqual([
      'BR-CO-26 /billing_entity/vat_id',
    ]);
    expect(await missing({ seller: { ...SELLER, vat_id: '123456789' } })).toEqual(['BR-CO-09 /billing_entity/vat_id']);
    expect(await missing({ customer: { ...BUYER, address: { country: 'XX' } } })).toEqual(['BR-CL-14 /customer_account/address/country']);
  });

  it('is taken from what is known now, and nothing else is', async () => {
    const seller = { ...SELLER, vat_id: null, address: { street: 'Old street', city: 'Bonn' } };
    const known = {
      seller: { ...SELLER, vat_id: 'de 999 999 999', registration_number: 'HRB 1', address: { street: 'New street', country: 'DE' } },
    };
    const invoice = await issued({ lines }, {}, { seller }, known);
    expect(invoice.seller).toMatchObject({
      vatId: 'DE999999999',
      registration: 'HRB 4711',
      address: { street: 'Old street', city: 'Bonn', country: 'DE' },
    });
    expect(check(invoice)).toEqual([]);
  });

  it('a VAT id that was frozen without its country is completed, another one is not', async () => {
    const seller = { ...SELLER, vat_id: '123 456 789', address: { country: 'XX' } };
    const vatIds: (string | null)[] = [];
    for (const vat_id of ['DE123456789', 'DE999999999']) {
      const known = { seller: { vat_id, address: { country: 'DE' } } };
      const invoice = await issued({ lines }, {}, { seller }, known);
      expect(invoice.seller.address).toMatchObject({ country: 'DE' });
      vatIds.push(invoice.seller.vatId);
    }
    expect(vatIds).toEqual(['DE123456789', '123456789']);
  });

  it('by the category of what is sold', async () => {
    const sold = (taxCategory: 'AE' | 'K' | 'G' | 'O') => ({ lines: [line('1', '100', '0', { taxCategory })] });
    const anonymous = { customer: { ...BUYER, tax_id: '12-3456789', registration_number: null } };
    expect(await missing(anonymous, sold('AE'))).toEqual(['BR-AE-02 /customer_account/tax_id']);
    expect(await missing(anonymous, sold('K'))).toEqual(['BR-IC-02 /customer_account/tax_id']);
    expect(await missing(anonymous, sold('G'))).toEqual([]);
    const unregistered = { seller: { ...SELLER, vat_id: null, tax_number: '30/123/45678' } };
    expect(await missing(unregistered, sold('AE'))).toEqual([]);
    expect(await missing(unregistered, sold('G'))).toEqual(['BR-G-02 /billing_entity/vat_id']);
    expect(await missing({ seller: { ...SELLER, registration_number: null } }, sold('O'))).toEqual([
      'BR-CO-26 /billing_entity/registration_number',
    ]);
  });

  it('that a tax id without a country is an identifier of another kind', async () => {
    const invoice = await issued({ lines }, {}, { customer: { ...BUYER, tax_id: '12-3456789' } });
    expect(invoice.buyer).toMatchObject({ vatId: null, identifier: '12-3456789' });
  });

  it('for Peppol, which wants to deliver it', async () => {
    const byMail = { reference: null, seller: { ...SELLER, electronic_address: null }, customer: { ...BUYER, electronic_address: null } };
    const invoice = await issued({ lines }, {}, byMail);
    expect(invoice.buyer.electronicAddress).toEqual({ scheme: 'EM', id: 'ada@lovelace.example' });
    expect(check(invoice)).toEqual([]);
    expect(check(invoice, 'peppol').map(({ rule, pointer }) => `${rule} ${pointer}`)).toEqual([
      'PEPPOL-EN16931-R003 /customer_account/buyer_reference',
      'PEPPOL-EN16931-R010 /customer_account/electronic_address',
      'PEPPOL-EN16931-R020 /billing_entity/electronic_address',
    ]);
  });

  it('and what stands beside something outside the scope of tax cannot be said at all', async () => {
    const findings = check(await issued({ lines: [line('1', '100', '0', { taxCategory: 'O' }), line('1', '100', '19')] }));
    expect(rules(findings)).toEqual(['BR-S-02', 'BR-O-11', 'BR-O-12']);
  });
});

describe('what is stated besides figures', () => {
  it('an intra-Community supply says when and whereto', async () => {
    const sold = { taxCategory: 'K' as const };
    const atOnce = await issued({ lines: [line('1', '100', '0', sold)] });
    expect(atOnce).toMatchObject({ delivery: { date: '2026-03-31', country: 'FR' }, taxes: [{ reasonCode: 'VATEX-EU-IC' }] });
    const over = await issued({ lines: [line('1', '100', '0', { ...sold, periodStart: '2026-03-01', periodEnd: '2026-03-31' })] });
    expect(over).toMatchObject({ delivery: { date: null, country: 'FR' }, period: { start: '2026-03-01', end: '2026-03-31' } });
    expect([...check(atOnce, 'peppol'), ...check(over, 'peppol')]).toEqual([]);
  });

  it('the period of the whole is from the first day to the last', async () => {
    const invoice = await issued({
      lines: [
        line('1', '1', '19', { periodStart: '2026-02-01', periodEnd: '2026-02-28' }),
        line('1', '1', '19', { periodStart: '2026-03-01', periodEnd: '2026-03-31' }),
        line('1', '1', '19'),
      ],
    });
    expect(invoice.period).toEqual({ start: '2026-02-01', end: '2026-03-31' });
    expect(invoice.lines.map(({ period }) => period?.start ?? null)).toEqual(['2026-02-01', '2026-03-01', null]);
  });

  it('a unit has a code, and where it has none its name is kept', async () => {
    const units = ['hour', 'HUR', 'Stück', 'Nights', null];
    const invoice = await issued({ lines: units.map((unit) => line('1', '1', '19', { unit })) });
    expect(invoice.lines.map(({ unit, unitName }) => [unit, unitName])).toEqual([
      ['HUR', null],
      ['HUR', null],
      ['H87', null],
      ['C62', 'Nights'],
      ['C62', null],
    ]);
    const named = 'cac:InvoiceLine/cac:Item/cac:AdditionalItemProperty/cbc:Value';
    expect(texts(parseXml(ubl(invoice, 'peppol')), named)).toEqual(['Nights']);
  });

  it('who routes by a reference of his own finds it, and the order beside it', async () => {
    const plain = await issued({ lines: [line('1', '1', '19')] });
    expect(plain).toMatchObject({ buyerReference: 'PO 4711', order: null });
    const routed = await issued({ lines: [line('1', '1', '19')] }, {}, { customer: { ...BUYER, buyer_reference: '04011000-12345-34' } });
    expect(routed).toMatchObject({ buyerReference: '04011000-12345-34', order: 'PO 4711' });
  });

  it('where it is to be paid', async () => {
    const invoice = await issued({ lines: [line('1', '1', '19')] });
    expect(invoice.payment).toEqual({
      means: '30',
      remittance: 'INV-2026-00001',
      account: 'DE02120300000000202051',
      accountName: 'Harbour Clinic',
      bic: 'BYLADEM1001',
    });
    expect(invoice.terms).toBe('Payable by 2026-04-30');
  });
});

/** Order of the elements in the schemas of UBL 2.1, as far as an e-invoice uses them. */
const PARTY = 'cbc:EndpointID cac:PartyIdentification cac:PostalAddress cac:PartyTaxScheme cac:PartyLegalEntity cac:Contact';
const HEAD = 'cbc:Note cbc:DocumentCurrencyCode cbc:BuyerReference cac:InvoicePeriod cac:OrderReference cac:BillingReference';
const BODY =
  'cac:AccountingSupplierParty cac:AccountingCustomerParty cac:Delivery cac:PaymentMeans cac:PaymentTerms cac:AllowanceCharge cac:TaxTotal cac:LegalMonetaryTotal';
const UBL_ORDER: Record<string, string> = {
  Invoice: `cbc:CustomizationID cbc:ProfileID cbc:ID cbc:IssueDate cbc:DueDate cbc:InvoiceTypeCode ${HEAD} ${BODY} cac:InvoiceLine`,
  CreditNote: `cbc:CustomizationID cbc:ProfileID cbc:ID cbc:IssueDate cbc:CreditNoteTypeCode ${HEAD} ${BODY} cac:CreditNoteLine`,
  'cac:InvoicePeriod': 'cbc:StartDate cbc:EndDate',
  'cac:OrderReference': 'cbc:ID',
  'cac:BillingReference': 'cac:InvoiceDocumentReference',
  'cac:InvoiceDocumentReference': 'cbc:ID cbc:IssueDate',
  'cac:AccountingSupplierParty': 'cac:Party',
  'cac:AccountingCustomerParty': 'cac:Party',
  'cac:Party': PARTY,
  'cac:PartyIdentification': 'cbc:ID',
  'cac:PostalAddress': 'cbc:StreetName cbc:AdditionalStreetName cbc:CityName cbc:PostalZone cbc:CountrySubentity cac:Country',
  'cac:Address': 'cac:Country',
  'cac:Country': 'cbc:IdentificationCode',
  'cac:PartyTaxScheme': 'cbc:CompanyID cac:TaxScheme',
  'cac:TaxScheme': 'cbc:ID',
  'cac:PartyLegalEntity': 'cbc:RegistrationName cbc:CompanyID cbc:CompanyLegalForm',
  'cac:Contact': 'cbc:ElectronicMail',
  'cac:Delivery': 'cbc:ActualDeliveryDate cac:DeliveryLocation',
  'cac:DeliveryLocation': 'cac:Address',
  'cac:PaymentMeans': 'cbc:PaymentMeansCode cbc:PaymentID cac:PayeeFinancialAccount',
  'cac:PayeeFinancialAccount': 'cbc:ID cbc:Name cac:FinancialInstitutionBranch',
  'cac:FinancialInstitutionBranch': 'cbc:ID',
  'cac:PaymentTerms': 'cbc:Note',
  'cac:AllowanceCharge':
    'cbc:ChargeIndicator cbc:AllowanceChargeReasonCode cbc:AllowanceChargeReason cbc:MultiplierFactorNumeric cbc:Amount cbc:BaseAmount cac:TaxCategory',
  'cac:TaxTotal': 'cbc:TaxAmount cac:TaxSubtotal',
  'cac:TaxSubtotal': 'cbc:TaxableAmount cbc:TaxAmount cac:TaxCategory',
  'cac:TaxCategory': 'cbc:ID cbc:Percent cbc:TaxExemptionReasonCode cbc:TaxExemptionReason cac:TaxScheme',
  'cac:ClassifiedTaxCategory': 'cbc:ID cbc:Percent cac:TaxScheme',
  'cac:LegalMonetaryTotal':
    'cbc:LineExtensionAmount cbc:TaxExclusiveAmount cbc:TaxInclusiveAmount cbc:AllowanceTotalAmount cbc:ChargeTotalAmount cbc:PrepaidAmount cbc:PayableRoundingAmount cbc:PayableAmount',
  'cac:InvoiceLine': 'cbc:ID cbc:InvoicedQuantity cbc:LineExtensionAmount cac:InvoicePeriod cac:AllowanceCharge cac:Item cac:Price',
  'cac:CreditNoteLine': 'cbc:ID cbc:CreditedQuantity cbc:LineExtensionAmount cac:InvoicePeriod cac:AllowanceCharge cac:Item cac:Price',
  'cac:Item': 'cbc:Description cbc:Name cac:ClassifiedTaxCategory cac:AdditionalItemProperty',
  'cac:AdditionalItemProperty': 'cbc:Name cbc:Value',
  'cac:Price': 'cbc:PriceAmount',
};
/** The same of the schemas of Factur-X 1.0, profile EN 16931. */
const PERSON =
  'ram:ID ram:Name ram:Description ram:SpecifiedLegalOrganization ram:DefinedTradeContact ram:PostalTradeAddress ram:URIUniversalCommunication ram:SpecifiedTaxRegistration';
const CII_ORDER: Record<string, string> = {
  'rsm:CrossIndustryInvoice': 'rsm:ExchangedDocumentContext rsm:ExchangedDocument rsm:SupplyChainTradeTransaction',
  'rsm:ExchangedDocumentContext': 'ram:GuidelineSpecifiedDocumentContextParameter',
  'ram:GuidelineSpecifiedDocumentContextParameter': 'ram:ID',
  'rsm:ExchangedDocument': 'ram:ID ram:TypeCode ram:IssueDateTime ram:IncludedNote',
  'ram:IncludedNote': 'ram:Content',
  'rsm:SupplyChainTradeTransaction':
    'ram:IncludedSupplyChainTradeLineItem ram:ApplicableHeaderTradeAgreement ram:ApplicableHeaderTradeDelivery ram:ApplicableHeaderTradeSettlement',
  'ram:IncludedSupplyChainTradeLineItem':
    'ram:AssociatedDocumentLineDocument ram:SpecifiedTradeProduct ram:SpecifiedLineTradeAgreement ram:SpecifiedLineTradeDelivery ram:SpecifiedLineTradeSettlement',
  'ram:AssociatedDocumentLineDocument': 'ram:LineID',
  'ram:SpecifiedTradeProduct': 'ram:Name ram:Description ram:ApplicableProductCharacteristic',
  'ram:ApplicableProductCharacteristic': 'ram:Description ram:Value',
  'ram:SpecifiedLineTradeAgreement': 'ram:NetPriceProductTradePrice',
  'ram:NetPriceProductTradePrice': 'ram:ChargeAmount',
  'ram:SpecifiedLineTradeDelivery': 'ram:BilledQuantity',
  'ram:SpecifiedLineTradeSettlement':
    'ram:ApplicableTradeTax ram:BillingSpecifiedPeriod ram:SpecifiedTradeAllowanceCharge ram:SpecifiedTradeSettlementLineMonetarySummation',
  'ram:SpecifiedTradeSettlementLineMonetarySummation': 'ram:LineTotalAmount',
  'ram:ApplicableHeaderTradeAgreement': 'ram:BuyerReference ram:SellerTradeParty ram:BuyerTradeParty ram:BuyerOrderReferencedDocument',
  'ram:BuyerOrderReferencedDocument': 'ram:IssuerAssignedID',
  'ram:SellerTradeParty': PERSON,
  'ram:BuyerTradeParty': PERSON,
  'ram:SpecifiedLegalOrganization': 'ram:ID',
  'ram:DefinedTradeContact': 'ram:EmailURIUniversalCommunication',
  'ram:EmailURIUniversalCommunication': 'ram:URIID',
  'ram:PostalTradeAddress': 'ram:PostcodeCode ram:LineOne ram:LineTwo ram:CityName ram:CountryID ram:CountrySubDivisionName',
  'ram:URIUniversalCommunication': 'ram:URIID',
  'ram:SpecifiedTaxRegistration': 'ram:ID',
  'ram:ApplicableHeaderTradeDelivery': 'ram:ShipToTradeParty ram:ActualDeliverySupplyChainEvent',
  'ram:ShipToTradeParty': 'ram:PostalTradeAddress',
  'ram:ActualDeliverySupplyChainEvent': 'ram:OccurrenceDateTime',
  'ram:ApplicableHeaderTradeSettlement':
    'ram:PaymentReference ram:InvoiceCurrencyCode ram:SpecifiedTradeSettlementPaymentMeans ram:ApplicableTradeTax ram:BillingSpecifiedPeriod ram:SpecifiedTradeAllowanceCharge ram:SpecifiedTradePaymentTerms ram:SpecifiedTradeSettlementHeaderMonetarySummation ram:InvoiceReferencedDocument',
  'ram:SpecifiedTradeSettlementPaymentMeans':
    'ram:TypeCode ram:PayeePartyCreditorFinancialAccount ram:PayeeSpecifiedCreditorFinancialInstitution',
  'ram:PayeePartyCreditorFinancialAccount': 'ram:IBANID ram:AccountName',
  'ram:PayeeSpecifiedCreditorFinancialInstitution': 'ram:BICID',
  'ram:ApplicableTradeTax':
    'ram:CalculatedAmount ram:TypeCode ram:ExemptionReason ram:BasisAmount ram:CategoryCode ram:ExemptionReasonCode ram:RateApplicablePercent',
  'ram:CategoryTradeTax': 'ram:TypeCode ram:CategoryCode ram:RateApplicablePercent',
  'ram:BillingSpecifiedPeriod': 'ram:StartDateTime ram:EndDateTime',
  'ram:SpecifiedTradeAllowanceCharge':
    'ram:ChargeIndicator ram:CalculationPercent ram:BasisAmount ram:ActualAmount ram:ReasonCode ram:Reason ram:CategoryTradeTax',
  'ram:ChargeIndicator': 'udt:Indicator',
  'ram:SpecifiedTradePaymentTerms': 'ram:Description ram:DueDateDateTime',
  'ram:SpecifiedTradeSettlementHeaderMonetarySummation':
    'ram:LineTotalAmount ram:ChargeTotalAmount ram:AllowanceTotalAmount ram:TaxBasisTotalAmount ram:TaxTotalAmount ram:RoundingAmount ram:GrandTotalAmount ram:TotalPrepaidAmount ram:DuePayableAmount',
  'ram:InvoiceReferencedDocument': 'ram:IssuerAssignedID ram:FormattedIssueDateTime',
  ...Object.fromEntries(
    ['ram:IssueDateTime', 'ram:OccurrenceDateTime', 'ram:StartDateTime', 'ram:EndDateTime', 'ram:DueDateDateTime'].map((name) => [
      name,
      'udt:DateTimeString',
    ]),
  ),
  'ram:FormattedIssueDateTime': 'qdt:DateTimeString',
};
/** Elements that are where no schema has them, or empty without need. */
function misplaced({ name, children, text }: Parsed, order: Record<string, string>): string[] {
  if (!children.length) return text.trim() || name === 'ram:ApplicableHeaderTradeDelivery' ? [] : [`${name} is empty`];
  const places = children.map((child) => (order[name] ?? '').split(' ').indexOf(child.name));
  const here = children.flatMap((child, i) => (places[i]! < 0 || places[i]! < (places[i - 1] ?? 0) ? [`${child.name} in ${name}`] : []));
  return [...here, ...children.flatMap((child) => misplaced(child, order))];
}

/** Everything an e-invoice can hold, in one. */
const everything = (more: object = {}) =>
  issued(
    {
      lines: [
        line('20', '12.36', '21', { discountPercent: '12.5', unit: 'hour', periodStart: '2026-03-01', periodEnd: '2026-03-31' }),
        line('2', '100', '0', { taxCategory: 'K', unit: 'Nights', description: 'Room\nwith a view' }),
      ],
      allowances: [extra('1', '21', 'Loyalty')],
      charges: [extra('2', '21', 'Freight')],
      prepaid: e4('5'),
    },
    {},
    {
      notes: 'Thank you',
      seller: { ...SELLER, tax_number: '30/123/45678', footer: 'Managing director: C. Babbage' },
      customer: { ...BUYER, buyer_reference: 'Dept. 7' },
      einvoiceRounding: 0n,
      ...more,
    },
    { preceding: { number: 'INV-2026-00000', issue_date: '2026-03-01' } },
  );

describe('documents', () => {
  it('have their elements in the order of the schemas, and none of them empty', async () => {
    for (const invoice of [
      await everything(),
      await everything({ kind: 'credit_note' }),
      await issued({ lines: [line('1', '1', '19')] }),
    ]) {
      expect(check(invoice, 'peppol')).toEqual([]);
      expect(misplaced(parseXml(ubl(invoice, 'peppol')), UBL_ORDER)).toEqual([]);
      expect(misplaced(parseXml(facturXml(invoice)), CII_ORDER)).toEqual([]);
    }
  });

  it('say the same in both syntaxes', async () => {
    const invoice = await everything();
    const [oasis, uncefact] = [parseXml(ubl(invoice, 'en16931')), parseXml(facturXml(invoice))];
    const settlement = 'rsm:SupplyChainTradeTransaction/ram:ApplicableHeaderTradeSettlement';
    const sums = `${settlement}/ram:SpecifiedTradeSettlementHeaderMonetarySummation`;
    const pairs = [
      ['cbc:ID', 'rsm:ExchangedDocument/ram:ID'],
      ['cac:LegalMonetaryTotal/cbc:TaxExclusiveAmount', `${sums}/ram:TaxBasisTotalAmount`],
      ['cac:LegalMonetaryTotal/cbc:TaxInclusiveAmount', `${sums}/ram:GrandTotalAmount`],
      ['cac:LegalMonetaryTotal/cbc:PrepaidAmount', `${sums}/ram:TotalPrepaidAmount`],
      ['cac:LegalMonetaryTotal/cbc:PayableAmount', `${sums}/ram:DuePayableAmount`],
      ['cac:TaxTotal/cbc:TaxAmount', `${sums}/ram:TaxTotalAmount`],
      ['cac:TaxTotal/cac:TaxSubtotal/cbc:TaxAmount', `${settlement}/ram:ApplicableTradeTax/ram:CalculatedAmount`],
      ['cac:TaxTotal/cac:TaxSubtotal/cac:TaxCategory/cbc:ID', `${settlement}/ram:ApplicableTradeTax/ram:CategoryCode`],
      ['cac:AllowanceCharge/cbc:Amount', `${settlement}/ram:SpecifiedTradeAllowanceCharge/ram:ActualAmount`],
      [
        'cac:PaymentMeans/cac:PayeeFinancialAccount/cbc:ID',
        `${settlement}/ram:SpecifiedTradeSettlementPaymentMeans/ram:PayeePartyCreditorFinancialAccount/ram:IBANID`,
      ],
    ] as const;
    for (const [left, right] of pairs) {
      expect(texts(oasis, left)).not.toEqual([]);
      expect(texts(uncefact, right)).toEqual(texts(oasis, left));
    }
    expect(texts(uncefact, 'rsm:ExchangedDocument/ram:IssueDateTime/udt:DateTimeString')).toEqual(['20260331']);
  });

  it('name the specification they keep', async () => {
    const invoice = await everything();
    expect(texts(parseXml(ubl(invoice, 'en16931')), 'cbc:CustomizationID')).toEqual(['urn:cen.eu:en16931:2017']);
    const peppol = parseXml(ubl(invoice, 'peppol'));
    expect(texts(peppol, 'cbc:CustomizationID')).toEqual(['urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0']);
    expect(texts(peppol, 'cbc:ProfileID')).toEqual(['urn:fdc:peppol.eu:2017:poacc:billing:01:1.0']);
  });

  it('carry any text: signs of XML, emoji, right-to-left, and no control characters', async () => {
    const description = 'A & B <i>"x"</i> \u0000\u0008\u001b\ufffe😀 שלום مرحبا\ttab ]]>';
    const invoice = await issued({ lines: [line('1', '1', '19', { description })] }, {}, { notes: 'two\r\nlines' });
    for (const document of [parseXml(ubl(invoice, 'peppol')), parseXml(facturXml(invoice))]) {
      const [name] = [
        ...texts(document, 'cac:InvoiceLine/cac:Item/cbc:Name'),
        ...texts(document, 'rsm:SupplyChainTradeTransaction/ram:IncludedSupplyChainTradeLineItem/ram:SpecifiedTradeProduct/ram:Name'),
      ];
      expect(name).toBe('A & B <i>"x"</i> 😀 שלום مرحبا\ttab ]]>');
      expect([...texts(document, 'cbc:Note'), ...texts(document, 'rsm:ExchangedDocument/ram:IncludedNote/ram:Content')]).toEqual([
        'two\r\nlines',
      ]);
    }
  });

  it('are well-formed and in order whatever is written into them', async () => {
    const sign = fc.oneof(
      fc.integer({ min: 0, max: 0x7f }),
      fc.integer({ min: 0x80, max: 0xd7ff }),
      fc.integer({ min: 0xe000, max: 0x10ffff }),
    );
    const some = fc.array(sign, { minLength: 1, maxLength: 30 }).map((signs) => String.fromCodePoint(...signs));
    await fc.assert(
      fc.asyncProperty(some, some, some, async (description, name, street) => {
        const customer = { ...BUYER, name: `N${name}`, address: { street, country: 'FR' } };
        const invoice = await issued({ lines: [line('1', '1', '19', { description: `D${description}` })] }, {}, { customer });
        expect(misplaced(parseXml(ubl(invoice, 'peppol')), UBL_ORDER)).toEqual([]);
        expect(misplaced(parseXml(facturXml(invoice)), CII_ORDER)).toEqual([]);
      }),
    );
  });
});

describe('any invoice', () => {
  const micro = (max: number) => fc.bigInt({ min: 0n, max: BigInt(max) * 1_000_000n }).map((count) => formatFixed(count, 6));
  const CATEGORIES = ['Z', 'E', 'AE', 'K', 'G'] as const;
  const tax = fc.oneof(
    fc.constantFrom('19', '7', '5.5', '0.0001', '100').map((percent) => taxOf('S', percent)),
    fc.integer({ min: 1, max: 300_000 }).map((count) => taxOf('S', formatFixed(BigInt(count), 4))),
    fc.constantFrom(...CATEGORIES).map((category) => taxOf(category, '0')),
  );
  const taxed = ({ category, percent }: Tax) => ({ taxCategory: category, taxPercent: percent });
  const given = fc.record({
    currency: fc.constantFrom(...Object.keys(CURRENCIES)),
    pricesIncludeTax: fc.boolean(),
    outside: fc.integer({ min: 0, max: 9 }).map((one) => one === 0),
    lines: fc.array(
      fc.record({
        quantity: fc.tuple(fc.oneof(micro(500), micro(1_000_000)), fc.boolean()).map(([count, minus]) => (minus ? `-${count}` : count)),
        unitPrice: fc.oneof(micro(20_000), micro(1)),
        discountPercent: fc.option(fc.integer({ min: 0, max: 1_000 }).map((count) => formatFixed(BigInt(count), 1))),
        tax,
      }),
      { minLength: 1, maxLength: 8 },
    ),
    extras: fc.array(fc.record({ units: fc.nat(5_000), tax, charge: fc.boolean() }), { maxLength: 3 }),
    prepaid: fc.nat(500),
  });
  type Given = typeof given extends fc.Arbitrary<infer T> ? T : never;
  const OUTSIDE = taxOf('O', '0');

  async function issuedOf({ currency, pricesIncludeTax, outside, lines, extras, prepaid }: Given) {
    const unit = 10n ** BigInt(4 - digitsOf(currency));
    const whose = (one: Tax) => taxed(outside ? OUTSIDE : one);
    const of = (charge: boolean) =>
      extras.filter((one) => one.charge === charge).map((one) => ({ amount: BigInt(one.units) * unit, ...whose(one.tax) }));
    const terms = { currency, pricesIncludeTax };
    const content = await contentOf(
      {
        lines: lines.map(({ tax: its, ...one }) => ({ description: 'Something', ...one, ...whose(its) })),
        allowances: of(false),
        charges: of(true),
        prepaid: BigInt(prepaid) * unit,
      },
      terms,
    );
    return { terms, content, invoice: einvoiceOf(sourceOf(content, terms)) };
  }
  /** Currencies of three and four digits may be finer than EN 16931 allows; nothing else may be found. */
  const allowed = ({ currency }: EInvoice, findings: readonly Finding[]) =>
    findings.filter(({ rule }) => !(digitsOf(currency) > 2 && rule.startsWith('BR-DEC-')));

  it('that is issued with complete parties passes, in every currency, tax included or not', async () => {
    await fc.assert(
      fc.asyncProperty(given, async (one) => {
        const { invoice } = await issuedOf(one);
        expect(allowed(invoice, check(invoice, 'peppol'))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('and so does any credit note on it, in parts and as a whole', async () => {
    await fc.assert(
      fc.asyncProperty(given, fc.integer({ min: 1, max: 999 }), async (one, share) => {
        const { terms, content } = await issuedOf(one);
        const lines = content.lines.map((line, i) => ({ ...line, id: String(i) }));
        const billed = billedOf(one, content);
        const first = billed.lines.findIndex(({ total }) => total !== 0n);
        fc.pre(first >= 0);
        const quantity = fixed(billed.lines[first]!.quantity, 6);
        const part = formatFixed((quantity * BigInt(share)) / 1_000n, 6);
        fc.pre(part !== '0' && part !== '-0');
        const wanted = [null, [{ line: first, quantity: part }]];
        for (const asked of wanted) {
          const worked = attempt(() => credit(billed, asked));
          if (!worked) continue;
          const note = einvoiceOf(
            sourceOf(creditContent({ currency: one.currency, lines, taxes: content.taxes }, worked), terms, {
              kind: 'credit_note',
              number: 'CN-2026-00001',
            }),
          );
          expect(allowed(note, check(note, 'peppol'))).toEqual([]);
        }
      }),
      { numRuns: 200 },
    );
  });
  function billedOf({ currency, pricesIncludeTax }: Given, { lines, taxes, allowances, charges }: Content): Billed {
    return {
      currency,
      pricesIncludeTax,
      lines: lines.map(({ quantity, total, net, taxCategory, taxPercent }) => ({
        quantity,
        total,
        net,
        tax: taxOf(taxCategory, taxPercent),
        credited: { quantity: '0', total: 0n, net: 0n },
      })),
      allowances: sharesOf(allowances),
      charges: sharesOf(charges),
      taxes: taxes.map(({ category, percent, taxable, tax: amount }) => ({ ...taxOf(category, percent), taxable, tax: amount })),
      credited: { allowances: [], charges: [], taxes: [], totals: [] },
    };
  }
  /** What is refused (nothing left to credit) makes no credit note. */
  function attempt<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch {
      return undefined;
    }
  }

  it('with a single figure changed fails', async () => {
    await fc.assert(
      fc.asyncProperty(given, fc.nat(), fc.boolean(), async (one, pick, up) => {
        const { invoice } = await issuedOf(one);
        const step = 10n ** BigInt(4 - digitsOf(invoice.currency)) * (up ? 1n : -1n);
        const mutants = figuresOf(invoice);
        const { what, change } = mutants[pick % mutants.length]!;
        expect({ what, found: allowed(invoice, check(change(step))).length > 0 }).toEqual({ what, found: true });
      }),
      { numRuns: 500 },
    );
  });

  /** Every amount and every percent that an e-invoice states, each with how to make it another. */
  function figuresOf(invoice: EInvoice): { what: string; change: (step: bigint) => EInvoice }[] {
    const at = <T>(all: readonly T[], index: number, change: (one: T) => T) => all.map((one, i) => (i === index ? change(one) : one));
    const more = (percent: string | null) => (percent === null ? '1' : formatFixed(fixed(percent, 4) + 10_000n, 4));
    return [
      ...Object.keys(invoice.totals).map((name) => ({
        what: `totals.${name}`,
        change: (step: bigint) => ({ ...invoice, totals: { ...invoice.totals, [name]: invoice.totals[name as 'net'] + step } }),
      })),
      ...invoice.taxes.flatMap((_, i) => [
        {
          what: 'taxable',
          change: (step: bigint) => ({ ...invoice, taxes: at(invoice.taxes, i, (row) => ({ ...row, taxable: row.taxable + step })) }),
        },
        {
          what: 'tax',
          change: (step: bigint) => ({ ...invoice, taxes: at(invoice.taxes, i, (row) => ({ ...row, tax: row.tax + step })) }),
        },
        {
          what: 'tax percent',
          change: () => ({ ...invoice, taxes: at(invoice.taxes, i, (row) => ({ ...row, percent: more(row.percent) })) }),
        },
        { what: 'no tax row', change: () => ({ ...invoice, taxes: invoice.taxes.filter((_, other) => other !== i) }) },
        { what: 'tax row twice', change: () => ({ ...invoice, taxes: [...invoice.taxes, invoice.taxes[i]!] }) },
      ]),
      ...invoice.lines.flatMap((line, i) => [
        {
          what: 'line net',
          change: (step: bigint) => ({ ...invoice, lines: at(invoice.lines, i, (one) => ({ ...one, net: one.net + step })) }),
        },
        {
          what: 'line percent',
          change: () => ({ ...invoice, lines: at(invoice.lines, i, (one) => ({ ...one, percent: more(one.percent) })) }),
        },
        // A price of one more than the whole amount changes the amount of any quantity from one on.
        ...(fixed(line.quantity, 6) >= 1_000_000n
          ? [
              {
                what: 'price',
                change: () => ({
                  ...invoice,
                  lines: at(invoice.lines, i, (one) => ({ ...one, price: formatFixed(fixed(one.price, 20) + 10n ** 20n, 20) })),
                }),
              },
            ]
          : []),
        ...(line.discount
          ? [
              {
                what: 'discount',
                change: (step: bigint) => ({
                  ...invoice,
                  lines: at(invoice.lines, i, (one) => ({ ...one, discount: { ...one.discount!, amount: one.discount!.amount + step } })),
                }),
              },
            ]
          : []),
      ]),
      ...(['allowances', 'charges'] as const).flatMap((name) =>
        invoice[name].flatMap((_, i) => [
          {
            what: name,
            change: (step: bigint) => ({ ...invoice, [name]: at(invoice[name], i, (one) => ({ ...one, amount: one.amount + step })) }),
          },
          {
            what: `${name} percent`,
            change: () => ({ ...invoice, [name]: at(invoice[name], i, (one) => ({ ...one, percent: more(one.percent) })) }),
          },
        ]),
      ),
    ];
  }
});
