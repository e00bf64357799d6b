import { digitsOf, divideRounded, fixed, isCurrency } from '#kernel';
import { sum, type TaxCategory } from '../invoices/arithmetic.ts';
import { hasTaxPrefix, isCountry, isUnit } from './codes.ts';
import { baseOf, type DocumentExtra, type EInvoice, type Line, type Party, type Period, type Profile, type Taxed } from './einvoice.ts';

/** A rule that an e-invoice breaks, and the field of ours that has to be completed; null where nothing can be completed. */
export interface Finding {
  readonly rule: string;
  readonly pointer: string | null;
  readonly message: string;
}

/**
 * Holds an e-invoice against EN 16931-1 (business rules BR, BR-CO, BR-DEC and those of the tax categories), and against what Peppol BIS
 * Billing 3 demands besides. Exactly: the official Schematron lets a tax be off by up to 0.99, and rounds to two digits also where the
 * currency has others; here a tax is the rounded product in the digits of its currency, and nothing may be off. Rules about terms that an
 * EInvoice has no place for cannot be broken and are not here.
 */
export function check(invoice: EInvoice, profile: Profile = 'en16931'): Finding[] {
  const found = [
    ...documentRules(invoice),
    ...partyRules(invoice),
    ...paymentRules(invoice),
    ...invoice.lines.flatMap((line, i) => lineRules(line, i, invoice.currency)),
    ...invoice.allowances.flatMap((extra) => extraRules(extra, 'An allowance', ['BR-33', 'BR-CO-21', 'BR-DEC-01'])),
    ...invoice.charges.flatMap((extra) => extraRules(extra, 'A charge', ['BR-38', 'BR-CO-22', 'BR-DEC-05'])),
    ...totalRules(invoice),
    ...CATEGORIES.flatMap((category) => categoryRules(invoice, category)),
    ...breakdownRules(invoice),
    ...(profile === 'peppol' ? peppolRules(invoice) : []),
  ];
  return found.filter(
    ({ rule, pointer, message }, i) =>
      i === found.findIndex((one) => one.rule === rule && one.pointer === pointer && one.message === message),
  );
}

const unless = (holds: boolean, rule: string, message: string, pointer: string | null = null): Finding[] =>
  holds ? [] : [{ rule, pointer, message }];
const twoDecimals = (amount: bigint, rule: string, what: string): Finding[] =>
  unless(amount % 100n === 0n, rule, `${what} has more than two decimals`);

function documentRules({ number, issueDate, currency, lines, preceding, period, dueDate, terms, totals }: EInvoice): Finding[] {
  return [
    ...unless(Boolean(number), 'BR-02', 'It has no number'),
    ...unless(Boolean(issueDate), 'BR-03', 'It has no date of issue'),
    ...unless(isCurrency(currency), 'BR-05', 'Its currency is none of ISO 4217'),
    ...unless(lines.length > 0, 'BR-16', 'It has no line'),
    ...unless(!preceding || Boolean(preceding.number), 'BR-55', 'The invoice it corrects has no number'),
    ...periodRules(period, 'BR-29', 'BR-CO-19'),
    ...unless(totals.payable <= 0n || Boolean(dueDate ?? terms), 'BR-CO-25', 'It does not say when it is to be paid'),
  ];
}
const periodRules = (period: Period | null, order: string, filled: string): Finding[] => [
  ...unless(!period?.start || !period.end || period.start <= period.end, order, 'A period ends before it begins'),
  ...unless(!period || Boolean(period.start ?? period.end), filled, 'A period has neither a beginning nor an end'),
];

const SELLER = '/billing_entity';
const BUYER = '/customer_account';
function partyRules({ seller, buyer, taxes }: EInvoice): Finding[] {
  const known = seller.vatId ?? seller.registration ?? seller.identifier;
  // Where no VAT id may be named, the register is what is left.
  const identity = taxes.some(({ category }) => category === 'O') ? `${SELLER}/registration_number` : `${SELLER}/vat_id`;
  return [
    ...unless(Boolean(seller.name), 'BR-06', 'The seller has no name', `${SELLER}/name`),
    ...unless(Boolean(buyer.name), 'BR-07', 'The buyer has no name', `${BUYER}/name`),
    ...addressRules(seller, SELLER, 'seller', 'BR-08', 'BR-09'),
    ...addressRules(buyer, BUYER, 'buyer', 'BR-10', 'BR-11'),
    ...unless(Boolean(known), 'BR-CO-26', 'The seller has neither a VAT id nor a registration number', identity),
    ...unless(
      !seller.vatId || hasTaxPrefix(seller.vatId),
      'BR-CO-09',
      'The VAT id of the seller does not begin with its country',
      `${SELLER}/vat_id`,
    ),
    ...unless(
      !buyer.vatId || hasTaxPrefix(buyer.vatId),
      'BR-CO-09',
      'The tax id of the buyer does not begin with its country',
      `${BUYER}/tax_id`,
    ),
    ...unless(
      !seller.electronicAddress || seller.electronicAddress.scheme !== '',
      'BR-62',
      'The electronic address of the seller has no scheme',
      `${SELLER}/electronic_address`,
    ),
    ...unless(
      !buyer.electronicAddress || buyer.electronicAddress.scheme !== '',
      'BR-63',
      'The electronic address of the buyer has no scheme',
      `${BUYER}/electronic_address`,
    ),
  ];
}
function addressRules({ address }: Party, record: string, who: string, any: string, country: string): Finding[] {
  if (!address) return unless(false, any, `The ${who} has no address`, `${record}/address`);
  if (!address.country) return unless(false, country, `The address of the ${who} names no country`, `${record}/address/country`);
  return unless(isCountry(address.country), 'BR-CL-14', `The country of the ${who} is none of ISO 3166`, `${record}/address/country`);
}

