import { List, now } from '#kernel';
import { sql } from 'kysely';
import { z } from 'zod';
import { ContactView } from '../contacts/contact-view.ts';
import { PipelineView, StageView } from '../pipelines/pipeline-view.ts';
import { Deal } from './deal.ts';
import { StageHistory } from './stage-history.ts';

export const DealView = Deal.view(
  'id',
  'title',
  'contactId',
  'companyId',
  'pipelineId',
  'stageId',
  'stage',
  'status',
  'amount',
  'currency',
  'probability',
  'forecastCategory',
  'expectedCloseDate',
  'closedAt',
  'stageEnteredAt',
  'lostReason',
  'source',
  'nextStep',
  'tags',
  'ownerId',
  'custom',
  'createdAt',
  'createdBy',
  'updatedAt',
  'version',
);

export const ChapterView = StageHistory.view(
  'id',
  'dealId',
  'position',
  'at',
  'fromStageId',
  'fromStage',
  'fromStatus',
  'toStageId',
  'toStage',
  'toStatus',
  'amount',
  'currency',
  'probability',
  'forecastCategory',
  'expectedCloseDate',
  'ownedBy',
  'changedBy',
);

export const chapterList = new List(ChapterView, {
  sorts: ['position'],
  filters: ['dealId', 'at', 'toStage', 'toStatus'],
  standard: '-position',
});

/** Open deals that have been in their stage for longer than it allows. Days of 24 hours: nobody waits for a clock change. */
const rotting = (wanted: 'true' | 'false') => {
  const condition = sql<boolean>`(deal.status in ('new', 'in_progress') and exists (
    select from stage where stage.tenant_id = deal.tenant_id and stage.id = deal.stage_id
      and deal.stage_entered_at < ${now().toISOString()}::timestamptz - make_interval(hours => 24 * stage.rot_after_days)))`;
  return wanted === 'true' ? condition : sql<boolean>`not ${condition}`;
};

export const dealList = new List(DealView, {
  sorts: ['createdAt', 'updatedAt', 'title', 'amount', 'status', 'stage', 'probability', 'expectedCloseDate', 'closedAt', 'stageEnteredAt'],
  filters: [
    'status',
    'stage',
    'stageId',
    'pipelineId',
    'ownerId',
    'contactId',
    'companyId',
    'title',
    'amount',
    'currency',
    'probability',
    'forecastCategory',
    'expectedCloseDate',
    'closedAt',
    'stageEnteredAt',
    'source',
    'tags',
    'createdAt',
    'updatedAt',
  ],
  aliases: { min_amount: 'amount[gte]', max_amount: 'amount[lte]', tag: 'tags' },
  own: { rotting: { schema: z.enum(['true', 'false']), where: rotting } },
  search: true,
  include: {
    contact: { view: ContactView, by: 'contact_id' },
    pipeline: { view: PipelineView, by: 'pipeline_id' },
    stage_details: { view: StageView, by: 'stage_id' },
  },
});
