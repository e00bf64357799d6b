import { type Actor, type Condition, type Permissions, through } from '#kernel';
import { subjectFields, SUBJECTS } from './about.ts';
import { Activity, SYSTEM_KINDS } from './activities/activity.ts';
import { Company } from './companies/company.ts';
import { Contact } from './contacts/contact.ts';
import { DealContact } from './deals/deal-contact.ts';
import { Deal } from './deals/deal.ts';
import { StageHistory } from './deals/stage-history.ts';
import { ExchangeRate } from './exchange-rates/exchange-rate.ts';
import { Import } from './imports/import.ts';
import { Pipeline, Stage } from './pipelines/pipeline.ts';
import { Task } from './tasks/task.ts';

const records = [Contact, Company, Deal, Task];
const structure = [Pipeline, Stage];
const partsOfDeals = [StageHistory, DealContact];
const seesAll = (me: Actor) => me.organization?.settings.record_visibility !== 'own';

/** A member who sees only his own records sees the activities of those alone: every record an activity is about must be his. */
const aboutOwn = (me: Actor): Condition => ({
  $and: subjectFields.map((field) => ({ $or: [{ [field]: null }, { [field]: through(SUBJECTS[field], { ownerId: me.userId }) }] })),
});

export const crmPermissions: Permissions = {
  member(can, me) {
    can('create', [...records, Activity]);
    if (seesAll(me)) can('read', [...records, Activity]);
    can(['read', 'update', 'delete'], records, { ownerId: me.userId });
    can(['read', 'update'], Task, { assigneeId: me.userId });
    can('read', Activity, aboutOwn(me));
    can(['read', 'update', 'delete'], Activity, { authorId: me.userId });
    // That nobody changes what the system noted is the activity's own rule, which says so by its name.
    can(['update', 'delete'], Activity, { kind: { $in: [...SYSTEM_KINDS] } });
    can('read', [...structure, ExchangeRate]);
    // What they are about is their deal, and its rule is asked by whoever writes them.
    can('create', partsOfDeals);
    can(['update', 'delete'], DealContact);
    can('read', partsOfDeals, seesAll(me) ? undefined : { dealId: through(Deal, { ownerId: me.userId }) });
  },
  manager(can) {
    can(['read', 'update', 'delete', 'reassign', 'export', 'import'], records);
    can(['read', 'update', 'delete', 'export'], Activity);
    can('read', partsOfDeals);
    can(['create', 'read', 'update', 'export'], Import);
  },
  admin(can) {
    can(['create', 'update', 'delete', 'export'], structure);
    can(['create', 'update', 'delete', 'import', 'export'], ExchangeRate);
    can('reassign', Pipeline);
    can('rollback', Deal);
  },
  sets: {
    sales(can, me) {
      can(['read', 'update'], Deal);
      can('read', [Activity, ...partsOfDeals], { dealId: through(Deal) });
      can(['export', 'import'], records);
      can('export', Activity);
      can(['create', 'export'], Import);
      can(['read', 'update'], Import, { ownerId: me.userId });
    },
  },
};
