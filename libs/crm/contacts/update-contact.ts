import { Command, EntityManager, Handles, load } from '#kernel';
import type { z } from 'zod';
import { Contact } from './contact.ts';

export const ContactChanges = Contact.patch('firstName', 'lastName', 'name', 'email', 'phone', 'kinds', 'tags', 'ownerId', 'custom').meta({ id: 'ContactChanges' });

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
    return Object.assign(await load(this.em, Contact, id), changes);
  }
}
