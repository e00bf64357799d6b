import { after, Bus, Command, dayBounds, EntityManager, Handles, now, tenantId, today } from '#kernel';
import { policies } from './default-policy.ts';
import type { DunningPolicy } from './dunning-policy.ts';
import { RunDunningStep } from './run-dunning-step.ts';
import { nextStepDay, stepDue } from './steps.ts';

/**
 * Looks at everything that is due, and promises each invoice its step if one has come. It promises the rounds of the days to come as well, so
 * there is one on each day on which a step may be due, and none on others. With due dates it looks at what was due on these days only.
 */
export class DunningRound extends Command<void> {
  constructor(readonly dueDates?: string[]) {
    super();
  }
  override givenUp() {
    return new RoundAgain();
  }
}

/** Each round promises the next: where one was given up, or a step, all is looked at again a day later. */
export class RoundAgain extends Command<void> {}

@Handles(RoundAgain, 'system')
class AgainHandler {
  constructor(private readonly bus: Bus) {}
  execute(_: RoundAgain) {
    return this.bus.later(new DunningRound(), { at: after(now(), { hours: 24 }), shared: true });
  }
}

interface Due {
  id: string;
  seller: string;
  due_date: string;
  time_zone: string;
  version: number;
  done: number;
}

@Handles(DunningRound, 'system')
class Handler {
  constructor(
    private readonly em: EntityManager,
    private readonly bus: Bus,
  ) {}

  async execute({ dueDates = [] }: DunningRound) {
    const policyOf = await policies(this.em);
    // Raw: only what is needed of what may be many.
    const due = await this.em.execute<Due[]>(
      `select i.id, i.billing_entity_id as seller, i.due_date::text, i.time_zone, i.version,
         coalesce((select max(r.days) from dunning_step_run r where r.tenant_id = i.tenant_id and r.invoice_id = i.id), 0) as done
       from invoice i where i.tenant_id = ? and i.kind = 'invoice' and i.due_e4 > 0
         ${dueDates.length ? `and i.due_date in (${dueDates.map(() => '?').join(', ')})` : ''}
       order by i.id`,
      [tenantId(), ...dueDates],
    );
    const ahead = new Map<string, { day: string; zone: string }>();
    for (const one of due) {
      const next = await promiseStep(this.bus, one, policyOf(one.seller));
      if (next) ahead.set(`${next} ${one.time_zone}`, { day: next, zone: one.time_zone });
    }
    for (const { day, zone } of ahead.values()) await promiseRound(this.bus, day, zone);
  }
}

/** Promises an invoice the step that has come, and answers with the day of the next one. */
async function promiseStep(bus: Bus, invoice: Due, policy: DunningPolicy | null): Promise<string | null> {
  if (!policy) return null;
  const { id, due_date: dueDate, time_zone: zone, version, done } = invoice;
  const day = today(zone);
  const step = stepDue(policy.steps, dueDate, day, done);
  // One that was paid when its step was looked at, and is due again, is looked at again.
  if (step) await bus.later(new RunDunningStep(id), { key: `${id} ${step.days} ${day} v${version}`, subjectId: id });
  return nextStepDay(policy.steps, dueDate, day);
}

/** One round for each day and zone, in its morning. */
export const promiseRound = (bus: Bus, day: string, zone: string): Promise<void> =>
  bus.later(new DunningRound(), { at: after(dayBounds(day, zone).from, { hours: 7 }), key: `${day} ${zone}` });
