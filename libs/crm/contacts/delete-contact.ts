import { Command, EntityManager, Handles, load, problem } from '#kernel';
import { Deal, STATUSES, isOpen } from '../deals/deal.ts';
import { Contact } from './contact.ts';

export const hasOpenDeals = problem('contact.has_open_deals', 409, 'The contact still has open deals');

/** @throws contact.has_open_deals */
export class DeleteContact extends Command<Contact> {
  constructor(readonly id: string) {
    super();
  }
}

@Handles(DeleteContact, 'delete', Contact)
class Handler {
  constructor(private readonly em: EntityManager) {}

  async execute({ id }: DeleteContact) {
    // Locked first: a deal that is being made for this contact at the moment waits, or is counted.
    const contact = await load(this.em, Contact, id);
    const open = { contactId: id, status: { $in: STATUSES.filter(isOpen) } };
    // All of them count, also those the caller may not see.
    const count = await this.em.count(Deal, open, { filters: { allowed: false } });
    if (count) throw hasOpenDeals(`The contact has ${count} open deal${count === 1 ? '' : 's'}`, { open_deals: count });
    contact.remove();
    return contact;
  }
}
