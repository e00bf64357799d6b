import { Command, EntityManager, Handles, load, missing, now } from '#kernel';
import type { z } from 'zod';
import { changed } from '../changed.ts';
import { Pipeline, Stage } from './pipeline.ts';
import { checkLine } from './line.ts';
import { lineOf, number, oneAtATime, probabilityOf, touch } from './structure.ts';

export const StageChanges = Stage.patch('name', 'position', 'probability', 'rotAfterDays', 'color').meta({ id: 'StageChanges' });

/** Key and kind stay what they are. The probability is for deals that come in from now on. @throws pipeline.order */
export class UpdateStage extends Command<Stage> {
  constructor(
    readonly pipelineId: string,
    readonly id: string,
    readonly changes: z.output<typeof StageChanges>,
  ) {
    super();
  }
}

@Handles(UpdateStage, 'update', Stage)
class Handler {
  constructor(private readonly em: EntityManager) {}
  async execute({ pipelineId, id, changes: { position, probability, ...changes } }: UpdateStage) {
    await oneAtATime(this.em);
    const stage = await load(this.em, Stage, id);
    if (stage.pipelineId !== pipelineId) throw missing(Stage.label);
    const pipeline = await this.em.findOne(Pipeline, { id: pipelineId });
    if (!pipeline) throw missing(Pipeline.label);
    const certain = probability === undefined ? {} : { probability: probabilityOf(stage.kind, probability) };
    const news = changed(stage, { ...changes, ...certain });
    const moves = position !== undefined && position !== stage.position;
    if (!moves && !Object.keys(news).length) return stage;
    Object.assign(stage, news);
    if (moves) {
      const others = (await lineOf(this.em, pipelineId)).filter((other) => other.id !== id);
      const line = others.toSpliced(position - 1, 0, stage);
      checkLine(line);
      number(line);
    }
    touch(pipeline, now());
    return stage;
  }
}
