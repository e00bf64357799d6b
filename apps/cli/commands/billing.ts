import { mayBe, type Planned, RunBilling, SimulateBilling, type Simulated, Subscription } from '#billing';
import { actingAs, before, Bus, dayBounds, formatAmount, isDay, type Listed, now, Read, system, today } from '#kernel';
import type { INestApplicationContext } from '@nestjs/common';
import { sql } from 'kysely';
import { Command, CommandRunner, Option, SubCommand } from 'nest-commander';
import { application } from '../application.ts';
import { chosen } from '../organizations.ts';
import { show } from '../terminal.ts';

interface Options {
  organization?: string;
  asOf?: string;
  until?: string;
  dryRun?: boolean;
  json?: boolean;
}

abstract class OfOrganization extends CommandRunner {
  @Option({ flags: '--organization <names>', description: 'only these, by id or slug, parted by commas' })
  organization(name: string) {
    return name;
  }
  @Option({ flags: '--json', description: 'for programs' })
  json() {
    return true;
  }
}
/** A day means its end where the organization is. @throws RangeError */
function instant(text: string, zone: string): Date {
  if (isDay(text)) return before(dayBounds(text, zone).until, { milliseconds: 1 });
  const at = new Date(text);
  const instantly = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/.test(text);
  if (!instantly || Number.isNaN(at.valueOf())) throw new RangeError(`${text} is no day and no instant.`);
  return at;
}

@SubCommand({ name: 'run', description: 'Bill what is due, or tell what would be billed' })
export class BillingRunCommand extends OfOrganization {
  async run(_: string[], { organization, asOf, dryRun = false, json }: Options) {
    const plans: ReturnType<typeof told>[] = [];
    const rows = await application(async (app) => {
      const bus = app.get(Bus);
      const done = [];
      // Of today, what is due by now. All of them before any is billed: what is refused is refused as a whole.
      const upTo = ({ timeZone }: Listed) => (asOf === undefined || asOf === today(timeZone) ? now() : mayBe(instant(asOf, timeZone)));
      const inputs = (await chosen(app, organization)).map((each) => ({ each, input: { dryRun, asOf: upTo(each) } }));
      for (const { each, input } of inputs) {
        const run = await actingAs(system(each), () => bus.run(new RunBilling(input)));
        const { status, subscriptions, invoices, periods, parked } = run;
        done.push({ organization: each.slug, run: run.id, status, subscriptions, invoices, periods, parked });
        plans.push(...run.planned.map((plan) => told(each.slug, plan)));
      }
      return done;
    });
    if (dryRun) return show(plans, { json, nothing: 'Nothing is due' });
    show(rows, { json, nothing: 'There is no organization' });
    if (!json && rows.some(({ status }) => status === 'running')) console.log('What is still running is finished by the worker.');
  }

  @Option({ flags: '--as-of <instant>', description: 'up to then; not later than now in production' })
  asOf(value: string) {
    return value;
  }
  @Option({ flags: '--dry-run', description: 'only tell what would be done' })
  dryRun() {
    return true;
  }
}

/** What a run would do with one subscription. */
const told = (organization: string, { subscription_id: subscription, status, periods, payable, currency, reason }: Planned) => ({
  organization,
  subscription,
  status,
  from: periods[0]?.period_start ?? null,
  until: periods.at(-1)?.period_end ?? null,
  periods: periods.length,
  payable: payable === null ? null : `${payable} ${currency}`,
  reason,
});

interface Counts {
  running: number;
  resting: number;
  parked: number;
  due: number;
  next: string | null;
}
/** How many subscriptions there are, and what of them is due. */
async function statusOf(app: INestApplicationContext, each: Listed) {
  const read = app.get(Read);
  const counting = () =>
    read
      .from(Subscription)
      .select([
        sql<number>`count(*) filter (where status in ('active', 'trialing', 'past_due'))::int`.as('running'),
        sql<number>`count(*) filter (where status in ('paused', 'suspended'))::int`.as('resting'),
        sql<number>`count(*) filter (where parked_at is not null)::int`.as('parked'),
        sql<number>`count(*) filter (where wake_at <= ${now().toISOString()})::int`.as('due'),
        sql<string | null>`min(wake_at)`.as('next'),
      ]);
  // Asked for as somebody inside the organization: that is what a query is gated by.
  const [counts] = await actingAs(system(each), () => read.all<Counts>(counting() as never));
  return { organization: each.slug, ...counts! };
}

@SubCommand({ name: 'status', description: 'How many subscriptions run, rest and are parked, and what is due' })
export class BillingStatusCommand extends OfOrganization {
  async run(_: string[], { organization, json }: Options) {
    const rows = await application(async (app) => {
      const found = [];
      for (const each of await chosen(app, organization)) found.push(await statusOf(app, each));
      return found;
    });
    show(rows, { json, nothing: 'There is no organization' });
  }
}

@SubCommand({ name: 'simulate', description: 'Tell what would be billed up to a day if time passed; nothing is written' })
export class BillingSimulateCommand extends OfOrganization {
  async run(_: string[], { organization, until, json }: Options) {
    // What is no day is refused before anything is looked at.
    instant(until!, 'UTC');
    const rows = await application(async (app) => {
      const found = [];
      for (const each of await chosen(app, organization)) {
        const end = instant(until!, each.timeZone);
        if (end < now()) throw new RangeError(`${until} is over; what was billed then stands in the invoices.`);
        for (const line of byMonth(await simulated(app, each, end))) found.push({ organization: each.slug, ...line });
      }
      return found;
    });
    show(rows, { json, nothing: 'Nothing would be billed' });
  }

  @Option({ flags: '--until <date>', description: 'the last day', required: true })
  until(value: string) {
    return value;
  }
}

async function simulated(app: INestApplicationContext, each: Listed, end: Date): Promise<Simulated[]> {
  const bus = app.get(Bus);
  const all: Simulated[] = [];
  let after: string | null = null;
  do {
    const { invoices, next } = await actingAs(system(each), () => bus.run(new SimulateBilling(end, after)));
    all.push(...invoices);
    after = next;
  } while (after);
  return all;
}

function byMonth(invoices: readonly Simulated[]) {
  const sums = new Map<string, { month: string; currency: string; invoices: number; payable: bigint }>();
  for (const { day, currency, payable } of invoices) {
    const month = day.slice(0, 7);
    const sum = sums.get(`${month} ${currency}`) ?? { month, currency, invoices: 0, payable: 0n };
    sums.set(`${month} ${currency}`, { ...sum, invoices: sum.invoices + 1, payable: sum.payable + payable });
  }
  return [...sums]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { payable, ...line }]) => ({ ...line, payable: formatAmount(payable, line.currency) }));
}

@Command({
  name: 'billing',
  description: 'Recurring billing',
  subCommands: [BillingRunCommand, BillingStatusCommand, BillingSimulateCommand],
})
export class BillingCommand extends CommandRunner {
  async run() {
    this.command.help();
  }
}
