import { Database, inTime, measured, metrics, QUEUE_SCHEMA, Read, settings, unauthenticated } from '#kernel';
import { Controller, Get, Header, Headers, Res } from '@nestjs/common';
import { createHash, timingSafeEqual } from 'node:crypto';
import { readdirSync } from 'node:fs';

interface Reply {
  status(code: number): unknown;
}

/** What is down is said within a second. */
const PATIENCE_MS = 900;
const SILENT = 'does not answer';
const MIGRATIONS = new URL('../../migrations/', import.meta.url);

/** For whoever keeps the process running: outside the envelope and /api/v1, and open to all but the metrics. */
@Controller()
export class HealthController {
  private readonly migrations = readdirSync(MIGRATIONS).flatMap((file) => /^(\d+.*?)(?<!\.d)\.[jt]s$/.exec(file)?.[1] ?? []);

  constructor(
    private readonly database: Database,
    private readonly read: Read,
  ) {}

  /** Whether it can serve at all. */
  @Get('health')
  async health(@Res({ passthrough: true }) reply: Reply) {
    const wrong = await problemOf(this.database.ping());
    if (wrong) reply.status(503);
    return { status: wrong ? 'unhealthy' : 'healthy' };
  }

  /** Whether the process turns over. A database that is down is no reason to start it again. */
  @Get('health/live')
  live() {
    return { status: 'live' };
  }

  /** Whether to send it requests: the database answers, in the shape this code expects, and jobs can be handed on. */
  @Get('health/ready')
  async ready(@Res({ passthrough: true }) reply: Reply) {
    const asked = { database: this.database.ping(), migrations: this.pending(), queue: this.queue() };
    const checks = Object.fromEntries(
      await Promise.all(Object.entries(asked).map(async ([name, answer]) => [name, (await problemOf(answer)) ?? 'ok'])),
    );
    const ready = Object.values(checks).every((found) => found === 'ok');
    if (!ready) reply.status(503);
    return { status: ready ? 'ready' : 'not ready', checks };
  }

  /** @throws auth.required without the token, when METRICS_TOKEN asks for one */
  @Get('metrics')
  @Header('content-type', metrics.contentType)
  @Header('cache-control', 'no-store')
  async measured(@Headers('authorization') authorization = '') {
    if (settings.METRICS_TOKEN && !same(authorization, `Bearer ${settings.METRICS_TOKEN}`)) throw unauthenticated();
    return await measured();
  }

  private async pending() {
    const applied = await this.read.platform<{ name: string }>('migrations applied', 'select name from mikro_orm_migrations', []);
    const names = new Set(applied.map(({ name }) => name));
    const left = this.migrations.filter((name) => !names.has(name)).length;
    return left ? `${left} not applied` : undefined;
  }

  private async queue() {
    if (!settings.REDIS_URL) return void (await this.read.platform('queue', `select from ${QUEUE_SCHEMA}.meta limit 1`, []));
    const { Redis } = await import('ioredis');
    const redis = new Redis(settings.REDIS_URL, {
      lazyConnect: true,
      connectTimeout: PATIENCE_MS,
      commandTimeout: PATIENCE_MS,
      maxRetriesPerRequest: 0,
      retryStrategy: () => null,
    });
    redis.on('error', () => {}); // the promise says it too
    try {
      await redis.connect();
      await redis.ping();
    } finally {
      redis.disconnect();
    }
  }
}

/** What the check found wrong. Why it failed is for the logs of whoever failed, not for everybody who asks. */
async function problemOf(answer: Promise<string | void>): Promise<string | undefined> {
  try {
    return (await inTime(PATIENCE_MS, answer, () => SILENT)) ?? undefined;
  } catch {
    return SILENT;
  }
}

const digest = (text: string) => createHash('sha256').update(text).digest();
const same = (one: string, other: string) => timingSafeEqual(digest(one), digest(other));
