import { along, day, text } from '#kernel';
import { z } from 'zod';
import { Task } from './task.ts';

/** What a caller may set. A further field is a line in the entity and a name here. */
export const taskFields = [
  'title',
  'description',
  'dueDate',
  'dueAt',
  'priority',
  'status',
  'isDone',
  'assigneeId',
  'contactId',
  'companyId',
  'dealId',
  'remindAt',
  'recurrence',
  'ownerId',
  'custom',
] as const;

export const FollowUp = z
  .strictObject({
    title: text({ max: 255 }).check,
    due_date: day().check.optional().meta({ description: 'two days from today unless given' }),
  })
  .meta({ id: 'FollowUp', example: { title: 'Call again', due_date: '2027-01-15' } });
export type FollowUp = z.output<typeof FollowUp>;

export const NewTask = Task.input(...taskFields).meta({ id: 'NewTask' });
export const TaskChanges = along(Task.patch(...taskFields), { followUp: FollowUp }).meta({ id: 'TaskChanges' });
export const Completion = z.strictObject({ follow_up: FollowUp.optional() }).meta({ id: 'TaskCompletion' });
