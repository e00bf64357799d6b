import { ageing, bucketOf } from './ageing.ts';

it.each([
  ['2026-04-01', 'current'],
  ['2026-03-31', 'current'],
  ['2026-03-30', '1-30'],
  ['2026-03-01', '1-30'],
  ['2026-02-28', '31-60'],
  ['2026-01-30', '31-60'],
  ['2026-01-29', '61-90'],
  ['2025-12-31', '61-90'],
  ['2025-12-30', '90+'],
])('due %s is %s on 31 March 2026', (due, bucket) => {
  expect(bucketOf(due, '2026-03-31')).toBe(bucket);
});

it('adds up per currency', () => {
  const open = [
    { currency: 'EUR', dueDate: '2026-03-01', due: 5n },
    { currency: 'EUR', dueDate: '2026-03-02', due: 6n },
    { currency: 'USD', dueDate: '2026-04-01', due: 7n },
  ];
  const found = ageing(open, '2026-03-31');
  expect(found.get('EUR')).toMatchObject({ current: 0n, '1-30': 11n });
  expect(found.get('USD')).toMatchObject({ current: 7n });
});
