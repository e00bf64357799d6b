import { capability, type Permissions } from '#kernel';

/** Things to do in an organization that no record stands for. */
export const members = capability('members');
export const organizations = capability('organization');
export const apiKeys = capability('api keys');
export const auditLog = capability('audit log');

export const identityPermissions: Permissions = {
  member(can) {
    can('read', [members, organizations]);
  },
  admin(can) {
    can('manage', [members, apiKeys]);
    can('update', organizations);
    can('read', auditLog);
  },
  owner(can) {
    can(['delete', 'transfer'], organizations);
  },
};
