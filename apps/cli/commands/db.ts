import { entities, migrate, ormOptions, ownerUrl, settings } from '#kernel';
import { MikroORM } from '@mikro-orm/postgresql';
import { Command, CommandRunner, Option, SubCommand } from 'nest-commander';
import { writeFileSync } from 'node:fs';
import { show } from '../terminal.ts';

const say = (line: string) => console.log(line);

/** Brings the database up to date, as its owner. */
export const migrateAll = () => migrate(ownerUrl(settings), decodeURIComponent(new URL(settings.DATABASE_URL).username), say);

/** The ORM as the owner, with every context's entities. */
async function asOwner<T>(work: (orm: MikroORM) => Promise<T>): Promise<T> {
  await import('../../../libs/contexts.ts');
  const orm = await MikroORM.init(ormOptions(ownerUrl(settings), { driverOptions: undefined, pool: { min: 0, max: 2 } }));
  try {
    return await work(orm);
  } finally {
    await orm.close();
  }
}

@SubCommand({ name: 'migrate', description: 'Bring the database up to date, as its owner' })
export class MigrateCommand extends CommandRunner {
  async run() {
    if (!(await migrateAll()).length) say('Nothing to migrate');
  }
}

@SubCommand({ name: 'status', description: 'Which migrations were applied, and which wait' })
export class StatusCommand extends CommandRunner {
  async run(_: string[], { json = false }: { json?: boolean }) {
    const rows = await asOwner(async ({ migrator }) => {
      const [done, waiting] = [await migrator.getExecuted(), await migrator.getPending()];
      return [
        ...done.map(({ name, executed_at }) => ({ migration: name, applied: executed_at.toISOString() })),
        ...waiting.map(({ name }) => ({ migration: name, applied: null })),
      ];
    });
    show(
      rows.map(({ migration, applied }) => ({ migration, applied: applied ?? (json ? null : 'not yet') })),
      { json, nothing: 'No migrations' },
    );
  }

  @Option({ flags: '--json', description: 'for programs' })
  json() {
    return true;
  }
}

@SubCommand({ name: 'rollback', description: 'Take the last migration back' })
export class RollbackCommand extends CommandRunner {
  async run() {
    const undone = await asOwner(({ migrator }) => migrator.down());
    say(undone.length ? `Took back ${undone.map(({ name }) => name).join(', ')}` : 'Nothing to take back');
  }
}

@SubCommand({ name: 'schema', description: 'The tables as SQL, from the entities' })
export class SchemaCommand extends CommandRunner {
  async run(_: string[], { out }: { out?: string }) {
    const sql = await asOwner(({ schema }) => schema.getCreateSchemaSQL({ wrap: false }));
    if (!out) return say(sql.trimEnd());
    writeFileSync(out, `${sql.trimEnd()}\n`);
    say(`Wrote ${out} (${entities.length} entities)`);
  }

  @Option({ flags: '--out <file>', description: 'write it there' })
  out(file: string) {
    return file;
  }
}

@SubCommand({ name: 'url', description: 'The connection string of a role, and nothing else' })
export class UrlCommand extends CommandRunner {
  async run(_: string[], { role = 'app' }: { role?: 'app' | 'owner' }) {
    say(role === 'owner' ? ownerUrl(settings) : settings.DATABASE_URL);
  }

  @Option({ flags: '--role <role>', description: 'app or owner; app unless given' })
  role(name: string) {
    if (name !== 'app' && name !== 'owner') throw new Error(`There is no role ${name}: app or owner.`);
    return name;
  }
}

@Command({
  name: 'db',
  description: 'Migrations, schema and connection strings',
  subCommands: [MigrateCommand, StatusCommand, RollbackCommand, SchemaCommand, UrlCommand],
})
export class DbCommand extends CommandRunner {
  async run() {
    this.command.help();
  }
}
