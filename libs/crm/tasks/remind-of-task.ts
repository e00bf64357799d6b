import { type Bus, Command, EntityManager, Handles, Mailer } from '#kernel';
import { Membership, User } from '#identity';
import { LockMode } from '@mikro-orm/core';
import { Task } from './task.ts';

/** When the moment has come: tells the assignee, once, unless the task was finished or the reminder moved meanwhile. */
export class RemindOfTask extends Command<void> {
  constructor(
    readonly taskId: string,
    /** The moment that was promised, ISO 8601 in UTC. */
    readonly remindAt: string,
  ) {
    super();
  }
}

/** One promise for each task and moment, however often the task is saved. */
export async function promiseReminder(bus: Bus, { id, remindAt }: Task) {
  if (!remindAt) return;
  const moment = remindAt.toISOString();
  await bus.later(new RemindOfTask(id, moment), { at: remindAt, key: `${id} ${moment}`, subjectId: id });
}

@Handles(RemindOfTask, 'system')
class Handler {
  constructor(
    private readonly em: EntityManager,
    private readonly mailer: Mailer,
  ) {}

  async execute({ taskId, remindAt }: RemindOfTask) {
    const task = await this.em.findOne(Task, { id: taskId }, { lockMode: LockMode.PESSIMISTIC_WRITE });
    if (task?.remindAt?.toISOString() !== remindAt || !task.remind()) return;
    const to = await this.addressOf(task);
    const due = task.dueDate ? `Due on ${task.dueDate}.` : 'It has no due date.';
    if (to)
      await this.mailer.send({
        to,
        subject: `Reminder: ${task.title}`,
        text: `${task.title}\n\n${due}\n`,
        key: `task reminder ${taskId} ${remindAt}`,
      });
  }

  private async addressOf({ assigneeId, ownerId, tenantId: organizationId }: Task) {
    const userId = assigneeId ?? ownerId;
    if (!userId || !(await this.em.count(Membership, { organizationId, userId, status: 'active' }))) return null;
    const user = await this.em.findOne(User, { id: userId, placeholder: false });
    return user?.email ?? null;
  }
}
