import { email, flag, moment, platform, ref, text } from '#kernel';
import { z } from 'zod';
import type { DerivedSecrets } from '../tokens.ts';

/** A domain that can never receive mail (RFC 2606): of whom an import has named, until somebody gives his real e-mail. */
export const NOWHERE = 'import.invalid';

/** A person with one e-mail and one password, known once in the whole deployment. */
export class User extends platform(
  'user',
  {
    email: email(),
    name: text({ max: 200 }),
    passwordHash: text().optional().secret(),
    emailVerifiedAt: moment().optional(),
    /** Made by an import: cannot log in until a real e-mail claims it. */
    placeholder: flag().or(false),
  },
  { unique: [{ on: ['email'] }] },
) {}

export const UserView = User.view('id', 'email', 'name', 'emailVerifiedAt', 'createdAt');
/** What answers a change of somebody's account. */
export const Account = z.object({ user: UserView.schema }).meta({ id: 'Account' });

/** A secret that is good once, for one purpose. Only its hash is kept; see one-time.ts. */
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

/** What a link in a letter is for, and the minutes for which it is good. `welcome` sets a first password for an account made by somebody else. */
export const PURPOSES = { reset: 30, verify: 24 * 60, welcome: 7 * 24 * 60 };
export type Purpose = keyof typeof PURPOSES;

/** The secret of a one-time token, which is stored nowhere. */
export const oneTimeSecret = (secrets: DerivedSecrets, id: string) => `tso_${secrets.of('one-time', id)}`;
