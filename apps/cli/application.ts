import { JobsModule, KernelModule, logging, NoHttpModule } from '#kernel';
import { type INestApplicationContext, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { LoggerModule } from 'nestjs-pino';
import * as contexts from '../../libs/contexts.ts';

/** The terminal door: the kernel and every context, without HTTP and without a queue. */
@Module({ imports: [LoggerModule.forRoot(logging()), KernelModule, NoHttpModule, JobsModule, ...(Object.values(contexts) as Type[])] })
class Application {}

/** Opens the application for a piece of work: only commands that need the database wait for it. */
export async function application<T>(work: (app: INestApplicationContext) => Promise<T>): Promise<T> {
  const app = await NestFactory.createApplicationContext(Application, { logger: false, abortOnError: false });
  try {
    return await work(app);
  } finally {
    await app.close();
  }
}
