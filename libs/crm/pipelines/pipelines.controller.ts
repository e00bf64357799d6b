import { controller, crud, del, get, patch, post } from '#kernel';
import { z } from 'zod';
import { AddStage, NewStage } from './add-stage.ts';
import { CreatePipeline, NewPipeline } from './create-pipeline.ts';
import { Pipeline } from './pipeline.ts';
import { pipelineList, PipelineView, StageView } from './pipeline-view.ts';
import { ListStages, ShowStage } from './read-stages.ts';
import { RemovePipeline } from './remove-pipeline.ts';
import { RemoveStage, StageRemoval } from './remove-stage.ts';
import { ReorderStages, StageOrder } from './reorder-stages.ts';
import { RestorePipeline } from './restore-pipeline.ts';
import { PipelineChanges, UpdatePipeline } from './update-pipeline.ts';
import { StageChanges, UpdateStage } from './update-stage.ts';

const stages = [
  { name: 'First talk', probability: 15, rot_after_days: 14 },
  { name: 'Offer', probability: 50, color: '#c9a227' },
  { name: 'Signed', kind: 'won' },
  { name: 'Gone', kind: 'lost' },
];

const pipelines = crud({
  of: Pipeline,
  called: 'a pipeline',
  view: PipelineView,
  list: pipelineList,
  create: [CreatePipeline, NewPipeline, { name: 'Partners', stages }],
  update: [UpdatePipeline, PipelineChanges, { name: 'Sales in Europe' }],
  remove: RemovePipeline,
});

export const PipelinesController = controller(
  'pipelines',
  {
    ...pipelines,
    delete: { ...pipelines.delete, when: (row) => row.is_default === false },
    restore: post(':id/restore', RestorePipeline, { does: 'Restore a pipeline', answers: PipelineView }),
    listStages: get(':id/stages', ListStages, { does: 'List the stages of a pipeline in their order', answers: z.array(StageView.schema) }),
    addStage: post(':id/stages', AddStage, {
      does: 'Add a stage; an open one comes before those that close unless a position is given',
      body: NewStage,
      answers: StageView,
      status: 201,
      example: { name: 'Contract review', probability: 90 },
      problems: ['stage.key_taken', 'pipeline.order'],
    }),
    reorderStages: post(':id/stages/reorder', ReorderStages, {
      does: 'Put all stages of a pipeline into another order',
      body: StageOrder,
      answers: PipelineView,
      example: { stage_ids: ['019a9f5e-0000-7000-8000-000000000001'] },
      problems: ['pipeline.order'],
    }),
    getStage: get(':id/stages/:stage_id', ShowStage, { does: 'Read a stage', answers: StageView }),
    updateStage: patch(':id/stages/:stage_id', UpdateStage, {
      does: 'Change a stage; its key and kind stay',
      body: StageChanges,
      answers: StageView,
      example: { name: 'Offer sent', probability: 55 },
      problems: ['pipeline.order'],
    }),
    removeStage: del(':id/stages/:stage_id', RemoveStage, {
      does: 'Delete a stage; its deals go to the one that move_to names',
      query: StageRemoval,
      answers: 'deleted',
      problems: ['stage.in_use', 'stage.move_to_unfit', 'pipeline.incomplete'],
    }),
  },
  { of: Pipeline },
);
