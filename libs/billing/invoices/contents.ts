import { type EntityManager, fixed, formatFixed, load, parseAmount, type Scribe, snake } from '#kernel';
import { isDeepStrictEqual } from 'node:util';
import { type Hold, loadOwing } from '../ledger/lock.ts';
import { taxOf } from './arithmetic.ts';
import { Invoice } from './invoice.ts';
import { InvoiceLine } from './invoice-line.ts';
import { InvoiceTax } from './invoice-tax.ts';
import { type Content, type ContentInput, type Referred, stillNamed } from './pricing.ts';

/** An invoice with its lines and taxes, as it is shown. */
export type Whole = Invoice & { lines: InvoiceLine[]; taxes: InvoiceTax[] };

/** Reads the lines and taxes of an invoice. */
export async function whole(em: EntityManager, invoice: Invoice): Promise<Whole> {
  const [lines, taxes] = [
    await em.find(InvoiceLine, { invoiceId: invoice.id }, { orderBy: { position: 'asc' } }),
    await em.find(InvoiceTax, { invoiceId: invoice.id }, { orderBy: { position: 'asc' } }),
  ];
  return Object.assign(invoice, { lines, taxes });
}

/** An invoice a command is about to change what is owed on: its customer and itself locked, whole. @throws not_found, version.mismatch */
export const loadOwed = async (em: EntityManager, id: string, hold?: Hold): Promise<Whole> =>
  whole(em, await loadOwing(em, Invoice, id, hold));

/** An invoice a command is about to change: locked, whole. @throws not_found, version.mismatch */
export const loadWhole = async (em: EntityManager, id: string): Promise<Whole> => whole(em, await load(em, Invoice, id));

/**
 * Gives an invoice its content. Rows are kept where they are: lines by their position, taxes by their tax, so that what is unique is so at
 * each moment of the flush. New rows are made by the scribe.
 */
export function fill(
  em: EntityManager,
  invoice: Invoice,
  { lines, taxes, allowances, charges, totals }: Content,
  scribe: Scribe = em,
): Whole {
  Object.assign(invoice, totals, { allowances, charges });
  const [formerLines, formerTaxes] = [invoice.lines ?? [], invoice.taxes ?? []];
  const before = told(formerLines);
  const newLines = lines.map((line, i) =>
    formerLines[i] ? Object.assign(formerLines[i], line) : scribe.create(InvoiceLine, { ...line, invoiceId: invoice.id }),
  );
  for (const surplus of formerLines.slice(lines.length)) em.remove(surplus);
  const after = told(newLines);
  if (formerLines.length && !isDeepStrictEqual(before, after)) invoice.reworded(before, after);
  const key = ({ category, percent }: Pick<InvoiceTax, 'category' | 'percent'>) => `${category} ${fixed(percent, 4)}`;
  const known = new Map(formerTaxes.map((row) => [key(row), row]));
  const newTaxes = taxes.map((tax) => {
    const row = known.get(key(tax));
    known.delete(key(tax));
    return row ? Object.assign(row, tax) : scribe.create(InvoiceTax, { ...tax, invoiceId: invoice.id });
  });
  for (const surplus of known.values()) em.remove(surplus);
  return Object.assign(invoice, { lines: newLines, taxes: newTaxes });
}

/** No decimal of a line has more. */
const PLACES = 6;
const TOLD = [
  'description',
  'quantity',
  'unit',
  'unitPrice',
  'discountPercent',
  'discountAmount',
  'net',
  'taxCategory',
  'taxPercent',
  'priceId',
  'periodStart',
  'periodEnd',
] as const;
/** Lines as the audit log tells them: in wire names, amounts in e4 like its others. */
const told = (lines: readonly InvoiceLine[]) =>
  lines.map((line) => Object.fromEntries(TOLD.map((name) => [snake(name), spelled(name, line[name])])));
function spelled(name: (typeof TOLD)[number], value: bigint | string | null) {
  if (typeof value === 'bigint') return String(value);
  const isDecimal = InvoiceLine.fields[name].column.type === 'decimal';
  return value && isDecimal ? formatFixed(fixed(value, PLACES), PLACES) : (value ?? null);
}

/** What was sent to make an invoice, read back from it without what is gone: to work it out again, or to make another of it. */
export function inputOf({ lines, allowances, charges, prepaid }: Whole, found: Referred): Required<ContentInput> {
  const extras = (stored: Invoice['allowances']) =>
    stored.map(({ reason, amount, tax_category, tax_percent }) => ({
      reason,
      amount: parseAmount(amount)!,
      taxCategory: tax_category,
      taxPercent: tax_percent,
    }));
  return {
    lines: lines
      .map((line) => ({ line, ...stillNamed(line, found) }))
      .map(({ line, priceId, taxRateId }) => ({
        description: line.description,
        quantity: line.quantity,
        unit: line.unit,
        unitPrice: line.unitPrice,
        discountPercent: line.discountPercent,
        ...(line.discountPercent ? {} : { discountAmount: line.discountAmount }),
        // A rate says more than its percent: why nothing is taxed.
        ...(taxRateId ? { taxRateId } : { taxCategory: line.taxCategory, taxPercent: line.taxPercent }),
        priceId,
        periodStart: line.periodStart,
        periodEnd: line.periodEnd,
      })),
    allowances: extras(allowances),
    charges: extras(charges),
    prepaid,
  };
}

export const taxOfLine = ({ taxCategory, taxPercent }: InvoiceLine) => taxOf(taxCategory, taxPercent);
