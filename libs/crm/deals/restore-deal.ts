import { Command, EntityManager, Handles, loadDeleted, now } from '#kernel';
import { closingOf, firstOf, placeOf } from '../pipelines/line.ts';
import { lineOf } from '../pipelines/structure.ts';
import { chronicle, remember } from './chronicle.ts';
import { contactStands } from './contact-stands.ts';
import { Deal, isOpen } from './deal.ts';

/**
 * Brings a deleted deal back; where its stage is gone meanwhile, into the first one, or the one that fits its outcome.
 * @throws deal.contact_deleted
 */
export class RestoreDeal extends Command<Deal> {
  constructor(readonly id: string) {
    super();
  }
}

@Handles(RestoreDeal, 'delete', Deal)
class Handler {
  constructor(private readonly em: EntityManager) {}
  async execute({ id }: RestoreDeal) {
    const deal = await loadDeleted(this.em, Deal, id);
    if (isOpen(deal.status)) await contactStands(this.em, deal);
    deal.deletedAt = null;
    const line = await lineOf(this.em, deal.pipelineId);
    if (placeOf(line, deal.stageId) >= 0) return deal;

    const before = remember(deal);
    const stage = deal.status === 'won' || deal.status === 'lost' ? closingOf(line, deal.status) : firstOf(line);
    Object.assign(deal, { stageId: stage.id, stage: stage.key, stageEnteredAt: now() });
    deal.weigh(stage);
    // Its history can only refer to it once it is back.
    await this.em.flush();
    chronicle(this.em, deal, before);
    return deal;
  }
}
