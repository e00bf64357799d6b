import type { Permissions } from '#kernel';
import { Contact } from './contacts/contact.ts';

const records = [Contact];

export const crmPermissions: Permissions = {
  member(can, me) {
    can('create', records);
    can('read', records, me.organization?.settings.record_visibility === 'own' ? { ownerId: me.userId } : undefined);
    can(['update', 'delete'], records, { ownerId: me.userId });
  },
  manager(can) {
    can(['read', 'update', 'delete', 'reassign', 'export', 'import'], records);
  },
};
