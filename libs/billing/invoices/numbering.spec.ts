import fc from 'fast-check';
import { isPattern, numberAt, numberOf, periodOf } from './numbering.ts';

it.each([
  ['INV-{YYYY}-{00000}', 1, '2026-11-20', 'INV-2026-00001', '2026'],
  ['INV-{YYYY}-{00000}', 123_456, '2026-11-20', 'INV-2026-123456', '2026'],
  ['{YY}{MM}-{000}', 7, '2027-01-31', '2701-007', '2027-01'],
  ['R{0}', 42, '2026-11-20', 'R42', ''],
])('%s: number %i on %s is %s, in period %p', (pattern, n, day, number, period) => {
  expect(numberOf(pattern, n, day)).toBe(number);
  expect(periodOf(pattern, day)).toBe(period);
});

it('the year is the issue date in the zone of the entity', () => {
  const newYear = new Date('2026-12-31T23:30:00Z');
  expect(numberAt('INV-{YYYY}-{00000}', 1, newYear, 'Europe/Berlin')).toBe('INV-2027-00001');
  expect(numberAt('INV-{YYYY}-{00000}', 1, newYear, 'UTC')).toBe('INV-2026-00001');
});

it.each(['INV', 'INV-{YYYY}', '{00}-{00}', '{00}-X', '{MM}-{000}', 'X{DD}{0}', 'A{{0}', 'R1{000}', '<b>{000}'])(
  '%p is no pattern',
  (pattern) => {
    expect(isPattern(pattern)).toBe(false);
  },
);

it('no two counts give one number, and every number ends in its count', () => {
  const patterns = fc.constantFrom('INV-{YYYY}-{00000}', '{YY}{MM}-{0}', 'Rechnung {000}', 'CN/{YYYY}/{MM}/{00}');
  fc.assert(
    fc.property(patterns, fc.integer({ min: 1, max: 10 ** 9 }), fc.integer({ min: 1, max: 10 ** 9 }), (pattern, a, b) => {
      expect(isPattern(pattern)).toBe(true);
      expect(numberOf(pattern, a, '2026-11-20') === numberOf(pattern, b, '2026-11-20')).toBe(a === b);
      expect(numberOf(pattern, a, '2026-11-20').endsWith(String(a))).toBe(true);
    }),
  );
});
