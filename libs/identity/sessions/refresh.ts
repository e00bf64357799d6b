import { after, Bus, Command, EntityManager, fieldsOf, Handles, now, problem, Process, snake, type Source } from '#kernel';
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

/** Exchanges a refresh token for the next pair; null when it is not good. */
export class Refresh extends Process<Issued | null> {
  constructor(readonly secret: string) {
    super();
  }
}

@Handles(Refresh, 'anyone')
class RefreshHandler {
  constructor(
    private readonly bus: Bus,
    private readonly sessions: Sessions,
  ) {}

  /** Signing waits for a thread, behind passwords that are being hashed: not with a connection in its hands. */
  async execute({ secret }: Refresh) {
    const next = await this.bus.run(new Rotate(secret));
    return next && this.sessions.pair(next.session, next.secret, next.organizationId);
  }
}

interface Next {
  readonly session: { id: string; userId: string };
  readonly secret: string;
  readonly organizationId: string | null;
}

/**
 * Rotates a refresh token. One that was used before gives a thief away, and its whole family ends; within the grace it is answered with
 * the same successor, or the newest there is. Answers null for what is not good: refusing would undo the ending.
 */
export class Rotate extends Command<Next | null> {
  constructor(readonly secret: string) {
    super();
  }
}

@Handles(Rotate, 'anyone')
class RotateHandler {
  constructor(
    private readonly em: EntityManager,
    private readonly sessions: Sessions,
  ) {}

  async execute({ secret }: Rotate): Promise<Next | null> {
    const found = await this.inLine(secret);
    if (!found) return null;
    const { session } = found;
    if (session.revokedAt || session.expiresAt <= now()) return null;
    let token: RefreshToken | null = found.token;
    let presented = secret;
    for (;;) {
      if (token && token.expiresAt <= now()) return null;
      if (token && !token.usedAt) {
        const { organizationId } = token;
        if (presented === secret) presented = this.sessions.succeed(session, token, presented);
        return { session, secret: presented, organizationId };
      }
      if (!token?.usedAt || after(token.usedAt, { seconds: GRACE_SECONDS }) < now()) {
        session.revokedAt = now();
        return null;
      }
      presented = this.sessions.successorOf(presented);
      token = await this.em.findOne(RefreshToken, { hash: hashSecret(presented) });
    }
  }

  /**
   * Whoever refreshes this session stands in line here, and sees what those before him did. Both rows come in the trip that opens the
   * transaction: a hash is hexadecimal and stands in the statement itself.
   */
  private async inLine(secret: string): Promise<{ session: Session; token: RefreshToken } | null> {
    const [row] = await this.em.execute<Record<string, unknown>[]>(
      `select ${SELECTED} from refresh_token t join session s on s.id = t.session_id where t.hash = '${hashSecret(secret)}' for update`,
    );
    return row ? { session: this.em.map(Session, of(row, 's_')), token: this.em.map(RefreshToken, of(row, 't_')) } : null;
  }
}

const columns = (from: Source, alias: string) =>
  Object.keys(fieldsOf(from)).map((name) => `${alias}.${snake(name)} as ${alias}_${snake(name)}`);
const SELECTED = [...columns(Session, 's'), ...columns(RefreshToken, 't')].join(', ');
const of = (row: Record<string, unknown>, prefix: string) =>
  Object.fromEntries(Object.entries(row).flatMap(([name, value]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), value]] : [])));

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
