import { Command, EntityManager, Handles, load } from '#kernel';
import type { z } from 'zod';
import { changeDeal } from './change-deal.ts';
import { Deal } from './deal.ts';
import type { Moving } from './deal-input.ts';

/** @throws deal.rollback_forbidden, deal.stage_required, deal.stage_elsewhere, deal.outcome_required */
export class MoveDeal extends Command<Deal> {
  constructor(
    readonly id: string,
    readonly to: z.output<typeof Moving>,
  ) {
    super();
  }
}

@Handles(MoveDeal, 'update', Deal)
class Handler {
  constructor(private readonly em: EntityManager) {}
  async execute({ id, to }: MoveDeal) {
    return changeDeal(this.em, await load(this.em, Deal, id), to);
  }
}
