import { after, BASE, call, EntityManager, now, uuidv7 } from '#kernel';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { ACCESS_SECONDS, DerivedSecrets, hashSecret, newSecret, Tokens } from '../tokens.ts';
import { RefreshToken, Session } from './session.ts';

export const REFRESH_DAYS = 7;
/** Where the refresh cookie is sent. */
export const AUTH_PATH = `${BASE}/auth`;

/** What a client gets to prove who it is. */
export const Pair = {
  access_token: z.string().meta({ description: 'A JWT, good for 15 minutes: Authorization: Bearer …' }),
  refresh_token: z.string().optional().meta({ description: 'Good once within 7 days; absent when it travels as a cookie' }),
  csrf_token: z.string().optional().meta({ description: 'With a refresh cookie: to be sent as X-CSRF-Token' }),
  token_type: z.literal('bearer'),
  expires_in: z.int().meta({ description: 'Seconds for which the access token is good' }),
};
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
    private readonly secrets: DerivedSecrets,
  ) {}

  /** A session from where the request comes from, and its first pair of tokens, bound to one organization or to none. */
  async open(userId: string, organizationId: string | null = null): Promise<Issued> {
    const { origin } = call();
    const session = this.em.create(Session, {
      id: uuidv7(),
      userId,
      userAgent: origin?.userAgent?.slice(0, 300) ?? null,
      address: origin?.address ?? null,
      lastUsedAt: now(),
      expiresAt: expiry(),
    });
    return this.issue(session, organizationId);
  }

  /** One more pair of tokens in a session: a new line of refresh tokens beside those it has. */
  issue(session: Session, organizationId: string | null): Promise<Issued> {
    const refresh = newSecret('tsr');
    this.keep(session, refresh, organizationId);
    return this.pair(session, refresh, organizationId);
  }

  /** Uses a refresh token up. Answers the one that takes its place. */
  succeed(session: Session, used: RefreshToken, secret: string): string {
    const next = this.successorOf(secret);
    used.usedAt = now();
    this.keep(session, next, used.organizationId);
    return next;
  }

  /**
   * What a refresh token is rotated into. It follows from the token, so that a refresh that was sent twice is answered twice with the same
   * successor: there is never more than one.
   */
  successorOf(secret: string): string {
    return `tsr_${this.secrets.of('refresh', secret)}`;
  }

  /** Tokens in the client's hands: this refresh token and a new access token. */
  async pair({ id, userId }: Pick<Session, 'id' | 'userId'>, refresh: string, organizationId: string | null): Promise<Issued> {
    const claims = { sub: userId, sid: id, ...(organizationId ? { org: organizationId } : {}) };
    return {
      access_token: await this.tokens.sign(claims, 'tessera'),
      refresh_token: refresh,
      token_type: 'bearer',
      expires_in: ACCESS_SECONDS,
    };
  }

  /** Ends a user's sessions, all or all but one. Answers how many. */
  async endAll(userId: string, except?: string): Promise<number> {
    const open = await this.em.find(Session, { userId, revokedAt: null, expiresAt: { $gt: now() } });
    const ending = open.filter(({ id }) => id !== except);
    for (const session of ending) session.revokedAt = now();
    return ending.length;
  }

  private keep(session: Session, refresh: string, organizationId: string | null) {
    session.lastUsedAt = now();
    session.expiresAt = expiry();
    this.em.create(RefreshToken, { sessionId: session.id, hash: hashSecret(refresh), organizationId, expiresAt: session.expiresAt });
  }
}

const expiry = () => after(now(), { hours: 24 * REFRESH_DAYS });
