import { Command, EntityManager, Handles, latest, now, today } from '#kernel';
import { z } from 'zod';
import { enter } from '../ledger/enter.ts';
import { release } from '../payments/allocate.ts';
import { loadOwed } from './contents.ts';
import { cannotVoid, Invoice } from './invoice.ts';
import { setSeriesBack } from './take-numbers.ts';

export const Reason = z.strictObject({ reason: z.string().trim().min(1).max(500).optional() }).meta({ id: 'BillingReason' });
export type Reason = z.output<typeof Reason>;
/**
 * Takes an issued invoice back. Its number stays, and nothing is owed on it. One whose day is still to come gives back what it was given, and its
 * series goes back to the day of the last document that counts, or to today. @throws invoice.cannot_void
 */
export class VoidInvoice extends Command<Invoice> {
  constructor(
    readonly id: string,
    readonly input: Reason = {},
  ) {
    super();
  }
}

@Handles(VoidInvoice, 'void', Invoice)
class Handler {
  constructor(private readonly em: EntityManager) {}
  async execute({ id, input: { reason } }: VoidInvoice) {
    const invoice = await loadOwed(this.em, id);
    if (invoice.status === 'voided') return invoice;
    // It may have taken nothing off: what was prepaid, or had been paid, is credit of the credit note alone.
    if (await this.em.count(Invoice, { precedingInvoiceId: id }, { filters: { allowed: false } }))
      throw cannotVoid('A credit note corrects it');
    const ahead = invoice.issueDate !== null && invoice.issueDate > today(invoice.timeZone);
    if (ahead) await release(this.em, invoice);
    const { due } = invoice;
    invoice.void(now(), reason);
    enter(this.em, invoice, { kind: 'void', amount: -due, day: latest(invoice.issueDate, today(invoice.timeZone)), reason });
    if (ahead) await setSeriesBack(this.em, invoice);
    return invoice;
  }
}
