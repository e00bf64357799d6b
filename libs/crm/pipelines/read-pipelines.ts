import { type Asked, Handles, missing, type Page, Query, Read } from '#kernel';
import { Pipeline, Stage } from './pipeline.ts';
import { pipelineList, type PipelineRow, PipelineView, staged, type StageRow, StageView } from './pipeline-view.ts';

/** Pipelines with their stages. */
export class ListPipelines extends Query<Page<PipelineRow>> {
  constructor(readonly asked: Asked) {
    super();
  }
}
@Handles(ListPipelines, 'read', Pipeline)
class ListHandler {
  constructor(private readonly read: Read) {}
  async execute({ asked }: ListPipelines) {
    const page = await this.read.page(pipelineList, asked);
    if (!asked.fields || asked.fields.includes('stages')) await staged(this.read, page.items);
    return page;
  }
}

/** A pipeline with its stages. */
export class ShowPipeline extends Query<PipelineRow> {
  constructor(readonly id: string) {
    super();
  }
}
@Handles(ShowPipeline, 'read', Pipeline)
class ShowHandler {
  constructor(private readonly read: Read) {}
  async execute({ id }: ShowPipeline) {
    const pipeline = await this.read.one(PipelineView, id);
    await staged(this.read, [pipeline]);
    return pipeline;
  }
}

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
    const [pipeline] = await staged(this.read, [await this.read.one(PipelineView, pipelineId)]);
    return pipeline!.stages;
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
