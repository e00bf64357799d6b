import {
  addDays,
  addMonths,
  after,
  businessRecord,
  choice,
  day,
  dayOf,
  daysBetween,
  flag,
  json,
  member,
  moment,
  note,
  now,
  organization,
  problem,
  ref,
  text,
  today,
} from '#kernel';
import { z } from 'zod';
import { Company } from '../companies/company.ts';
import { Contact } from '../contacts/contact.ts';
import { Deal } from '../deals/deal.ts';

export const STATUSES = ['todo', 'in_progress', 'done', 'cancelled'] as const;

/** Every so many days, weeks or months. */
export const Recurrence = z
  .strictObject({ every: z.enum(['day', 'week', 'month']), count: z.int().min(1).max(366).default(1) })
  .meta({ id: 'Recurrence', example: { every: 'week', count: 2 } });
export type Recurrence = z.output<typeof Recurrence>;

export const dueInPast = problem('task.due_in_past', 422, 'A task cannot be due before today');
export const dueConflict = problem('task.due_conflict', 422, 'due_at does not fall on due_date');
export const statusConflict = problem('task.status_conflict', 422, 'status and is_done say different things');
export const followUpNeedsDone = problem('task.follow_up_needs_done', 422, 'A follow-up comes with completing the task');

/** Told when the moment of a task's reminder has come. */
export class TaskReminderDue {
  constructor(
    readonly taskId: string,
    readonly assigneeId: string | null,
  ) {}
}

/** Something to be done by somebody, about a contact, a company or a deal, or about nothing in particular. */
export class Task extends businessRecord(
  'task',
  {
    title: text({ max: 255 }),
    description: note().optional(),
    /** A day in the organization's zone; the day of dueAt where there is one. */
    dueDate: day().optional(),
    dueAt: moment().optional(),
    priority: choice(['low', 'normal', 'high', 'urgent'], 'normal'),
    status: choice(STATUSES, 'todo'),
    isDone: flag().or(false),
    completedAt: moment().optional(),
    assigneeId: member().optional(),
    contactId: ref(() => Contact).optional(),
    companyId: ref(() => Company).optional(),
    dealId: ref(() => Deal).optional(),
    remindAt: moment().optional(),
    remindedAt: moment().optional(),
    recurrence: json(Recurrence).optional(),
    /** The due date a series counts from, so that the 31st does not drift to the 28th. */
    recursFrom: day().optional(),
    /** The task whose completion made this one. */
    followsId: ref('task').optional(),
  },
  {
    index: [
      ['assigneeId', 'dueDate', 'id'],
      ['dueDate', 'id'],
      ['status', 'dueDate', 'id'],
      ['updatedAt', 'id'],
      ['dueAt', 'id'],
      ['completedAt', 'id'],
      ['title', 'id'],
    ],
    search: ['new.title', 'new.description'],
    checks: { done_agrees: "(status = 'done') = is_done", completed_agrees: "(completed_at is not null) = (status = 'done')" },
  },
) {
  isOpen() {
    return this.status === 'todo' || this.status === 'in_progress';
  }

  /** The reminder's moment has come. Twice is once. */
  remind() {
    if (this.remindedAt || !this.isOpen()) return false;
    this.remindedAt = now();
    this.record(new TaskReminderDue(this.id, this.assigneeId));
    return true;
  }

  /** The next task of the series, due on the first of its days that lies after this one and not before today. */
  next(): NextTask | null {
    if (!this.recurrence) return null;
    const { timeZone } = organization();
    const from = this.recursFrom ?? this.dueDate ?? today(timeZone);
    const dueDate = nextDay(this.recurrence, from, this.dueDate ?? from, today(timeZone));
    const days = this.dueDate ? daysBetween(this.dueDate, dueDate) : 0;
    const moved = (at: Date | null) => at && after(at, { days }, timeZone);
    const { title, description, recurrence, ownerId, custom } = this;
    const remindAt = days ? moved(this.remindAt) : null;
    return {
      ...this.successor(),
      ...{ title, description, recurrence, ownerId, custom },
      ...{ recursFrom: from, dueDate, dueAt: moved(this.dueAt), remindAt },
    };
  }

  /** What follows on this task: about the same records, by the same person. */
  successor() {
    const { priority, assigneeId, contactId, companyId, dealId, id: followsId } = this;
    return { priority, assigneeId, contactId, companyId, dealId, followsId };
  }
}
export type NextTask = ReturnType<Task['successor']> &
  Pick<Task, 'title' | 'description' | 'recurrence' | 'ownerId' | 'custom' | 'recursFrom' | 'dueDate' | 'dueAt' | 'remindAt'>;

