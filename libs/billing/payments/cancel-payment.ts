import { Command, EntityManager, Handles } from '#kernel';
import type { Reason } from '../invoices/void-invoice.ts';
import { Payment } from './payment.ts';
import { loadPayment } from './whole-payment.ts';

/** An announced payment was called off. */
export class CancelPayment extends Command<Payment> {
  constructor(
    readonly id: string,
    readonly input: Reason = {},
  ) {
    super();
  }
}

@Handles(CancelPayment, 'update', Payment)
class Handler {
  constructor(private readonly em: EntityManager) {}
  async execute({ id, input: { reason } }: CancelPayment) {
    const payment = await loadPayment(this.em, id);
    if (payment.status !== 'cancelled') payment.end('cancelled', reason);
    return payment;
  }
}
