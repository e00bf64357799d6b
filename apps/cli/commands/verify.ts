import { Verifier } from '#kernel';
import { Command, CommandRunner, Option } from 'nest-commander';
import { application } from '../application.ts';
import { chosen } from '../organizations.ts';
import { progress, show } from '../terminal.ts';

@Command({ name: 'verify', description: 'Whether everything holds that must hold at any time, with the number of rows looked at' })
export class VerifyCommand extends CommandRunner {
  async run(_: string[], { organization: named, json }: { organization?: string; json?: boolean }) {
    const verdicts = await application(async (app) => {
      const [verifier, organizations] = [app.get(Verifier), await chosen(app, named)];
      const bar = progress('Invariants');
      bar.total(organizations.length * verifier.all().length);
      let done = 0;
      const found = (await verifier.deployment()).map((verdict) => ({ organization: '', ...verdict }));
      for (const organization of organizations)
        for (const verdict of await verifier.organization(organization, () => bar.at(++done)))
          found.push({ organization: organization.slug, ...verdict });
      bar.done();
      return found;
    });
    show(
      verdicts.map(({ organization, name, checked, wrong, examples }) => ({ organization, invariant: name, checked, wrong, examples })),
      { json },
    );
    const checked = verdicts.filter(({ organization }) => organization).reduce((sum, verdict) => sum + verdict.checked, 0);
    const wrong = verdicts.filter((verdict) => verdict.wrong);
    if (wrong.length) throw new Error(`Violated: ${[...new Set(wrong.map(({ name }) => name))].join('; ')}.`);
    if (!checked) throw new Error('Nothing was checked: there is no organization with any rows.');
    if (!json) console.log(`\n${checked} rows checked, everything holds`);
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
