import fc from 'fast-check';
import { allocated, oldestFirst } from './allocation.ts';

const invoice = (id: string, due: bigint, dueDate = '2026-03-31', issueDate = '2026-03-01') => ({ id, due, dueDate, issueDate });

it('60 of 100 leaves 40; 50 more leaves a credit of 10', () => {
  expect(allocated(600_000n, [invoice('a', 1_000_000n)])).toEqual({ allocations: [{ id: 'a', amount: 600_000n }], credit: 0n });
  expect(allocated(500_000n, [invoice('a', 400_000n)])).toEqual({ allocations: [{ id: 'a', amount: 400_000n }], credit: 100_000n });
  expect(allocated(500_000n, [])).toEqual({ allocations: [], credit: 500_000n });
});

it('the oldest first', () => {
  const open = [invoice('c', 1n, '2026-04-30'), invoice('b', 1n, '2026-03-31', '2026-03-02'), invoice('a', 1n)];
  expect(oldestFirst(open).map(({ id }) => id)).toEqual(['a', 'b', 'c']);
});

it('nothing is lost, and nobody gets more than is due', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 10n ** 9n }), fc.array(fc.bigInt({ min: -5n, max: 10n ** 8n })), (amount, dues) => {
      const { allocations, credit } = allocated(
        amount,
        dues.map((due, i) => invoice(String(i), due)),
      );
      expect(allocations.reduce((sum, one) => sum + one.amount, credit)).toBe(amount);
      expect(allocations.every((one) => one.amount > 0n && one.amount <= dues[Number(one.id)]!)).toBe(true);
      expect(credit >= 0n).toBe(true);
    }),
  );
});
