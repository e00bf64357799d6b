import type { Address } from '#crm';
import { digitsOf, divideRounded, fixed, formatFixed, parseAmount } from '#kernel';
import type { TaxCategory } from '../invoices/arithmetic.ts';
import type { ExtraShown } from '../invoices/invoice.ts';
import { compact, EXEMPTION_CODES, hasTaxPrefix, isCountry, unitOf } from './codes.ts';
import type { DocumentExtra, EInvoice, Line, Party, Payment, Period, PostalAddress, TaxBreakdown } from './einvoice.ts';
import { readElectronicAddress } from './electronic-address.ts';
import type { EInvoiceSource, Known } from './source.ts';
import { clean } from './xml.ts';

/** UNTDID 4461: credit transfer. */
const CREDIT_TRANSFER = '30';
/** UNTDID 5189: discount. */
const DISCOUNT = { reason: 'Discount', reasonCode: '95' } as const;

/** Makes an e-invoice of an issued invoice or credit note. Nothing is worked out again but prices without tax; check.ts judges it. */
export function einvoiceOf(source: EInvoiceSource, known: Known = {}): EInvoice {
  const { kind, currency, customer } = source;
  const invoice = kind === 'invoice';
  const payable = e4(source.payable);
  const lines = source.lines.map((line) => lineOf(line, source));
  // Outside the scope of tax no VAT id may be named (BR-O-02).
  const outside = source.taxes.some(({ category }) => category === 'O');
  const [seller, buyer] = [sellerOf(source, known, outside), buyerOf(source, known, outside)];
  const period = spanOf(lines);
  const reference = said(source.reference);
  const routed = said(customer.buyer_reference) ?? (reference === null ? said(known.customer?.buyer_reference) : null);
  return {
    number: source.number,
    issueDate: source.issue_date,
    type: invoice ? '380' : '381',
    currency,
    dueDate: invoice ? source.due_date : null,
    buyerReference: routed ?? reference,
    order: routed === null ? null : reference,
    terms: payable > 0n ? termsOf(source) : null,
    note: said(source.notes) ?? (invoice ? null : said(source.reason)),
    preceding: known.preceding ? { number: known.preceding.number, issueDate: known.preceding.issue_date } : null,
    seller,
    buyer,
    delivery: deliveryOf(source, buyer, period),
    period,
    payment: invoice && payable > 0n ? paymentOf(source) : null,
    allowances: extrasOf(source.allowances, DISCOUNT),
    charges: extrasOf(source.charges, { reason: 'Charge', reasonCode: null }),
    totals: {
      lines: e4(source.lines_total),
      allowances: e4(source.allowances_total),
      charges: e4(source.charges_total),
      net: e4(source.net),
      tax: e4(source.einvoice_tax),
      gross: e4(source.net) + e4(source.einvoice_tax),
      prepaid: e4(source.prepaid),
      rounding: e4(source.einvoice_rounding),
      payable,
    },
    taxes: source.taxes.map(taxOf),
    lines,
  };
}

const e4 = (amount: string): bigint => {
  const read = parseAmount(amount);
  if (read === null) throw new RangeError(`Not an amount: ${amount}`);
  return read;
};
/** Text as XML can carry it; null when nothing is left. */
const said = (text: string | null | undefined): string | null => clean(text ?? '').trim() || null;
const percentOf = (category: TaxCategory, percent: string): string | null => (category === 'O' ? null : percent);

function sellerOf({ seller }: EInvoiceSource, { seller: now }: Known, outside: boolean): Party {
  const vatId = taxIdOf(seller?.vat_id, now?.vat_id);
  return {
    name: said(seller?.name),
    identifier: null,
    registration: said(seller?.registration_number) ?? said(now?.registration_number),
    // Kept also when its country is missing: BR-CO-09 says so.
    vatId: outside ? null : vatId,
    taxNumber: said(seller?.tax_number) ?? said(now?.tax_number),
    legal: said(seller?.footer),
    electronicAddress: readElectronicAddress(seller?.electronic_address ?? now?.electronic_address ?? null, said(seller?.email)),
    address: addressOf(seller?.address, now?.address),
    email: said(seller?.email),
  };
}

