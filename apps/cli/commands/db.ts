import { migrate, ownerUrl, settings } from '#kernel';
import { Command, CommandRunner, SubCommand } from 'nest-commander';

/** Brings the database up to date, as its owner. */
export const migrateAll = () => migrate(ownerUrl(settings), decodeURIComponent(new URL(settings.DATABASE_URL).username), (line) => console.log(line));

@SubCommand({ name: 'migrate', description: 'Bring the database up to date, as its owner' })
export class MigrateCommand extends CommandRunner {
  async run() {
    if (!(await migrateAll()).length) console.log('Nothing to migrate');
  }
}

@Command({ name: 'db', description: 'Migrations and connection strings', subCommands: [MigrateCommand] })
export class DbCommand extends CommandRunner {
  async run() {
    this.command.help();
  }
}
