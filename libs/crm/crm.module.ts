import { Context } from '#kernel';
import { Activity } from './activities/activity.ts';
import { Company } from './companies/company.ts';
import { Contact } from './contacts/contact.ts';
import { ContactsController } from './contacts/contacts.controller.ts';
import { CreateContact } from './contacts/create-contact.ts';
import { UpdateContact } from './contacts/update-contact.ts';
import { crmPermissions } from './crm.permissions.ts';
import { DealContact } from './deals/deal-contact.ts';
import { Deal } from './deals/deal.ts';
import { StageHistory } from './deals/stage-history.ts';
import { Pipeline, Stage } from './pipelines/pipeline.ts';

@Context({
  entities: [Contact, Company, Activity, Pipeline, Stage, Deal, DealContact, StageHistory],
  permissions: crmPermissions,
  controllers: [ContactsController],
  useCases: [CreateContact, UpdateContact],
})
export class CrmModule {}
