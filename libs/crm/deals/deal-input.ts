import type { z } from 'zod';
import { Deal } from './deal.ts';

const plain = [
  'contactId',
  'companyId',
  'status',
  'amount',
  'currency',
  'probability',
  'forecastCategory',
  'expectedCloseDate',
  'lostReason',
  'source',
  'nextStep',
  'tags',
  'ownerId',
  'custom',
] as const;

export const NewDeal = Deal.input('title', ...plain, 'pipelineId?', 'stageId?', 'stage?').meta({ id: 'NewDeal' });
export type NewDeal = z.output<typeof NewDeal>;
export const DealChanges = Deal.patch('title', ...plain, 'pipelineId', 'stageId', 'stage').meta({ id: 'DealChanges' });
export type DealChanges = z.output<typeof DealChanges>;

export const Winning = Deal.patch('amount', 'currency').meta({ id: 'Winning' });
export const Losing = Deal.patch('lostReason').meta({ id: 'Losing' });
export const Reopening = Deal.patch('stage', 'stageId').meta({ id: 'Reopening' });
export const Moving = Deal.patch('stage', 'stageId', 'pipelineId').meta({ id: 'Moving' });
