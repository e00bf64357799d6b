import { Company, Contact } from '#crm';
import {
  addDays,
  businessRecord,
  choice,
  currency,
  day,
  dayOf,
  flag,
  json,
  moment,
  note,
  now,
  problem,
  ref,
  text,
  timeZone,
  whole,
} from '#kernel';
import { z } from 'zod';
import { BillingEntity } from '../billing-entities/billing-entity.ts';
import { CustomerAccount } from '../customers/customer-account.ts';
import { TAX_CATEGORIES } from '../invoices/arithmetic.ts';
import { balanceOf } from './adjustments.ts';
import { billingInstant, INTERVALS, periodAt, type Rhythm } from './periods.ts';
import { billedOn, CATCH_UP, type Pause, type Terms } from './schedule.ts';
import type { SubscriptionItem } from './subscription-item.ts';

export const STATUSES = ['draft', 'trialing', 'active', 'paused', 'past_due', 'suspended', 'cancelled'] as const;

const Pauses = z
  .array(z.strictObject({ from: z.string(), until: z.string().nullable() }))
  .meta({ id: 'SubscriptionPauses', description: 'Days that are not billed, up to the day before `until`' });
/** Something that goes on the next invoice, in wire form. A quantity of -1 gives back. */
const Adjustment = z
  .strictObject({
    description: z.string(),
    quantity: z.enum(['1', '-1']),
    unit_price: z.string(),
    tax_category: z.enum(TAX_CATEGORIES).nullable(),
    tax_percent: z.string().nullable(),
    tax_rate_id: z.string().nullable(),
    period_start: z.string(),
    period_end: z.string(),
  })
  .meta({ id: 'SubscriptionAdjustment', description: 'Goes on the next invoice: what a change gives back, and what it bills besides' });
export type Adjustment = z.output<typeof Adjustment>;

/**
 * Something a customer pays for again and again. What is due of it follows from its terms alone, see schedule.ts; which periods were billed
 * is said by their rows. Days are in its zone; a day begins at local midnight.
 */
