import { nextDay } from './task.ts';

it.each([
  [{ every: 'day', count: 1 }, '2026-11-20', '2026-11-20', '2026-11-20', '2026-11-21'],
  [{ every: 'day', count: 3 }, '2026-11-20', '2026-11-20', '2026-11-18', '2026-11-23'],
  [{ every: 'day', count: 3 }, '2026-11-01', '2026-11-01', '2026-11-20', '2026-11-22'],
  [{ every: 'week', count: 2 }, '2026-11-20', '2026-11-20', '2026-11-20', '2026-12-04'],
  [{ every: 'week', count: 1 }, '2020-01-01', '2020-01-01', '2026-11-20', '2026-11-25'],
  [{ every: 'month', count: 1 }, '2026-01-31', '2026-01-31', '2026-01-31', '2026-02-28'],
  [{ every: 'month', count: 1 }, '2026-01-31', '2026-02-28', '2026-02-28', '2026-03-31'],
  [{ every: 'month', count: 12 }, '2024-02-29', '2024-02-29', '2024-02-29', '2025-02-28'],
  [{ every: 'month', count: 1 }, '2026-01-31', '2026-01-31', '2026-03-31', '2026-03-31'],
  [{ every: 'month', count: 1 }, '1990-05-15', '1990-05-15', '2026-11-20', '2026-12-15'],
] as const)('%j from %s, after %s and not before %s, is %s', (recurrence, anchor, last, soonest, expected) => {
  expect(nextDay(recurrence, anchor, last, soonest)).toBe(expected);
});
