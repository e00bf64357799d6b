import { List } from '#kernel';
import { CompanyView } from '../companies/company-view.ts';
import { Contact } from './contact.ts';

export const ContactView = Contact.view(
  'id',
  'name',
  'firstName',
  'lastName',
  'companyName',
  'companyId',
  'email',
  'emails',
  'phone',
  'phoneTyped',
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
  'createdAt',
  'createdBy',
  'updatedAt',
  'version',
);

export const contactList = new List(ContactView, {
  sorts: ['createdAt', 'updatedAt', 'firstName', 'lastName', 'name'],
  filters: [
    'ownerId',
    'companyId',
    'name',
    'firstName',
    'lastName',
    'companyName',
    'email',
    'phone',
    'source',
    'birthday',
    'kinds',
    'tags',
    'createdAt',
    'updatedAt',
  ],
  aliases: { kind: 'kinds', tag: 'tags' },
  search: true,
  include: { company: { view: CompanyView, by: 'company_id' } },
});