function buyerOf({ customer }: EInvoiceSource, { customer: now }: Known, outside: boolean): Party {
  const taxId = taxIdOf(customer.tax_id, now?.tax_id);
  // Only a tax id with its country is a VAT id; others are named as what they are, identifiers of some kind.
  const isVatId = taxId !== null && hasTaxPrefix(taxId);
  return {
    name: said(customer.name),
    identifier: isVatId ? null : (said(customer.tax_id) ?? taxId),
    registration: said(customer.registration_number) ?? said(now?.registration_number),
    vatId: isVatId && !outside ? taxId : null,
    taxNumber: null,
    legal: null,
    electronicAddress: readElectronicAddress(customer.electronic_address ?? now?.electronic_address ?? null, said(customer.email)),
    address: addressOf(customer.address, now?.address),
    email: said(customer.email),
  };
}

/** What was frozen, else what is known now; one that was frozen without its country is completed, if it is the same. */
function taxIdOf(frozen: string | null | undefined, now: string | null | undefined): string | null {
  const [before, today] = [said(compact(frozen ?? '')), said(compact(now ?? ''))];
  if (before === null || today === null) return before ?? today;
  return !hasTaxPrefix(before) && hasTaxPrefix(today) && today.endsWith(before) ? today : before;
}

/** Lines of two addresses are not mixed; only the country is added where there was none, or none that exists. */
function addressOf(frozen: Address | null | undefined, now: Address | null | undefined): PostalAddress | null {
  const address = frozen ?? now;
  if (!address) return null;
  const country = said(address.country);
  return {
    street: said(address.street),
    street2: said(address.street2),
    city: said(address.city),
    postalCode: said(address.postal_code),
    region: said(address.region),
    country: country !== null && isCountry(country) ? country : (said(now?.country) ?? country),
  };
}

const termsOf = ({ kind, due_date: due }: EInvoiceSource): string =>
  kind === 'credit_note' ? 'Set off against what is owed, or paid back' : `Payable by ${due}`;

function paymentOf({ seller, number }: EInvoiceSource): Payment | null {
  const { iban, bic, account_holder: holder } = seller?.bank_details ?? {};
  if (!iban) return null;
  return { means: CREDIT_TRANSFER, remittance: number, account: compact(iban), accountName: said(holder), bic: bic ? compact(bic) : null };
}

/**
 * An intra-Community supply states when it was delivered and to which country (BR-IC-11, BR-IC-12). Where no period is named it was on
 * the day of the issue (Directive 2006/112/EC, article 226 (7)), and to the country of the buyer.
 */
function deliveryOf({ taxes, issue_date: day }: EInvoiceSource, { address }: Party, period: Period | null): EInvoice['delivery'] {
  if (!taxes.some(({ category }) => category === 'K')) return null;
  return { date: period ? null : day, country: address?.country ?? null };
}

/** From the first day of any line to the last; null where that is no period. */
function spanOf(lines: readonly Line[]): Period | null {
  const start = lines.flatMap(({ period }) => period?.start ?? []).sort()[0] ?? null;
  const end =
    lines
      .flatMap(({ period }) => period?.end ?? [])
      .sort()
      .at(-1) ?? null;
  return (start === null && end === null) || (start !== null && end !== null && end < start) ? null : { start, end };
}

/** An allowance or charge that is shared over several taxes is one of each tax. */
const extrasOf = (extras: readonly ExtraShown[], standard: Pick<DocumentExtra, 'reason' | 'reasonCode'>): DocumentExtra[] =>
  extras.flatMap(({ reason, shares }) =>
    shares.map(({ net, tax_category: category, tax_percent: percent }) => ({
      category,
      percent: percentOf(category, percent),
      amount: e4(net),
      ...(said(reason) === null ? standard : { reason: said(reason), reasonCode: null }),
    })),
  );

