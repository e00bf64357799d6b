import { choice, day, entity, json, List, ref, whole } from '#kernel';
import { z } from 'zod';
import { Invoice } from '../invoices/invoice.ts';
import { Subscription } from './subscription.ts';

/** paused: all of it lay in a pause; skipped: missed, and passed over as its subscription wants it. */
export const PERIOD_STATUSES = ['billed', 'paused', 'skipped'] as const;

/** What was billed of an item in it: the days from one to that before another. */
const SoldDays = z.strictObject({ item_id: z.string(), from: z.string(), until: z.string() });
export type SoldDays = z.output<typeof SoldDays>;

/**
 * A period that is done with. Its row is written in the transaction that issues its invoice, and the unique key refuses a second: this row,
 * not any job, is what makes a period billed once.
 */
export class BillingPeriod extends entity(
  'billing_period',
  {
    subscriptionId: ref(() => Subscription),
    index: whole().describe('From 0'),
    periodStart: day(),
    periodEnd: day().describe('Its last day'),
    billedOn: day().describe('The day it fell due; the invoice says when it was issued'),
    status: choice(PERIOD_STATUSES),
    invoiceId: ref(() => Invoice).optional(),
    // Null where that was not written down.
    sold: json(z.array(SoldDays)).optional(),
  },
  {
    quiet: true,
    unique: [{ on: ['subscriptionId', 'index'] }],
    index: [['subscriptionId', 'index']],
    checks: { dates: 'period_end >= period_start', invoice: "(status = 'billed') = (invoice_id is not null)" },
  },
) {}

export const BillingPeriodView = BillingPeriod.view(
  'id',
  'subscriptionId',
  'index',
  'periodStart',
  'periodEnd',
  'billedOn',
  'status',
  'invoiceId',
  'createdAt',
);
export const billingPeriodList = new List(BillingPeriodView, {
  sorts: ['index'],
  standard: 'index',
  filters: ['status', 'periodStart', 'invoiceId'],
});