export class Subscription extends businessRecord(
  'subscription',
  {
    billingEntityId: ref(() => BillingEntity),
    customerAccountId: ref(() => CustomerAccount),
    contactId: ref(() => Contact).optional(),
    companyId: ref(() => Company).optional(),
    status: choice(STATUSES, 'active'),
    currency: currency(),
    pricesIncludeTax: flag(),
    startDate: day().describe('The first day it is served', '2026-01-31'),
    trialEnd: day().optional().describe('The first day that is billed, after a trial'),
    zone: timeZone().describe('Its days begin and end here: that of the billing entity unless given', 'Europe/Berlin'),
    interval: choice(INTERVALS),
    intervalCount: whole({ min: 1, max: 366 }),
    anchorDay: whole({ min: 1, max: 31 })
      .optional()
      .describe('The day of the month its periods begin on, or the last of a shorter month; that of the start unless given'),
    anchorMonth: whole({ min: 1, max: 12 }).optional().describe('For years: the month they begin in'),
    billing: choice(['advance', 'arrears'], 'advance'),
    catchUp: choice(CATCH_UP, 'each_period').describe('What becomes of periods that were missed'),
    cancelAt: day().optional().describe('The first day it is not served any more'),
    cancelledAt: moment().optional(),
    pastDueSince: day().optional().describe('The day its customer was first reminded of what is still due of it'),
    suspendedOn: day().optional().describe('The day a step of dunning stopped it; nothing is billed until somebody resumes it'),
    restsFrom: day().optional().describe('While it is suspended: the first day that is not billed'),
    pauses: json(Pauses).or([]),
    adjustments: json(z.array(Adjustment)).or([]),
    reference: text({ max: 200 }).optional().describe('Of the buyer; on each invoice'),
    notes: note({ max: 2000 }).optional().describe('Printed on each invoice'),
    // Why nobody bills it until a person has looked.
    parkedAt: moment().optional(),
    parkedReason: text({ max: 500 }).optional(),
    // Periods before this day are billed however many they are: a person has seen them, or they had to wait for their seller.
    releasedOn: day().optional(),
    nextIndex: whole().or(0).quiet(),
    nextBillingOn: day().optional().quiet().describe('When its next period is billed'),
    // When it is looked at next: a period is to be billed, or a trial, a pause or the subscription itself ends.
    wakeAt: moment().optional().quiet(),
  },
  {
    index: [
      ['wakeAt', 'id'],
      ['status', 'createdAt', 'id'],
      ['nextBillingOn', 'id'],
      ['updatedAt', 'id'],
      ['startDate', 'id'],
    ],
    checks: {
      customer: 'num_nonnulls(contact_id, company_id) = 1',
      trial: 'trial_end > start_date',
      cancelled: "(status = 'cancelled') = (cancelled_at is not null)",
      parked: '(parked_at is null) = (parked_reason is null) and (parked_at is null or wake_at is null)',
      draft: "status <> 'draft' or wake_at is null",
      suspended: "(suspended_on is null) = (rests_from is null) and (status <> 'suspended' or suspended_on is not null)",
    },
    withParts: true,
    search: ['new.reference'],
  },
) {
  /** Set by what loads or makes a subscription whole. */
  declare items?: SubscriptionItem[];

  /** It has begun, and has not ended. */
  isServed(): boolean {
    return this.status !== 'draft' && this.status !== 'cancelled';
  }

  rhythm(): Rhythm {
    const { interval, intervalCount: count, anchorDay, anchorMonth } = this;
    return {
      start: this.trialEnd ?? this.startDate,
      interval,
      count,
      ...(anchorDay === null ? {} : { anchorDay }),
      ...(anchorMonth === null ? {} : { anchorMonth }),
    };
  }
  terms(): Terms {
    const { billing, restsFrom, cancelAt } = this;
    const pauses = restsFrom === null ? this.pauses : [...this.pauses, { from: restsFrom, until: null }];
    return { rhythm: this.rhythm(), billing, pauses, cancelAt };
  }

  /** Works the status out, and when to look again, as they are at an instant (now unless given). After every change of its terms. */
  settle(at = now()): this {
    const on = dayOf(at, this.zone);
    if (this.status !== 'draft') this.begin(on, at);
    this.nextBillingOn = this.status === 'draft' ? null : billedOn(periodAt(this.rhythm(), this.nextIndex), this.terms());
    // Nothing follows that what is still owed, by whom ever, could go with.
    const rest = this.status === 'cancelled' && this.nextBillingOn === null ? balanceOf(this.adjustments) : 0n;
    const last = rest > 0n ? on : null;
    if (rest < 0n) this.record(new SubscriptionOwesBack(this.id, this.customerAccountId));
    const [next] = [...this.turnsAfter(on), this.nextBillingOn, last].filter((turn) => turn !== null).sort();
    this.wakeAt = next === undefined || this.parkedAt ? null : billingInstant(next, this.zone);
    return this;
  }

  /** The days to come on which a trial, a pause or the subscription itself ends, or a pause begins, the first of them first. */
  private turnsAfter(on: string): string[] {
    const turns = [this.trialEnd, this.cancelAt, ...this.pauses.flatMap(({ from, until }) => [from, until])];
    return this.isServed() ? turns.flatMap((turn) => (turn !== null && turn > on ? [turn] : [])).sort() : [];
  }

  /** The status that the day brings with it, and what was not paid. */
  private begin(on: string, at: Date): void {
    const over = this.cancelAt !== null && this.cancelAt <= on;
    if (over && this.status !== 'cancelled') {
      this.status = 'cancelled';
      this.cancelledAt = at;
      this.record(new SubscriptionCancelled(this.id, this.customerAccountId, this.cancelAt!));
    }
    if (over || this.status === 'cancelled') return;
    const resting = this.pauses.some(({ from, until }) => from <= on && (until === null || on < until));
    if (this.suspendedOn !== null) this.status = 'suspended';
    else if (resting) this.status = 'paused';
    else if (this.trialEnd !== null && on < this.trialEnd) this.status = 'trialing';
    else this.status = this.pastDueSince === null ? 'active' : 'past_due';
  }

  /**
   * Stops it because it was not paid for: it rests from the first day that is not billed, until somebody resumes it. `settle` follows.
   */
  suspend(from: string, at = now()): void {
    if (this.suspendedOn !== null) return;
    Object.assign(this, { suspendedOn: dayOf(at, this.zone), restsFrom: from });
    this.record(new SubscriptionSuspended(this.id, this.customerAccountId));
  }

  /**
   * Lifts what keeps it from being served or billed on a day: a suspension, a pause, that it waits for a person. Where nothing does, pauses that
   * are to come are called off.
   */
  resume(on: string): void {
    const { restsFrom } = this;
    const running = this.pauses.some(({ from, until }) => from <= on && (until === null || on < until));
    const held = restsFrom !== null || this.parkedAt !== null || running;
    if (this.parkedAt) Object.assign(this, { parkedAt: null, parkedReason: null, releasedOn: addDays(on, 1) });
    Object.assign(this, { suspendedOn: null, restsFrom: null });
    this.pauses = this.pauses.flatMap((pause) => (held && pause.from > on ? [pause] : endedBy(pause, on)));
    if (restsFrom !== null && restsFrom < on) this.pauses = [...this.pauses, { from: restsFrom, until: on }];
  }

  /**
   * It cannot be billed before an instant: it is looked at again then, or when something else comes before, and what it has missed by then is
   * billed, however many periods that is.
   */
  waitFor(instant: Date, at = now()): void {
    this.settle(at);
    const [on, day] = [dayOf(at, this.zone), dayOf(instant, this.zone)];
    const [turn] = this.turnsAfter(on);
    this.wakeAt = turn !== undefined && turn < day ? billingInstant(turn, this.zone) : instant;
    if (this.releasedOn === null || this.releasedOn < day) this.releasedOn = day;
  }

  /** Nobody bills it until a person has looked; what is told of it becomes a task. */
  park(reason: string, at = now()): void {
    Object.assign(this, { parkedAt: at, parkedReason: reason.slice(0, 500), wakeAt: null });
    this.record(new SubscriptionParked(this.id, this.customerAccountId, this.parkedReason!));
  }
}

/** A pause that ends on a day at the latest; none where nothing of it is left. */
const endedBy = ({ from, until }: Pause, on: string): Pause[] => {
  if (until !== null && until <= on) return [{ from, until }];
  return from < on ? [{ from, until: on }] : [];
};

export const subscriptionOver = problem('subscription.cancelled', 409, 'A cancelled subscription stays cancelled');
export const oneRhythm = problem('subscription.one_interval', 422, 'The items of a subscription have one interval');
export const tooEarly = problem('subscription.too_early', 422, 'This day lies in a period that is over and billed');

export class SubscriptionCancelled {
  constructor(
    readonly id: string,
    readonly customerAccountId: string,
    readonly cancelAt: string,
  ) {}
}
/** It is over, and what was billed of it is more than it cost. */
export class SubscriptionOwesBack {
  constructor(
    readonly id: string,
    readonly customerAccountId: string,
  ) {}
}
/** It was not paid for, and the last reminder said so. */
export class SubscriptionSuspended {
  constructor(
    readonly id: string,
    readonly customerAccountId: string,
  ) {}
}
export class SubscriptionParked {
  constructor(
    readonly id: string,
    readonly customerAccountId: string,
    readonly reason: string,
  ) {}
}
