import { Command, EntityManager, Handles } from '#kernel';
import { begin } from './aim.ts';
import { Deal } from './deal.ts';
import type { NewDeal } from './deal-input.ts';
import { openDeal } from './open-deal.ts';
import { find } from './way.ts';

/** @throws deal.won_requires_amount, deal.lost_requires_reason, deal.status_contradicts_stage, deal.outcome_required */
export class CreateDeal extends Command<Deal> {
  constructor(readonly input: NewDeal) {
    super();
  }
}

@Handles(CreateDeal, 'create', Deal)
class Handler {
  constructor(private readonly em: EntityManager) {}
  async execute({ input: { status: wanted, stage: key, stageId, pipelineId, ...given } }: CreateDeal) {
    const way = await find(this.em, { pipelineId, stageId, stage: key });
    return openDeal(this.em, given, begin({ status: wanted, stage: way.stage }, way.line), way.line);
  }
}
