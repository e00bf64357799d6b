import { Command, EntityManager, Handles, latest, today } from '#kernel';
import { zoneOf } from '../billing-entities/default-entity.ts';
import type { Reason } from '../invoices/void-invoice.ts';
import { enter } from '../ledger/enter.ts';
import { takeBack } from './allocate.ts';
import { Payment } from './payment.ts';
import { loadPayment } from './whole-payment.ts';

/** The payer's bank has taken the money back for now: what it paid is due again, until the dispute is over. */
export class DisputePayment extends Command<Payment> {
  constructor(
    readonly id: string,
    readonly input: Reason = {},
  ) {
    super();
  }
}

@Handles(DisputePayment, 'update', Payment)
class Handler {
  constructor(private readonly em: EntityManager) {}
  async execute({ id, input: { reason } }: DisputePayment) {
    const payment = await loadPayment(this.em, id);
    if (payment.status === 'disputed') return payment;
    payment.mustLeadTo('disputed');
    const day = latest(payment.receivedOn, today(await zoneOf(this.em)));
    await takeBack(this.em, payment, payment.allocated, day);
    enter(this.em, payment, { kind: 'dispute', amount: payment.amount, day, reason });
    payment.dispute(reason);
    return payment;
  }
}
