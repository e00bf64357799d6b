#!/usr/bin/env node
import '../leaving.ts';
import 'reflect-metadata';
import { logTo } from '#kernel';
import { CommandFactory } from 'nest-commander';
import { reason } from './terminal.ts';

// What is asked for goes to the output; what the program thinks meanwhile is told only when it matters.
logTo(process.stderr);
process.env.LOG_LEVEL ||= 'warn';

// Whoever reads has seen enough: `tessera export … | head`.
process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => process.exit(code === 'EPIPE' ? 0 : 1));

try {
  const { CliModule } = await import('./cli.module.ts');
  await CommandFactory.run(CliModule, { cliName: 'tessera', logger: ['warn', 'error'], errorHandler: rethrown, serviceErrorHandler: fail });
  // A pipe takes its time, and an exit would cut it short.
  process.stdout.write('', () => process.exit());
} catch (error) {
  fail(error as Error);
}

/** Commander would leave at once. */
function rethrown(error: Error): never {
  throw error;
}

/** One sentence that names the cause; the terminal is no place for a stack. */
function fail(error: Error & { code?: string; exitCode?: number }) {
  // Commander has said its own already.
  if (!error.code?.startsWith('commander.')) console.error(process.env.DEBUG ? error : reason(error));
  process.exit(error.exitCode ?? 1);
}
