#!/usr/bin/env node
import 'reflect-metadata';
import { SettingsError } from '#kernel';
import { CommandFactory } from 'nest-commander';

try {
  const { CliModule } = await import('./cli.module.ts');
  await CommandFactory.run(CliModule, {
    cliName: 'tessera',
    logger: ['warn', 'error'],
    errorHandler: (error) => fail(error),
    serviceErrorHandler: (error) => fail(error),
  });
  process.exit(process.exitCode ?? 0);
} catch (error) {
  fail(error as Error);
}

/** One sentence that names the cause; the terminal is no place for a stack. */
function fail(error: Error & { code?: string; exitCode?: number }): never {
  if (error instanceof SettingsError || !error.code?.startsWith('commander.')) console.error(error.message);
  process.exit(error.exitCode || 1);
}
