import {
  camelCased,
  digitsOf,
  type EntityManager,
  fitsCurrency,
  formatAmount,
  invalid,
  money,
  missing,
  parseAmount,
  problem,
  ratio,
} from '#kernel';
import { z } from 'zod';
import { Price } from '../catalog/price.ts';
import { Product } from '../catalog/product.ts';
import { percentFits, TaxRate, taxRateNotValid } from '../catalog/tax-rate.ts';
import { type Bill, type Figures, sameTax, type Share, type Tax, taxOf, type Totals, workOut } from './arithmetic.ts';
import type { ExtraShown } from './invoice.ts';
import { InvoiceLine } from './invoice-line.ts';
import type { InvoiceTax } from './invoice-tax.ts';

export const LineInput = InvoiceLine.patch(
  'description',
  'quantity',
  'unit',
  'unitPrice',
  'discountPercent',
  'discountAmount',
  'taxCategory',
  'taxPercent',
  'taxRateId',
  'priceId',
  'periodStart',
  'periodEnd',
).meta({ id: 'InvoiceLineInput', description: 'A price_id gives description, unit, unit_price and tax, unless they are given beside it' });
export type LineInput = z.output<typeof LineInput>;

export interface ExtraInput {
  reason?: string | null;
  amount: bigint;
  taxPercent?: string | null;
  taxCategory?: Tax['category'] | null;
  taxRateId?: string | null;
}
const { taxPercent, taxCategory, taxRateId } = InvoiceLine.fields;
export const ExtraInput = camelCased<ExtraInput>(
  ['reason', 'amount', 'taxPercent', 'taxCategory', 'taxRateId'],
  z.strictObject({
    reason: z.string().trim().max(200).nullish(),
    amount: money({ min: 0n }).check,
    tax_percent: taxPercent.check.nullish(),
    tax_category: taxCategory.check.nullish(),
    tax_rate_id: taxRateId.check.nullish(),
  }),
).meta({ id: 'InvoiceExtraInput', description: 'Without a tax it is shared over the lines' });

/** What stands on an invoice. */
export interface ContentInput {
  readonly lines: readonly LineInput[];
  readonly allowances?: readonly ExtraInput[];
  readonly charges?: readonly ExtraInput[];
  readonly prepaid?: bigint;
}
export interface Terms {
  readonly currency: string;
  readonly pricesIncludeTax: boolean;
  /** The day whose tax rates are valid for what has no days of its own. */
  readonly day: string;
  /** Whether the catalogue says what tax is on a line that names none. */
  readonly taxable: boolean;
  /** The tax of a line that nothing else says one of. */
  readonly tax: Tax;
}

export type LineContent = Omit<
  InvoiceLine,
  'id' | 'version' | 'createdAt' | 'updatedAt' | 'tenantId' | 'createdBy' | 'deletedAt' | 'invoiceId' | 'remove' | 'record'
>;
export type TaxContent = Pick<
  InvoiceTax,
  'position' | 'category' | 'percent' | 'taxable' | 'tax' | 'einvoiceTax' | 'exemptionReason' | 'currency'
>;
export interface TotalFields {
  linesTotal: bigint;
  allowancesTotal: bigint;
  chargesTotal: bigint;
  net: bigint;
  tax: bigint;
  gross: bigint;
  rounding: bigint;
  prepaid: bigint;
  payable: bigint;
  einvoiceTax: bigint;
  einvoiceRounding: bigint;
}
/** What an invoice holds, worked out. */
export interface Content {
  readonly lines: readonly LineContent[];
  readonly taxes: readonly TaxContent[];
  readonly allowances: ExtraShown[];
  readonly charges: ExtraShown[];
  readonly totals: TotalFields;
}

export const priceCurrency = problem('price.currency', 422, 'The price is in another currency than the invoice');

/** Why no tax is charged, where nothing else says so: VATEX texts of EN 16931. */
const REASONS: Partial<Record<Tax['category'], string>> = {
  E: 'Exempt from tax',
  AE: 'Reverse charge',
  K: 'Intra-Community supply',
  G: 'Export outside the EU',
  O: 'Not subject to tax',
};

/**
 * Looks up prices and rates, and works everything out; nothing is stored.
 * @throws request.invalid, not_found, price.currency, tax_rate.not_valid, tax.percent_without_standard and those of workOut
 */
