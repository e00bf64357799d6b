import { LockMode } from '@mikro-orm/core';
import { type EntityManager, latest, type Scribe } from '#kernel';
import { Invoice } from '../invoices/invoice.ts';
import { lockCustomers } from '../ledger/lock.ts';
import { dayOfGiver, give } from './allocate.ts';
import { Payment } from './payment.ts';

/** What an invoice takes of its customer's credit, in e4: of payments, and of credit notes. */
export interface Taken {
  readonly paid: bigint;
  readonly credited: bigint;
}
const NOTHING: Taken = { paid: 0n, credited: 0n };

/** The credit of some customers, to be given to the invoices that are issued to them: the oldest first. */
export class Credits {
  private constructor(
    private readonly scribe: Scribe,
    private readonly sources: readonly (Payment | Invoice)[],
  ) {}

  /** Locks the customers and reads what they have, in one statement each for any number of them. */
  static async of(em: EntityManager, customers: readonly string[], scribe: Scribe = em): Promise<Credits> {
    if (!customers.length) return new Credits(scribe, []);
    await lockCustomers(em, customers, 'along');
    const whose = { customerAccountId: { $in: [...new Set(customers)] } };
    const how = { orderBy: { id: 'asc' }, lockMode: LockMode.PESSIMISTIC_WRITE, filters: { allowed: false } } as const;
    const notes = await em.find(Invoice, { ...whose, due: { $lt: 0n } }, how);
    const payments = await em.find(Payment, { ...whose, credit: { $gt: 0n } }, how);
    const all = [...notes, ...payments].sort((a, b) => (dayOfGiver(a) < dayOfGiver(b) ? -1 : dayOfGiver(a) > dayOfGiver(b) ? 1 : 0));
    return new Credits(scribe, all);
  }

  /** Gives to an invoice that is being issued on a day. The invoice itself is not changed: its figures are frozen with its number. */
  giveTo(invoice: Invoice, day: string): Taken {
    if (invoice.kind !== 'invoice') return NOTHING;
    let [left, paid, credited] = [invoice.payable, 0n, 0n];
    for (const from of this.sources) {
      if (left <= 0n) break;
      if (from.customerAccountId !== invoice.customerAccountId || from.currency !== invoice.currency) continue;
      const has = from instanceof Payment ? from.credit : from.toGive();
      const amount = has < left ? has : left;
      if (amount <= 0n) continue;
      give(this.scribe, { from, to: invoice, amount, day: latest(dayOfGiver(from), day) });
      if (from instanceof Payment) paid += amount;
      else credited += amount;
      left -= amount;
    }
    return { paid, credited };
  }
}
