import { Command, EntityManager, Handles, latest, missing, today } from '#kernel';
import { loadOwed } from '../invoices/contents.ts';
import { Invoice } from '../invoices/invoice.ts';
import type { Kind } from '../invoices/kinds.ts';
import { enter } from '../ledger/enter.ts';
import { fits } from './convert.ts';
import { refundTooLarge } from './payment.ts';
import { notRefunded, Refund } from './refund.ts';
import type { ToRefund } from './refund-payment.ts';

/**
 * Pays the credit of a credit note, or of an invoice over less than nothing, back to the customer, or a part of it; where nothing is left, all
 * stays as it is. With a kind, of documents of that kind alone. @throws not_found, payment.refund_too_large
 */
export class RefundCreditNote extends Command<Invoice> {
  constructor(
    readonly id: string,
    readonly input: ToRefund = {},
    readonly kind?: Kind,
  ) {
    super();
  }
}

@Handles(RefundCreditNote, 'refund', Invoice)
class Handler {
  constructor(private readonly em: EntityManager) {}
  async execute({ id, input, kind }: RefundCreditNote) {
    const note = await loadOwed(this.em, id);
    if (kind && note.kind !== kind) throw missing('Credit note');
    const { amount = note.toGive(), reason, externalId, method = 'other' } = input;
    if (amount > 0n) await notRefunded(this.em, input.externalId);
    fits(amount, note.currency);
    if (amount > note.toGive()) throw refundTooLarge('More than what is left of its credit');
    if (amount === 0n) return note;
    const refundedOn = latest(note.issueDate, input.refundedOn ?? today(note.timeZone));
    enter(this.em, note, { kind: 'refund', amount, day: refundedOn, reason });
    note.payBack(amount);
    const { customerAccountId, currency } = note;
    this.em.create(Refund, {
      creditNoteId: id,
      customerAccountId,
      amount,
      currency,
      method,
      refundedOn,
      reason: reason ?? null,
      externalId: externalId ?? null,
    });
    return note;
  }
}
