import type { EntityManager } from '#kernel';
import { LockMode } from '@mikro-orm/core';
import { Contact } from '../contacts/contact.ts';
import { contactDeleted, type Deal } from './deal.ts';

/**
 * A contact with open deals cannot be deleted, so a deal that comes back to life needs one that is there, or none; whether the caller may
 * see it does not matter. Locked, so that it cannot be deleted meanwhile.
 * @throws deal.contact_deleted
 */
export async function contactStands(em: EntityManager, { contactId: id }: Deal): Promise<void> {
  if (!id) return;
  const contact = await em.findOne(Contact, { id }, { filters: { allowed: false }, lockMode: LockMode.PESSIMISTIC_READ });
  if (!contact) throw contactDeleted(undefined, { details: [{ pointer: '/contact_id', code: 'deleted', message: 'is deleted' }] });
}
