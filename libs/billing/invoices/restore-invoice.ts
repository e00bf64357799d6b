import { Command, EntityManager, Handles, loadDeleted } from '#kernel';
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
    const invoice = await loadDeleted(this.em, Invoice, id);
    invoice.deletedAt = null;
    return whole(this.em, invoice);
  }
}
