import { Context } from '#kernel';
import { Activity } from './activities/activity.ts';
import { Company } from './companies/company.ts';
import { Contact } from './contacts/contact.ts';
import { ContactsController } from './contacts/contacts.controller.ts';
import { CreateContact } from './contacts/create-contact.ts';
import { UpdateContact } from './contacts/update-contact.ts';
import { crmPermissions } from './crm.permissions.ts';

@Context({
  entities: [Contact, Company, Activity],
  permissions: crmPermissions,
  controllers: [ContactsController],
  useCases: [CreateContact, UpdateContact],
})
export class CrmModule {}
