import { camelCased, Command, EntityManager, Handles, latest, today } from '#kernel';
import { z } from 'zod';
import { zoneOf } from '../billing-entities/default-entity.ts';
import { enter } from '../ledger/enter.ts';
import { takeBack } from './allocate.ts';
import { fits } from './convert.ts';
import { Payment, refundTooLarge } from './payment.ts';
import { notRefunded, Refund } from './refund.ts';
import { loadPayment } from './whole-payment.ts';

export interface ToRefund {
  amount?: bigint;
  method?: Refund['method'];
  refundedOn?: string;
  reason?: string | null;
  externalId?: string | null;
}
const { fields } = Refund;
export const Refunding = camelCased<ToRefund>(
  ['amount', 'method', 'refundedOn', 'reason', 'externalId'],
  z.strictObject({
    amount: fields.amount.check.optional().meta({ description: 'All that is left unless given' }),
    method: fields.method.check.optional(),
    refunded_on: fields.refundedOn.check.optional(),
    reason: fields.reason.check.optional(),
    external_id: fields.externalId.check.optional(),
  }),
).meta({ id: 'Refunding' });

/**
 * Pays a payment back, or a part of it: first what is credit, then what invoices have of it, the last first; those are due again. One that
 * was paid back whole stays as it is.
 */
export class RefundPayment extends Command<Payment> {
  constructor(
    readonly id: string,
    readonly input: ToRefund = {},
  ) {
    super();
  }
}

@Handles(RefundPayment, 'refund', Payment)
class Handler {
  constructor(private readonly em: EntityManager) {}
  async execute({ id, input }: RefundPayment) {
    const payment = await loadPayment(this.em, id);
    if (payment.status === 'refunded' && input.amount === undefined) return payment;
    await notRefunded(this.em, input.externalId);
    payment.mustLeadTo(payment.status === 'refunded' ? 'partially_refunded' : 'refunded');
    const { amount = payment.left(), reason, externalId, method = payment.method } = input;
    fits(amount, payment.currency);
    if (amount > payment.left())
      throw refundTooLarge(undefined, { details: [{ pointer: '/amount', code: 'too_large', message: 'is more than is left' }] });
    const day = input.refundedOn ?? today(await zoneOf(this.em));
    if (amount > payment.credit) await takeBack(this.em, payment, amount - payment.credit, day);
    const refundedOn = latest(payment.receivedOn, day);
    enter(this.em, payment, { kind: 'refund', amount, day: refundedOn, reason });
    payment.refund(amount);
    const { customerAccountId, currency } = payment;
    payment.refunds.push(
      this.em.create(Refund, {
        paymentId: id,
        customerAccountId,
        amount,
        currency,
        method,
        refundedOn,
        reason: reason ?? null,
        externalId: externalId ?? null,
      }),
    );
    return payment;
  }
}
