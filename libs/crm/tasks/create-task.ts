import { actor, Bus, Command, EntityManager, Handles } from '#kernel';
import type { z } from 'zod';
import { aboutOf, isAboutSomething, mayWorkOn } from '../about.ts';
import { Activity, systemActivity } from '../activities/activity.ts';
import { promiseReminder } from './remind-of-task.ts';
import { settledTask, Task } from './task.ts';
import type { NewTask } from './task-input.ts';

/** Only on records the caller may change. @throws task.due_in_past, task.due_conflict, task.status_conflict */
export class CreateTask extends Command<Task> {
  constructor(readonly input: z.output<typeof NewTask>) {
    super();
  }
}

@Handles(CreateTask, 'create', Task)
class Handler {
  constructor(
    private readonly em: EntityManager,
    private readonly bus: Bus,
  ) {}

  async execute({ input }: CreateTask) {
    await mayWorkOn(this.em, input);
    const task = this.em.create(Task, { assigneeId: actor().userId, ...settledTask(input) });
    noteTask(this.em, task);
    await promiseReminder(this.bus, task);
    return task;
  }
}

/** The records a task is about tell of it. */
export function noteTask(em: EntityManager, task: Task) {
  if (isAboutSomething(task)) em.create(Activity, systemActivity('task_created', aboutOf(task), { task_id: task.id }));
}
