import { email, flag, moment, platform, ref, text, whole } from '#kernel';

/** A person with one e-mail and one password, known once in the whole deployment. */
export class User extends platform(
  'user',
  {
    email: email(),
    name: text({ max: 200 }),
    passwordHash: text().optional().secret(),
    emailVerifiedAt: moment().optional(),
    /** Wrong passwords in a row; the account rests for a while after some. */
    failedLogins: whole().or(0),
    lockedUntil: moment().optional(),
    /** Made by an import: cannot log in until a real e-mail claims it. */
    placeholder: flag().or(false),
  },
  { unique: [{ on: ['email'] }] },
) {}

/** A secret that is good once, for one purpose: resetting a password, verifying an e-mail. Only its hash is kept. */
export class OneTimeToken extends platform(
  'one_time_token',
  {
    userId: ref(() => User),
    purpose: text({ max: 20 }),
    hash: text({ max: 64 }).secret(),
    expiresAt: moment(),
    usedAt: moment().optional(),
  },
  { unique: [{ on: ['hash'] }], index: [['userId']] },
) {}
