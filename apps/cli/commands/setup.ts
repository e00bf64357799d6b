import { Command, CommandRunner } from 'nest-commander';
import { migrateAll } from './db.ts';
import { seed } from './seed.ts';

@Command({ name: 'setup', description: 'Migrate, then make the demo: all that a first start needs' })
export class SetupCommand extends CommandRunner {
  async run() {
    await migrateAll();
    await seed();
  }
}
