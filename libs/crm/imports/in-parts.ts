import { type Bus, Refusal, refusalOf } from '#kernel';

/** Why what was tried was refused; what is nobody's fault but ours, or passes, is thrown on. */
export function reasonOf(error: unknown): string {
  const refusal = error instanceof Refusal ? error : refusalOf(error);
  if (!isFinal(refusal)) throw error;
  const [detail] = refusal.more.details ?? [];
  return refusal.code === 'already_exists' && detail ? `${detail.pointer?.slice(1) ?? ''} ${detail.message}`.trim() : refusal.message;
}
/** Whether it would be refused again. */
const isFinal = ({ status, code }: Refusal) => status < 500 && code !== 'lost_race';

/**
 * Makes something of all items at once; when that is refused they are halved until the one that is at fault stands alone.
 * @returns in order, what each became or why it was refused
 */
export async function inParts<T, R>(
  bus: Bus,
  items: T[],
  make: (items: T[]) => Promise<R[]>,
): Promise<({ made: R } | { refused: string })[]> {
  if (!items.length) return [];
  try {
    return (await bus.apart(() => make(items))).map((made) => ({ made }));
  } catch (error) {
    const refused = reasonOf(error);
    if (items.length === 1) return [{ refused }];
    const middle = items.length >> 1;
    return [...(await inParts(bus, items.slice(0, middle), make)), ...(await inParts(bus, items.slice(middle), make))];
  }
}
