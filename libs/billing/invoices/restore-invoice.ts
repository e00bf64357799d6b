import { LockMode } from '@mikro-orm/core';
import { Command, EntityManager, Handles, missing } from '#kernel';
import { whole } from './contents.ts';
import { Invoice } from './invoice.ts';

/** Brings a deleted draft back, with its lines. */
export class RestoreInvoice extends Command<Invoice> {
  constructor(readonly id: string) {
    super();
  }
}

@Handles(RestoreInvoice, 'delete', Invoice)
class Handler {
  constructor(private readonly em: EntityManager) {}
  async execute({ id }: RestoreInvoice) {
    const invoice = await this.em.findOne(Invoice, { id }, { filters: { alive: false }, lockMode: LockMode.PESSIMISTIC_WRITE });
    if (!invoice) throw missing(Invoice.label);
    invoice.deletedAt = null;
    return whole(this.em, invoice);
  }
}
