import '../last-words.ts';
import 'reflect-metadata';
import { logger, queue } from '#kernel';
import { NestFactory } from '@nestjs/core';
import { Logger } from 'nestjs-pino';
import { WorkerModule } from './worker.module.ts';

const { Dispatcher } = await queue();
const app = await NestFactory.createApplicationContext(WorkerModule, { bufferLogs: true });
app.useLogger(app.get(Logger));
app.enableShutdownHooks();
app.get(Dispatcher).start();
logger.info('Working');
process.send?.('ready');
process.on('disconnect', () => void app.close());
