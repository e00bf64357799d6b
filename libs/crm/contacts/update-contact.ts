import { amended, Command, EntityManager, Handles, load } from '#kernel';
import type { z } from 'zod';
import { noteOwnerChange } from '../activities/note-owner-change.ts';
import { Contact } from './contact.ts';
import type { ContactChanges } from './contact-input.ts';
import { checkEmail } from './duplicate-email.ts';

/** @throws contact.needs_name, contact.ambiguous_primary, contact.duplicate_email */
export class UpdateContact extends Command<Contact> {
  constructor(
    readonly id: string,
    readonly changes: z.output<typeof ContactChanges>,
  ) {
    super();
  }
}

@Handles(UpdateContact, 'update', Contact)
class Handler {
  constructor(private readonly em: EntityManager) {}
  async execute({ id, changes }: UpdateContact) {
    const contact = await load(this.em, Contact, id);
    const { email, ownerId } = contact;
    contact.change(amended(contact, changes));
    noteOwnerChange(this.em, { contactId: id }, ownerId, contact.ownerId);
    if (contact.email !== email) await checkEmail(this.em, contact);
    return contact;
  }
}
