import { isUuid, uuidv7 } from './uuidv7.ts';

const LATER = Date.UTC(2100, 0, 1);

it('each id is greater than the one before it: within a millisecond, over more than its counter holds, and when the clock is set back', () => {
  const ids = [...Array.from({ length: 10_000 }, () => uuidv7(LATER)), uuidv7(LATER - 60_000), uuidv7(LATER + 60_000), uuidv7(LATER)];
  expect(ids.toSorted()).toEqual(ids);
  expect(new Set(ids).size).toBe(ids.length);
});

it('an id is a UUID of version 7 and variant 10 that begins with its instant', () => {
  const id = uuidv7(LATER * 2);
  expect(isUuid(id)).toBe(true);
  expect(id).toMatch(/^.{14}7.{3}-[89ab]/);
  expect(parseInt(id.replaceAll('-', '').slice(0, 12), 16)).toBe(LATER * 2);
});
