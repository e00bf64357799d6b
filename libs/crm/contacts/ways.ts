/** One of several ways to reach somebody: at most one of them is the primary. */
export interface Way {
  label: string;
  primary: boolean;
}
/** What a caller said about them: the whole list, the primary one alone (null takes it away), or both. */
export interface SentWays<W extends Way> {
  readonly all?: readonly W[];
  readonly one?: string | null;
}
export type Ambiguous = 'two_primaries' | 'another_primary';

/**
 * The list after a change, in which exactly one is primary as long as there is any: the one that was named, else the one that was marked,
 * else the first. Naming one that is not in the list replaces the primary; taking it away lets the next one be primary.
 * Answers what is wrong when the list marks two, or marks another one than was named.
 */
export function reconciled<W extends Way>(
  known: readonly W[],
  { all, one }: SentWays<W>,
  { of, make }: { of: (way: W) => string; make: (address: string, before: W | undefined) => W },
): W[] | Ambiguous {
  const ways = distinct(all ?? known, of);
  const marked = ways.filter(({ primary }) => primary);
  if (marked.length > 1) return 'two_primaries';
  const before = marked[0] ?? ways[0];
  if (one === undefined) return withPrimary(ways, before);
  if (one === null) {
    if (all?.length) return 'another_primary';
    const others = ways.filter((way) => way !== before);
    return withPrimary(others, others[0]);
  }
  const named = ways.find((way) => of(way) === one);
  if (all && marked[0] && marked[0] !== named) return 'another_primary';
  if (named) return withPrimary(ways, named);
  const made = make(one, all ? undefined : before);
  return withPrimary(all ? [made, ...ways] : [made, ...ways.filter((way) => way !== before)], made);
}

const withPrimary = <W extends Way>(ways: readonly W[], primary: W | undefined) =>
  ways.map((way) => ({ ...way, primary: way === primary }));

/** The same address twice is one, marked when either was. */
function distinct<W extends Way>(ways: readonly W[], of: (way: W) => string): W[] {
  const found = new Map<string, W>();
  for (const way of ways) {
    const earlier = found.get(of(way));
    found.set(of(way), earlier ? { ...earlier, primary: earlier.primary || way.primary } : way);
  }
  return [...found.values()];
}