function paymentRules({ payment, delivery }: EInvoice): Finding[] {
  return [
    ...unless(!payment || payment.means !== '', 'BR-49', 'It does not say by which means it is to be paid'),
    ...unless(!payment || Boolean(payment.account), 'BR-50', 'It names no account to be paid to', `${SELLER}/bank_details/iban`),
    ...unless(
      !delivery?.country || isCountry(delivery.country),
      'BR-CL-14',
      'The country of delivery is none of ISO 3166',
      `${BUYER}/address/country`,
    ),
  ];
}

function lineRules(line: Line, index: number, currency: string): Finding[] {
  const { discount, period } = line;
  const which = `Line ${index + 1}`;
  const price = fixed(line.price, MOST_PLACES);
  return [
    ...unless(line.id !== '', 'BR-21', `${which} has no identifier`),
    ...unless(line.unit !== '', 'BR-23', `${which} has no unit`),
    ...unless(line.unit === '' || isUnit(line.unit), 'BR-CL-23', `The unit of line ${index + 1} has no code`),
    ...unless(Boolean(line.name), 'BR-25', `${which} does not say what was sold`),
    ...unless(price >= 0n, 'BR-27', `${which} has a price below zero`),
    ...periodRules(period, 'BR-30', 'BR-CO-20'),
    ...unless(!discount || Boolean(discount.reason ?? discount.reasonCode), 'BR-42', `The discount of line ${index + 1} has no reason`),
    ...twoDecimals(line.net, 'BR-DEC-23', `The net of line ${index + 1}`),
    ...twoDecimals(discount?.amount ?? 0n, 'BR-DEC-24', `The discount of line ${index + 1}`),
    // Of Peppol, which allows 0.02: quantity × price, less the discount, is the net.
    ...unless(
      product(fixed(line.quantity, MOST_PLACES) * price, 10n ** BigInt(2 * MOST_PLACES - 4), currency) === baseOf(line),
      'PEPPOL-EN16931-R120',
      `The net of line ${index + 1} is not quantity × price, less the discount`,
    ),
    ...unless(
      !discount?.percent || product(baseOf(line) * fixed(discount.percent, MOST_PLACES), 100n * ONE, currency) === discount.amount,
      'PEPPOL-EN16931-R040',
      `The discount of line ${index + 1} is not its percent of quantity × price`,
    ),
  ];
}

type ExtraRuleNames = readonly [reason: string, either: string, decimals: string];
function extraRules({ amount, reason, reasonCode }: DocumentExtra, which: string, [needed, either, decimals]: ExtraRuleNames): Finding[] {
  const given = Boolean(reason ?? reasonCode);
  return [
    ...unless(given, needed, `${which} has no reason`),
    ...unless(given, either, `${which} has neither a reason nor a code of one`),
    ...twoDecimals(amount, decimals, which),
  ];
}

