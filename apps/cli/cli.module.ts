import { Module } from '@nestjs/common';
import { DbCommand } from './commands/db.ts';
import { SeedCommand } from './commands/seed.ts';
import { SetupCommand } from './commands/setup.ts';

const commands = [DbCommand, SeedCommand, SetupCommand];

@Module({ providers: commands.flatMap((command) => command.registerWithSubCommands()) })
export class CliModule {}
