import { actor, List, now, organization, today } from '#kernel';
import { sql } from 'kysely';
import { z } from 'zod';
import { CompanyView } from '../companies/company-view.ts';
import { ContactView } from '../contacts/contact-view.ts';
import { Task } from './task.ts';
import { taskFields } from './task-input.ts';

export const TaskView = Task.view(
  'id',
  ...taskFields,
  'completedAt',
  'remindedAt',
  'followsId',
  'createdAt',
  'createdBy',
  'updatedAt',
  'version',
);

const yesOrNo = z.enum(['true', 'false'], 'true or false');
const open = sql`task.status in ('todo', 'in_progress')`;

export const taskList = new List(TaskView, {
  sorts: ['createdAt', 'updatedAt', 'dueDate', 'dueAt', 'title', 'completedAt'],
  filters: [
    'ownerId',
    'assigneeId',
    'contactId',
    'companyId',
    'dealId',
    'status',
    'isDone',
    'priority',
    'dueDate',
    'dueAt',
    'remindAt',
    'completedAt',
    'followsId',
    'createdAt',
    'updatedAt',
  ],
  aliases: { due_before: 'due_date[lt]', due_after: 'due_date[gt]' },
  own: {
    only_open: { schema: yesOrNo, where: (value: 'true' | 'false') => (value === 'true' ? sql`${open}` : null) },
    mine: { schema: yesOrNo, where: (value: 'true' | 'false') => (value === 'true' ? sql`task.assignee_id = ${actor().userId}` : null) },
    overdue: {
      schema: yesOrNo,
      where: (value: 'true' | 'false') => {
        const late = sql`(${open} and coalesce(task.due_at < ${now().toISOString()}, task.due_date < ${today(organization().timeZone)}, false))`;
        return value === 'true' ? sql`${late}` : sql`not ${late}`;
      },
    },
  },
  search: true,
  include: { contact: { view: ContactView, by: 'contact_id' }, company: { view: CompanyView, by: 'company_id' } },
});
