import { Command, EntityManager, Handles, load } from '#kernel';
import type { z } from 'zod';
import { changeDeal } from './change-deal.ts';
import { Deal } from './deal.ts';
import type { Winning } from './deal-input.ts';

/** @throws deal.won_requires_amount; deal.rollback_forbidden for one that was lost */
export class WinDeal extends Command<Deal> {
  constructor(
    readonly id: string,
    readonly input: z.output<typeof Winning> = {},
  ) {
    super();
  }
}

@Handles(WinDeal, 'update', Deal)
class Handler {
  constructor(private readonly em: EntityManager) {}
  async execute({ id, input }: WinDeal) {
    return changeDeal(this.em, await load(this.em, Deal, id), { ...input, status: 'won' });
  }
}
