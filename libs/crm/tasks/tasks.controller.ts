import { controller, crud, post } from '#kernel';
import { CreateTask } from './create-task.ts';
import { Task } from './task.ts';
import { Completion, NewTask, TaskChanges } from './task-input.ts';
import { taskList, TaskView } from './task-view.ts';
import { CompleteTask, ReopenTask, UpdateTask } from './update-task.ts';

const isOpen = ({ status }: Record<string, unknown>) => status === 'todo' || status === 'in_progress';
const example = { title: 'Send the offer', due_date: '2099-11-30', priority: 'high', recurrence: { every: 'week', count: 2 } };

export const TasksController = controller(
  'tasks',
  {
    ...crud({
      of: Task,
      called: 'a task',
      view: TaskView,
      list: taskList,
      create: [CreateTask, NewTask, example],
      update: [UpdateTask, TaskChanges, { status: 'in_progress' }],
    }),
    complete: post(':id/complete', CompleteTask, {
      body: Completion,
      answers: TaskView as never,
      does: 'Complete a task, with a follow-up if wanted',
      when: isOpen,
      example: { follow_up: { title: 'Call again' } },
    }),
    reopen: post(':id/reopen', ReopenTask, {
      answers: TaskView as never,
      does: 'Reopen a finished or cancelled task',
      when: (row) => !isOpen(row),
    }),
  },
  { of: Task },
);
