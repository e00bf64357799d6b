import { actingAs, actingUser, addDays, Bus, call, EntityManager, organization, system, today } from '#kernel';
import { Membership } from '#identity';
import { Injectable } from '@nestjs/common';
import { stillThere } from '../about.ts';
import { noteTask } from './create-task.ts';
import { promiseReminder } from './remind-of-task.ts';
import { followUpNeedsDone, type NextTask, settledTask, Task } from './task.ts';
import type { FollowUp } from './task-input.ts';

const FOLLOW_UP_DAYS = 2;

/** What completing a task brings about: the follow-up that was asked for, and the next one of a series. */
@Injectable()
export class Follow {
  constructor(
    private readonly em: EntityManager,
    private readonly bus: Bus,
  ) {}

  /** @throws task.follow_up_needs_done when a follow-up was sent without completing the task; task.due_in_past */
  async up(task: Task, wasDone: boolean, followUp: FollowUp | undefined) {
    const completed = task.isDone && !wasDone;
    if (followUp && !completed)
      throw followUpNeedsDone(undefined, {
        details: [{ pointer: '/follow_up', code: 'not_completing', message: followUpNeedsDone.problem.title }],
      });
    if (!completed) return;
    if (task.recurrence) await this.carryOn(task);
    if (!followUp) return;
    const dueDate = followUp.due_date ?? addDays(today(organization().timeZone), FOLLOW_UP_DAYS);
    this.create({ ...(await this.common(task)), ...settledTask({ dueDate }, undefined, '/follow_up'), title: followUp.title });
  }

  /**
   * The series goes on by itself, on behalf of whoever completed its task: its owner may be somebody else, and what it is about nothing
   * that he may see. What he did himself is written before, in his own name.
   */
  private async carryOn(task: Task) {
    await this.em.flush();
    await actingAs(system(organization(), actingUser()), () => this.next(task), { requestId: call().requestId });
  }

  private async next(task: Task) {
    const next = (await this.goesOn(task)) ? null : task.next();
    if (!next) return;
    const ownerId = (await this.stillMember(next.ownerId)) ?? actingUser();
    await promiseReminder(this.bus, this.create({ ...next, ...(await this.common(task)), ownerId }));
    await this.em.flush();
  }

  /** Completing must not fail because a record was deleted or a colleague has left since. */
  private async common(task: Task) {
    return { ...task.successor(), ...(await stillThere(this.em, task)), assigneeId: await this.stillMember(task.assigneeId) };
  }

  private create(values: Pick<Task, 'title'> & Partial<NextTask>): Task {
    const task = this.em.create(Task, values);
    noteTask(this.em, task);
    return task;
  }

  /** Whether the series has its next task already: the task was done before, and reopened. */
  private async goesOn({ id }: Task): Promise<boolean> {
    return (await this.em.count(Task, { followsId: id, recurrence: { $ne: null } })) > 0;
  }

  private async stillMember(userId: string | null) {
    const organizationId = organization().id;
    return userId && (await this.em.count(Membership, { organizationId, userId, status: { $ne: 'left' } })) ? userId : null;
  }
}
