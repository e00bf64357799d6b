import { Bus, Command, EntityManager, Handles, problem, today } from '#kernel';
import type { z } from 'zod';
import { wakeFor } from './bill-due.ts';
import { loadWhole, mayBegin } from './contents.ts';
import { makeUp } from './make-up.ts';
import { Subscription } from './subscription.ts';
import type { Pausing } from './subscription-input.ts';

export const badPause = problem('subscription.pause', 422, 'A pause ends after it began, and two do not overlap');

/**
 * Its days are not billed; what was billed of them already goes back on the next invoice. Pausing what is paused changes nothing.
 * @throws subscription.pause, subscription.cancelled, subscription.too_early
 */
export class PauseSubscription extends Command<Subscription> {
  constructor(
    readonly id: string,
    readonly input: z.output<typeof Pausing> = {},
  ) {
    super();
  }
}

@Handles(PauseSubscription, 'update', Subscription)
class Pausings {
  constructor(
    private readonly em: EntityManager,
    private readonly bus: Bus,
  ) {}

  async execute({ id, input }: PauseSubscription) {
    const subscription = await loadWhole(this.em, id);
    const { from = today(subscription.zone), until = null } = input;
    if (subscription.pauses.some((one) => one.until === null && one.from <= from)) return subscription;
    mayBegin(subscription, from, '/from');
    const clashes = subscription.pauses.some((one) => (until === null || one.from < until) && (one.until === null || from < one.until));
    if (clashes || (until !== null && until <= from)) throw badPause();
    subscription.pauses = [...subscription.pauses, { from, until }];
    await makeUp(this.em, subscription);
    subscription.settle();
    await wakeFor(this.bus, [subscription.wakeAt]);
    return subscription;
  }
}

/**
 * Goes on today: a suspension or a pause ends, one that was to begin is dropped, and what was parked is billed, however many periods it
 * missed, also of one that is over. Where nothing holds it up, pauses to come are called off. @throws subscription.cancelled
 */
export class ResumeSubscription extends Command<Subscription> {
  constructor(readonly id: string) {
    super();
  }
}

@Handles(ResumeSubscription, 'update', Subscription)
class Resuming {
  constructor(
    private readonly em: EntityManager,
    private readonly bus: Bus,
  ) {}

  async execute({ id }: ResumeSubscription) {
    const subscription = await loadWhole(this.em, id, ({ parkedAt }) => parkedAt !== null);
    const on = today(subscription.zone);
    subscription.resume(on);
    if (subscription.isServed()) await makeUp(this.em, subscription);
    subscription.settle();
    await wakeFor(this.bus, [subscription.wakeAt]);
    return subscription;
  }
}
