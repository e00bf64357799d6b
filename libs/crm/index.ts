export { CrmModule } from './crm.module.ts';
export { Contact } from './contacts/contact.ts';
export { CreateContact } from './contacts/create-contact.ts';
export { Company } from './companies/company.ts';
export { Activity, systemActivity } from './activities/activity.ts';
export { Deal, isOpen, type Status } from './deals/deal.ts';
export { Pipeline, Stage } from './pipelines/pipeline.ts';
