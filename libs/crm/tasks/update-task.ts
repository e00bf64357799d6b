import { amended, Bus, Command, EntityManager, Handles, load } from '#kernel';
import type { z } from 'zod';
import { aboutOf, mayWorkOn } from '../about.ts';
import { changed } from '../changed.ts';
import { Follow } from './follow.ts';
import { promiseReminder } from './remind-of-task.ts';
import { settledTask, Task } from './task.ts';
import type { FollowUp, TaskChanges } from './task-input.ts';

/** @throws task.due_in_past, task.due_conflict, task.status_conflict, task.follow_up_needs_done */
export class UpdateTask extends Command<Task> {
  constructor(
    readonly id: string,
    readonly changes: z.output<typeof TaskChanges>,
  ) {
    super();
  }
}

@Handles(UpdateTask, 'update', Task)
class Updating {
  constructor(
    private readonly em: EntityManager,
    private readonly bus: Bus,
    private readonly follow: Follow,
  ) {}

  async execute({ id, changes: { followUp, ...changes } }: UpdateTask) {
    const task = await load(this.em, Task, id);
    const { isDone, remindAt } = task;
    const about = aboutOf(changes);
    await mayWorkOn(this.em, Object.fromEntries(Object.entries(about).filter(([field, to]) => to !== task[field as keyof typeof about])));
    Object.assign(task, changed(task, amended(task, settledTask(changes, task))));
    if (task.remindAt?.valueOf() !== remindAt?.valueOf()) await promiseReminder(this.bus, task);
    await this.follow.up(task, isDone, followUp);
    return task;
  }
}

/** The same as PATCH of the status, said plainly. Completing what is done changes nothing. @throws task.follow_up_needs_done */
export class CompleteTask extends Command<Task> {
  constructor(
    readonly id: string,
    readonly input: { follow_up?: FollowUp },
  ) {
    super();
  }
}

@Handles(CompleteTask, 'update', Task)
class Completing {
  constructor(
    private readonly em: EntityManager,
    private readonly follow: Follow,
  ) {}

  async execute({ id, input }: CompleteTask) {
    const task = await load(this.em, Task, id);
    const { isDone } = task;
    Object.assign(task, settledTask({ status: 'done' as const }, task));
    await this.follow.up(task, isDone, input.follow_up);
    return task;
  }
}

/** A finished or cancelled task is to be done after all. */
export class ReopenTask extends Command<Task> {
  constructor(readonly id: string) {
    super();
  }
}

@Handles(ReopenTask, 'update', Task)
class Reopening {
  constructor(private readonly em: EntityManager) {}
  async execute({ id }: ReopenTask) {
    const task = await load(this.em, Task, id);
    return task.isOpen() ? task : Object.assign(task, settledTask({ status: 'todo' as const }, task));
  }
}
