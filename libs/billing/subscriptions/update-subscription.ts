import { amended, Bus, Command, EntityManager, Handles } from '#kernel';
import type { z } from 'zod';
import { wakeFor } from './bill-due.ts';
import { loadWhole, mayBegin } from './contents.ts';
import { makeUp } from './make-up.ts';
import { Subscription } from './subscription.ts';
import type { SubscriptionChanges } from './subscription-input.ts';

/** Changes what has nothing to do with what is sold, and activates a draft. @throws subscription.cancelled, subscription.too_early */
export class UpdateSubscription extends Command<Subscription> {
  constructor(
    readonly id: string,
    readonly changes: z.output<typeof SubscriptionChanges>,
  ) {
    super();
  }
}

@Handles(UpdateSubscription, 'update', Subscription)
class Handler {
  constructor(
    private readonly em: EntityManager,
    private readonly bus: Bus,
  ) {}

  async execute({ id, changes: { status, ...changes } }: UpdateSubscription) {
    const subscription = await loadWhole(this.em, id);
    if (changes.cancelAt) mayBegin(subscription, changes.cancelAt, '/cancel_at');
    Object.assign(subscription, amended(subscription, changes));
    if (changes.cancelAt !== undefined) await makeUp(this.em, subscription);
    if (status && subscription.status === 'draft') subscription.status = status;
    subscription.settle();
    await wakeFor(this.bus, [subscription.wakeAt]);
    return subscription;
  }
}
