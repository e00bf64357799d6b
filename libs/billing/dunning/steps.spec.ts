import { nextStepDay, stepDue } from './steps.ts';

const steps = [{ days: 3 }, { days: 10 }, { days: 20 }];
const DUE = '2026-03-01';

it.each([
  ['2026-02-28', 0, null, '2026-03-04'],
  ['2026-03-03', 0, null, '2026-03-04'],
  ['2026-03-04', 0, 1, '2026-03-11'],
  ['2026-03-05', 1, null, '2026-03-11'],
  ['2026-03-13', 0, 2, '2026-03-21'],
  ['2026-03-13', 1, 2, '2026-03-21'],
  ['2026-03-13', 2, null, '2026-03-21'],
  ['2026-03-21', 2, 3, null],
  ['2026-12-31', 0, 3, null],
  ['2026-12-31', 3, null, null],
])('on %s with step %i done: step %s now, the next on %s', (today, done, now, next) => {
  expect(stepDue(steps, DUE, today, done)).toBe(now);
  expect(nextStepDay(steps, DUE, today)).toBe(next);
});

it('no steps, nothing to do', () => {
  expect(stepDue([], DUE, '2027-01-01', 0)).toBeNull();
  expect(nextStepDay([], DUE, '2026-01-01')).toBeNull();
});
