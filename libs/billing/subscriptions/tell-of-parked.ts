import { Task } from '#crm';
import { Membership } from '#identity';
import { EntityManager, organization, Reaction, Reacts, today } from '#kernel';
import { Subscription, SubscriptionParked } from './subscription.ts';

/** A subscription that is not billed any more is a task of whoever is responsible for it. */
export class TellOfParked extends Reaction<SubscriptionParked> {}

@Reacts(SubscriptionParked, TellOfParked)
class Handler {
  constructor(private readonly em: EntityManager) {}

  async execute({ told: { event } }: TellOfParked) {
    const subscription = await this.em.findOne(Subscription, { id: event.id });
    if (!subscription?.parkedAt) return;
    await askSomebody(this.em, subscription, {
      title: 'A subscription is not billed any more',
      description: `${event.reason}\n\nSubscription ${event.id}. Put right what is wrong and resume it: what was missed is billed then.`,
    });
  }
}

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
