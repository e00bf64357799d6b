import { controller, crud } from '#kernel';
import { Contact } from './contact.ts';
import { contactList, ContactView } from './contact-view.ts';
import { CreateContact, NewContact } from './create-contact.ts';
import { ContactChanges, UpdateContact } from './update-contact.ts';

export const ContactsController = controller(
  'contacts',
  crud({ of: Contact, called: 'a contact', view: ContactView, list: contactList, create: [CreateContact, NewContact], update: [UpdateContact, ContactChanges] }),
  { of: Contact },
);
