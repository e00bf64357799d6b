import { camelCased, Command, EntityManager, fixed, Handles, latest, today } from '#kernel';
import { z } from 'zod';
import { zoneOf } from '../billing-entities/default-entity.ts';
import { CustomerAccount } from '../customers/customer-account.ts';
import { invoicesOf } from './allocate.ts';
import { worthOf } from './convert.ts';
import { Payment } from './payment.ts';
import { receive } from './receive.ts';
import { loadPayment } from './whole-payment.ts';

export const Succeeding = camelCased<{ receivedOn?: string }>(
  ['receivedOn'],
  z.strictObject({
    received_on: Payment.fields.receivedOn.check
      .optional()
      .meta({ description: 'Today, or the later day it was announced for, unless given' }),
  }),
).meta({ id: 'Succeeding' });

/** The money that was announced is there: it pays what it was meant for, else the oldest first, and counts what it is worth on that day. */
export class SucceedPayment extends Command<Payment> {
  constructor(
    readonly id: string,
    readonly input: { receivedOn?: string } = {},
  ) {
    super();
  }
}

@Handles(SucceedPayment, 'update', Payment)
class Handler {
  constructor(private readonly em: EntityManager) {}
  async execute({ id, input: { receivedOn } }: SucceedPayment) {
    const payment = await loadPayment(this.em, id);
    if (payment.status === 'succeeded') return payment;
    const wanted = payment.intendedFor;
    const named = wanted?.length ? await invoicesOf(this.em, wanted) : null;
    // What was announced for an earlier day comes now; for a later one it may be told of before.
    payment.receivedOn = receivedOn ?? latest(payment.receivedOn, today(named?.[0]?.timeZone ?? (await zoneOf(this.em))));
    if (payment.receivedCurrency) await this.convert(payment, payment.receivedCurrency);
    await receive(this.em, payment, named);
    return payment;
  }

  /** At the rate of the day it came; into what it was announced to count in. */
  private async convert(payment: Payment, currency: string) {
    const account = await this.em.findOneOrFail(CustomerAccount, { id: payment.customerAccountId });
    const received = { amount: fixed(payment.receivedAmount!, 4), currency, receivedOn: payment.receivedOn };
    Object.assign(payment, await worthOf(this.em, account, received, [payment]));
  }
}
