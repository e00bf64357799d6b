import { Handles, missing, Query, Read } from '#kernel';
import { Invoice } from './invoice.ts';
import { InvoiceView } from './invoice-view.ts';

/** A credit note, and no other document. @throws not_found */
export class ReadCreditNote extends Query<ReturnType<typeof InvoiceView.show>> {
  constructor(readonly id: string) {
    super();
  }
}

@Handles(ReadCreditNote, 'read', Invoice)
class Handler {
  constructor(private readonly read: Read) {}
  async execute({ id }: ReadCreditNote) {
    const note = await this.read.one(InvoiceView, id);
    if (note.kind !== 'credit_note') throw missing('Credit note');
    return note;
  }
}
