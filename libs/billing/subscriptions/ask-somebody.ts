import { Task } from '#crm';
import { Membership } from '#identity';
import { type EntityManager, organization, today } from '#kernel';
import type { Subscription } from './subscription.ts';

/** What only a person can put right is an urgent task of the owner of the subscription, if he is still there. */
export async function askSomebody(
  em: EntityManager,
  subscription: Subscription,
  about: Pick<Task, 'title' | 'description'>,
): Promise<void> {
  const { id: organizationId, timeZone } = organization();
  const { contactId, companyId, ownerId } = subscription;
  const owner = ownerId && (await em.count(Membership, { organizationId, userId: ownerId, status: 'active' })) ? ownerId : null;
  em.create(Task, { ...about, priority: 'urgent', dueDate: today(timeZone), assigneeId: owner, ownerId: owner, contactId, companyId });
}
