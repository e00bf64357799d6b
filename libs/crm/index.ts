export { CrmModule } from './crm.module.ts';
export { Contact } from './contacts/contact.ts';
