import { Command, EntityManager, Handles, List, load, missing, must, Query, Read } from '#kernel';
import type { z } from 'zod';
import { Deal } from './deal.ts';
import { DealContact } from './deal-contact.ts';

export const DealContactView = DealContact.view('id', 'dealId', 'contactId', 'role', 'createdAt', 'updatedAt', 'version');
export const NewDealContact = DealContact.input('contactId', 'role').meta({ id: 'NewDealContact' });

export const dealContactList = new List(DealContactView, { sorts: ['createdAt'], filters: ['role', 'contactId'], standard: 'created_at' });

/** Somebody's part in a deal, found by the deal it is in. */
export class ShowDealContact extends Query<DealContactRow> {
  constructor(
    readonly dealId: string,
    readonly id: string,
  ) {
    super();
  }
}
type DealContactRow = z.output<typeof DealContactView.schema>;

@Handles(ShowDealContact, 'read', DealContact)
class ShowHandler {
  constructor(private readonly read: Read) {}
  async execute({ dealId, id }: ShowDealContact) {
    const part = await this.read.one(DealContactView, id);
    if (part.deal_id !== dealId) throw missing(DealContact.label);
    return part;
  }
}

/** Whoever may change the deal says who has a part in it; naming somebody again changes the part. */
export class AddDealContact extends Command<DealContact> {
  constructor(
    readonly dealId: string,
    readonly input: z.output<typeof NewDealContact>,
  ) {
    super();
  }
}
@Handles(AddDealContact, 'update', Deal)
class AddHandler {
  constructor(private readonly em: EntityManager) {}
  async execute({ dealId, input }: AddDealContact) {
    must('update', await load(this.em, Deal, dealId));
    const known = await this.em.findOne(DealContact, { dealId, contactId: input.contactId });
    return known ? Object.assign(known, input) : this.em.create(DealContact, { dealId, ...input });
  }
}

export class RemoveDealContact extends Command<DealContact> {
  constructor(
    readonly dealId: string,
    readonly contactId: string,
  ) {
    super();
  }
}
@Handles(RemoveDealContact, 'update', Deal)
class RemoveHandler {
  constructor(private readonly em: EntityManager) {}
  async execute({ dealId, contactId }: RemoveDealContact) {
    must('update', await load(this.em, Deal, dealId));
    // By the contact, or by the part itself as its Location says.
    const known = await this.em.findOne(DealContact, { dealId, $or: [{ contactId }, { id: contactId }] });
    if (!known) throw missing('Contact');
    known.remove();
    return known;
  }
}
