import { currency, Handles, Query, Read } from '#kernel';
import { sql } from 'kysely';
import { z } from 'zod';
import { Invoice } from '../invoices/invoice.ts';
import { LEDGER_KINDS } from '../ledger/ledger-entry.ts';
import { Payment } from '../payments/payment.ts';
import { CustomerAccount, CustomerAccountView } from './customer-account.ts';
import { amount, asOf, dayAsked, entriesBy, said, todayOfSeller } from './figures.ts';

export const StatementQuery = z
  .strictObject({
    from: dayAsked.meta({ description: 'The first day; from the beginning unless given' }),
    to: dayAsked.meta({ description: 'The last day; today unless given' }),
    known_at: asOf.known_at,
    currency: currency().check.optional().meta({ description: 'That of the customer unless given' }),
  })
  .meta({ id: 'StatementQuery' });
const StatementEntry = z
  .object({
    id: z.guid(),
    day: z.iso.date(),
    kind: z.enum(LEDGER_KINDS),
    number: z.string().nullable().meta({ description: 'Of the invoice or credit note; of a payment its external id or reference' }),
    invoice_id: z.guid().nullable(),
    payment_id: z.guid().nullable(),
    due_date: z.iso.date().nullable(),
    amount: amount.meta({ description: 'Above zero the customer owes more' }),
    balance: amount,
    reason: z.string().nullable(),
  })
  .meta({ id: 'StatementEntry' });
export const Statement = z
  .object({
    customer_account_id: z.guid(),
    from: z.iso.date().nullable(),
    to: z.iso.date(),
    currency: z.string(),
    opening_balance: amount,
    closing_balance: amount,
    entries: z.array(StatementEntry),
    other_currencies: z.array(z.string()).meta({ description: 'In which there is something too' }),
  })
  .meta({ id: 'CustomerStatement' });

/** What changed what a customer owes, day by day with a running balance. Which payment paid which invoice changes nothing and is left out. */
export class CustomerStatement extends Query<z.output<typeof Statement>> {
  constructor(
    readonly id: string,
    readonly asked: z.output<typeof StatementQuery> = {},
  ) {
    super();
  }
}

interface Line {
  id: string;
  day: string;
  kind: z.output<typeof StatementEntry>['kind'];
  number: string | null;
  invoice_id: string | null;
  payment_id: string | null;
  due_date: string | null;
  amount: string;
  reason: string | null;
}

@Handles(CustomerStatement, 'read', CustomerAccount)
class Handler {
  constructor(private readonly read: Read) {}

  async execute({ id, asked: { from, to, known_at, currency } }: CustomerStatement) {
    const account = await this.read.one(CustomerAccountView, id);
    const last = to ?? (await todayOfSeller(this.read));
    const entries = () => entriesBy(this.read, { as_of: last, known_at }).where('ledger_entry.customer_account_id', '=', id);
    const of = currency ?? account.currency;
    const [lines, sums] = await Promise.all([
      this.lines(entries().where('ledger_entry.currency', '=', of), from),
      this.read.all(
        entries()
          .groupBy('ledger_entry.currency')
          .orderBy('ledger_entry.currency')
          .select([
            'ledger_entry.currency',
            sql<string>`coalesce(sum(ledger_entry.amount_e4) filter (where ledger_entry.day < ${from ?? '0001-01-01'}::date), 0)::text`.as(
              'before',
            ),
          ]),
      ),
    ]);
    let balance = BigInt(sums.find((sum) => sum.currency === of)?.before ?? 0);
    const opening = balance;
    const shown = lines.map(({ amount: e4, ...line }) => {
      balance += BigInt(e4);
      return { ...line, amount: said(e4, of), balance: said(balance, of) };
    });
    return {
      customer_account_id: id,
      from: from ?? null,
      to: last,
      currency: of,
      opening_balance: said(opening, of),
      closing_balance: said(balance, of),
      entries: shown,
      other_currencies: sums.flatMap((sum) => (sum.currency === of ? [] : [sum.currency])),
    };
  }

  private lines(entries: ReturnType<typeof entriesBy>, from: string | undefined): Promise<Line[]> {
    const inOrder = entries
      .where('ledger_entry.kind', '<>', 'allocation')
      .$if(from !== undefined, (query) => query.where('ledger_entry.day', '>=', from!))
      .leftJoin(this.read.gated(Invoice).as('i'), 'i.id', 'ledger_entry.invoice_id')
      .leftJoin(this.read.gated(Payment).as('p'), 'p.id', 'ledger_entry.payment_id')
      .orderBy('ledger_entry.day')
      .orderBy('ledger_entry.created_at')
      .orderBy('ledger_entry.id');
    return this.read.all(
      inOrder.select([
        'ledger_entry.id',
        'ledger_entry.day',
        'ledger_entry.kind',
        sql<string | null>`coalesce(i.number, p.external_id, p.reference)`.as('number'),
        'ledger_entry.invoice_id',
        'ledger_entry.payment_id',
        'i.due_date',
        sql<string>`ledger_entry.amount_e4::text`.as('amount'),
        'ledger_entry.reason',
      ]) as never,
    );
  }
}
