// The one place that knows where jobs travel: through PostgreSQL, or through Redis when REDIS_URL is set. Only the worker loads it.
import { BullModule } from '@nestjs/bullmq';
import { Global, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { createPostgresBackend, Queue, setDefaultBackendFactory, Worker } from 'bullmq';
import pg from 'pg';
import { logger } from '../logger.ts';
import { QUEUE, QUEUE_SCHEMA } from '../migrate.ts';
import { settings } from '../settings.ts';

const QUIET_MS = 10_000;
const POOL = Symbol('queue pool');

// BullMQ's classes carry no sign of their backend; this has to be said before the module makes the first.
if (!settings.REDIS_URL) setDefaultBackendFactory(createPostgresBackend);

/** A lost connection is an error event: unheard, it ends the process. BullMQ reconnects by itself. */
let last = { message: '', until: 0 };
const report = ({ message }: Error) => {
  // While the server is away, every connection says so at every attempt.
  if (message === last.message && performance.now() < last.until) return;
  last = { message, until: performance.now() + QUIET_MS };
  logger.warn(`Queue: ${message}`);
};
BullModule.queueClass = class extends Queue {
  constructor(...options: ConstructorParameters<typeof Queue>) {
    super(...options);
    this.on('error', report);
  }
};
BullModule.workerClass = class extends Worker {
  constructor(...options: ConstructorParameters<typeof Worker>) {
    super(...options);
    this.on('error', report);
  }
};

/** A worker that dies leaves its jobs for at most a lock and one look for stalled ones: 15 s. */
export const workerOptions = {
  concurrency: Math.max(1, settings.WRITE_POOL - 2),
  lockDuration: 10_000,
  stalledInterval: 5_000,
  maxStalledCount: 3,
  // After an error of its connection it would rest for 15 s: the database is back sooner.
  runRetryDelay: 1_000,
};

/** Rows are the truth, jobs only wake: nothing is kept, and nothing is tried again by the queue. */
const defaultJobOptions = { attempts: 1, removeOnComplete: true, removeOnFail: true };

/** Milliseconds until Redis is dialled again: BullMQ's own way lets it wait for twenty seconds. */
const retryStrategy = (times: number) => Math.min(times * 200, 2000);

/** BullMQ needs its schema on the search path, and keepAlive, or it polls. */
const pool = () =>
  new pg.Pool({
    connectionString: settings.DATABASE_URL,
    options: `-c search_path=${QUEUE_SCHEMA}`,
    max: Math.max(2, settings.QUEUE_POOL),
    keepAlive: true,
    application_name: 'tessera queue',
  })
    .on('error', report)
    // The pool hears its idle clients only; one that is lent and between two statements would end the process.
    .on('connect', (client) => client.on('error', report));

@Global()
@Module({ providers: [{ provide: POOL, useFactory: () => (settings.REDIS_URL ? null : pool()) }], exports: [POOL] })
class PoolModule implements OnApplicationShutdown {
  constructor(@Inject(POOL) private readonly made: pg.Pool | null) {}
  async onApplicationShutdown() {
    await this.made?.end();
  }
}

@Global()
@Module({
  imports: [
    PoolModule,
    BullModule.forRootAsync({
      inject: [POOL],
      useFactory: (made: pg.Pool | null) => ({
        // The type knows of Redis only.
        connection: (made as never) ?? { url: settings.REDIS_URL, maxRetriesPerRequest: null, retryStrategy },
        defaultJobOptions,
      }),
    }),
    BullModule.registerQueue({ name: QUEUE }),
  ],
  exports: [BullModule],
})
export class QueueModule {}
