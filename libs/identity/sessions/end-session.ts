import { Command, EntityManager, Handles, missing, now } from '#kernel';
import { Session } from './session.ts';
import { Sessions } from './sessions.ts';
import { signedIn } from './who.ts';

/** Ends one of the caller's sessions: a lost phone, say. */
export class EndSession extends Command<object> {
  constructor(readonly id: string) {
    super();
  }
}

@Handles(EndSession, 'user')
class EndHandler {
  constructor(private readonly em: EntityManager) {}

  async execute({ id }: EndSession) {
    const session = await this.em.findOne(Session, { id, userId: signedIn().userId, revokedAt: null, expiresAt: { $gt: now() } });
    if (!session) throw missing('Session');
    session.revokedAt = now();
    return { id, deletedAt: session.revokedAt };
  }
}

/** Ends all sessions of the caller but the one that asks. */
export class EndOtherSessions extends Command<{ ended: number }> {}

@Handles(EndOtherSessions, 'user')
class EndOthersHandler {
  constructor(private readonly sessions: Sessions) {}

  async execute() {
    const { userId, sessionId } = signedIn();
    return { ended: await this.sessions.endAll(userId, sessionId) };
  }
}
