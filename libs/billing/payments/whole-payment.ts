import { type EntityManager } from '#kernel';
import { loadOwing } from '../ledger/lock.ts';
import { Payment } from './payment.ts';
import { PaymentAllocation } from './payment-allocation.ts';
import { Refund } from './refund.ts';

export type WholePayment = Payment & { allocations: PaymentAllocation[]; refunds: Refund[] };

/** Reads what a payment paid and what of it went back. */
export async function wholePayment(em: EntityManager, payment: Payment): Promise<WholePayment> {
  const [allocations, refunds] = [
    await em.find(PaymentAllocation, { paymentId: payment.id }, { orderBy: { createdAt: 'asc', id: 'asc' } }),
    await em.find(Refund, { paymentId: payment.id }, { orderBy: { createdAt: 'asc', id: 'asc' } }),
  ];
  return Object.assign(payment, { allocations, refunds });
}

/** A payment a command is about to change: its customer and itself locked, whole. @throws not_found, version.mismatch */
export const loadPayment = async (em: EntityManager, id: string): Promise<WholePayment> =>
  wholePayment(em, await loadOwing(em, Payment, id));
