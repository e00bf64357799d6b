import { Command, EntityManager, Handles } from '#kernel';
import type { z } from 'zod';
import { Contact } from './contact.ts';

export const NewContact = Contact.input('firstName', 'lastName', 'name', 'email', 'phone', 'kinds', 'tags', 'ownerId', 'custom').meta({ id: 'NewContact' });

export class CreateContact extends Command<Contact> {
  constructor(readonly input: z.output<typeof NewContact>) {
    super();
  }
}

@Handles(CreateContact, 'create', Contact)
class Handler {
  constructor(private readonly em: EntityManager) {}
  async execute({ input }: CreateContact) {
    return this.em.create(Contact, input);
  }
}
