import { fixed, formatFixed } from '#kernel';
import { createHash } from 'node:crypto';
import type { Whole } from './contents.ts';

/** The same text for the same value, whatever order its keys came back in from the database. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value === 'bigint') return `"${value}"`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value ?? null);
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined && inner !== null);
  return `{${entries
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`)
    .join(',')}}`;
}
const decimal = (text: string | null | undefined) => (text == null ? null : formatFixed(fixed(text, 6), 6));

/** SHA-256 (base64url) over everything that an issued invoice says. It can be worked out again at any time, and must be the same. */
export function contentHash(invoice: Whole): string {
  const { lines, taxes } = invoice;
  const said = {
    number: invoice.number,
    kind: invoice.kind,
    issueDate: invoice.issueDate,
    dueDate: invoice.dueDate,
    currency: invoice.currency,
    pricesIncludeTax: invoice.pricesIncludeTax,
    reference: invoice.reference,
    notes: invoice.notes,
    precedingInvoiceId: invoice.precedingInvoiceId,
    seller: invoice.seller,
    customer: invoice.customer,
    allowances: invoice.allowances,
    charges: invoice.charges,
    totals: [
      invoice.linesTotal,
      invoice.allowancesTotal,
      invoice.chargesTotal,
      invoice.net,
      invoice.tax,
      invoice.gross,
      invoice.rounding,
      invoice.prepaid,
      invoice.payable,
    ],
    lines: lines.map((line) => [
      line.description,
      decimal(line.quantity),
      line.unit,
      decimal(line.unitPrice),
      line.amount,
      line.discountAmount,
      line.total,
      line.net,
      line.taxCategory,
      decimal(line.taxPercent),
      line.periodStart,
      line.periodEnd,
    ]),
    taxes: taxes.map((tax) => [tax.category, decimal(tax.percent), tax.taxable, tax.tax, tax.exemptionReason]),
  };
  return createHash('sha256').update(canonical(said)).digest('base64url');
}
