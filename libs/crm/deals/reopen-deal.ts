import { Command, EntityManager, Handles, load } from '#kernel';
import type { z } from 'zod';
import { changeDeal } from './change-deal.ts';
import { Deal, isOpen } from './deal.ts';
import type { Reopening } from './deal-input.ts';

/** Into the stage that is named, else the one where it was open last. One that is open stays as it is. @throws deal.rollback_forbidden, deal.contact_deleted */
export class ReopenDeal extends Command<Deal> {
  constructor(
    readonly id: string,
    readonly input: z.output<typeof Reopening> = {},
  ) {
    super();
  }
}

@Handles(ReopenDeal, 'update', Deal)
class Handler {
  constructor(private readonly em: EntityManager) {}
  async execute({ id, input }: ReopenDeal) {
    const deal = await load(this.em, Deal, id);
    return changeDeal(this.em, deal, isOpen(deal.status) ? input : { ...input, status: 'in_progress' });
  }
}
