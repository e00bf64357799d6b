import { addDays } from '#kernel';

/** Days after the due date, in ascending order. */
export type Steps = readonly { readonly days: number }[];

/**
 * The number (from 1) of the step to be run today: the last one whose day has come, if nothing as late was run before. Steps that were missed
 * are not made up for: down from day 2 to 12, only the step of day 10 is run.
 */
export function stepDue(steps: Steps, dueDate: string, today: string, done: number): number | null {
  const come = steps.filter(({ days }) => addDays(dueDate, days) <= today).length;
  return come > done ? come : null;
}

/** The day of the first step that is still to come; null when there is none. */
export function nextStepDay(steps: Steps, dueDate: string, today: string): string | null {
  const next = steps.find(({ days }) => addDays(dueDate, days) > today);
  return next ? addDays(dueDate, next.days) : null;
}
