import type { EntityManager } from '#kernel';
import { enter } from '../ledger/enter.ts';
import type { Invoice } from '../invoices/invoice.ts';
import { allocate, openOf } from './allocate.ts';
import type { WholePayment } from './whole-payment.ts';

/** The money is there: it pays the named invoices, else what is open, the oldest first. The rest is credit, never an error. */
export async function receive(em: EntityManager, payment: WholePayment, named: readonly Invoice[] | null): Promise<void> {
  payment.succeed();
  enter(em, payment, { kind: 'payment', amount: -payment.amount, day: payment.receivedOn });
  const targets = named ? named.filter(({ currency }) => currency === payment.currency) : await openOf(em, payment, payment.credit);
  allocate(em, payment, targets);
}
