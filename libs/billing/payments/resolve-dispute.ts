import { Command, EntityManager, Handles, latest, today } from '#kernel';
import { z } from 'zod';
import { zoneOf } from '../billing-entities/default-entity.ts';
import { enter } from '../ledger/enter.ts';
import { allocate, invoicesOf } from './allocate.ts';
import { Payment } from './payment.ts';
import { PaymentAllocation } from './payment-allocation.ts';
import { loadPayment } from './whole-payment.ts';

export const Resolving = z.strictObject({ outcome: z.enum(['won', 'lost']) }).meta({ id: 'Resolving' });
type Resolving = z.output<typeof Resolving>;

/** A dispute is over. Won, the money pays again what it paid before, as far as that is still owed; lost, it is gone. */
export class ResolveDispute extends Command<Payment> {
  constructor(
    readonly id: string,
    readonly input: Resolving,
  ) {
    super();
  }
}

@Handles(ResolveDispute, 'update', Payment)
class Handler {
  constructor(private readonly em: EntityManager) {}
  async execute({ id, input: { outcome } }: ResolveDispute) {
    const payment = await loadPayment(this.em, id);
    if (payment.status === outcome) return payment;
    payment.resolve(outcome);
    if (outcome === 'lost') return payment;
    const day = latest(payment.receivedOn, today(await zoneOf(this.em)));
    enter(this.em, payment, { kind: 'dispute', amount: -payment.amount, day });
    const former = await this.em.find(
      PaymentAllocation,
      { paymentId: id, deletedAt: { $ne: null } },
      { filters: { alive: false }, orderBy: { createdAt: 'asc', id: 'asc' } },
    );
    const ids = former.map(({ invoiceId }) => invoiceId);
    allocate(this.em, payment, await invoicesOf(this.em, ids), day);
    return payment;
  }
}
