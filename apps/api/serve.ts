import { settings, shareMetrics } from '#kernel';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Logger } from 'nestjs-pino';
import cluster from 'node:cluster';
import { started } from '../last-words.ts';
import { growAsNeeded } from '../start-small.ts';
import { ApiModule } from './api.module.ts';
import { dress, fastifyAdapter } from './create-app.ts';

/** Serves the API in this process until it is told to stop, or whoever started it is gone. */
export async function serve() {
  const app = await NestFactory.create<NestFastifyApplication>(ApiModule, fastifyAdapter(), { bufferLogs: true, bodyParser: false });
  app.useLogger(app.get(Logger));
  await dress(app);
  await app.listen(settings.PORT, settings.HOST);
  if (cluster.isWorker) shareMetrics();
  started();
  growAsNeeded();
  process.send?.('ready');
  process.on('disconnect', () => void app.close());
}
