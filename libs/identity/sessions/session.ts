import { moment, platform, ref, text } from '#kernel';
import { User } from '../users/user.ts';

/** One login of a user: a family of refresh tokens, of which the newest is good. */
export class Session extends platform(
  'session',
  {
    userId: ref(() => User),
    userAgent: text({ max: 300 }).optional(),
    address: text({ max: 60 }).optional(),
    lastUsedAt: moment(),
    expiresAt: moment(),
    revokedAt: moment().optional(),
  },
  { index: [['userId']] },
) {}

/** A refresh token, kept as a hash. Used twice outside the grace, it gives a thief away, and the whole family goes. */
export class RefreshToken extends platform(
  'refresh_token',
  {
    sessionId: ref(() => Session),
    hash: text({ max: 64 }).secret(),
    /** The organization its access tokens are bound to, if any. */
    organizationId: text({ max: 36 }).optional(),
    expiresAt: moment(),
    usedAt: moment().optional(),
  },
  { unique: [{ on: ['hash'] }], index: [['sessionId']] },
) {}
