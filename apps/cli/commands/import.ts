import { CannotImport, FolderImport, type ImportedFile, MappingFile } from '#crm';
import { Membership, User } from '#identity';
import { type Actor, Bus, EntityManager, type Listed, Organizations } from '#kernel';
import type { INestApplicationContext } from '@nestjs/common';
import { Command, CommandRunner, Option } from 'nest-commander';
import { readFile } from 'node:fs/promises';
import { application } from '../application.ts';
import { type Progress, progress, show } from '../terminal.ts';

interface Options {
  organization: string;
  mapping: string;
  dryRun?: boolean;
  as?: string;
}
const MOST_ERRORS = 200;

@Command({
  name: 'import',
  arguments: '<path>',
  argsDescription: { path: 'a folder of CSV files, or one of them' },
  description: 'Import CSV files as a mapping file says; the same files twice change nothing',
})
export class ImportCommand extends CommandRunner {
  @Option({ flags: '--organization <id or slug>', description: 'where the records go', required: true })
  organization(value: string) {
    return value;
  }
  @Option({ flags: '--mapping <file>', description: 'which columns of which files mean what, as JSON', required: true })
  mapping(value: string) {
    return value;
  }
  @Option({ flags: '--dry-run', description: 'tell what would happen, and write nothing' })
  dryRun() {
    return true;
  }
  @Option({ flags: '--as <email>', description: 'the member in whose name it happens; the owner unless given' })
  as(value: string) {
    return value;
  }

  async run([path]: string[], options: Options) {
    const mapping = await mappingFile(options.mapping);
    const bars = new Map<string, Progress>();
    const at = (file: string, percent: number) => {
      if (!bars.has(file)) bars.set(file, started(file));
      bars.get(file)!.at(percent);
    };
    const done: ImportedFile[] = [];
    try {
      await application(async (app) =>
        app.get(FolderImport, { strict: false }).run(path!, mapping, await actorOf(app, options), options.dryRun, {
          prepared: (changes) => changes.forEach((change) => console.error(`Set up ${change}`)),
          at,
          done: (file) => {
            bars.get(file.file)?.done();
            done.push(file);
          },
        }),
      );
    } finally {
      // What a file brought before another could not be read stays.
      if (done.length) show(done.map(({ errors: _, ...counts }) => counts));
    }
    for (const { file, errors } of done) {
      for (const error of errors.slice(0, MOST_ERRORS)) console.error(`${file}:${error}`);
      if (errors.length > MOST_ERRORS) console.error(`${file}: and ${errors.length - MOST_ERRORS} more`);
    }
    if (done.some(({ failed }) => failed)) process.exitCode = 1;
  }
}

function started(file: string): Progress {
  const bar = progress(file);
  bar.total(100);
  return bar;
}

async function mappingFile(path: string): Promise<MappingFile> {
  let sent: unknown;
  try {
    sent = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new CannotImport(`${path} cannot be read: ${(error as Error).message}`);
  }
  const read = MappingFile.safeParse(sent);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw new CannotImport(`${path}: ${issue?.path.join('.')} ${issue?.message}`);
}

/** The member who was named, else the owner. */
async function actorOf(app: INestApplicationContext, { organization: name, as }: Options): Promise<Actor> {
  const organization: Listed = await app.get(Organizations).named(name);
  const em = app.get(EntityManager);
  return app.get(Bus).asSystem(organization, async () => {
    const user = as ? await em.findOne(User, { email: as.toLowerCase() }) : null;
    const who = as ? { userId: user?.id ?? null } : { role: 'owner' as const };
    const membership = await em.findOne(
      Membership,
      { organizationId: organization.id, status: 'active', ...who },
      { orderBy: { createdAt: 'asc' } },
    );
    if (!membership) throw new CannotImport(as ? `${as} is no member of ${organization.name}.` : `${organization.name} has no owner.`);
    const { userId, role, permissionSets } = membership;
    return { kind: 'user', userId, role, permissionSets, organization };
  });
}
