import { type Actor, actor } from './actor.ts';
import { counts } from './metrics.ts';
import { now } from './time.ts';
import type { Tally } from './use-case.ts';

/** Milliseconds: what another process wrote is seen after this time at the latest. What this one wrote is seen at once. */
const KEPT_MS = 5000;
/** Answers of one actor; past the bound all of his go. */
const MOST = 50;

const lookups = { hit: 0, miss: 0 };
counts('tally_lookups_total', 'Questions about many rows, by whether the last answer was still good', 'outcome', lookups);

interface Kept {
  readonly at: number;
  readonly era: number;
  readonly answer: Promise<unknown>;
}

/**
 * The last answers to questions about many rows. They are kept for one actor (a person in an organization, with the role and the permission
 * sets he has now), so nobody is answered with what another one may see, and until anything is committed in the organization by this
 * process. Questions that are the same while one is being answered share its answer.
 */
export class Tallies {
  private readonly kept = new WeakMap<Actor, Map<string, Kept>>();
  /** How often something was committed in an organization. */
  private readonly eras = new Map<string, number>();

  /** The answer to this question, the kept one if it is still good. */
  of<R>(question: Tally<R>, count: () => Promise<R>): Promise<R> {
    const me = actor();
    const era = this.eras.get(me.organization?.id ?? '') ?? 0;
    const at = now().getTime();
    const mine = this.answersOf(me);
    const key = `${question.constructor.name} ${JSON.stringify(question)}`;
    const last = mine.get(key);
    if (last && last.era === era && Math.abs(at - last.at) < KEPT_MS) {
      lookups.hit++;
      return last.answer as Promise<R>;
    }
    lookups.miss++;
    const answer = count();
    const fresh = { at, era, answer };
    if (mine.size >= MOST) mine.clear();
    mine.set(key, fresh);
    answer.catch(() => mine.get(key) === fresh && mine.delete(key));
    return answer;
  }

  /** Something was committed in this organization: whoever wrote it must not read what was before. */
  outdate(organizationId: string): void {
    this.eras.set(organizationId, (this.eras.get(organizationId) ?? 0) + 1);
  }

  private answersOf(me: Actor): Map<string, Kept> {
    const known = this.kept.get(me) ?? new Map<string, Kept>();
    this.kept.set(me, known);
    return known;
  }
}
