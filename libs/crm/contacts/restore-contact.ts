import { Command, EntityManager, Handles, loadDeleted } from '#kernel';
import { Contact } from './contact.ts';
import { checkEmail } from './duplicate-email.ts';

/** @throws contact.duplicate_email when another contact has its e-mail by now, and the organization wants e-mails unique */
export class RestoreContact extends Command<Contact> {
  constructor(readonly id: string) {
    super();
  }
}

@Handles(RestoreContact, 'delete', Contact)
class Handler {
  constructor(private readonly em: EntityManager) {}
  async execute({ id }: RestoreContact) {
    const contact = await loadDeleted(this.em, Contact, id);
    if (contact.deletedAt === null) return contact;
    contact.restore();
    await checkEmail(this.em, contact);
    return contact;
  }
}
