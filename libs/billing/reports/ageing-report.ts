import { currency, Handles, Read, Tally } from '#kernel';
import { sql } from 'kysely';
import { z } from 'zod';
import { amount, asOf, entriesBy, groupedBy, said, todayOfSeller } from '../customers/figures.ts';
import { Invoice } from '../invoices/invoice.ts';
import { type Ageing, ageing, BUCKETS } from './ageing.ts';

export const AgeingQuery = z
  .strictObject({
    ...asOf,
    currency: currency().check.optional(),
    billing_entity_id: z.guid().toLowerCase().optional(),
    customer_account_id: z.guid().toLowerCase().optional(),
    by: z.enum(['customer']).optional().meta({ description: 'Shows each customer besides, the largest first, at most 1,000' }),
  })
  .meta({ id: 'AgeingQuery' });
const Buckets = z
  .object({ current: amount, '1-30': amount, '31-60': amount, '61-90': amount, '90+': amount })
  .meta({ id: 'AgeingBuckets' });
const Line = z.object({ currency: z.string(), buckets: Buckets, total: amount });
export const AgeingShown = z
  .object({
    as_of: z.iso.date(),
    currencies: z.array(Line.extend({ credit: amount.meta({ description: 'Of customers: given to no invoice, and in no bucket' }) })),
    customers: z.array(Line.extend({ customer_account_id: z.guid(), name: z.string() })),
  })
  .meta({ id: 'AgeingReport' });

/** What was due at the end of a day, by how long it had been overdue: summed up from the ledger, so that a past day stays what it was. */
export class AgeingReport extends Tally<z.output<typeof AgeingShown>> {
  constructor(readonly asked: z.output<typeof AgeingQuery>) {
    super();
  }
}

interface Found {
  currency: string;
  due_date: string | null;
  customer_account_id: string | null;
  name: string | null;
  owed: string;
}
const MOST = 1000;

@Handles(AgeingReport, 'read', Invoice)
class Handler {
  constructor(private readonly read: Read) {}

  async execute({ asked }: AgeingReport) {
    const day = asked.as_of ?? (await todayOfSeller(this.read, asked.billing_entity_id));
    const found = await this.found({ ...asked, as_of: day });
    const dues = found.flatMap(({ due_date: dueDate, currency, owed, ...rest }) =>
      dueDate === null ? [] : [{ ...rest, currency, dueDate, due: BigInt(owed) }],
    );
    const sums = ageing(dues, day);
    const currencies = [...new Set(found.map(({ currency }) => currency))].sort().map((currency) => {
      const credit = found.reduce((sum, one) => (one.currency === currency && one.due_date === null ? sum - BigInt(one.owed) : sum), 0n);
      return { ...shown(currency, sums.get(currency)), credit: said(credit, currency) };
    });
    return { as_of: day, currencies, customers: asked.by ? customersOf(dues, day) : [] };
  }

  /** Per currency and due date; what customers have to their credit has none. */
  private found(asked: z.output<typeof AgeingQuery>): Promise<Found[]> {
    const { currency, customer_account_id: customer, billing_entity_id: seller, by } = asked;
    const perInvoice = entriesBy(this.read, asked)
      .$if(currency !== undefined, (query) => query.where('ledger_entry.currency', '=', currency!))
      .$if(customer !== undefined, (query) => query.where('ledger_entry.customer_account_id', '=', customer!))
      .groupBy(['ledger_entry.invoice_id', 'ledger_entry.currency'])
      .having(sql<boolean>`sum(ledger_entry.amount_e4) <> 0`)
      .select(['ledger_entry.invoice_id', 'ledger_entry.currency', sql<string>`sum(ledger_entry.amount_e4)`.as('owed')]);
    const dueDate = sql<string | null>`case when part.owed > 0 then i.due_date end`;
    const whose = by ? sql<string | null>`i.customer_account_id` : sql<string | null>`null::uuid`;
    const name = by ? sql<string | null>`max(i.customer ->> 'name')` : sql<string | null>`null::text`;
    return this.read.all(
      this.read
        .union([perInvoice])
        .leftJoin(this.read.gated(Invoice).as('i'), 'i.id', 'part.invoice_id')
        .where(({ eb, or }) => or([eb('part.invoice_id', 'is', null), eb('i.id', 'is not', null)]))
        .$if(seller !== undefined, (query) => query.where('i.billing_entity_id', '=', seller!))
        .groupBy(['part.currency', dueDate, ...(by ? [sql.ref('i.customer_account_id')] : [])] as never)
        .select([
          'part.currency',
          dueDate.as('due_date'),
          whose.as('customer_account_id'),
          name.as('name'),
          sql<string>`sum(part.owed)::text`.as('owed'),
        ]) as never,
    );
  }
}

type Due = { currency: string; dueDate: string; due: bigint; customer_account_id: string | null; name: string | null };

function customersOf(dues: readonly Due[], day: string) {
  const groups = groupedBy(dues, ({ customer_account_id, currency }) => `${customer_account_id} ${currency}`);
  const lines = groups.map((group) => {
    const { currency, customer_account_id, name } = group[0]!;
    const sums = ageing(group, day).get(currency)!;
    return { customer_account_id: customer_account_id!, name: name ?? '', currency, sums, total: totalOf(sums) };
  });
  return lines
    .sort((a, b) => (a.total > b.total ? -1 : a.total < b.total ? 1 : 0))
    .slice(0, MOST)
    .map(({ sums, total: _, ...rest }) => ({ ...rest, ...shown(rest.currency, sums) }));
}

const totalOf = (sums: Ageing) => BUCKETS.reduce((all, bucket) => all + sums[bucket], 0n);
const NONE: Ageing = { current: 0n, '1-30': 0n, '31-60': 0n, '61-90': 0n, '90+': 0n };
function shown(currency: string, sums: Ageing = NONE) {
  const buckets = {
    current: said(sums.current, currency),
    '1-30': said(sums['1-30'], currency),
    '31-60': said(sums['31-60'], currency),
    '61-90': said(sums['61-90'], currency),
    '90+': said(sums['90+'], currency),
  };
  return { currency, buckets, total: said(totalOf(sums), currency) };
}
