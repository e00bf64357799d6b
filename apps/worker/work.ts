import { logger, queue } from '#kernel';
import { NestFactory } from '@nestjs/core';
import { Logger } from 'nestjs-pino';
import { started } from '../last-words.ts';
import { growAsNeeded } from '../start-small.ts';
import { WorkerModule } from './worker.module.ts';

/** Milliseconds for closing connections once no job runs any more: a Redis that is gone would keep us for ever. */
const PATIENCE = 3000;

/** Does the work that waits until it is told to stop, or whoever started it is gone. */
export async function work() {
  const { Dispatcher } = await queue();
  const app = await NestFactory.createApplicationContext(WorkerModule, { bufferLogs: true });
  app.useLogger(app.get(Logger));
  const dispatcher = app.get(Dispatcher);
  dispatcher.start();
  logger.info('Working');
  growAsNeeded();
  process.send?.('ready');
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'disconnect'] as const) process.once(signal, () => void stop());
  started();

  async function stop() {
    await dispatcher.stop();
    setTimeout(() => process.exit(), PATIENCE);
    await app.close();
    process.exit();
  }
}
