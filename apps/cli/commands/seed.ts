import { Command, CommandRunner, SubCommand } from 'nest-commander';
import { application } from '../application.ts';
import { seedDemo } from '../demo/seed.ts';
import { DEMO, DEMO_PASSWORD } from '../demo/script.ts';

/** Makes the demo world unless it is there, and says how to get in. */
export async function seed(): Promise<void> {
  const made = await application((app) => seedDemo(app));
  if (made.length) console.log(`Made ${made.join(' and ')}`);
  console.log(`Demo: log in as ${DEMO[0]!.staff[0].email} with the password "${DEMO_PASSWORD}"`);
}

@SubCommand({ name: 'demo', description: 'A clinic and an estate agency with a user in every role; twice changes nothing' })
export class SeedDemoCommand extends CommandRunner {
  run() {
    return seed();
  }
}

@Command({ name: 'seed', description: 'Data to try things with', subCommands: [SeedDemoCommand] })
export class SeedCommand extends CommandRunner {
  async run() {
    this.command.help();
  }
}
