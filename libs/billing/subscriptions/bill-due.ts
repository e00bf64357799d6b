import { Task } from '#crm';
import { Bus, Command, EntityManager, failpoint, Handles, now, Process, after } from '#kernel';
import { askSomebody } from './ask-somebody.ts';
import { add, billSome, type Billed } from './bill.ts';
import { BillingRun, type Counts, nothingDone } from './billing-run.ts';
import { Subscription } from './subscription.ts';

/** Promises that somebody looks when the time has come: one promise for all subscriptions of one instant. */
export async function wakeFor(bus: Bus, wakes: readonly (Date | null)[]): Promise<void> {
  const times = new Set(wakes.flatMap((at) => at?.toISOString() ?? []));
  for (const time of times) await bus.later(new BillDue(), { at: new Date(time), shared: true });
}

/**
 * Who helps where there is more to do than one transaction takes: while one works out what to write, the other writes. Writing waits in line
 * for the counter of the numbers, so a third in the same organization would only hold a connection.
 */
const HELPERS = 1;
/** What somebody else has in hand is looked at again: he may have died over it. */
const LOOK_AGAIN = { seconds: 30 };

/**
 * The sweeper: bills what is due in an organization now, a transaction for each hundred subscriptions. It is promised for each instant at
 * which something falls due; doubled, late or lost on its way it does no harm, for what is due stands in the subscriptions.
 */
export class BillDue extends Process<Counts> {
  constructor(readonly helping = false) {
    super();
  }
  override givenUp() {
    return new BillLater();
  }
}

@Handles(BillDue, 'system')
class Sweeping {
  constructor(private readonly bus: Bus) {}

  async execute({ helping }: BillDue) {
    const done = nothingDone();
    for (let first = true; ; first = false) {
      const { done: some, finished } = await this.bus.run(new BillSome());
      add(done, some);
      failpoint('billing.between_batches');
      if (finished) break;
      if (first && !helping) for (let i = 0; i < HELPERS; i++) await this.bus.later(new BillDue(true));
    }
    if (await this.bus.run(new AnythingDue())) await this.bus.later(new BillDue(), { at: after(now(), LOOK_AGAIN), shared: true });
    return done;
  }
}

/** What has failed again and again is for somebody to look at; what is due is looked at all the same, an hour later. */
export class BillLater extends Command<void> {}

@Handles(BillLater, 'system')
class AgainHandler {
  constructor(
    private readonly em: EntityManager,
    private readonly bus: Bus,
  ) {}

  async execute(_: BillLater) {
    await this.bus.later(new BillDue(), { at: after(now(), { hours: 1 }), shared: true });
    const title = 'Subscriptions cannot be billed';
    if (await this.em.count(Task, { title, status: 'todo' })) return;
    await askSomebody(this.em, null, {
      title,
      description: 'It was tried again and again; what is due is tried again each hour. Ask who runs Tessera.',
    });
  }
}

/** One transaction of the sweeper, or of a run by hand, which counts it. */
export class BillSome extends Command<Billed> {
  constructor(readonly runId?: string) {
    super();
  }
}

@Handles(BillSome, 'system')
class Billing {
  constructor(
    private readonly em: EntityManager,
    private readonly bus: Bus,
  ) {}

  async execute({ runId }: BillSome) {
    const run = runId ? await this.em.findOneOrFail(BillingRun, { id: runId }) : undefined;
    const billed = await billSome(this.em, this.bus, run?.asOf ?? now());
    await wakeFor(this.bus, billed.wakes);
    run?.count(billed.done);
    return billed;
  }
}

/** Whether something is due still: what others have in hand is. */
export class AnythingDue extends Command<boolean> {}

@Handles(AnythingDue, 'system')
class Looking {
  constructor(private readonly em: EntityManager) {}
  async execute() {
    return (await this.em.count(Subscription, { wakeAt: { $lte: now() } })) > 0;
  }
}
