export { CrmModule } from './crm.module.ts';
export { Contact } from './contacts/contact.ts';
export { Company } from './companies/company.ts';
export { Activity, systemActivity } from './activities/activity.ts';
