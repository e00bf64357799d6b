import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { Redis } from 'ioredis';

const PATIENCE_MS = 10_000;

/** Whether this machine has a Redis to be started. */
export const hasRedis = (): boolean => spawnSync('redis-server', ['--version']).status === 0;

/** A Redis of the harness' own, which keeps nothing on disk: what was in it is gone when it is started again. */
export class RedisServer {
  readonly url: string;
  private readonly args: string[];
  private child: ChildProcess | undefined;

  constructor(port: number, folder: string) {
    this.url = `redis://127.0.0.1:${port}`;
    this.args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder];
  }

  /** Resolves when it answers. */
  async start(): Promise<void> {
    this.child = spawn('redis-server', this.args, { stdio: 'ignore', detached: true });
    for (const deadline = performance.now() + PATIENCE_MS; ;) {
      try {
        await this.ask((redis) => redis.ping());
        return;
      } catch (error) {
        if (performance.now() > deadline) throw error;
        await wait(50);
      }
    }
  }

  async kill(): Promise<void> {
    const child = this.child;
    this.child = undefined;
    if (!child) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  /** It answers nobody for a while, and keeps its connections. */
  async freeze(ms: number): Promise<void> {
    this.child?.kill('SIGSTOP');
    await wait(ms);
    this.child?.kill('SIGCONT');
  }

  flush = () => this.ask((redis) => redis.flushall());

  private async ask<T>(question: (redis: Redis) => Promise<T>): Promise<T> {
    const redis = new Redis(this.url, { lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 });
    redis.on('error', () => {});
    try {
      await redis.connect();
      return await question(redis);
    } finally {
      redis.disconnect();
    }
  }
}
