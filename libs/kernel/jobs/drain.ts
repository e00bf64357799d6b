import type { Backlog } from './backlog.ts';

const AT_ONCE = 100;

/**
 * Does all that can be done now, and what follows from it, without a queue: what a worker would do.
 * @returns how many pieces of work there were
 * @throws AggregateError when some failed; they are written down to be tried again, as ever
 */
export async function drain(backlogs: readonly Backlog[], organization?: string): Promise<number> {
  const failures: Error[] = [];
  let total = 0;
  for (let before = -1; before !== total;) {
    before = total;
    for (const backlog of backlogs)
      for (const id of await backlog.take(AT_ONCE, organization)) {
        const failure = await backlog.run(id);
        if (failure) failures.push(failure);
        total++;
      }
  }
  if (failures.length) throw new AggregateError(failures, failures.map(({ message }) => message).join('; '));
  return total;
}
