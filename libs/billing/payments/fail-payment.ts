import { Command, EntityManager, Handles } from '#kernel';
import type { Reason } from '../invoices/void-invoice.ts';
import { Payment } from './payment.ts';
import { loadPayment } from './whole-payment.ts';

/** An announced payment did not come. */
export class FailPayment extends Command<Payment> {
  constructor(
    readonly id: string,
    readonly input: Reason = {},
  ) {
    super();
  }
}

@Handles(FailPayment, 'update', Payment)
class Handler {
  constructor(private readonly em: EntityManager) {}
  async execute({ id, input: { reason } }: FailPayment) {
    const payment = await loadPayment(this.em, id);
    if (payment.status !== 'failed') payment.end('failed', reason);
    return payment;
  }
}
