import { Handles, Query, Read } from '#kernel';
import { sql } from 'kysely';
import { z } from 'zod';
import { Invoice } from '../invoices/invoice.ts';
import { CustomerAccount, CustomerAccountView } from './customer-account.ts';
import { amount, asOf, entriesBy, said, todayOfSeller } from './figures.ts';

export const BalanceQuery = z.strictObject(asOf).meta({ id: 'BalanceQuery' });
const figures = {
  currency: z.string(),
  balance: amount.meta({ description: 'What the customer owes, less his credit' }),
  due: amount,
  overdue: amount,
  credit: amount.meta({ description: 'Of payments that are given to no invoice, and of credit notes' }),
};
export const Balance = z
  .object({ customer_account_id: z.guid(), as_of: z.iso.date(), ...figures, by_currency: z.array(z.object(figures)) })
  .meta({ id: 'CustomerBalance' });

/** What a customer owes and has to his credit: in his currency, and in each he has dealt in. */
export class CustomerBalance extends Query<z.output<typeof Balance>> {
  constructor(
    readonly id: string,
    readonly asked: z.output<typeof BalanceQuery> = {},
  ) {
    super();
  }
}

interface Line {
  currency: string;
  balance: string;
  due: string | null;
  overdue: string | null;
  credit: string | null;
}

@Handles(CustomerBalance, 'read', CustomerAccount)
class Handler {
  constructor(private readonly read: Read) {}

  async execute({ id, asked }: CustomerBalance) {
    const account = await this.read.one(CustomerAccountView, id);
    const day = asked.as_of ?? (await todayOfSeller(this.read));
    const lines = (await this.lines(id, { ...asked, as_of: day })).map(({ currency, ...sums }) => ({
      currency,
      balance: said(sums.balance, currency),
      due: said(sums.due, currency),
      overdue: said(sums.overdue, currency),
      credit: said(sums.credit, currency),
    }));
    const zero = said(0n, account.currency);
    const own = lines.find(({ currency }) => currency === account.currency);
    const none = { currency: account.currency, balance: zero, due: zero, overdue: zero, credit: zero };
    return { customer_account_id: id, as_of: day, ...(own ?? none), by_currency: lines };
  }

  private lines(id: string, asked: z.output<typeof BalanceQuery>): Promise<Line[]> {
    const perDocument = entriesBy(this.read, asked)
      .where('ledger_entry.customer_account_id', '=', id)
      .groupBy(['ledger_entry.currency', 'ledger_entry.invoice_id', 'ledger_entry.payment_id'])
      .select(['ledger_entry.currency', 'ledger_entry.invoice_id', sql<string>`sum(ledger_entry.amount_e4)`.as('owed')]);
    return this.read.some(
      this.read
        .union([perDocument])
        .leftJoin(this.read.gated(Invoice).as('i'), 'i.id', 'part.invoice_id')
        .groupBy('part.currency')
        .orderBy('part.currency')
        .select([
          'part.currency',
          sql<string>`sum(part.owed)::text`.as('balance'),
          sql<string | null>`sum(part.owed) filter (where part.owed > 0)::text`.as('due'),
          sql<string | null>`sum(part.owed) filter (where part.owed > 0 and i.due_date < ${asked.as_of}::date)::text`.as('overdue'),
          sql<string | null>`(-sum(part.owed) filter (where part.owed < 0))::text`.as('credit'),
        ]) as never,
    );
  }
}
