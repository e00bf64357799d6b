import { nextStepDay, stepDue } from './steps.ts';

const steps = [{ days: 3 }, { days: 10 }, { days: 20 }];
const DUE = '2026-03-01';

it.each([
  ['2026-02-28', 0, null, '2026-03-04'],
  ['2026-03-03', 0, null, '2026-03-04'],
  ['2026-03-04', 0, 3, '2026-03-11'],
  ['2026-03-05', 3, null, '2026-03-11'],
  ['2026-03-13', 0, 10, '2026-03-21'],
  ['2026-03-13', 3, 10, '2026-03-21'],
  ['2026-03-13', 10, null, '2026-03-21'],
  // By a policy that was changed since: not reminded again of what is no later.
  ['2026-03-13', 5, 10, '2026-03-21'],
  ['2026-03-13', 11, null, '2026-03-21'],
  ['2026-03-21', 10, 20, null],
  ['2026-12-31', 0, 20, null],
  ['2026-12-31', 20, null, null],
])('on %s with the step of day %i done: that of day %s now, the next on %s', (today, done, now, next) => {
  expect(stepDue(steps, DUE, today, done)?.days ?? null).toBe(now);
  expect(nextStepDay(steps, DUE, today)).toBe(next);
});

it('no steps, nothing to do', () => {
  expect(stepDue([], DUE, '2027-01-01', 0)).toBeNull();
  expect(nextStepDay([], DUE, '2026-01-01')).toBeNull();
});
