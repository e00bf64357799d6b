import { List } from '#kernel';
import { CompanyView } from '../companies/company-view.ts';
import { Contact } from './contact.ts';
import { contactFields } from './contact-input.ts';

export const ContactView = Contact.view('id', ...contactFields, 'phoneTyped', 'createdAt', 'createdBy', 'updatedAt', 'version');

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
