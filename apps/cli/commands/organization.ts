import { CreateOrganization, NewCustomer, ResumeOrganization, SuspendOrganization } from '#identity';
import { actingAs, Bus, Organizations, system } from '#kernel';
import { Command, CommandRunner, Option, SubCommand } from 'nest-commander';
import { application } from '../application.ts';
import { show } from '../terminal.ts';

interface NewOrganization {
  owner?: string;
  ownerName?: string;
  plan?: 'free' | 'standard' | 'enterprise';
  timeZone?: string;
  currency?: string;
  locale?: string;
  json?: boolean;
}

@SubCommand({ name: 'create', arguments: '<name>', description: 'Make an organization; an owner without an account gets one and a letter' })
export class CreateOrganizationCommand extends CommandRunner {
  async run([name]: string[], { owner, ownerName, timeZone, json, ...rest }: NewOrganization) {
    if (!owner) throw new Error('Name the owner: --owner <e-mail>.');
    const input = { name: name!, owner_email: owner, owner_name: ownerName, time_zone: timeZone, ...rest };
    const made = await application((app) =>
      actingAs(system(null), () => app.get(Bus).run(new CreateOrganization(NewCustomer.parse(input)))),
    );
    show([{ id: made.id, slug: made.slug, name: made.name }], { json });
  }

  @Option({ flags: '--owner <e-mail>', description: 'who owns it' })
  owner(text: string) {
    return text;
  }
  @Option({ flags: '--owner-name <name>', description: 'for an account that is made now' })
  ownerName(text: string) {
    return text;
  }
  @Option({ flags: '--plan <plan>', description: 'free, standard or enterprise' })
  plan(text: string) {
    return text;
  }
  @Option({ flags: '--time-zone <zone>', description: 'an IANA name such as Europe/London' })
  timeZone(text: string) {
    return text;
  }
  @Option({ flags: '--currency <code>', description: 'ISO 4217' })
  currency(text: string) {
    return text;
  }
  @Option({ flags: '--locale <locale>', description: 'such as en-GB' })
  locale(text: string) {
    return text;
  }
  @Option({ flags: '--json', description: 'for programs' })
  json() {
    return true;
  }
}

@SubCommand({ name: 'list', description: 'All organizations' })
export class ListOrganizationsCommand extends CommandRunner {
  async run(_: string[], { json }: { json?: boolean }) {
    const all = await application((app) => app.get(Organizations).all());
    const rows = all.map(({ id, slug, name, currency, timeZone, suspended }) => ({
      id,
      slug,
      name,
      currency,
      time_zone: timeZone,
      suspended,
    }));
    show(rows, { json, nothing: 'There are no organizations' });
  }

  @Option({ flags: '--json', description: 'for programs' })
  json() {
    return true;
  }
}

@SubCommand({ name: 'suspend', arguments: '<organization>', description: 'Shut an organization out, by its id or slug; its jobs wait' })
export class SuspendOrganizationCommand extends CommandRunner {
  async run([named]: string[]) {
    console.log(`Suspended ${await change(named!, SuspendOrganization)}`);
  }
}

@SubCommand({ name: 'resume', arguments: '<organization>', description: 'Let a suspended organization in again' })
export class ResumeOrganizationCommand extends CommandRunner {
  async run([named]: string[]) {
    console.log(`Resumed ${await change(named!, ResumeOrganization)}`);
  }
}

const change = (named: string, Use: typeof SuspendOrganization | typeof ResumeOrganization) =>
  application(async (app) => {
    const { id, name } = await app.get(Organizations).named(named);
    await actingAs(system(null), () => app.get(Bus).run(new Use(id)));
    return name;
  });

@Command({
  name: 'organization',
  description: 'Organizations',
  subCommands: [CreateOrganizationCommand, ListOrganizationsCommand, SuspendOrganizationCommand, ResumeOrganizationCommand],
})
export class OrganizationCommand extends CommandRunner {
  async run() {
    this.command.help();
  }
}
