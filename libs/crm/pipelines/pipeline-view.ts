import { List } from '#kernel';
import type { z } from 'zod';
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

/** A pipeline with its stages, in their order. */
export const PipelineView = Pipeline.view('id', 'name', 'isDefault', 'ownerId', 'custom', 'createdAt', 'updatedAt', 'version').with(
  'stages',
  StageView,
  'pipelineId',
  'position',
);
export type PipelineRow = z.output<typeof PipelineView.schema>;

export const pipelineList = new List(PipelineView, {
  sorts: ['createdAt', 'updatedAt', 'name'],
  filters: ['name', 'isDefault', 'ownerId', 'createdAt', 'updatedAt'],
  standard: 'created_at',
});

/** The same inside a command, from its entities. */
export const shown = (pipeline: Pipeline, stages: readonly Stage[]): PipelineRow => PipelineView.show({ ...pipeline, stages });
