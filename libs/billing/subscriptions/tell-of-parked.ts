import { EntityManager, Reaction, Reacts } from '#kernel';
import { askSomebody } from './ask-somebody.ts';
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
