import { now, type Scribe } from '#kernel';
import { type Line, lastOpenOf } from '../pipelines/line.ts';
import { reasonRequired } from './change-deal.ts';
import { chronicle, remember } from './chronicle.ts';
import { Deal, isOpen, probabilityOf, type Target } from './deal.ts';
import type { NewDeal } from './deal-input.ts';
import type { Names } from './way.ts';

/** When things happened that are told only now: for imports, which keep the dates they are given. */
export interface Past {
  readonly createdAt?: Date;
  /** For a deal that is won or lost. */
  readonly closedAt?: Date;
}
type Given = Omit<NewDeal, keyof Names | 'status'>;

/**
 * The one way a deal comes to be, alone or by the thousand: where it begins, how it came to an end if it has one, and what is told of it.
 * @throws deal.won_requires_amount, deal.lost_requires_reason
 */
export function openDeal(em: Scribe, given: Given, end: Target, line: Line, { createdAt: at = now(), closedAt }: Past = {}): Deal {
  // What was closed at a time of its own was open before.
  const start: Target = closedAt && !isOpen(end.status) ? { stage: lastOpenOf(line), status: 'in_progress' } : end;
  const deal = begun(em, given, start, at);
  if (start !== end) {
    const before = remember(deal);
    deal.go(end, { backwards: false, mayRollBack: false, at: closedAt ?? at });
    chronicle(em, deal, before, deal.closedAt ?? at);
  }
  deal.check({ reasonRequired: reasonRequired() });
  return deal;
}

function begun(em: Scribe, { probability: own = null, ...given }: Given, { stage, status }: Target, at: Date): Deal {
  const deal = em.create(Deal, {
    ...given,
    createdAt: at,
    pipelineId: stage.pipelineId,
    stageId: stage.id,
    stage: stage.key,
    status,
    probability: probabilityOf(status, own, stage),
    ownProbability: own,
    closedAt: isOpen(status) ? null : at,
    stageEnteredAt: at,
    changes: 1,
  });
  deal.tell(null, stage.key);
  chronicle(em, deal, null, at);
  return deal;
}
