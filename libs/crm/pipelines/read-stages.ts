import { Handles, missing, Query, Read } from '#kernel';
import { Stage } from './pipeline.ts';
import { PipelineView, type StageRow, StageView } from './pipeline-view.ts';

/** The stages of a pipeline, in their order. */
export class ListStages extends Query<StageRow[]> {
  constructor(readonly pipelineId: string) {
    super();
  }
}
@Handles(ListStages, 'read', Stage)
class StagesHandler {
  constructor(private readonly read: Read) {}
  async execute({ pipelineId }: ListStages) {
    const { stages } = await this.read.one(PipelineView, pipelineId);
    return stages;
  }
}

/** One stage of a pipeline. */
export class ShowStage extends Query<StageRow> {
  constructor(
    readonly pipelineId: string,
    readonly id: string,
  ) {
    super();
  }
}
@Handles(ShowStage, 'read', Stage)
class StageHandler {
  constructor(private readonly read: Read) {}
  async execute({ pipelineId, id }: ShowStage) {
    await this.read.one(PipelineView, pipelineId);
    const stage = await this.read.one(StageView, id);
    if (stage.pipeline_id !== pipelineId) throw missing(Stage.label);
    return stage;
  }
}
