import { moment, platform, ref, text, whole } from '#kernel';
import { User } from '../users/user.ts';

/** One login of a user: a family of refresh tokens, of which the newest is good. */
export class Session extends platform(
  'session',
  {
    userId: ref(() => User),
    userAgent: text({ max: 300 }).optional(),
    address: text({ max: 60 }).optional(),
    // A refresh moves these two, and nobody who is remembered need be asked about again for that.
    lastUsedAt: moment().quiet(),
    expiresAt: moment().quiet(),
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

/**
 * Wrong passwords in a row for an account, which need not exist: what is counted and what is locked is the e-mail that was typed, so that
 * neither the answer nor the clock tells whether anybody has it. Forgotten a day after the last one.
 */
export class LoginFailure extends platform(
  'login_failure',
  {
    /** A hash of the kind of login and the e-mail. */
    account: text({ max: 64 }),
    failures: whole().or(0),
    lockedUntil: moment().optional(),
    lastAt: moment(),
  },
  { unique: [{ on: ['account'] }], index: [['lastAt']] },
) {}
