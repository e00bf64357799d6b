import { Company, Contact } from '#crm';
import { choice, currency, day, decimal, entity, json, List, metadata, money, note, problem, ref, text } from '#kernel';
import { z } from 'zod';
import { CustomerAccount } from '../customers/customer-account.ts';
import type { PaymentAllocation } from './payment-allocation.ts';
import type { Refund } from './refund.ts';
import { isHeld, leads, METHODS, nextOf, PAYMENT_STATUSES, type PaymentStatus } from './states.ts';

/**
 * Money that came from a customer. What of it is given to no invoice and was not paid back is his credit. Amounts are in the currency they
 * count in; where the money came in another one, what came and the rate are kept beside it.
 */
export class Payment extends entity(
  'payment',
  {
    customerAccountId: ref(() => CustomerAccount),
    contactId: ref(() => Contact).optional(),
    companyId: ref(() => Company).optional(),
    status: choice(PAYMENT_STATUSES, 'pending'),
    method: choice(METHODS, 'other'),
    amount: money({ min: 1n }),
    currency: currency(),
    allocated: money().or(0n),
    refunded: money().or(0n),
    credit: money().or(0n).describe('What of it is given to no invoice'),
    receivedAmount: decimal({ digits: 19, scale: 4 }).optional().describe('Where it came in another currency'),
    receivedCurrency: currency().optional(),
    exchangeRate: decimal({ digits: 24, scale: 10 }).optional().describe('What one unit of received_currency counted'),
    receivedOn: day().describe('Today unless given', '2026-03-31'),
    externalId: text({ max: 200 }).optional().describe('Of the bank or the payment service: the same one is the same payment', 'pi_3Q1'),
    reference: text({ max: 200 }).optional().describe('What the payer wrote'),
    notes: note({ max: 2000 }).optional(),
    reason: text({ max: 500 }).optional().describe('Why it failed, was cancelled or disputed'),
    // What it is for, kept until it succeeds.
    intendedFor: json(z.array(z.guid())).optional(),
    custom: metadata(),
  },
  {
    unique: [{ on: ['externalId'] }],
    index: [
      ['customerAccountId', 'createdAt', 'id'],
      ['customerAccountId', 'credit'],
      ['status', 'createdAt', 'id'],
      ['receivedOn', 'id'],
      ['updatedAt', 'id'],
      ['amount', 'id'],
    ],
    checks: {
      amount: 'amount_e4 > 0',
      parts: 'allocated_e4 >= 0 and refunded_e4 >= 0 and credit_e4 >= 0',
      whole: `case when status in ('succeeded', 'partially_refunded', 'refunded', 'won') then allocated_e4 + refunded_e4 + credit_e4 = amount_e4
        else allocated_e4 = 0 and refunded_e4 = 0 and credit_e4 = 0 end`,
      refunded: `case status when 'refunded' then refunded_e4 = amount_e4
        when 'partially_refunded' then refunded_e4 > 0 and refunded_e4 < amount_e4 else refunded_e4 = 0 end`,
      converted: 'num_nonnulls(received_amount, received_currency, exchange_rate) in (0, 3)',
    },
  },
) {
  /** Set by what loads or makes a payment whole; see whole-payment.ts. */
  declare allocations?: PaymentAllocation[];
  declare refunds?: Refund[];

  /** The money is there, and all of it is credit. @throws payment.status */
  succeed(): void {
    this.become('succeeded');
    this.credit = this.amount;
    this.record(new PaymentReceived(this.id, this.customerAccountId, this.amount, this.currency));
  }

  /** It will not come. @throws payment.status */
  end(as: 'failed' | 'cancelled', reason?: string): void {
    this.become(as);
    this.reason = reason ?? this.reason;
  }

  /** Gives a part of its credit to an invoice; see allocate.ts. Amounts in e4. */
  give(amount: bigint): void {
    this.credit -= amount;
    this.allocated += amount;
  }

  /** Takes such a part back. */
  takeBack(amount: bigint): void {
    this.credit += amount;
    this.allocated -= amount;
  }

  /** What could still be paid back, in e4. */
  left(): bigint {
    return isHeld(this.status) ? this.amount - this.refunded : 0n;
  }

  /** Pays a part of its credit back to the customer. @throws payment.status, payment.refund_too_large */
  refund(amount: bigint): void {
    if (isHeld(this.status) && amount > this.left()) throw refundTooLarge();
    this.become(this.refunded + amount === this.amount ? 'refunded' : 'partially_refunded');
    this.refunded += amount;
    this.credit -= amount;
    this.record(new PaymentRefunded(this.id, this.customerAccountId, amount, this.currency));
  }

  /** The bank has taken the money back for now; all of it must be credit. @throws payment.status */
  dispute(reason?: string): void {
    this.become('disputed');
    this.credit = 0n;
    this.reason = reason ?? this.reason;
    this.record(new PaymentDisputed(this.id, this.customerAccountId, this.amount, this.currency));
  }

  /** The dispute is over: the money is ours again, or gone. @throws payment.status */
  resolve(outcome: 'won' | 'lost'): void {
    this.become(outcome);
    if (outcome === 'won') this.credit = this.amount;
  }

  /** @throws payment.status */
  mustLeadTo(next: PaymentStatus): void {
    if (leads(this.status, next)) return;
    const allowed = nextOf(this.status);
    throw wrongStatus(`A payment that is ${this.status.replace('_', ' ')} does not become ${next.replace('_', ' ')}`, {
      allowed_statuses: allowed,
    });
  }

  private become(next: PaymentStatus): void {
    this.mustLeadTo(next);
    this.status = next;
  }
}

export const wrongStatus = problem('payment.status', 409, 'The payment is not in a state for this');
export const refundTooLarge = problem('payment.refund_too_large', 422, 'More than what is left of the payment');

export class PaymentReceived {
  constructor(
    readonly id: string,
    readonly customerAccountId: string,
    readonly amount: bigint,
    readonly currency: string,
  ) {}
}
export class PaymentRefunded {
  constructor(
    readonly id: string,
    readonly customerAccountId: string,
    readonly amount: bigint,
    readonly currency: string,
  ) {}
}
export class PaymentDisputed {
  constructor(
    readonly id: string,
    readonly customerAccountId: string,
    readonly amount: bigint,
    readonly currency: string,
  ) {}
}

export const HEAD = [
  'id',
  'customerAccountId',
  'contactId',
  'companyId',
  'status',
  'method',
  'amount',
  'currency',
  'allocated',
  'refunded',
  'credit',
  'receivedAmount',
  'receivedCurrency',
  'exchangeRate',
  'receivedOn',
  'externalId',
  'reference',
  'notes',
  'reason',
  'custom',
  'createdAt',
  'createdBy',
  'updatedAt',
  'version',
] as const;
export const paymentList = new List(Payment.view(...HEAD).named('PaymentHead'), {
  sorts: ['createdAt', 'updatedAt', 'receivedOn', 'amount'],
  filters: [
    'customerAccountId',
    'contactId',
    'companyId',
    'status',
    'method',
    'amount',
    'currency',
    'credit',
    'receivedOn',
    'externalId',
    'createdAt',
    'updatedAt',
  ],
});
