import { camelCased, Command, EntityManager, Handles } from '#kernel';
import { z } from 'zod';
import { invoicesOf } from './allocate.ts';
import { Payment } from './payment.ts';
import { receive } from './receive.ts';
import { loadPayment } from './whole-payment.ts';

export const Succeeding = camelCased<{ receivedOn?: string }>(
  ['receivedOn'],
  z.strictObject({ received_on: Payment.fields.receivedOn.check.optional() }),
).meta({ id: 'Succeeding' });

/** The money that was announced is there: it pays what it was meant for, else the oldest first. */
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
    payment.receivedOn = receivedOn ?? payment.receivedOn;
    const wanted = payment.intendedFor;
    await receive(this.em, payment, wanted?.length ? await invoicesOf(this.em, wanted) : null);
    return payment;
  }
}
