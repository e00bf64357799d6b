import { daysBetween } from '#kernel';

/** How long something has been overdue, in days. */
export const BUCKETS = ['current', '1-30', '31-60', '61-90', '90+'] as const;
export type Bucket = (typeof BUCKETS)[number];

/** Which bucket a due date lies in on a day: on the day itself it is current. */
export function bucketOf(dueDate: string, on: string): Bucket {
  const days = daysBetween(dueDate, on);
  if (days <= 0) return 'current';
  if (days <= 30) return '1-30';
  if (days <= 60) return '31-60';
  return days <= 90 ? '61-90' : '90+';
}

/** Sums per bucket, in e4. */
export type Ageing = Record<Bucket, bigint>;

/** What is due on a day per currency and age; amounts in e4. */
export function ageing(open: readonly { currency: string; dueDate: string; due: bigint }[], on: string): Map<string, Ageing> {
  const found = new Map<string, Ageing>();
  for (const { currency, dueDate, due } of open) {
    let sums = found.get(currency);
    if (!sums) found.set(currency, (sums = { current: 0n, '1-30': 0n, '31-60': 0n, '61-90': 0n, '90+': 0n }));
    sums[bucketOf(dueDate, on)] += due;
  }
  return found;
}
