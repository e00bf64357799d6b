import { Module } from '@nestjs/common';
import { AuditCommand } from './commands/audit.ts';
import { BillingCommand } from './commands/billing.ts';
import { DbCommand } from './commands/db.ts';
import { ExportCommand } from './commands/export.ts';
import { ImportCommand } from './commands/import.ts';
import { JobsCommand } from './commands/jobs.ts';
import { OpenApiCommand } from './commands/openapi.ts';
import { OperatorCommand } from './commands/operator.ts';
import { OrganizationCommand } from './commands/organization.ts';
import { SeedCommand } from './commands/seed.ts';
import { SetupCommand } from './commands/setup.ts';
import { UserCommand } from './commands/user.ts';
import { VerifyCommand } from './commands/verify.ts';

const commands = [
  DbCommand,
  SetupCommand,
  SeedCommand,
  OrganizationCommand,
  UserCommand,
  OperatorCommand,
  ExportCommand,
  ImportCommand,
  OpenApiCommand,
  JobsCommand,
  AuditCommand,
  BillingCommand,
  VerifyCommand,
];

@Module({ providers: commands.flatMap((command) => command.registerWithSubCommands()) })
export class CliModule {}