/** The first day of a series from an anchor that lies after `last` and not before `soonest`. */
export function nextDay({ every, count }: Recurrence, anchor: string, last: string, soonest: string): string {
  const nth = (n: number) => (every === 'month' ? addMonths(anchor, n * count) : addDays(anchor, n * count * (every === 'week' ? 7 : 1)));
  const floor = last >= soonest ? addDays(last, 1) : soonest;
  // Begins close below the answer: a series may have slept for years.
  const longest = every === 'month' ? 31 : every === 'week' ? 7 : 1;
  let n = Math.max(1, Math.floor(daysBetween(anchor, floor) / (longest * count)));
  while (nth(n) < floor) n++;
  return nth(n);
}

type Timed = 'status' | 'isDone' | 'dueDate' | 'dueAt' | 'completedAt' | 'recursFrom' | 'remindAt' | 'remindedAt';
export type SentTask = Partial<Pick<Task, Timed>>;

/**
 * What was sent to make or change a task, completed: status, is_done and completed_at agree, due_at falls on due_date, neither is set to
 * a day before today in the organization's zone, and a new moment to be reminded at is one that nobody was reminded at.
 * @param at where in the request it was sent, for pointers
 * @throws task.due_in_past, task.due_conflict, task.status_conflict
 */
export function settledTask<S extends SentTask>(sent: S, known?: SentTask, at = ''): S {
  const reminder = unlike(sent.remindAt, known?.remindAt) ? { remindedAt: null } : {};
  return { ...sent, ...state(sent, known), ...due(sent, known, at), ...reminder };
}

/** Whether a moment was sent that is another one than is known. */
const unlike = (sent: Date | null | undefined, known: Date | null | undefined) =>
  sent !== undefined && sent?.valueOf() !== known?.valueOf();

function state({ status, isDone }: SentTask, known: SentTask = {}) {
  if (status === undefined && isDone === undefined) return {};
  const before = known.status ?? 'todo';
  const becomes = status ?? (isDone ? 'done' : before === 'done' ? 'todo' : before);
  if (isDone !== undefined && isDone !== (becomes === 'done'))
    throw statusConflict(undefined, {
      details: [{ pointer: '/is_done', code: 'conflict', message: `does not go with status ${becomes}` }],
    });
  const done = becomes === 'done';
  return { status: becomes, isDone: done, completedAt: done ? (known.completedAt ?? now()) : null };
}

function due(sent: SentTask, known: SentTask = {}, at: string) {
  const otherDay = (day: string | null) => day !== (known.dueDate ?? null);
  if (!unlike(sent.dueAt, known.dueAt) && (sent.dueDate === undefined || !otherDay(sent.dueDate))) return {};
  // A series counts from another day only when its task is due on another one.
  const counted = (day: string | null) => (otherDay(day) ? { recursFrom: null } : {});
  const { timeZone } = organization();
  const dueAt = sent.dueAt !== undefined ? sent.dueAt : (known.dueAt ?? null);
  const dayOfDue = dueAt && dayOf(dueAt, timeZone);
  if (sent.dueDate !== undefined) {
    if (sent.dueAt && sent.dueDate !== dayOfDue)
      throw dueConflict(undefined, { details: [{ pointer: '/due_at', code: 'conflict', message: `falls on ${dayOfDue} in ${timeZone}` }] });
    inTime(sent.dueDate, known.dueDate, `${at}/due_date`, timeZone);
    // Another day than before: the old time of day meant another instant.
    return { dueDate: sent.dueDate, dueAt: sent.dueDate === dayOfDue ? dueAt : null, ...counted(sent.dueDate) };
  }
  inTime(dayOfDue, known.dueDate, `${at}/due_at`, timeZone);
  const dueDate = dayOfDue ?? known.dueDate ?? null;
  return { dueDate, dueAt, ...counted(dueDate) };
}

function inTime(becomes: string | null, was: string | null | undefined, pointer: string, timeZone: string) {
  if (becomes === null || becomes === was || becomes >= today(timeZone)) return;
  const message = `${becomes} is before today, ${today(timeZone)} in ${timeZone}`;
  throw dueInPast(message, { details: [{ pointer, code: 'past', message }] });
}
