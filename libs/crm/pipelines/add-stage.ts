import { Command, EntityManager, Handles, load, now } from '#kernel';
import type { z } from 'zod';
import { checkLine } from './line.ts';
import { Pipeline, Stage, stageKeyTaken } from './pipeline.ts';
import { keyFrom, lineOf, number, oneAtATime, probabilityOf, touch } from './structure.ts';

export const NewStage = Stage.input('name', 'key?', 'kind', 'position?', 'probability', 'rotAfterDays', 'color').meta({ id: 'NewStage' });

/** Without a position an open stage becomes the last one before the end, any other the last of all. @throws stage.key_taken, pipeline.order */
export class AddStage extends Command<Stage> {
  constructor(
    readonly pipelineId: string,
    readonly input: z.output<typeof NewStage>,
  ) {
    super();
  }
}

@Handles(AddStage, 'create', Stage)
class Handler {
  constructor(private readonly em: EntityManager) {}
  async execute({ pipelineId, input: { key, position, kind = 'open', probability, ...rest } }: AddStage) {
    await oneAtATime(this.em);
    const pipeline = await load(this.em, Pipeline, pipelineId);
    const line = await lineOf(this.em, pipelineId);
    const keys = line.map((stage) => stage.key);
    const same = line.find((stage) => stage.key === key);
    if (same)
      throw stageKeyTaken(undefined, {
        details: [{ pointer: '/key', code: 'taken', message: 'is taken' }],
        existing: { type: 'stage', id: same.id },
      });

    const end = line.findIndex((stage) => stage.kind !== 'open');
    const place = position ? position - 1 : kind === 'open' && end >= 0 ? end : line.length;
    const stage = this.em.create(Stage, {
      ...rest,
      pipelineId,
      kind,
      key: key ?? keyFrom(rest.name, keys),
      position: place + 1,
      probability: probabilityOf(kind, probability),
    });
    const all = line.toSpliced(place, 0, stage);
    checkLine(all);
    number(all);
    touch(pipeline, now());
    return stage;
  }
}
