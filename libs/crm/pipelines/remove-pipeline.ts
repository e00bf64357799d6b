import { Command, EntityManager, Handles, load } from '#kernel';
import { Deal } from '../deals/deal.ts';
import { Pipeline, pipelineHasDeals, pipelineIsDefault } from './pipeline.ts';
import { oneAtATime } from './structure.ts';

/** @throws pipeline.is_default, pipeline.has_deals */
export class RemovePipeline extends Command<Pipeline> {
  constructor(readonly id: string) {
    super();
  }
}

@Handles(RemovePipeline, 'delete', Pipeline)
class Handler {
  constructor(private readonly em: EntityManager) {}
  async execute({ id }: RemovePipeline) {
    await oneAtATime(this.em);
    // The lock on its row keeps deals out that are just being created: they hold a share of it until they are counted here.
    const pipeline = await load(this.em, Pipeline, id);
    if (pipeline.isDefault) throw pipelineIsDefault();
    const deals = await this.em.count(Deal, { pipelineId: id });
    if (deals) throw pipelineHasDeals(`This pipeline still has ${deals} deal${deals === 1 ? '' : 's'}`, { deals });
    pipeline.remove();
    return pipeline;
  }
}