export async function priced(em: EntityManager, input: ContentInput, terms: Terms, known?: Referred): Promise<Content> {
  const { currency } = terms;
  const found = known ?? (await referred(em, input));
  const lines = input.lines.map((line, i) => resolved(line, `/lines/${i}`, found, terms));
  const extras = (given: readonly ExtraInput[] = [], name: string) =>
    given.map((extra, i) => {
      exact(extra.amount, currency, `/${name}/${i}/amount`);
      return { ...extra, tax: taxNamed(extra, `/${name}/${i}`, found, terms) };
    });
  const allowances = extras(input.allowances, 'allowances');
  const charges = extras(input.charges, 'charges');
  exact(input.prepaid ?? 0n, currency, '/prepaid');

  const { pricesIncludeTax } = terms;
  const bill: Bill = { currency, pricesIncludeTax, lines, allowances, charges, prepaid: input.prepaid };
  const figures = workOut(bill);
  // Whatever is worked out beside it may have found others.
  const own = [...lines, ...(input.allowances ?? []), ...(input.charges ?? [])].flatMap(
    ({ taxRateId }) => found.rates.get(taxRateId ?? '') ?? [],
  );
  const reasonOf = (tax: Tax) =>
    own.find((rate) => rate.exemptionText && sameTax(taxOf(rate.category, rate.percent), tax))?.exemptionText ??
    REASONS[tax.category] ??
    null;
  return {
    lines: lines.map(({ tax, ...line }, i) => lineContent(line, tax, figures.lines[i]!, i, currency)),
    taxes: taxContents(figures.taxes, currency, reasonOf),
    allowances: allowances.map((extra, i) => shown(extra, figures.allowances[i]!, currency)),
    charges: charges.map((extra, i) => shown(extra, figures.charges[i]!, currency)),
    totals: totalFields(figures.totals),
  };
}

/** The prices, products and tax rates that something names. */
export interface Referred {
  prices: Map<string, Price>;
  products: Map<string, Product>;
  rates: Map<string, TaxRate>;
}
export async function referred(em: EntityManager, { lines, allowances = [], charges = [] }: ContentInput): Promise<Referred> {
  const ids = (all: readonly (string | null | undefined)[]) => [...new Set(all.filter((id) => id != null))];
  const byId = <T extends { id: string }>(rows: T[]) => new Map(rows.map((row) => [row.id, row]));
  const priceIds = ids(lines.map(({ priceId }) => priceId));
  const prices = byId(priceIds.length ? await em.find(Price, { id: { $in: priceIds } }) : []);
  const productIds = ids([...prices.values()].map(({ productId }) => productId));
  const products = byId(productIds.length ? await em.find(Product, { id: { $in: productIds } }) : []);
  const rateIds = ids([...lines, ...allowances, ...charges, ...prices.values(), ...products.values()].map((one) => one.taxRateId));
  const rates = byId(rateIds.length ? await em.find(TaxRate, { id: { $in: rateIds } }) : []);
  return { prices, products, rates };
}

/** What a line names of the catalogue that is there still; what was gone stands on the line in words and figures. */
export const stillNamed = ({ priceId, taxRateId }: Pick<LineInput, 'priceId' | 'taxRateId'>, { prices, rates }: Referred) => ({
  priceId: priceId && prices.has(priceId) ? priceId : null,
  taxRateId: taxRateId && rates.has(taxRateId) ? taxRateId : null,
});

function resolved(line: LineInput, pointer: string, found: Referred, terms: Terms) {
  const price = line.priceId ? found.prices.get(line.priceId) : undefined;
  if (line.priceId && !price) throw missingAt('Price', `${pointer}/price_id`);
  const product = price && found.products.get(price.productId);
  if (price && price.currency !== terms.currency && line.unitPrice === undefined)
    throw priceCurrency(`The price is in ${price.currency}`, {
      details: [{ pointer: `${pointer}/price_id`, code: 'currency', message: 'is in another currency' }],
    });
  const description = line.description ?? product?.name;
  const unitPrice = line.unitPrice ?? price?.unitAmount;
  if (description === undefined) throw required(`${pointer}/description`);
  if (unitPrice === undefined) throw required(`${pointer}/unit_price`);
  if (line.discountPercent && line.discountAmount) throw refused(`${pointer}/discount_amount`, 'excludes discount_percent');
  if (line.discountPercent && overHundred(line.discountPercent)) throw refused(`${pointer}/discount_percent`, 'is at most 100');
  if (line.discountAmount) exact(line.discountAmount, terms.currency, `${pointer}/discount_amount`);
  const namesNone = line.taxPercent == null && line.taxCategory == null;
  const rateId = line.taxRateId ?? (namesNone && terms.taxable ? (price?.taxRateId ?? product?.taxRateId) : null);
  return {
    ...line,
    description,
    unitPrice,
    quantity: line.quantity ?? '1',
    unit: line.unit ?? product?.unit ?? null,
    taxRateId: rateId ?? null,
    tax: taxNamed({ ...line, taxRateId: rateId }, pointer, found, terms) ?? terms.tax,
  };
}

type Dated = Pick<LineInput, 'quantity' | 'periodEnd'>;
/**
 * What is sold bears a rate that is valid on the last of its days, or on the day of the invoice where it has none; what is given back bears
 * the one that it was billed with.
 */
