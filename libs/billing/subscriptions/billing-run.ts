import { choice, entity, flag, json, List, moment, problem, whole } from '#kernel';
import { z } from 'zod';

const Planned = z
  .strictObject({
    subscription_id: z.string(),
    periods: z.array(z.strictObject({ index: z.number(), period_start: z.string(), period_end: z.string() })),
    status: z.enum(['billed', 'paused', 'skipped', 'parked', 'waiting']),
    currency: z.string(),
    payable: z.string().nullable(),
    reason: z.string().nullable(),
  })
  .meta({ id: 'PlannedInvoice', description: 'An invoice that a run would make, or periods that get none' });
export type Planned = z.output<typeof Planned>;

/** Somebody had what is due billed by hand, or looked what would be. What the worker does by itself leaves invoices, and no run. */
export class BillingRun extends entity(
  'billing_run',
  {
    asOf: moment().describe('What is due up to then'),
    dryRun: flag().or(false).describe('Tells what would be done, and does nothing'),
    status: choice(['running', 'done', 'failed'], 'running').describe(
      'failed: its rest was given up, and is billed with what falls due next',
    ),
    subscriptions: whole().or(0).describe('How many were looked at'),
    invoices: whole().or(0).describe('How many were issued'),
    periods: whole().or(0).describe('How many were billed'),
    pausedPeriods: whole().or(0),
    skippedPeriods: whole().or(0),
    parked: whole().or(0).describe('Subscriptions that nobody bills until a person has looked'),
    planned: json(z.array(Planned)).or([]).describe('Of a dry run'),
    finishedAt: moment().optional(),
  },
  { index: [['status', 'createdAt', 'id']] },
) {
  /** Adds what was done. */
  count(done: Counts): void {
    for (const name of COUNTS) this[name] += done[name];
  }
}
export const COUNTS = ['subscriptions', 'invoices', 'periods', 'pausedPeriods', 'skippedPeriods', 'parked'] as const;
export type Counts = Record<(typeof COUNTS)[number], number>;
export const nothingDone = (): Counts => ({ subscriptions: 0, invoices: 0, periods: 0, pausedPeriods: 0, skippedPeriods: 0, parked: 0 });

export const notYet = problem('billing_run.in_future', 422, 'What is due later is billed later');

const SHOWN = ['id', 'asOf', 'dryRun', 'status', ...COUNTS, 'finishedAt', 'createdAt', 'createdBy', 'version'] as const;
export const BillingRunView = BillingRun.view(...SHOWN, 'planned');
export const billingRunList = new List(BillingRun.view(...SHOWN).named('BillingRunHead'), {
  sorts: ['createdAt', 'asOf'],
  filters: ['status', 'dryRun', 'createdAt'],
});
