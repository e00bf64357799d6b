import { Command, EntityManager, Handles, load } from '#kernel';
import { changeDeal } from './change-deal.ts';
import { Deal } from './deal.ts';
import type { DealChanges } from './deal-input.ts';

/** @throws deal.won_requires_amount, deal.lost_requires_reason, deal.rollback_forbidden, deal.status_contradicts_stage, deal.outcome_required */
export class UpdateDeal extends Command<Deal> {
  constructor(
    readonly id: string,
    readonly changes: DealChanges,
  ) {
    super();
  }
}

@Handles(UpdateDeal, 'update', Deal)
class Handler {
  constructor(private readonly em: EntityManager) {}
  async execute({ id, changes }: UpdateDeal) {
    return changeDeal(this.em, await load(this.em, Deal, id), changes);
  }
}
