import { Handles, Read, Tally } from '#kernel';
import { sql } from 'kysely';
import { z } from 'zod';
import { amount, said } from '../customers/figures.ts';
import { Invoice } from '../invoices/invoice.ts';
import { daysOf, issuedIn, span } from './span.ts';

const INTERVALS = ['day', 'week', 'month', 'quarter', 'year'] as const;
export const RevenueQuery = z.strictObject({ ...span, interval: z.enum(INTERVALS).default('month') }).meta({ id: 'RevenueQuery' });
const figures = {
  currency: z.string(),
  invoices: z.int(),
  credit_notes: z.int(),
  invoiced: amount.meta({ description: 'Net, of invoices' }),
  credited: amount.meta({ description: 'Net, of credit notes' }),
  net: amount,
  tax: amount,
  gross: amount,
};
const Period = z.object({ period: z.iso.date().meta({ description: 'Its first day' }), ...figures });
export const Revenue = z
  .object({
    from: z.iso.date(),
    to: z.iso.date(),
    interval: z.enum(INTERVALS),
    periods: z.array(Period),
    totals: z.array(z.object(figures)),
  })
  .meta({ id: 'RevenueReport' });

/** What was invoiced less what was credited, by the day of issue, per period and currency. What was voided was never earned. */
export class RevenueReport extends Tally<z.output<typeof Revenue>> {
  constructor(readonly asked: z.output<typeof RevenueQuery>) {
    super();
  }
}

interface Sums {
  invoices: number;
  credit_notes: number;
  invoiced: bigint;
  credited: bigint;
  tax: bigint;
  gross: bigint;
}
interface Line extends Record<'invoiced' | 'credited' | 'tax' | 'gross', string> {
  period: string;
  currency: string;
  invoices: number;
  credit_notes: number;
}

@Handles(RevenueReport, 'read', Invoice)
class Handler {
  constructor(private readonly read: Read) {}

  async execute({ asked }: RevenueReport) {
    const days = await daysOf(this.read, asked);
    const period = sql<string>`date_trunc(${sql.lit(asked.interval)}, invoice.issue_date)::date::text`;
    const signed = (column: string) =>
      sql<string>`sum(case invoice.kind when 'credit_note' then -${sql.ref(`invoice.${column}`)} else ${sql.ref(`invoice.${column}`)} end)::text`;
    const only = (kind: 'invoice' | 'credit_note') =>
      sql<string>`coalesce(sum(invoice.net_e4) filter (where invoice.kind = ${sql.lit(kind)}), 0)::text`;
    const count = (kind: 'invoice' | 'credit_note') => sql<number>`(count(*) filter (where invoice.kind = ${sql.lit(kind)}))::int`;
    const lines: Line[] = await this.read.all(
      issuedIn(this.read, days, asked)
        .groupBy([sql`1`, 'invoice.currency'])
        .orderBy(sql`1`)
        .orderBy('invoice.currency')
        .select([
          period.as('period'),
          'invoice.currency',
          count('invoice').as('invoices'),
          count('credit_note').as('credit_notes'),
          only('invoice').as('invoiced'),
          only('credit_note').as('credited'),
          signed('tax_e4').as('tax'),
          signed('gross_e4').as('gross'),
        ]) as never,
    );
    const totals = new Map<string, Sums>();
    for (const line of lines) totals.set(line.currency, added(totals.get(line.currency), sumsOf(line)));
    return {
      ...days,
      interval: asked.interval,
      periods: lines.map((line) => ({ period: line.period, ...shown(line.currency, sumsOf(line)) })),
      totals: [...totals].sort(([a], [b]) => (a < b ? -1 : 1)).map(([currency, sums]) => shown(currency, sums)),
    };
  }
}

const sumsOf = ({ invoices, credit_notes, ...line }: Line): Sums => ({
  invoices,
  credit_notes,
  invoiced: BigInt(line.invoiced),
  credited: BigInt(line.credited),
  tax: BigInt(line.tax),
  gross: BigInt(line.gross),
});
const added = (a: Sums | undefined, b: Sums): Sums =>
  a
    ? {
        invoices: a.invoices + b.invoices,
        credit_notes: a.credit_notes + b.credit_notes,
        invoiced: a.invoiced + b.invoiced,
        credited: a.credited + b.credited,
        tax: a.tax + b.tax,
        gross: a.gross + b.gross,
      }
    : b;
const shown = (currency: string, { invoices, credit_notes, invoiced, credited, tax, gross }: Sums) => ({
  currency,
  invoices,
  credit_notes,
  invoiced: said(invoiced, currency),
  credited: said(credited, currency),
  net: said(invoiced - credited, currency),
  tax: said(tax, currency),
  gross: said(gross, currency),
});
