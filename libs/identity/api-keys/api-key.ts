import { choice, moment, platform, ref, ROLES, text, texts } from '#kernel';
import { Organization } from '../organizations/organization.ts';
import { User } from '../users/user.ts';

/** A credential for programs, bound to one organization and never above the role of who made it. Only its hash is kept. */
export class ApiKey extends platform(
  'api_key',
  {
    organizationId: ref(() => Organization),
    userId: ref(() => User),
    name: text({ max: 100 }),
    prefix: text({ max: 20 }),
    hash: text({ max: 64 }).secret(),
    role: choice(ROLES),
    permissionSets: texts(),
    lastUsedAt: moment().optional(),
    expiresAt: moment().optional(),
    revokedAt: moment().optional(),
  },
  { unique: [{ on: ['hash'] }], index: [['organizationId']] },
) {}
