import { Command, EntityManager, Handles, load } from '#kernel';
import type { z } from 'zod';
import { changeDeal } from './change-deal.ts';
import { Deal } from './deal.ts';
import type { Losing } from './deal-input.ts';

/** @throws deal.lost_requires_reason; deal.rollback_forbidden for one that was won */
export class LoseDeal extends Command<Deal> {
  constructor(
    readonly id: string,
    readonly input: z.output<typeof Losing> = {},
  ) {
    super();
  }
}

@Handles(LoseDeal, 'update', Deal)
class Handler {
  constructor(private readonly em: EntityManager) {}
  async execute({ id, input }: LoseDeal) {
    return changeDeal(this.em, await load(this.em, Deal, id), { ...input, status: 'lost' });
  }
}
