import { choice, metadata, moment, platform, ref, ROLES, text, texts, whole } from '#kernel';
import { Organization } from '../organizations/organization.ts';
import { User } from '../users/user.ts';

/** A user in an organization, with one role and any number of permission sets. Left ones stay: their name stands on records. */
export class Membership extends platform(
  'membership',
  {
    organizationId: ref(() => Organization),
    userId: ref(() => User),
    role: choice(ROLES),
    permissionSets: texts(),
    status: choice(['active', 'invited', 'left'], 'active'),
    custom: metadata(),
  },
  { unique: [{ on: ['organizationId', 'userId'] }], index: [['userId']] },
) {}

/** A place kept for somebody who has no account yet, or has not shown that its e-mail is his. */
export class Invitation extends platform(
  'invitation',
  {
    organizationId: ref(() => Organization),
    email: text({ max: 320 }),
    role: choice(ROLES),
    permissionSets: texts(),
    hash: text({ max: 64 }).secret(),
    invitedBy: ref(() => User).optional(),
    expiresAt: moment(),
    /** How often a letter was sent. */
    letters: whole().or(0),
    acceptedAt: moment().optional(),
    revokedAt: moment().optional(),
  },
  { unique: [{ on: ['hash'] }, { on: ['organizationId', 'email'], where: 'accepted_at is null and revoked_at is null' }] },
) {}
