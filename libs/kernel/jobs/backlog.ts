import { AsyncLocalStorage } from 'node:async_hooks';
import type { OrganizationFacts } from '../actor.ts';
import { standardSettings } from '../context.ts';
import { after, now } from '../time.ts';

/**
 * Work that stands in a table until it is done. A queue only carries the ids: it may lose, double or reorder them. Whoever holds an id
 * calls `run`; it happens once, however often it is called, also in parallel.
 */
export interface Backlog {
  readonly name: 'message' | 'promise';
  /** The ids of what can be run now and is not on its way: they count as sent from here on. Of one organization, if one is named. */
  take(limit: number, organization?: string): Promise<string[]>;
  /** They could not be sent after all. */
  putBack(ids: readonly string[]): Promise<void>;
  /** Runs one if it still has to be. Answers why it failed, which is written down, to be tried again later. */
  run(id: string): Promise<Error | undefined>;
  /** What is waiting, the oldest first: only what has failed, unless `all`. */
  list(options: { all?: boolean; limit: number }): Promise<Waiting[]>;
  /** Tries what has failed again at once: one of it, or everything. Answers how many. */
  retry(id?: string): Promise<number>;
}
/** A piece of work that waits, as the terminal shows it. Instants are ISO 8601, UTC. */
export interface Waiting {
  readonly id: string;
  readonly what: string;
  readonly organization: string | null;
  readonly since: string;
  readonly next: string | null;
  readonly attempts: number;
  readonly error: string | null;
}

/** What was sent and is not done after this time was lost on its way. */
export const LOST_AFTER = { seconds: 60 };
export const lostSince = () => new Date(after(now(), { seconds: -LOST_AFTER.seconds }));
/** What was sent later than this was sent by somebody whose clock is wrong, and may be lost as well. */
export const notYet = () => after(now(), LOST_AFTER);

const WINDOW_MS = 300_000;
/**
 * The id of the job for a row. While one is in the queue a second is not taken in, so that a queue that is slow does not grow; but a job can
 * be stuck there, held by a worker that died with a wrong clock: every five minutes the row may have another.
 */
export const jobIdOf = (name: string, id: string): string => `${name}-${id}-${Math.floor(now().getTime() / WINDOW_MS)}`;

/** Seconds to wait after a number of failures: 5, 20, 80 … at most an hour. */
const backOff = (failures: number) => Math.min(3600, 5 * 4 ** (failures - 1));
export const nextTry = (failures: number) => after(now(), { seconds: backOff(failures) });

/** Runs work with nothing left over from whoever happens to be here: no actor, no transaction, no request. */
export const outside: <R>(work: () => R) => R = AsyncLocalStorage.snapshot();

/** What the terminal and `verify` may see of a failure: a sentence, no stack. */
export const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error)).slice(0, 500);

/** What a worker reads of an organization, fresh each time. */
export interface OrganizationColumns {
  organization: string | null;
  currency: string | null;
  time_zone: string;
  locale: string;
  settings: OrganizationFacts['settings'];
  suspended: boolean;
  deleted: boolean;
}
export const ORGANIZATION_COLUMNS = `o.id as organization, o.currency, o.time_zone, o.locale, o.settings,
  o.suspended_at is not null as suspended, o.deleted_at is not null as deleted`;
export const factsOf = (row: OrganizationColumns): OrganizationFacts => ({
  id: row.organization!,
  currency: row.currency!,
  timeZone: row.time_zone,
  locale: row.locale,
  settings: { ...standardSettings, ...row.settings },
});
