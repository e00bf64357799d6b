import { settings } from '#kernel';
import { Command, CommandRunner } from 'nest-commander';
import { migrateAll } from './db.ts';
import { seed } from './seed.ts';

@Command({ name: 'setup', description: 'Migrate and, outside production, make the demo: all that a first start needs' })
export class SetupCommand extends CommandRunner {
  async run() {
    await migrateAll();
    if (settings.NODE_ENV === 'production')
      console.log('Production has no demo: make the first organization with `tessera organization create`');
    else await seed();
  }
}
