import { Contact } from './contact.ts';

const WRITABLE = [
  'name',
  'firstName',
  'lastName',
  'companyName',
  'companyId',
  'email',
  'emails',
  'phone',
  'phones',
  'kinds',
  'jobTitle',
  'address',
  'birthday',
  'tags',
  'source',
  'notes',
  'consent',
  'ownerId',
  'custom',
] as const;

export const NewContact = Contact.input(...WRITABLE).meta({ id: 'NewContact' });
export const ContactChanges = Contact.patch(...WRITABLE).meta({ id: 'ContactChanges' });