function totalRules({ totals, lines, allowances, charges, taxes }: EInvoice): Finding[] {
  const of = (all: readonly { amount: bigint }[]) => sum(all.map(({ amount }) => amount));
  return [
    ...unless(totals.lines === sum(lines.map(({ net }) => net)), 'BR-CO-10', 'The sum of the lines is not what they add up to'),
    ...unless(totals.allowances === of(allowances), 'BR-CO-11', 'The sum of the allowances is not what they add up to'),
    ...unless(totals.charges === of(charges), 'BR-CO-12', 'The sum of the charges is not what they add up to'),
    ...unless(totals.net === totals.lines - totals.allowances + totals.charges, 'BR-CO-13', 'The net is not lines − allowances + charges'),
    ...unless(totals.tax === sum(taxes.map(({ tax }) => tax)), 'BR-CO-14', 'The tax is not what the taxes add up to'),
    ...unless(totals.gross === totals.net + totals.tax, 'BR-CO-15', 'The gross is not net + tax'),
    ...unless(
      totals.payable === totals.gross - totals.prepaid + totals.rounding,
      'BR-CO-16',
      'What is payable is not gross − prepaid + rounding',
    ),
    ...unless(taxes.length > 0, 'BR-CO-18', 'It has no tax breakdown'),
    ...twoDecimals(totals.lines, 'BR-DEC-09', 'The sum of the lines'),
    ...twoDecimals(totals.allowances, 'BR-DEC-10', 'The sum of the allowances'),
    ...twoDecimals(totals.charges, 'BR-DEC-11', 'The sum of the charges'),
    ...twoDecimals(totals.net, 'BR-DEC-12', 'The net'),
    ...twoDecimals(totals.tax, 'BR-DEC-13', 'The tax'),
    ...twoDecimals(totals.gross, 'BR-DEC-14', 'The gross'),
    ...twoDecimals(totals.prepaid, 'BR-DEC-16', 'What was prepaid'),
    ...twoDecimals(totals.rounding, 'BR-DEC-17', 'The rounding'),
    ...twoDecimals(totals.payable, 'BR-DEC-18', 'What is payable'),
    ...taxes.flatMap(({ taxable }) => twoDecimals(taxable, 'BR-DEC-19', 'A taxable amount')),
    ...taxes.flatMap(({ tax }) => twoDecimals(tax, 'BR-DEC-20', 'A tax amount')),
  ];
}

const CATEGORIES = ['S', 'Z', 'E', 'AE', 'K', 'G', 'O'] as const satisfies readonly TaxCategory[];
/** How the rules of a category are called: intra-Community supply has the code K and the rules IC. */
const ruleOf = (category: TaxCategory, count: string) => `BR-${category === 'K' ? 'IC' : category}-${count}`;

interface Part extends Taxed {
  /** As it counts in the sum: an allowance is below zero. */
  readonly amount: bigint;
}
/** Everything that has a tax, with the numbers that the rules of lines, allowances and charges have in each category. */
const partsOf = ({
  lines,
  allowances,
  charges,
}: EInvoice): readonly (readonly [parts: readonly Part[], parties: string, percent: string])[] => [
  [lines.map(({ net, ...line }) => ({ ...line, amount: net })), '02', '05'],
  [allowances.map((one) => ({ ...one, amount: -one.amount })), '03', '06'],
  [charges, '04', '07'],
];

/** Rules 01 to 07 and 10 to 14 of a category; 08 and 09 are about the breakdown. */
function categoryRules(invoice: EInvoice, category: TaxCategory): Finding[] {
  const groups = partsOf(invoice);
  const used = groups.some(([parts]) => parts.some((part) => part.category === category));
  const rows = invoice.taxes.filter((row) => row.category === category);
  if (!used && rows.length === 0) return [];
  const enough = category === 'S' ? rows.length > 0 : rows.length === 1;
  return [
    ...unless(used && enough, ruleOf(category, '01'), `The breakdown and what is taxed do not agree on the category ${category}`),
    ...groups.flatMap(([parts, parties, percent]) => {
      const mine = parts.filter((part) => part.category === category);
      return mine.length === 0
        ? []
        : [
            ...identityRules(invoice, category, ruleOf(category, parties)),
            ...unless(
              mine.every((part) => percentFits(part)),
              ruleOf(category, percent),
              `${category} does not go with this percent`,
            ),
          ];
    }),
    ...rows.flatMap(({ reason, reasonCode }) =>
      unless(
        Boolean(reason ?? reasonCode) === (category !== 'S' && category !== 'Z'),
        ruleOf(category, '10'),
        category === 'S' || category === 'Z'
          ? `${category} has no reason of exemption`
          : `It does not say why no tax is charged (${category})`,
      ),
    ),
    ...(category === 'K' ? deliveryRules(invoice) : []),
    ...(category === 'O' ? aloneRules(invoice, groups) : []),
  ];
}

function percentFits({ category, percent }: Taxed): boolean {
  if (category === 'O') return percent === null;
  if (percent === null) return false;
  const count = fixed(percent, MOST_PLACES);
  return category === 'S' ? count > 0n : count === 0n;
}

