/** Something that is still to be paid: an amount in e4 above zero. */
export interface Open {
  readonly id: string;
  readonly due: bigint;
  /** `YYYY-MM-DD` */
  readonly dueDate: string;
  readonly issueDate: string;
  readonly number?: string | null;
}
export interface Allocated {
  readonly allocations: readonly { id: string; amount: bigint }[];
  /** What is left over: the customer's credit. Never an error. */
  readonly credit: bigint;
}

/** Oldest first: by due date, then issue date, then number. */
export const oldestFirst = <T extends Open>(open: readonly T[]): T[] =>
  [...open].sort(
    (a, b) =>
      compare(a.dueDate, b.dueDate) || compare(a.issueDate, b.issueDate) || compare(a.number ?? '', b.number ?? '') || compare(a.id, b.id),
  );

/** Gives an amount (e4) to what is open, in this order, until it is used up. Those with nothing due get nothing. */
export function allocated(amount: bigint, open: readonly Open[]): Allocated {
  let left = amount;
  const allocations: { id: string; amount: bigint }[] = [];
  for (const { id, due } of open) {
    if (left <= 0n) break;
    if (due <= 0n) continue;
    const part = due < left ? due : left;
    allocations.push({ id, amount: part });
    left -= part;
  }
  return { allocations, credit: left };
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
