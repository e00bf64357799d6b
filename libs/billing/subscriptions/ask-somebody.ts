import { Task } from '#crm';
import { Membership } from '#identity';
import { type EntityManager, organization, today } from '#kernel';

interface Concerned {
  readonly contactId: string | null;
  readonly companyId: string | null;
  readonly ownerId: string | null;
}
const NOBODY: Concerned = { contactId: null, companyId: null, ownerId: null };

/** What only a person can put right is an urgent task of the owner of the subscription or invoice, if he is still there. */
export async function askSomebody(
  em: EntityManager,
  concerned: Concerned | null,
  about: Pick<Task, 'title' | 'description'>,
): Promise<void> {
  const { id: organizationId, timeZone } = organization();
  const { contactId, companyId, ownerId } = concerned ?? NOBODY;
  const owner = ownerId && (await em.count(Membership, { organizationId, userId: ownerId, status: 'active' })) ? ownerId : null;
  em.create(Task, { ...about, priority: 'urgent', dueDate: today(timeZone), assigneeId: owner, ownerId: owner, contactId, companyId });
}
