import { Contact } from './contact.ts';

/** What a caller may set. A further field is a line in the entity and a name here. */
export const contactFields = [
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

export const NewContact = Contact.input(...contactFields).meta({ id: 'NewContact' });
export const ContactChanges = Contact.patch(...contactFields).meta({ id: 'ContactChanges' });
