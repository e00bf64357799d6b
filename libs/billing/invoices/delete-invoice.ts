import { Command, EntityManager, Handles, load } from '#kernel';
import { notADraft } from './draft.ts';
import { Invoice } from './invoice.ts';

export class DeleteInvoice extends Command<Invoice> {
  constructor(readonly id: string) {
    super();
  }
}

@Handles(DeleteInvoice, 'delete', Invoice)
class Handler {
  constructor(private readonly em: EntityManager) {}
  async execute({ id }: DeleteInvoice) {
    const invoice = await load(this.em, Invoice, id);
    if (!invoice.isDraft()) throw notADraft('An issued invoice keeps its number: void or credit it');
    invoice.remove();
    return invoice;
  }
}
