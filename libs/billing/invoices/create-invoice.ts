import { Command, EntityManager, Handles } from '#kernel';
import type { z } from 'zod';
import { draft } from './draft.ts';
import { Invoice } from './invoice.ts';
import type { NewInvoice } from './invoice-input.ts';

/** Stores a draft. */
export class CreateInvoice extends Command<Invoice> {
  constructor(readonly input: z.output<typeof NewInvoice>) {
    super();
  }
}

@Handles(CreateInvoice, 'create', Invoice)
class Handler {
  constructor(private readonly em: EntityManager) {}
  execute({ input }: CreateInvoice) {
    return draft(this.em, input);
  }
}