/** Which ids of seller and buyer a category demands, or (outside the scope of tax) forbids. */
function identityRules({ seller, buyer }: EInvoice, category: TaxCategory, rule: string): Finding[] {
  if (category === 'O') return unless(!seller.vatId && !buyer.vatId, rule, 'What is outside the scope of tax names no VAT ids');
  const needsVatId = category === 'K' || category === 'G';
  return [
    ...unless(
      Boolean(seller.vatId ?? (needsVatId ? null : seller.taxNumber)),
      rule,
      needsVatId ? 'The seller has no VAT id' : 'The seller has neither a VAT id nor a tax number',
      `${SELLER}/vat_id`,
    ),
    ...unless(category !== 'K' || Boolean(buyer.vatId), rule, 'The buyer has no VAT id (with its country)', `${BUYER}/tax_id`),
    ...unless(
      category !== 'AE' || Boolean(buyer.vatId ?? buyer.registration),
      rule,
      'The buyer has neither a VAT id (with its country) nor a registration number',
      `${BUYER}/tax_id`,
    ),
  ];
}

const deliveryRules = ({ delivery, period }: EInvoice): Finding[] => [
  ...unless(Boolean(delivery?.date ?? period), 'BR-IC-11', 'An intra-Community supply has neither a day nor a period'),
  ...unless(Boolean(delivery?.country), 'BR-IC-12', 'It does not say to which country was delivered', `${BUYER}/address/country`),
];

const aloneRules = (
  { taxes }: EInvoice,
  [lines, allowances, charges]: readonly (readonly [readonly Part[], string, string])[],
): Finding[] => {
  const alone = (parts: readonly Taxed[] | undefined) => (parts ?? []).every(({ category }) => category === 'O');
  const message = 'What is outside the scope of tax stands alone on an e-invoice';
  return [
    ...unless(alone(taxes), 'BR-O-11', message),
    ...unless(alone(lines?.[0]), 'BR-O-12', message),
    ...unless(alone(allowances?.[0]), 'BR-O-13', message),
    ...unless(alone(charges?.[0]), 'BR-O-14', message),
  ];
};

/** One row per category and percent, over what it sums up (08), with the rounded product as its tax (09; BR-CO-17 for any category). */
function breakdownRules(invoice: EInvoice): Finding[] {
  const key = ({ category, percent }: Taxed) => `${category} ${percent === null ? '' : fixed(percent, MOST_PLACES)}`;
  const parts = partsOf(invoice).flatMap(([all]) => all);
  const rows = invoice.taxes.map(key);
  const missing = parts.filter((part) => !rows.includes(key(part)));
  return [
    ...missing.flatMap(({ category, percent }) =>
      unless(false, ruleOf(category, '08'), `The breakdown has no row of ${category} ${percent ?? ''}`.trim()),
    ),
    ...invoice.taxes.flatMap((row, i) => {
      const { category, percent, taxable, tax } = row;
      const share = sum(parts.filter((part) => key(part) === key(row)).map(({ amount }) => amount));
      return [
        ...unless(percentFits(row), 'BR-48', `A row of ${category} does not go with its percent`),
        ...unless(
          taxable === share && rows.indexOf(key(row)) === i,
          ruleOf(category, '08'),
          `The taxable amount of ${category} is not what it sums up`,
        ),
        ...unless(
          tax === (percent === null ? 0n : product(taxable * fixed(percent, MOST_PLACES), 100n * ONE, invoice.currency)),
          ruleOf(category, '09'),
          `The tax of ${category} is not the rounded product of taxable amount and percent`,
        ),
      ];
    }),
  ];
}

/** The network of Peppol does not deliver to e-mail addresses (EM). */
const delivers = (address: Party['electronicAddress']) => address !== null && address.scheme !== 'EM';
/** What Peppol BIS Billing 3 demands beyond the standard. */
const peppolRules = ({ seller, buyer, buyerReference, order }: EInvoice): Finding[] => [
  ...unless(
    Boolean(buyerReference ?? order),
    'PEPPOL-EN16931-R003',
    'It names neither a reference of the buyer nor an order',
    `${BUYER}/buyer_reference`,
  ),
  ...unless(
    delivers(buyer.electronicAddress),
    'PEPPOL-EN16931-R010',
    'The buyer has no electronic address that Peppol delivers to',
    `${BUYER}/electronic_address`,
  ),
  ...unless(
    delivers(seller.electronicAddress),
    'PEPPOL-EN16931-R020',
    'The seller has no electronic address that Peppol delivers to',
    `${SELLER}/electronic_address`,
  ),
];

/** Of prices and percents; see from-invoice.ts. */
const MOST_PLACES = 20;
const ONE = 10n ** BigInt(MOST_PLACES);
/** A fraction of ten-thousandths, rounded half away from zero to the digits of the currency. */
function product(numerator: bigint, denominator: bigint, currency: string): bigint {
  const unit = 10n ** BigInt(4 - (isCurrency(currency) ? digitsOf(currency) : 2));
  return divideRounded(numerator, denominator * unit) * unit;
}
