import { addDays, daysBetween } from '#kernel';

/** Days after the due date, in ascending order. */
export type Steps = readonly { readonly days: number }[];

/**
 * The step to be run today: the last one whose day has come, if nothing as late was run before (`done`: the days of the last one that was).
 * Steps that were missed are not made up for: down from day 2 to 12, only the step of day 10 is run. Counted in days, for the policy may be
 * another than the one by which the customer was reminded before.
 */
export function stepDue<S extends { readonly days: number }>(steps: readonly S[], dueDate: string, today: string, done: number): S | null {
  const late = daysBetween(dueDate, today);
  const last = steps.filter(({ days }) => days <= late).at(-1);
  return last && last.days > done ? last : null;
}

/** The day of the first step that is still to come; null when there is none. */
export function nextStepDay(steps: Steps, dueDate: string, today: string): string | null {
  const late = daysBetween(dueDate, today);
  const next = steps.find(({ days }) => days > late);
  return next ? addDays(dueDate, next.days) : null;
}
