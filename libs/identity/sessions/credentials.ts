import { after, Bus, call, EntityManager, Limiter, networkOf, now, problem, Read, secondsUntil, settings, tooMany } from '#kernel';
import { LockMode } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { hashPassword, needsRehash, verifyPassword } from '../passwords.ts';
import { hashSecret } from '../tokens.ts';
import { User } from '../users/user.ts';
import { LoginFailure } from './session.ts';

export const wrongCredentials = problem('auth.wrong_credentials', 401, 'E-mail or password is wrong');
export const accountLocked = problem('auth.locked', 429, 'Too many wrong passwords; wait, or reset the password');

/** Whose password it is. */
export type Kind = 'user' | 'operator';
/** Somebody whose password was right, with a new hash of it when the old one was made with other parameters. */
export interface Known {
  readonly id: string;
  readonly account: string;
  /** The hash that it fitted. */
  readonly proved: string;
  readonly passwordHash: string | null;
}
interface Found {
  id: string | null;
  password_hash: string | null;
  locked_until: string | null;
}

/** After so many wrong passwords in a row an account rests: a minute, then twice as long each time, at most a quarter of an hour. */
const PATIENCE = 5;
const LONGEST_REST = 15;
const restAfter = (failures: number) =>
  failures < PATIENCE ? null : after(now(), { minutes: Math.min(2 ** (failures - PATIENCE), LONGEST_REST) });

export const accountOf = (kind: Kind, email: string) => hashSecret(`${kind} ${email}`);

/** Verifies e-mail and password. Whether anybody has this e-mail shows neither in what it answers nor in how long it takes. */
@Injectable()
export class Credentials {
  constructor(
    private readonly read: Read,
    private readonly em: EntityManager,
    private readonly bus: Bus,
    private readonly limiter: Limiter,
  ) {}

  /** @throws auth.wrong_credentials, auth.locked, rate_limited */
  async verify(kind: Kind, email: string, password: string): Promise<Known> {
    const account = accountOf(kind, email);
    await throttle(this.limiter, 'login', `${whence()} ${account}`, settings.LIMIT_LOGIN, 60);
    const [found] = await this.read.platform<Found>(`credentials_${kind}`, SQL[kind], [email, account]);
    const { id, password_hash: hash, locked_until: locked } = found!;
    refuseLocked(locked ? new Date(locked) : null);
    if (!(await verifyPassword(hash, password)) || !id || !hash) {
      refuseLocked(await this.failed(account));
      throw wrongCredentials();
    }
    return { id, account, proved: hash, passwordHash: needsRehash(hash) ? await hashPassword(password) : null };
  }

  /**
   * Counted in a transaction of its own: the one of the login, were there any, would be rolled back with it. Answers until when the account
   * was locked before. A wrong password that many others have overtaken is then told the same as the right one would be (`forgiven`), and
   * changes as little: what comes at once is treated like what comes one after the other.
   */
  private failed(account: string): Promise<Date | null> {
    return this.bus.asSystem(null, async () => {
      await this.em.execute(FORGET);
      await this.em.upsert(LoginFailure, { account, lastAt: now() }, { onConflictAction: 'ignore', onConflictFields: ['account'] });
      const row = await this.em.findOneOrFail(LoginFailure, { account }, { lockMode: LockMode.PESSIMISTIC_WRITE, refresh: true });
      if (row.lockedUntil && row.lockedUntil > now()) return row.lockedUntil;
      row.failures += 1;
      row.lastAt = now();
      row.lockedUntil = restAfter(row.failures);
      return null;
    });
  }
}

/** Inside the transaction that lets somebody in: forgets what was counted. @throws auth.locked when parallel wrong tries were quicker */
export async function forgiven(em: EntityManager, account: string): Promise<void> {
  const row = await em.findOne(LoginFailure, { account }, { lockMode: LockMode.PESSIMISTIC_WRITE });
  if (!row) return;
  refuseLocked(row.lockedUntil ?? null);
  em.remove(row);
}

/** Inside that transaction: the user, unless his password was changed since it was proved, which takes a moment that others can lengthen. */
export const stillHis = (em: EntityManager, { id, proved }: Known): Promise<User | null> =>
  em.findOne(User, { id, passwordHash: proved }, { lockMode: LockMode.PESSIMISTIC_WRITE });

/** Opens a locked account, as whoever sets its password may. */
export async function unlock(em: EntityManager, kind: Kind, address: string): Promise<void> {
  const failures = await em.findOne(LoginFailure, { account: accountOf(kind, address) });
  if (failures) em.remove(failures);
}

function refuseLocked(until: Date | null) {
  if (until && until > now()) throw accountLocked(undefined, { retryAfter: secondsUntil(until) });
}

/** Where a request comes from, as far as it is counted by that. */
export const whence = () => networkOf(call().origin?.address ?? '');

/** Counts a request against a limit of its own. @throws rate_limited */
export async function throttle(limiter: Limiter, bucket: string, key: string, limit: number, seconds: number): Promise<void> {
  if (settings.RATE_LIMITS === 'off') return;
  const { allowed, resetSeconds } = await limiter.take(bucket, key, limit, seconds);
  if (!allowed) throw tooMany(undefined, { retryAfter: resetSeconds });
}

const found = (table: string, more: string) => `select a.id, a.password_hash, f.locked_until from (select 1) one
  left join ${table} a on a.email = $1 and a.password_hash is not null ${more} left join login_failure f on f.account = $2`;
const SQL = { user: found('"user"', ''), operator: found('operator', 'and a.disabled_at is null') };
/** A few at a time: whoever tries many e-mails pays for the tidying. */
const FORGET = `delete from login_failure where id in (
  select id from login_failure where last_at < now() - interval '1 day' order by last_at limit 100 for update skip locked)`;
