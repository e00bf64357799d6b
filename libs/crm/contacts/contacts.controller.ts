import { controller, crud, get, post } from '#kernel';
import { z } from 'zod';
import { activityRoutes } from '../activities/activity-routes.ts';
import { ContactTimeline, TimelineEntry, TimelineQuery } from '../timeline/contact-timeline.ts';
import { Contact } from './contact.ts';
import { ContactChanges, NewContact } from './contact-input.ts';
import { contactList, ContactView } from './contact-view.ts';
import { CreateContact } from './create-contact.ts';
import { DeleteContact } from './delete-contact.ts';
import { RestoreContact } from './restore-contact.ts';
import { UpdateContact } from './update-contact.ts';

const example = {
  first_name: 'Ada',
  last_name: 'Lovelace',
  emails: [{ email: 'ada@example.com', label: 'work', primary: true }],
  phone: '020 7946 0958',
  kinds: ['customer'],
  job_title: 'Analyst',
  tags: ['vip'],
  consent: { email: { state: 'granted', basis: 'sign-up form' } },
};

export const ContactsController = controller(
  'contacts',
  {
    ...crud({
      of: Contact,
      called: 'a contact',
      view: ContactView,
      list: contactList,
      create: [CreateContact, NewContact, example],
      remove: DeleteContact,
      update: [UpdateContact, ContactChanges, { job_title: 'Head of analysis', birthday: '1985-12-10' }],
    }),
    restore: post(':id/restore', RestoreContact, {
      does: 'Restore a contact',
      answers: ContactView,
      problems: ['contact.duplicate_email'],
    }),
    ...activityRoutes(ContactView, 'contactId', 'a contact'),
    timeline: get(':id/timeline', ContactTimeline, {
      does: 'Everything around a contact, newest first: activities, tasks, deals and what other contexts contribute',
      query: TimelineQuery,
      answers: z.array(TimelineEntry),
    }),
  },
  { of: Contact },
);
