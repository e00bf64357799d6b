import { actor, Command, EntityManager, Handles, now, unauthenticated } from '#kernel';
import { z } from 'zod';
import { hashSecret } from '../tokens.ts';
import { RefreshInput } from './refresh.ts';
import { RefreshToken, Session } from './session.ts';
import { clearCookies, refreshTokenOf, tokenRoute } from './token-route.ts';

export const Ended = z.object({ ended: z.int().meta({ description: 'How many sessions ended' }) }).meta({ id: 'SessionsEnded' });

/** Ends the caller's session, or the one a refresh token belongs to. */
export class LogOut extends Command<{ ended: number }> {
  constructor(readonly secret: string | undefined) {
    super();
  }
}

@Handles(LogOut, 'anyone')
class Handler {
  constructor(private readonly em: EntityManager) {}

  async execute({ secret }: LogOut) {
    const { kind, sessionId } = actor();
    const token = secret === undefined ? null : await this.em.findOne(RefreshToken, { hash: hashSecret(secret) });
    const id = token?.sessionId ?? (kind === 'user' ? sessionId : undefined);
    const session = id ? await this.em.findOne(Session, { id }) : null;
    if (!session) throw unauthenticated();
    if (session.revokedAt) return { ended: 0 };
    session.revokedAt = now();
    return { ended: 1 };
  }
}

export const logOut = tokenRoute(
  'logout',
  {
    does: 'End this session: the one of the access token, or of the refresh token in body or cookie',
    body: RefreshInput,
    answers: Ended,
    problems: ['auth.required', 'auth.csrf'],
  },
  async ({ refresh_token: sent }, request) => {
    const bearer = request.http.caller?.actor.kind === 'user';
    const result = await request.bus.run(new LogOut(bearer ? sent : refreshTokenOf(request, sent)?.secret));
    clearCookies(request);
    return { result };
  },
);
