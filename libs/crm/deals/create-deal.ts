import { Command, EntityManager, Handles, now } from '#kernel';
import { lastOpenOf } from '../pipelines/line.ts';
import { begin } from './aim.ts';
import { reasonRequired } from './change-deal.ts';
import { chronicle, remember } from './chronicle.ts';
import { Deal, isOpen, probabilityOf, type Target } from './deal.ts';
import type { NewDeal } from './deal-input.ts';
import { find, type Names } from './way.ts';

/** When things happened that are told only now: for imports, which keep the dates they are given. */
export interface Past {
  readonly createdAt?: Date;
  /** For a deal that is won or lost. */
  readonly closedAt?: Date;
}

/** @throws deal.won_requires_amount, deal.lost_requires_reason, deal.status_contradicts_stage, deal.outcome_required */
export class CreateDeal extends Command<Deal> {
  constructor(
    readonly input: NewDeal,
    readonly past: Past = {},
  ) {
    super();
  }
}

@Handles(CreateDeal, 'create', Deal)
class Handler {
  constructor(private readonly em: EntityManager) {}
  async execute({ input: { status: wanted, stage: key, stageId, pipelineId, ...given }, past }: CreateDeal) {
    const way = await find(this.em, { pipelineId, stageId, stage: key });
    const end = begin({ status: wanted, stage: way.stage }, way.line);
    const at = past.createdAt ?? now();
    // What was closed at a time of its own was open before.
    const start: Target = past.closedAt && !isOpen(end.status) ? { stage: lastOpenOf(way.line), status: 'in_progress' } : end;
    const deal = this.open(given, start, at);
    if (start !== end) {
      const before = remember(deal);
      deal.go(end, { backwards: false, mayRollBack: false, at: past.closedAt ?? at });
      chronicle(this.em, deal, before, deal.closedAt ?? at);
    }
    deal.check({ reasonRequired: reasonRequired() });
    return deal;
  }

  private open({ probability: own = null, ...given }: Omit<NewDeal, keyof Names | 'status'>, { stage, status }: Target, at: Date) {
    const deal = this.em.create(Deal, {
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
    chronicle(this.em, deal, null, at);
    return deal;
  }
}
