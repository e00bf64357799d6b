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
  /** Faults of its own, besides those of all. They may strike programs at their failpoints, which takes them out of production. */
  readonly faults?: readonly Fault[];
  /** So many days pass in the end, for the workers, with one more of its own faults. Fewer than the seven after which rows are purged. */
  readonly daysAfter?: number;
  /** Fields that change without a new version: they are not compared. */
  readonly derived?: readonly string[];
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
  /** Tables whose rows have versions without an entry: their parts changed, or what they keep track of in silence. */
  readonly quieter?: readonly string[];
  /** SQL that answers how many pieces of work are under way (as `open`), besides outbox and promises. */
  readonly busy: string;
  /** What is true of this scenario alone; it reports to the ledger. */
  check(aftermath: Aftermath): Promise<void>;
}

export interface Stage {
  readonly arena: Arena;
  readonly scenario: Scenario;
  readonly hands: readonly Hand[];
  /** A hand for questions of the harness itself. */
  readonly probe: Hand;
  readonly random: Random;
  /** From now on a token may be refused: some clock is wrong. */
  readonly excuse: () => void;
  /** What was measured, by name: the worst of it is reported. */
  readonly measured: Map<string, number>;
  /** What happened, by name: the sum of it is reported. A fault that hits nothing shows nothing. */
  readonly counted: Map<string, number>;
}
export interface Fault {
  readonly name: string;
  readonly weight: number;
  /** Whether it can be played here; anywhere unless given. */
  readonly can?: (arena: Arena) => boolean;
  /** Resolves when it is over and what it hit is running again. */
  play(stage: Stage): Promise<void>;
}
