import { Command, EntityManager, Handles, latest, today } from '#kernel';
import { enter } from '../ledger/enter.ts';
import { loadOwed } from './contents.ts';
import { Invoice } from './invoice.ts';
import type { Reason } from './void-invoice.ts';
import { WriteOff } from './write-off.ts';

/** Gives up what is still due. The invoice stays as it was issued; a payment that comes late is still taken. */
export class WriteOffInvoice extends Command<Invoice> {
  constructor(
    readonly id: string,
    readonly input: Reason = {},
  ) {
    super();
  }
}

@Handles(WriteOffInvoice, 'write_off', Invoice)
class Handler {
  constructor(private readonly em: EntityManager) {}
  async execute({ id, input: { reason } }: WriteOffInvoice) {
    const invoice = await loadOwed(this.em, id);
    if (invoice.status === 'written_off') return invoice;
    const amount = invoice.writeOff(reason);
    const day = latest(invoice.issueDate, today(invoice.timeZone));
    enter(this.em, invoice, { kind: 'write_off', amount: -amount, day, reason });
    const { customerAccountId, currency } = invoice;
    this.em.create(WriteOff, { invoiceId: id, customerAccountId, amount, currency, writtenOffOn: day, reason: reason ?? null });
    return invoice;
  }
}