function taxOf({ category, percent, taxable, einvoice_tax: tax, exemption_reason: stated }: EInvoiceSource['taxes'][number]): TaxBreakdown {
  const exempt = category !== 'S' && category !== 'Z';
  const text = exempt ? said(stated) : null;
  // A tax rate may name its reason by the code itself.
  const isCode = text !== null && /^VATEX-[A-Z0-9-]+$/.test(text);
  return {
    category,
    percent: percentOf(category, percent),
    taxable: e4(taxable),
    tax: e4(tax),
    reason: isCode ? null : text,
    reasonCode: isCode ? text : (exempt && EXEMPTION_CODES[category]) || null,
  };
}

function lineOf(line: EInvoiceSource['lines'][number], { currency, prices_include_tax: inclusive }: EInvoiceSource): Line {
  const net = e4(line.net);
  const withoutTax = (amount: bigint) => (inclusive ? leftWithoutTax(amount, line.tax_percent, currency) : amount);
  const discount = withoutTax(e4(line.discount_amount));
  const unit = unitOf(line.unit);
  const [name = '', ...more] = line.description.split(/\r?\n/);
  return {
    id: String(line.position),
    quantity: line.quantity,
    unit: unit.code,
    net,
    period: line.period_start || line.period_end ? { start: line.period_start, end: line.period_end } : null,
    discount:
      discount === 0n
        ? null
        : { amount: discount, percent: exactPercent(line.discount_percent, net + discount, discount, currency), ...DISCOUNT },
    price: priceOf(line, inclusive, net + discount, currency),
    name: said(name) ?? said(line.description),
    description: more.length ? said(line.description) : null,
    unitName: unit.known ? null : said(line.unit),
    category: line.tax_category,
    percent: percentOf(line.tax_category, line.tax_percent),
  };
}

const unitIn = (currency: string) => 10n ** BigInt(4 - digitsOf(currency));
const PERCENT = 4;
const HUNDRED = 100n * 10n ** BigInt(PERCENT);
function leftWithoutTax(amount: bigint, percent: string, currency: string): bigint {
  const unit = unitIn(currency);
  return divideRounded(amount * HUNDRED, (HUNDRED + fixed(percent, PERCENT)) * unit) * unit;
}
/** A percent is only stated where it gives the amount; of prices that include tax it may miss by a cent. */
function exactPercent(percent: string | null, base: bigint, amount: bigint, currency: string): string | null {
  if (percent === null) return null;
  const unit = unitIn(currency);
  return divideRounded(base * fixed(percent, PERCENT), HUNDRED * unit) * unit === amount ? percent : null;
}

const PLACES = 6;
/** No quantity we keep needs more for its price. */
const MOST_PLACES = 20;
/**
 * The price of one unit without tax (BT-146), such that quantity × price is the amount: as it was stated; else (it included tax) the
 * shortest rounding of what it is without; else the shortest decimal of amount ÷ quantity.
 */
function priceOf(
  { quantity, unit_price: stated, tax_percent: percent }: EInvoiceSource['lines'][number],
  inclusive: boolean,
  amount: bigint,
  currency: string,
): string {
  const unit = unitIn(currency);
  const [count, price] = [fixed(quantity, PLACES), fixed(stated, PLACES)];
  const gives = (candidate: bigint, places: number) =>
    divideRounded(count * candidate * 10_000n, 10n ** BigInt(PLACES + places) * unit) * unit === amount;
  if (!inclusive && gives(price, PLACES)) return stated;
  const part = HUNDRED + fixed(percent, PERCENT);
  const untaxed = (places: number) => divideRounded(price * HUNDRED * 10n ** BigInt(places), part * 10n ** BigInt(PLACES));
  const [size, by] = count < 0n ? [-amount, -count] : [amount, count];
  const divided = (places: number) => divideRounded(size * 10n ** BigInt(PLACES + places), by * 10_000n);
  const shortest = (of: (places: number) => bigint, most: number) => {
    for (let places = digitsOf(currency); places <= most; places++) if (gives(of(places), places)) return formatFixed(of(places), places);
    return undefined;
  };
  const found = (inclusive && shortest(untaxed, PLACES)) || (by !== 0n && shortest(divided, MOST_PLACES));
  return found || stated;
}
