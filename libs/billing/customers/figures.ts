import { day, formatAmount, missing, moment, type Read, today } from '#kernel';
import { sql } from 'kysely';
import { z } from 'zod';
import { BillingEntity } from '../billing-entities/billing-entity.ts';
import { LedgerEntry } from '../ledger/ledger-entry.ts';

/** A day that figures are asked by, and an instant: those that a field may have, so that what is worked out from them is in the calendar too. */
export const dayAsked = day().check.optional();
const instant = z.iso
  .datetime({ offset: true })
  .refine((text) => moment().check.safeParse(text).success, 'lies outside of the years 1000 to 2999');
/** What a figure of the ledger is asked by: what counts by a day, as it was known at an instant. */
export const asOf = {
  as_of: dayAsked.meta({ description: 'What counts by the end of this day; today in the zone of the seller' }),
  known_at: instant.optional().meta({ description: 'Only what was entered by then: the same figures as were printed then' }),
};
export interface AsOf {
  as_of?: string | undefined;
  known_at?: string | undefined;
}

/** The entries that count by a day, in the rows the caller may read. */
export const entriesBy = (read: Read, { as_of: day, known_at: known }: AsOf) =>
  read
    .from(LedgerEntry)
    .$if(day !== undefined, (query) => query.where('ledger_entry.day', '<=', day!))
    .$if(known !== undefined, (query) => query.where(sql<boolean>`ledger_entry.created_at <= ${known}::timestamptz`));

/** The zone whose days count: of the named seller, else of the default one. @throws not_found */
export async function zoneOfSeller(read: Read, id?: string): Promise<string> {
  const sellers = read.from(BillingEntity).select('billing_entity.time_zone');
  const [row] = await read.some(id ? sellers.where('billing_entity.id', '=', id) : sellers.where('billing_entity.is_default', '=', true));
  if (!row) throw missing('Billing entity');
  return row.time_zone;
}
export const todayOfSeller = async (read: Read, id?: string): Promise<string> => today(await zoneOfSeller(read, id));

export const amount = z.string().meta({ example: '125.00' });
export const said = (e4: string | bigint | null | undefined, currency: string): string => formatAmount(BigInt(e4 ?? 0), currency);

/** The items that share a key, group by group. */
export function groupedBy<T>(items: readonly T[], key: (item: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group) group.push(item);
    else groups.set(key(item), [item]);
  }
  return [...groups.values()];
}
