import type { Arena } from './arena.ts';
import type { Hand } from './hand.ts';
import type { Ledger } from './ledger.ts';
import type { Random } from './random.ts';

/** Something clients do, as often as its weight says. */
export interface Action {
  readonly weight: number;
  do(hand: Hand): Promise<unknown>;
}

/** What can be looked at when everything is over. */
export interface Aftermath {
  readonly arena: Arena;
  readonly ledger: Ledger;
  /** One hand of each organization. */
  readonly hands: readonly Hand[];
}

/**
 * What is played while the faults happen: the load of one part of the product and what must be true of it afterwards. What holds of every
 * write (acknowledged, once, audited, told) is checked for all scenarios alike, see checks.ts.
 */
export interface Scenario {
  readonly name: string;
  /** What each organization has before the faults begin; sent like everything else, and answered. */
  furnish(hand: Hand): Promise<void>;
  readonly actions: readonly Action[];
  /** Many at once, in crossing order, on few records: what a deadlock storm is made of. */
  storm(hands: readonly Hand[], random: Random): Promise<unknown>;
  /** A write that clients with bad manners send. */
  rude(hand: Hand): Parameters<Hand['askBadly']>[0];
  /** The table of each resource whose records are compared with what was acknowledged; each can be listed by cursor. */
  readonly records: Readonly<Record<string, string>>;
  /** Tables of which every row has an audit entry of its creation. */
  readonly audited: readonly string[];
  /** SQL that answers how many pieces of work are under way (as `open`), besides outbox and promises. */
  readonly busy: string;
  /** What is true of this scenario alone; it reports to the ledger. */
  check(aftermath: Aftermath): Promise<void>;
}
