import { List } from '#kernel';
import { Contact } from './contact.ts';

export const ContactView = Contact.view('id', 'name', 'firstName', 'lastName', 'email', 'phone', 'kinds', 'tags', 'status', 'ownerId', 'custom', 'createdAt', 'updatedAt', 'version');

export const contactList = new List(ContactView, {
  sorts: ['createdAt', 'updatedAt', 'firstName', 'lastName', 'name'],
  filters: ['ownerId', 'status', 'firstName', 'lastName', 'email', 'createdAt', 'updatedAt', 'kinds', 'tags'],
  aliases: { kind: 'kinds', tag: 'tags' },
  search: true,
});
