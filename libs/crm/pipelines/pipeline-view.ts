import { List, Read } from '#kernel';
import { z } from 'zod';
import { Pipeline, Stage } from './pipeline.ts';

export const StageView = Stage.view(
  'id',
  'pipelineId',
  'name',
  'key',
  'position',
  'kind',
  'probability',
  'rotAfterDays',
  'color',
  'createdAt',
  'updatedAt',
  'version',
);
export type StageRow = z.output<typeof StageView.schema>;

/** A pipeline with its stages, which whoever shows it adds: see {@link staged}. */
export const PipelineView = Pipeline.view('id', 'name', 'isDefault', 'ownerId', 'custom', 'createdAt', 'updatedAt', 'version').and({
  stages: [z.array(StageView.schema), (): StageRow[] => []],
});
export type PipelineRow = z.output<typeof PipelineView.schema>;

export const pipelineList = new List(PipelineView, {
  sorts: ['createdAt', 'updatedAt', 'name'],
  filters: ['name', 'isDefault', 'ownerId', 'createdAt', 'updatedAt'],
  standard: 'created_at',
});

/** The stages of these pipelines, in order, put into them: one query however many there are. */
export async function staged<P extends Pick<PipelineRow, 'id' | 'stages'>>(read: Read, pipelines: P[]): Promise<P[]> {
  if (!pipelines.length) return pipelines;
  const stages = await read.all(
    read
      .from(Stage)
      .where(
        'stage.pipeline_id',
        'in',
        pipelines.map(({ id }) => id),
      )
      .orderBy('stage.position')
      .orderBy('stage.id')
      .select([
        'id',
        'pipeline_id',
        'name',
        'key',
        'position',
        'kind',
        'probability',
        'rot_after_days',
        'color',
        'created_at',
        'updated_at',
        'version',
      ]),
  );
  for (const pipeline of pipelines) pipeline.stages = stages.filter(({ pipeline_id }) => pipeline_id === pipeline.id);
  return pipelines;
}

/** The same inside a command, from its entities. */
export const shown = (pipeline: Pipeline, line: readonly Stage[]): PipelineRow => ({
  ...PipelineView.show(pipeline),
  stages: line.map((stage) => StageView.show(stage)),
});
