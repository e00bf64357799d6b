import { InjectQueue, Processor, WorkerHost } from '@nestjs/bullmq';
import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import type { Job, Queue } from 'bullmq';
import { failpoint } from '../failpoint.ts';
import { inTime } from '../in-time.ts';
import { logger } from '../logger.ts';
import { QUEUE } from '../migrate.ts';
import { type Backlog, jobIdOf, outside, reasonOf } from './backlog.ts';
import { Chores } from './chores.ts';
import { Outbox } from './outbox.ts';
import { Promises } from './promises.ts';
import { workerOptions } from './queue.ts';

const AT_ONCE = 200;
const POLL_MS = 1000;
const QUEUE_PATIENCE_MS = 3000;

/** Rung when a job ends: it may have made another one ready, or promised one. */
@Injectable()
export class Bell {
  private wake = () => {};
  ring() {
    this.wake();
  }
  /** The next ring, or a second without any. */
  wait(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, POLL_MS);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** Takes jobs out of the queue. A job is an id; what to do stands in its row. */
@Processor(QUEUE, workerOptions)
export class Processing extends WorkerHost {
  private readonly running = new Set<Promise<unknown>>();

  constructor(
    private readonly outbox: Outbox,
    private readonly promises: Promises,
    private readonly bell: Bell,
  ) {
    super();
  }
  async process({ name, data }: Job<{ id: string }>) {
    const backlog = [this.outbox, this.promises].find((each: Backlog) => each.name === name);
    if (!backlog) throw new Error(`Nobody knows jobs called ${name}`);
    const began = performance.now();
    const running = backlog.run(data.id).finally(() => this.running.delete(running));
    this.running.add(running);
    const failure = await running;
    logger.debug({ job: name, id: data.id, ms: Math.round(performance.now() - began), failed: failure?.message }, `${name} ${data.id}`);
    this.bell.ring();
  }

  /** Takes no further job, and comes back when those that run have ended. */
  async finish() {
    this.worker.pause(true).catch((error) => logger.warn(`Queue: ${reasonOf(error)}`));
    await Promise.allSettled(this.running);
  }
}

/** Whether it is done within that time. */
const within = (ms: number, work: Promise<unknown>): Promise<boolean> =>
  inTime(
    ms,
    work.then(() => true),
    () => false,
  );

/** Brings what is ready from the tables into the queue, and does the chores. Any number of processes may do so at the same time. */
@Injectable()
export class Dispatcher implements BeforeApplicationShutdown {
  private running = false;
  private loop = Promise.resolve();
  private stopped?: Promise<void>;

  constructor(
    @InjectQueue(QUEUE) private readonly queue: Queue,
    private readonly outbox: Outbox,
    private readonly promises: Promises,
    private readonly chores: Chores,
    private readonly bell: Bell,
    private readonly processing: Processing,
  ) {}

  start() {
    this.running = true;
    this.loop = outside(() => this.run());
    this.chores.start();
  }

  private async run() {
    while (this.running) {
      // Before the look, so that a ring during it is not missed.
      const woken = this.bell.wait();
      let full = false;
      for (const backlog of [this.outbox, this.promises])
        try {
          full = (await this.send(backlog)) === AT_ONCE || full;
        } catch (error) {
          logger.error(`Cannot fetch ${backlog.name}s: ${reasonOf(error)}`);
        }
      if (!full && this.running) await woken;
    }
  }

  private async send(backlog: Backlog): Promise<number> {
    const ids = await backlog.take(AT_ONCE);
    if (!ids.length) return 0;
    failpoint('relay.marked');
    const jobs = ids.map((id) => ({ name: backlog.name, data: { id }, opts: { jobId: jobIdOf(backlog.name, id) } }));
    try {
      // A Redis that is gone does not refuse, it keeps one waiting.
      if (!(await within(QUEUE_PATIENCE_MS, this.queue.addBulk(jobs)))) throw new Error('the queue does not answer');
    } catch (error) {
      await backlog.putBack(ids);
      throw error;
    }
    failpoint('relay.queued');
    return ids.length;
  }

  /** In order: nothing new is fetched, what runs is finished, and only then do others close the database. */
  beforeApplicationShutdown() {
    return this.stop();
  }

  /** Comes back when no job runs any more and the queue is left. */
  stop(): Promise<void> {
    return (this.stopped ??= this.leave());
  }

  private async leave() {
    this.running = false;
    this.bell.ring();
    await Promise.all([this.loop, this.chores.stop(), this.processing.finish()]);
    const { worker } = this.processing;
    // In good order if the queue answers, and without it if not: what it does not hear of is found done.
    if (await within(QUEUE_PATIENCE_MS, Promise.all([worker.close(), this.queue.close()]))) return;
    await within(QUEUE_PATIENCE_MS, Promise.allSettled([worker.disconnect(), this.queue.disconnect()]));
  }
}
