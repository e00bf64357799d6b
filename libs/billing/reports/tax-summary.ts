import { fixed, formatFixed, Handles, Read, Tally } from '#kernel';
import { sql } from 'kysely';
import { z } from 'zod';
import { amount, groupedBy, said } from '../customers/figures.ts';
import { TAX_CATEGORIES } from '../invoices/arithmetic.ts';
import { Invoice } from '../invoices/invoice.ts';
import { InvoiceTax } from '../invoices/invoice-tax.ts';
import { daysOf, issuedIn, span } from './span.ts';

export const TaxSummaryQuery = z.strictObject(span).meta({ id: 'TaxSummaryQuery' });
const Line = z.object({
  currency: z.string(),
  category: z.enum(TAX_CATEGORIES),
  percent: z.string(),
  taxable: amount,
  tax: amount,
  documents: z.int(),
});
export const TaxSummaryShown = z
  .object({
    from: z.iso.date(),
    to: z.iso.date(),
    taxes: z.array(Line),
    totals: z.array(z.object({ currency: z.string(), taxable: amount, tax: amount })),
  })
  .meta({ id: 'TaxSummary' });

/** What tax was invoiced less what was credited, by the day of issue, per currency, category and percent. */
export class TaxSummary extends Tally<z.output<typeof TaxSummaryShown>> {
  constructor(readonly asked: z.output<typeof TaxSummaryQuery>) {
    super();
  }
}

interface Found {
  currency: string;
  category: z.output<typeof Line>['category'];
  percent: string;
  taxable: string;
  tax: string;
  documents: number;
}

@Handles(TaxSummary, 'read', Invoice)
class Handler {
  constructor(private readonly read: Read) {}

  async execute({ asked }: TaxSummary) {
    const days = await daysOf(this.read, asked);
    const signed = (column: string) =>
      sql<string>`sum(case invoice.kind when 'credit_note' then -${sql.ref(`t.${column}`)} else ${sql.ref(`t.${column}`)} end)::text`;
    const found: Found[] = await this.read.all(
      issuedIn(this.read, days, asked)
        .innerJoin(this.read.gated(InvoiceTax).as('t'), 't.invoice_id', 'invoice.id')
        .groupBy(['invoice.currency', 't.category', 't.percent'])
        .orderBy('invoice.currency')
        .orderBy('t.category')
        .orderBy('t.percent')
        .select([
          'invoice.currency',
          't.category',
          sql<string>`t.percent::text`.as('percent'),
          signed('taxable_e4').as('taxable'),
          signed('tax_e4').as('tax'),
          sql<number>`count(*)::int`.as('documents'),
        ]) as never,
    );
    const totals = groupedBy(found, ({ currency }) => currency);
    const sum = (lines: readonly Found[], of: 'taxable' | 'tax') => lines.reduce((all, line) => all + BigInt(line[of]), 0n);
    return {
      ...days,
      taxes: found.map(({ percent, taxable, tax, ...line }) => ({
        ...line,
        percent: formatFixed(fixed(percent, 4), 4),
        taxable: said(taxable, line.currency),
        tax: said(tax, line.currency),
      })),
      totals: totals.map((lines) => {
        const { currency } = lines[0]!;
        return { currency, taxable: said(sum(lines, 'taxable'), currency), tax: said(sum(lines, 'tax'), currency) };
      }),
    };
  }
}
