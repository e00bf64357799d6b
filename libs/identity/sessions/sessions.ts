import { after, EntityManager, now, uuidv7 } from '#kernel';
import { Injectable } from '@nestjs/common';
import { ACCESS_SECONDS, hashSecret, newSecret, Tokens } from '../tokens.ts';
import { RefreshToken, Session } from './session.ts';

const REFRESH_DAYS = 7;
export interface Issued {
  access_token: string;
  refresh_token: string;
  token_type: 'bearer';
  expires_in: number;
}

/** Opens and continues sessions: one family of rotating refresh tokens each, 7 days, hashed. */
@Injectable()
export class Sessions {
  constructor(
    private readonly em: EntityManager,
    private readonly tokens: Tokens,
  ) {}

  async open(userId: string, from: { userAgent?: string; address?: string } = {}, organizationId: string | null = null): Promise<Issued> {
    const session = this.em.create(Session, {
      id: uuidv7(),
      userId,
      userAgent: from.userAgent?.slice(0, 300) ?? null,
      address: from.address ?? null,
      lastUsedAt: now(),
      expiresAt: after(now(), { hours: 24 * REFRESH_DAYS }),
    });
    return this.issue(session, organizationId);
  }

  /** A new pair of tokens in a session, bound to one organization or to none. */
  async issue(session: Session, organizationId: string | null): Promise<Issued> {
    const refresh = newSecret('tsr');
    session.expiresAt = after(now(), { hours: 24 * REFRESH_DAYS });
    this.em.create(RefreshToken, { sessionId: session.id, hash: hashSecret(refresh), organizationId, expiresAt: session.expiresAt });
    const claims = { sub: session.userId, sid: session.id, ...(organizationId ? { org: organizationId } : {}) };
    return { access_token: await this.tokens.sign(claims, 'tessera'), refresh_token: refresh, token_type: 'bearer', expires_in: ACCESS_SECONDS };
  }
}
