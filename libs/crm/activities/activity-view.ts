import { List, type ListOptions } from '#kernel';
import { Activity } from './activity.ts';

export const ActivityView = Activity.view(
  'id',
  'kind',
  'text',
  'payload',
  'authorId',
  'contactId',
  'companyId',
  'dealId',
  'occurredAt',
  'createdAt',
  'createdBy',
  'updatedAt',
  'version',
);

const options = {
  sorts: ['occurredAt', 'createdAt'],
  filters: ['kind', 'authorId', 'contactId', 'companyId', 'dealId', 'occurredAt', 'createdAt'],
  standard: '-occurred_at',
} satisfies ListOptions;

export const activityList = new List(ActivityView, options);
