#!/usr/bin/env node
import 'reflect-metadata';
import { CommandFactory } from 'nest-commander';
import { reason } from './terminal.ts';

// What is asked for goes to the output; what the program thinks meanwhile is told only when it matters.
process.env.LOG_LEVEL ??= 'warn';

try {
  const { CliModule } = await import('./cli.module.ts');
  await CommandFactory.run(CliModule, { cliName: 'tessera', logger: ['warn', 'error'], errorHandler: fail, serviceErrorHandler: fail });
  process.exit(process.exitCode ?? 0);
} catch (error) {
  fail(error as Error);
}

/** One sentence that names the cause; the terminal is no place for a stack. */
function fail(error: Error & { code?: string; exitCode?: number }): never {
  // Commander has said its own already.
  if (!error.code?.startsWith('commander.')) console.error(process.env.DEBUG ? error : reason(error));
  process.exit(error.exitCode || 1);
}
