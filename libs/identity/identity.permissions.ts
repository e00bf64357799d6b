import type { Permissions } from '#kernel';
import { ApiKey } from './api-keys/api-key.ts';
import { AuditEntry } from './audit/audit-entry.ts';
import { Member } from './members/member.ts';
import { Invitation } from './members/membership.ts';
import { Organization } from './organizations/organization.ts';

export const identityPermissions: Permissions = {
  member(can) {
    can('read', [Organization, Member]);
  },
  admin(can) {
    can(['create', 'read', 'update', 'delete'], [Member, Invitation, ApiKey]);
    can('update', Organization);
    can('read', AuditEntry);
  },
  owner(can) {
    can(['delete', 'transfer'], Organization);
  },
  operator(can) {
    can('read', Organization);
  },
};
