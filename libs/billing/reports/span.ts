import { addMonths, currency, type Read, startOfMonth, today } from '#kernel';
import { z } from 'zod';
import { dayAsked, zoneOfSeller } from '../customers/figures.ts';
import { Invoice } from '../invoices/invoice.ts';

/** What a report over a span of days is asked by. */
export const span = {
  from: dayAsked.meta({ description: 'The first day of issue; the first of the month eleven months ago unless given' }),
  to: dayAsked.meta({ description: 'The last day of issue; today unless given' }),
  currency: currency().check.optional(),
  billing_entity_id: z.guid().toLowerCase().optional(),
};
export interface Span {
  from?: string | undefined;
  to?: string | undefined;
  currency?: string | undefined;
  billing_entity_id?: string | undefined;
}

/** The span in days, in the zone of the seller. */
export async function daysOf(read: Read, { from, to, billing_entity_id: seller }: Span): Promise<{ from: string; to: string }> {
  const last = to ?? today(await zoneOfSeller(read, seller));
  return { from: from ?? addMonths(startOfMonth(last), -11), to: last };
}

/** What was issued in the span and not voided, that the caller may read: invoices and credit notes. */
export const issuedIn = (read: Read, { from, to }: { from: string; to: string }, { currency, billing_entity_id: seller }: Span) =>
  read
    .from(Invoice)
    .where('invoice.status', 'not in', ['draft', 'voided'])
    .where('invoice.kind', '<>', 'proforma')
    .where('invoice.issue_date', '>=', from)
    .where('invoice.issue_date', '<=', to)
    .$if(currency !== undefined, (query) => query.where('invoice.currency', '=', currency!))
    .$if(seller !== undefined, (query) => query.where('invoice.billing_entity_id', '=', seller!));
