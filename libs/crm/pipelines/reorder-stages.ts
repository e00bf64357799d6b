import { Command, EntityManager, Handles, invalid, load, now, uuid } from '#kernel';
import { z } from 'zod';
import { checkLine } from './line.ts';
import { Pipeline, Stage } from './pipeline.ts';
import { type PipelineRow, shown } from './pipeline-view.ts';
import { lineOf, number, oneAtATime, touch } from './structure.ts';

export const StageOrder = z.strictObject({ stage_ids: z.array(uuid().check).min(1).max(100) }).meta({ id: 'StageOrder' });

/** Takes every stage of the pipeline once, in the new order. @throws pipeline.order */
export class ReorderStages extends Command<PipelineRow> {
  constructor(
    readonly pipelineId: string,
    readonly input: z.output<typeof StageOrder>,
  ) {
    super();
  }
}

@Handles(ReorderStages, 'update', Stage)
class Handler {
  constructor(private readonly em: EntityManager) {}
  async execute({ pipelineId, input: { stage_ids: ids } }: ReorderStages) {
    await oneAtATime(this.em);
    const pipeline = await load(this.em, Pipeline, pipelineId);
    const line = await lineOf(this.em, pipelineId);
    const ordered = ids.flatMap((id) => line.find((stage) => stage.id === id) ?? []);
    if (new Set(ids).size !== ids.length || ordered.length !== ids.length || ids.length !== line.length) {
      const message = 'names every stage of the pipeline exactly once';
      throw invalid(`stage_ids ${message}`, { details: [{ pointer: '/stage_ids', code: 'incomplete', message }] });
    }
    checkLine(ordered);
    if (ordered.some((stage, place) => stage !== line[place])) touch(pipeline, now());
    number(ordered);
    await this.em.flush();
    return shown(pipeline, ordered);
  }
}