export const mayBear = (rate: TaxRate, { quantity, periodEnd }: Dated, issueDate: string): boolean =>
  quantity?.startsWith('-') || rate.validOn(periodEnd ?? issueDate);
/** @throws tax_rate.not_valid */
export function mustBear(rate: TaxRate, line: Dated, issueDate: string): void {
  if (!mayBear(rate, line, issueDate)) throw taxRateNotValid(`${rate.code} is not valid on ${line.periodEnd ?? issueDate}`);
}

/** The tax that a line or an extra names; null when it names none. */
function taxNamed(
  named: Pick<ExtraInput, 'taxRateId' | 'taxPercent' | 'taxCategory'> & Dated,
  pointer: string,
  found: Referred,
  { day }: Terms,
): Tax | null {
  if (named.taxRateId) {
    const rate = found.rates.get(named.taxRateId);
    if (!rate) throw missingAt('Tax rate', `${pointer}/tax_rate_id`);
    mustBear(rate, named, day);
    return taxOf(rate.category, rate.percent);
  }
  if (named.taxPercent == null && named.taxCategory == null) return null;
  const percent = named.taxPercent ?? '0';
  if (overHundred(percent)) throw refused(`${pointer}/tax_percent`, 'is at most 100');
  const category = named.taxCategory ?? 'S';
  percentFits({ category, percent }, `${pointer}/tax_percent`);
  return taxOf(category, percent);
}

type Resolved = Omit<ReturnType<typeof resolved>, 'tax'>;
const lineContent = (line: Resolved, tax: Tax, figures: Figures['lines'][number], index: number, currency: string): LineContent => ({
  position: index + 1,
  description: line.description,
  quantity: line.quantity,
  unit: line.unit,
  unitPrice: line.unitPrice,
  amount: figures.amount,
  discountPercent: line.discountPercent ?? null,
  discountAmount: figures.discount,
  total: figures.total,
  net: figures.net,
  taxCategory: tax.category,
  taxPercent: tax.percent,
  taxRateId: line.taxRateId,
  priceId: line.priceId ?? null,
  periodStart: line.periodStart ?? null,
  periodEnd: line.periodEnd ?? null,
  creditsLineId: null,
  creditsQuantity: null,
  currency,
});

export const taxContents = (taxes: Figures['taxes'], currency: string, reasonOf: (tax: Tax) => string | null): TaxContent[] =>
  taxes.map(({ category, percent, taxable, tax, einvoiceTax }, i) => ({
    position: i + 1,
    category,
    percent,
    taxable,
    tax,
    einvoiceTax,
    exemptionReason: reasonOf({ category, percent }),
    currency,
  }));

export const totalFields = ({ lines, allowances, charges, ...rest }: Totals): TotalFields => ({
  ...rest,
  linesTotal: lines,
  allowancesTotal: allowances,
  chargesTotal: charges,
});

const shown = ({ reason, amount, tax }: ExtraInput & { tax: Tax | null }, shares: readonly Share[], currency: string): ExtraShown => ({
  reason: reason ?? null,
  amount: formatAmount(amount, currency),
  tax_category: tax?.category ?? null,
  tax_percent: tax?.percent ?? null,
  ...sharesShown(shares, currency),
});
export const sharesShown = (shares: readonly Share[], currency: string) => ({
  net: formatAmount(
    shares.reduce((sum, { net }) => sum + net, 0n),
    currency,
  ),
  shares: shares.map(({ tax, total, net }) => ({
    tax_category: tax.category,
    tax_percent: tax.percent,
    amount: formatAmount(total, currency),
    net: formatAmount(net, currency),
  })),
});
/** The shares of allowances or charges as they were stored. */
export const sharesOf = (extras: readonly ExtraShown[]): Share[] =>
  extras.flatMap(({ shares }) =>
    shares.map(({ tax_category, tax_percent, amount, net }) => ({
      tax: { category: tax_category, percent: tax_percent },
      total: parseAmount(amount)!,
      net: parseAmount(net)!,
    })),
  );

const overHundred = (percent: string) => {
  const { numerator, denominator } = ratio(percent, 100);
  return numerator > denominator;
};
const refused = (pointer: string, message: string) =>
  invalid(`The request does not fit: ${pointer} ${message}`, { details: [{ pointer, code: 'invalid', message }] });
const required = (pointer: string) => refused(pointer, 'is needed');
function exact(amount: bigint, currency: string, pointer: string) {
  if (!fitsCurrency(amount, currency)) throw refused(pointer, `has more than the ${digitsOf(currency)} digits of ${currency}`);
}
const missingAt = (what: string, pointer: string) => {
  const refusal = missing(what);
  refusal.more.details = [{ pointer, code: 'not_found', message: refusal.message }];
  return refusal;
};
