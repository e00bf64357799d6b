import { Bus, Command, EntityManager, Handles, RestoreOne } from '#kernel';
import { Pipeline } from './pipeline.ts';
import { type PipelineRow, shown } from './pipeline-view.ts';
import { lineOf } from './structure.ts';

/** Brings a deleted pipeline back, with its stages. */
export class RestorePipeline extends Command<PipelineRow> {
  constructor(readonly id: string) {
    super();
  }
}

@Handles(RestorePipeline, 'delete', Pipeline)
class Handler {
  constructor(
    private readonly em: EntityManager,
    private readonly bus: Bus,
  ) {}
  async execute({ id }: RestorePipeline) {
    await this.bus.run(new RestoreOne(Pipeline, id));
    await this.em.flush();
    const pipeline = await this.em.findOneOrFail(Pipeline, { id });
    return shown(pipeline, await lineOf(this.em, id));
  }
}
