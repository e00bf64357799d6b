import { Command, EntityManager, Handles } from '#kernel';
import type { z } from 'zod';
import { Contact, settled } from './contact.ts';
import type { NewContact } from './contact-input.ts';
import { checkEmail } from './duplicate-email.ts';

/** @throws contact.needs_name, contact.ambiguous_primary, contact.duplicate_email */
export class CreateContact extends Command<Contact> {
  constructor(readonly input: z.output<typeof NewContact>) {
    super();
  }
}

@Handles(CreateContact, 'create', Contact)
class Handler {
  constructor(private readonly em: EntityManager) {}
  async execute({ input }: CreateContact) {
    const contact = this.em.create(Contact, settled(input));
    await checkEmail(this.em, contact);
    return contact;
  }
}
