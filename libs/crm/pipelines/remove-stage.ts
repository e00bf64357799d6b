import { Command, EntityManager, Handles, invalid, load, missing, now } from '#kernel';
import { LockMode } from '@mikro-orm/core';
import { z } from 'zod';
import { chronicle, remember } from '../deals/chronicle.ts';
import { Deal } from '../deals/deal.ts';
import { checkLine } from './line.ts';
import { moveToUnfit, Pipeline, Stage, stageInUse } from './pipeline.ts';
import { lineOf, number, oneAtATime, touch } from './structure.ts';

export const StageRemoval = z
  .strictObject({ move_to: z.string().min(1).max(100).optional().meta({ description: 'The stage its deals go to, by id or key' }) })
  .meta({ id: 'StageRemoval' });

/** Deals that are changed and written at once. */
const PORTION = 500;

/** @throws stage.in_use, stage.move_to_unfit, pipeline.incomplete */
export class RemoveStage extends Command<Stage> {
  constructor(
    readonly pipelineId: string,
    readonly id: string,
    readonly input: z.output<typeof StageRemoval>,
  ) {
    super();
  }
}

@Handles(RemoveStage, 'delete', Stage)
class Handler {
  constructor(private readonly em: EntityManager) {}
  async execute({ pipelineId, id, input: { move_to: moveTo } }: RemoveStage) {
    await oneAtATime(this.em);
    // Its lock keeps out deals that are just coming in.
    const stage = await load(this.em, Stage, id);
    const pipeline = await this.em.findOne(Pipeline, { id: pipelineId });
    if (!pipeline || stage.pipelineId !== pipelineId) throw missing(Stage.label);
    const line = (await lineOf(this.em, pipelineId)).filter((other) => other.id !== id);
    checkLine(line);
    const target = line.find((other) => other.id === moveTo || other.key === moveTo);
    if (moveTo && !target) {
      const message = 'names no other stage of this pipeline';
      throw invalid(`move_to ${message}`, { details: [{ parameter: 'move_to', code: 'unknown', message }] });
    }
    await this.empty(stage, target);
    stage.remove();
    number(line);
    touch(pipeline, now());
    return stage;
  }

  /** Deleted deals stay: they look for a place when they come back. */
  private async empty(stage: Stage, target: Stage | undefined) {
    const within = { stageId: stage.id };
    const deals = await this.em.count(Deal, within);
    if (!deals) return;
    if (!target) throw stageInUse(`${deals} deal${deals === 1 ? ' is' : 's are'} in this stage: name in move_to where they go`, { deals });
    for (let left = deals; left > 0; left -= PORTION) {
      const some = await this.em.find(Deal, within, { limit: PORTION, orderBy: { id: 'asc' }, lockMode: LockMode.PESSIMISTIC_WRITE });
      for (const deal of some) move(this.em, deal, target);
      await this.em.flush();
    }
  }
}

/** A change of the pipeline, not of the deal: its status stays, and nobody needs to be allowed to move it. */
function move(em: EntityManager, deal: Deal, target: Stage) {
  if (!target.admits(deal.status)) throw moveToUnfit(`A deal that is ${deal.status} cannot be in ${target.key}`);
  const before = remember(deal);
  Object.assign(deal, { stageId: target.id, stage: target.key, stageEnteredAt: now() });
  deal.weigh(target);
  chronicle(em, deal, before);
}
