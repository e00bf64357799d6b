import type { Permissions } from '#kernel';
import { Activity } from './activities/activity.ts';
import { Company } from './companies/company.ts';
import { Contact } from './contacts/contact.ts';

const records = [Contact, Company];

export const crmPermissions: Permissions = {
  member(can, me) {
    can('create', records);
    can('read', records, me.organization?.settings.record_visibility === 'own' ? { ownerId: me.userId } : undefined);
    can(['update', 'delete'], records, { ownerId: me.userId });
    can(['create', 'read'], Activity);
    can(['update', 'delete'], Activity, { authorId: me.userId });
  },
  manager(can) {
    can(['read', 'update', 'delete', 'reassign', 'export', 'import'], records);
  },
};
