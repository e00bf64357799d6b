import { Module } from '@nestjs/common';
import { DbCommand, MigrateCommand } from './commands/db.ts';

@Module({ providers: [DbCommand, MigrateCommand] })
export class CliModule {}
