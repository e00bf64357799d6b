import { amended, type EntityManager, must, now, organization, permits } from '#kernel';
import { changed } from '../changed.ts';
import { Stage } from '../pipelines/pipeline.ts';
import { aim, isBehind } from './aim.ts';
import { chronicle, remember } from './chronicle.ts';
import { contactStands } from './contact-stands.ts';
import { type Deal, isOpen } from './deal.ts';
import type { DealChanges } from './deal-input.ts';
import { find, lastOpenIn } from './way.ts';

/** Whether this organization wants to know why deals are lost. */
export const reasonRequired = (): boolean => organization().settings.lost_reason_required === true;

/**
 * The one way a deal changes, whatever the verb: winning is a change of its status, moving one of its stage. The deal must have been loaded
 * with its lock (load()), so that of parallel changes each sees what the one before it left.
 */
export async function changeDeal(em: EntityManager, deal: Deal, changes: DealChanges): Promise<Deal> {
  // Taking over a record that nobody owns is judged when it is written.
  if (changes.ownerId === undefined) must('update', deal);
  const at = now();
  const mayRollBack = permits('rollback', deal);
  const before = remember(deal);
  const reason = deal.lostReason;
  const { status, stage, stageId, pipelineId, probability = deal.probability, ...plain } = amended(deal, changes);
  Object.assign(deal, changed(deal, plain));
  // What it shows, be it its stage's or what is certain of a closed one, is not meant as its own.
  const estimated = probability !== deal.probability;
  if (estimated) deal.ownProbability = probability;

  if (status ?? stage ?? stageId ?? pipelineId) {
    const here = await em.findOneOrFail(Stage, { id: deal.stageId });
    const way = await find(em, { pipelineId, stageId, stage }, deal.pipelineId);
    const comesBack = !isOpen(deal.status) || way.line[0]?.pipelineId !== deal.pipelineId;
    const lastOpen = comesBack ? await lastOpenIn(em, deal, way.line) : here;
    const target = aim({ stage: here, status: deal.status }, { status, stage: way.stage }, way.line, lastOpen);
    deal.go(target, { backwards: isBehind(way.line, target.stage, lastOpen), mayRollBack, at });
    // One that is named now is looked at when it is written.
    if (!isOpen(before.status) && isOpen(deal.status) && changes.contactId === undefined) await contactStands(em, deal);
  }
  if (estimated) deal.weigh(await em.findOneOrFail(Stage, { id: deal.stageId }));
  // A deal that was lost before reasons were asked for may still be changed otherwise.
  const lostNow = before.status !== 'lost' || reason !== deal.lostReason;
  deal.check({ reasonRequired: lostNow && reasonRequired() });
  chronicle(em, deal, before, at);
  return deal;
}
