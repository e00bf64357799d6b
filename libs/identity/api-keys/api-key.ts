import { choice, List, moment, platform, ref, ROLES, text, texts } from '#kernel';
import { Organization } from '../organizations/organization.ts';
import { User } from '../users/user.ts';

/** A credential for programs, bound to one organization and never above the role of who made it. Only its hash is kept. */
export class ApiKey extends platform(
  'api_key',
  {
    organizationId: ref(() => Organization),
    userId: ref(() => User),
    name: text({ max: 100 }),
    /** The beginning of the key, by which people tell keys apart. */
    prefix: text({ max: 20 }),
    hash: text({ max: 64 }).secret(),
    role: choice(ROLES),
    permissionSets: texts(),
    lastUsedAt: moment().optional().quiet(),
    expiresAt: moment().optional(),
    revokedAt: moment().optional(),
  },
  { unique: [{ on: ['hash'] }], index: [['organizationId']] },
) {}

export const ApiKeyView = ApiKey.view(
  'id',
  'userId',
  'name',
  'prefix',
  'role',
  'permissionSets',
  'lastUsedAt',
  'expiresAt',
  'revokedAt',
  'createdAt',
  'version',
);

/** Those in force, unless revoked ones are asked for. */
export const apiKeyList = new List(ApiKeyView, {
  sorts: ['createdAt', 'name', 'lastUsedAt', 'expiresAt'],
  filters: ['name', 'userId', 'role', 'lastUsedAt', 'expiresAt', 'revokedAt', 'createdAt'],
  usual: { 'revoked_at[is_null]': 'true' },
});
