#!/usr/bin/env node
import 'reflect-metadata';
import { CommandFactory } from 'nest-commander';
import { reason } from './terminal.ts';

// What is asked for goes to the output; what the program thinks meanwhile is told only when it matters.
process.env.LOG_LEVEL ??= 'warn';

// Whoever reads has seen enough: `tessera export … | head`.
process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => process.exit(code === 'EPIPE' ? 0 : 1));

const SETTLING_MS = 100;
let failed = false;

try {
  const { CliModule } = await import('./cli.module.ts');
  await CommandFactory.run(CliModule, { cliName: 'tessera', logger: ['warn', 'error'], errorHandler: fail, serviceErrorHandler: fail });
  // A pipe takes its time, and an exit would cut it short.
  if (!failed) process.stdout.write('', () => process.exit());
} catch (error) {
  fail(error as Error);
}

/** One sentence that names the cause; the terminal is no place for a stack. */
function fail(error: Error & { code?: string; exitCode?: number }): void {
  if (failed) return;
  failed = true;
  // Commander has said its own already.
  if (!error.code?.startsWith('commander.')) console.error(process.env.DEBUG ? error : reason(error));
  process.exitCode = error.exitCode || 1;
  // Of what was just loaded V8 may still compile some in the background; an exit at that moment has been seen to wait for it for ever (Node 24).
  setTimeout(() => process.exit(), SETTLING_MS);
}
