import { after, Command, EntityManager, Handles, now, problem } from '#kernel';
import { LockMode, raw } from '@mikro-orm/core';
import { z } from 'zod';
import { hashSecret } from '../tokens.ts';
import { RefreshToken, Session } from './session.ts';
import { type Issued, Pair, Sessions } from './sessions.ts';
import { refreshTokenOf, tokenRoute } from './token-route.ts';

export const refreshRefused = problem('auth.refresh_refused', 401, 'This refresh token is not good (any more); sign in again');

/** Answers lost on the way and tabs that refresh at once are no theft: for so long a used token may come again. */
const GRACE_SECONDS = 20;

export const RefreshInput = z.strictObject({ refresh_token: z.string().max(200).optional() }).meta({ id: 'Refresh' });
export const Refreshed = z.object(Pair).meta({ id: 'Tokens' });

/**
 * Rotates a refresh token. One that was used before gives a thief away, and its whole family ends; within the grace it is answered with
 * the same successor, or the newest there is. Answers null for what is not good: refusing would undo the ending.
 */
export class Refresh extends Command<Issued | null> {
  constructor(readonly secret: string) {
    super();
  }
}

@Handles(Refresh, 'anyone')
class Handler {
  constructor(
    private readonly em: EntityManager,
    private readonly sessions: Sessions,
  ) {}

  async execute({ secret }: Refresh) {
    // Whoever refreshes this session stands in line here, and sees what those before him did.
    const id = raw<string>('(select session_id from refresh_token where hash = ?)', [hashSecret(secret)]);
    const session = await this.em.findOne(Session, { id: { $eq: id } }, { lockMode: LockMode.PESSIMISTIC_WRITE });
    if (!session || session.revokedAt || session.expiresAt <= now()) return null;
    let presented = secret;
    for (;;) {
      const token = await this.token(presented);
      if (token && token.expiresAt <= now()) return null;
      if (token && !token.usedAt) {
        return presented === secret
          ? this.sessions.succeed(session, token, presented)
          : this.sessions.pair(session, presented, token.organizationId);
      }
      if (!token?.usedAt || after(token.usedAt, { seconds: GRACE_SECONDS }) < now()) {
        session.revokedAt = now();
        return null;
      }
      presented = this.sessions.successorOf(presented);
    }
  }

  private token(secret: string) {
    return this.em.findOne(RefreshToken, { hash: hashSecret(secret) });
  }
}

export const refresh = tokenRoute(
  'refresh',
  {
    does: 'Exchange a refresh token for a new pair',
    body: RefreshInput,
    answers: Refreshed,
    problems: ['auth.refresh_refused', 'auth.csrf'],
  },
  async ({ refresh_token: sent }, request) => {
    const presented = refreshTokenOf(request, sent);
    const result = presented && (await request.bus.run(new Refresh(presented.secret)));
    if (!result) throw refreshRefused();
    return { result, cookie: presented.cookie };
  },
);
