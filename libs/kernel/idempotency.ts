import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { createHash } from 'node:crypto';
import { call } from './actor.ts';
import { NO_ORGANIZATION } from './due.ts';
import { keyReused, keyRunning } from './errors.ts';
import { insertLater } from './flush.ts';

export interface Stored {
  status: number;
  headers: Record<string, string>;
  body: string;
}
/** A request that shall have one effect however often it is sent. */
export interface Once<R> {
  readonly key: string;
  /** Method and path as declared. */
  readonly route: string;
  /** The effect is in no organization: which one the caller happens to be in is not part of the key. */
  readonly anywhere: boolean;
  /** A hash of what was asked. */
  readonly fingerprint: string;
  /** The answer, as it will be sent; called inside the transaction, after the flush. */
  readonly render: (result: R) => Stored;
}
/** Thrown to leave the transaction: the answer is known already. */
export class Replay {
  constructor(readonly stored: Stored) {}
}
type Found = Stored & { locked: boolean; fingerprint: string | null; expired: boolean | null };

/**
 * Runs the work once per key: the answer is stored in the transaction of the effect. A second request takes no connection to wait for the
 * first: it tries the lock, and is told 409 while that one is running.
 */
export async function remembered<R>(em: SqlEntityManager, once: Once<R>, work: () => Promise<R>, flush: () => Promise<void>): Promise<R> {
  const { actor: me } = call();
  const where = once.anywhere ? NO_ORGANIZATION : (me.organization?.id ?? NO_ORGANIZATION);
  const scope = [where, me.apiKeyId ?? me.userId ?? me.operatorId ?? 'nobody', once.route, once.key];
  // A statement of its own, which leaves with the next: what one statement reads may be older than the lock it takes, and the work that was
  // done in between would be done again, and be refused by what it has made.
  await em.execute(`select set_config('app.first', pg_try_advisory_xact_lock(?)::text, true)`, [lockOf(scope)]);
  const [row] = await em.execute<Found[]>(
    `select current_setting('app.first')::boolean as locked, i.fingerprint, i.status, i.headers, i.body,
       i.created_at < now() - interval '24 hours' as expired
     from (select 1) one left join idempotency i on organization_id = ? and caller = ? and route = ? and key = ?`,
    scope,
  );
  if (row!.fingerprint !== null && !row!.expired) {
    if (row!.fingerprint !== once.fingerprint) throw keyReused();
    throw new Replay({ status: row!.status, headers: row!.headers, body: row!.body });
  }
  if (!row!.locked) throw keyRunning(undefined, { retryAfter: 1 });
  const result = await work();
  await flush();
  const { status, headers, body } = once.render(result);
  // Only what has expired: one written meanwhile makes the insert fail, and the bus tries again and finds it.
  if (row!.expired)
    await em.execute(
      `delete from idempotency where organization_id = ? and caller = ? and route = ? and key = ? and created_at < now() - interval '24 hours'`,
      scope,
    );
  await insertLater(em, 'idempotency', 'organization_id, caller, route, key, fingerprint, status, headers, body', [
    [...scope, once.fingerprint, status, JSON.stringify(headers), body],
  ]);
  return result;
}

/** 63 bits of a hash: advisory locks are numbers. */
const lockOf = (scope: string[]) => String(createHash('sha256').update(scope.join('\n')).digest().readBigInt64BE() >> 1n);
