import { amended, Command, EntityManager, Handles, load } from '#kernel';
import type { z } from 'zod';
import { changed } from '../changed.ts';
import { Pipeline, pipelineIsDefault } from './pipeline.ts';
import { type PipelineRow, shown } from './pipeline-view.ts';
import { lineOf, oneAtATime, undefault } from './structure.ts';

export const PipelineChanges = Pipeline.patch('name', 'isDefault', 'ownerId', 'custom').meta({ id: 'PipelineChanges' });

/** @throws pipeline.is_default for taking the default away without naming another */
export class UpdatePipeline extends Command<PipelineRow> {
  constructor(
    readonly id: string,
    readonly changes: z.output<typeof PipelineChanges>,
  ) {
    super();
  }
}

@Handles(UpdatePipeline, 'update', Pipeline)
class Handler {
  constructor(private readonly em: EntityManager) {}
  async execute({ id, changes: { isDefault, ...changes } }: UpdatePipeline) {
    if (isDefault !== undefined) await oneAtATime(this.em);
    const pipeline = await load(this.em, Pipeline, id);
    if (isDefault === false && pipeline.isDefault) throw pipelineIsDefault();
    if (isDefault && !pipeline.isDefault) {
      await undefault(this.em);
      pipeline.isDefault = true;
    }
    Object.assign(pipeline, changed(pipeline, amended(pipeline, changes)));
    await this.em.flush();
    return shown(pipeline, await lineOf(this.em, id));
  }
}
