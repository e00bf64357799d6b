import { choice, currency, day, entity, moment, money, ref, text, uuid, whole } from '#kernel';
import { Stage } from '../pipelines/pipeline.ts';
import { CATEGORIES, Deal, STATUSES } from './deal.ts';

/**
 * What a deal was after each change of status, stage, owner or amount, the first row being its creation. `position` numbers the rows of a
 * deal without gaps, so that their order does not hang on clocks. Never changed.
 */
export class StageHistory extends entity(
  'stage_history',
  {
    dealId: ref(() => Deal),
    position: whole({ min: 1 }),
    at: moment(),
    // No reference: it is the one that the row before leads to, and may be deleted since.
    fromStageId: uuid().optional(),
    toStageId: ref(() => Stage),
    fromStage: text({ max: 60 }).optional(),
    toStage: text({ max: 60 }),
    fromStatus: choice(STATUSES).optional(),
    toStatus: choice(STATUSES),
    amount: money(),
    currency: currency(),
    probability: whole({ max: 100 }),
    forecastCategory: choice(CATEGORIES),
    expectedCloseDate: day().optional(),
    // No reference, and no owner of this row: who owned the deal then may have left since.
    ownedBy: uuid().optional(),
    // Who did it; null for the system.
    changedBy: uuid().optional(),
  },
  { unique: [{ on: ['dealId', 'position'] }], index: [['dealId', 'position']], appendOnly: true },
) {}
