import { Sealer } from '#kernel';
import { Command, CommandRunner, Option, SubCommand } from 'nest-commander';
import { application } from '../application.ts';
import { chosen } from '../organizations.ts';
import { progress, show } from '../terminal.ts';

@SubCommand({ name: 'verify', description: 'Whether every sealed entry is there and unchanged' })
export class AuditVerifyCommand extends CommandRunner {
  async run(_: string[], { organization: named, json }: { organization?: string; json?: boolean }) {
    const rows = await application(async (app) => {
      const bar = progress('Sealed entries');
      const found = [];
      for (const organization of await chosen(app, named)) {
        const { sealed, unsealed, erased, broken } = await app.get(Sealer).verify(organization, (at) => bar.at(at));
        const verdict = broken ? `position ${broken.position} (entry ${broken.entryId}): ${broken.why}` : 'whole';
        found.push({ organization: organization.slug, sealed, unsealed, erased, chain: verdict, broken: broken !== null });
      }
      bar.done();
      return found;
    });
    show(
      rows.map(({ broken, ...row }) => (json ? { ...row, broken } : row)),
      { json, nothing: 'There are no organizations' },
    );
    if (rows.some(({ broken }) => broken)) throw new Error('The audit log is broken.');
  }

  @Option({ flags: '--organization <names>', description: 'only these, by id or slug, parted by commas' })
  organization(name: string) {
    return name;
  }

  @Option({ flags: '--json', description: 'for programs' })
  json() {
    return true;
  }
}

@Command({ name: 'audit', description: 'The audit log', subCommands: [AuditVerifyCommand] })
export class AuditCommand extends CommandRunner {
  async run() {
    this.command.help();
  }
}
