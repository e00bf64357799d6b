import { BillDue, mayBe, RunBilling, Subscription } from '#billing';
import { actingAs, Bus, type Listed, now, Read, setClock, settings, system } from '#kernel';
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
  @Option({ flags: '--organization <name>', description: 'only this one, by its id or slug' })
  organization(name: string) {
    return name;
  }
  @Option({ flags: '--json', description: 'for programs' })
  json() {
    return true;
  }
}
/** @throws RangeError */
function instant(text: string): Date {
  const at = new Date(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T23:59:59.999Z` : text);
  if (Number.isNaN(at.valueOf())) throw new RangeError(`${text} is no day and no instant.`);
  return at;
}

@SubCommand({ name: 'run', description: 'Bill what is due, or tell what would be billed' })
export class BillingRunCommand extends OfOrganization {
  async run(_: string[], { organization, asOf, dryRun = false, json }: Options) {
    const rows = await application(async (app) => {
      const bus = app.get(Bus);
      const done = [];
      for (const each of await chosen(app, organization)) {
        const input = { dryRun, ...(asOf ? { asOf: mayBe(instant(asOf)) } : {}) };
        const run = await actingAs(system(each), () => bus.run(new RunBilling(input)));
        const { status, subscriptions, invoices, periods, parked } = run;
        done.push({ organization: each.slug, run: run.id, status, subscriptions, invoices, periods, parked });
      }
      return done;
    });
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

/** How many subscriptions there are, and what of them is due. */
async function statusOf(app: INestApplicationContext, each: Listed) {
  const read = app.get(Read);
  const query = read
    .from(Subscription)
    .select([
      sql<number>`count(*) filter (where status in ('active', 'trialing', 'past_due'))::int`.as('running'),
      sql<number>`count(*) filter (where status in ('paused', 'suspended'))::int`.as('resting'),
      sql<number>`count(*) filter (where parked_at is not null)::int`.as('parked'),
      sql<number>`count(*) filter (where wake_at <= ${now().toISOString()})::int`.as('due'),
      sql<string | null>`min(wake_at)`.as('next'),
    ]);
  const [counts] = await actingAs(system(each), () => read.all(query as never));
  return { organization: each.slug, ...(counts as { running: number; resting: number; parked: number; due: number; next: string | null }) };
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

@SubCommand({ name: 'simulate', description: 'Bill as if time passed: only the clock of this process moves; the invoices are really made' })
export class BillingSimulateCommand extends OfOrganization {
  async run(_: string[], { organization, until, json }: Options) {
    if (settings.NODE_ENV === 'production') throw new Error('Time is not played with in production.');
    const end = instant(until!);
    const rows = await application(async (app) => {
      const done = [];
      try {
        for (const each of await chosen(app, organization)) done.push({ organization: each.slug, invoices: await passed(app, each, end) });
      } finally {
        setClock();
      }
      return done;
    });
    show(rows, { json, nothing: 'There is no organization' });
  }

  @Option({ flags: '--until <date>', description: 'the last day', required: true })
  until(value: string) {
    return value;
  }
}

/** Goes from one due instant to the next, up to the end. */
async function passed(app: INestApplicationContext, each: Listed, end: Date): Promise<number> {
  setClock();
  const bus = app.get(Bus);
  let invoices = 0;
  for (;;) {
    const { next } = await statusOf(app, each);
    const at = next && new Date(next);
    if (!at || at > end) return invoices;
    if (at > now()) setClock(() => at);
    invoices += (await actingAs(system(each), () => bus.run(new BillDue(true)))).invoices;
  }
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
