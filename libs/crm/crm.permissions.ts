import type { Permissions } from '#kernel';
import { Activity } from './activities/activity.ts';
import { Company } from './companies/company.ts';
import { Contact } from './contacts/contact.ts';
import { DealContact } from './deals/deal-contact.ts';
import { Deal } from './deals/deal.ts';
import { StageHistory } from './deals/stage-history.ts';
import { Pipeline, Stage } from './pipelines/pipeline.ts';

const records = [Contact, Company, Deal];
const structure = [Pipeline, Stage];

export const crmPermissions: Permissions = {
  member(can, me) {
    can('create', records);
    can('read', records, me.organization?.settings.record_visibility === 'own' ? { ownerId: me.userId } : undefined);
    can(['update', 'delete'], records, { ownerId: me.userId });
    can(['create', 'read'], Activity);
    can(['update', 'delete'], Activity, { authorId: me.userId });
    can('read', structure);
    // Reached only through their deal, whose own rule is asked first.
    can(['create', 'read'], StageHistory);
    can(['create', 'read', 'update', 'delete'], DealContact);
  },
  manager(can) {
    can(['read', 'update', 'delete', 'reassign', 'export', 'import'], records);
  },
  admin(can) {
    can(['create', 'update', 'delete', 'export'], structure);
    can('reassign', Pipeline);
    can('rollback', Deal);
  },
  sets: {
    sales(can) {
      can(['read', 'update', 'import', 'export'], Deal);
    },
  },
};
