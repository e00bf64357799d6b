import { Command, EntityManager, Handles, load } from '#kernel';
import type { z } from 'zod';
import { Price, type PriceChanges } from './price.ts';

/** What was invoiced at a price stays as it was: invoices copy it. */
export class UpdatePrice extends Command<Price> {
  constructor(
    readonly id: string,
    readonly changes: z.output<typeof PriceChanges>,
  ) {
    super();
  }
}

@Handles(UpdatePrice, 'update', Price)
class Handler {
  constructor(private readonly em: EntityManager) {}
  async execute({ id, changes }: UpdatePrice) {
    return Object.assign(await load(this.em, Price, id), changes).settle();
  }
}
