import { Redis } from 'ioredis';
import { isIPv6 } from 'node:net';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';

/** What is left of a limit after a request was counted. */
export interface Taken {
  allowed: boolean;
  limit: number;
  remaining: number;
  /** Seconds until the count begins anew, rounded up. */
  resetSeconds: number;
  /** The limit's name, and the seconds it is counted over. */
  bucket: string;
  seconds: number;
}

/** Redis has this long to answer, and is left alone for this long when it has not: no request is held up for a counter. */
const PATIENCE_MS = 250;
const REST_MS = 1000;

/**
 * Counts requests against limits: in this process, or in Redis for all processes together. A Redis that is down or silent lets everything
 * through: a limit protects the service and must not be what stops it. It is logged once for each time it goes away.
 */
export class Limiter {
  private readonly redis: Redis | null;
  private readonly log: { warn(message: string): void };
  private readonly counters = new Map<string, RateLimiterMemory | RateLimiterRedis>();
  private failing = false;
  private restingUntil = 0;

  constructor(redisUrl?: string, log: { warn(message: string): void } = { warn: (message) => process.emitWarning(message) }) {
    this.log = log;
    this.redis = redisUrl ? this.connect(redisUrl) : null;
  }

  /**
   * Counts one request of a key ("user 0193…", an address) in a bucket ("caller", "login") with a limit per so many seconds. The window
   * begins with the first request of the key. What belongs to an organization has its id in the key.
   */
  async take(bucket: string, key: string, limit: number, seconds: number): Promise<Taken> {
    const unlimited = { allowed: true, limit, remaining: limit, resetSeconds: seconds, bucket, seconds };
    if (performance.now() < this.restingUntil) return unlimited;
    const taken = ({ remainingPoints: remaining, msBeforeNext }: RateLimiterRes, allowed: boolean): Taken => {
      return { allowed, limit, remaining, resetSeconds: Math.max(1, Math.ceil(msBeforeNext / 1000)), bucket, seconds };
    };
    try {
      return taken(await this.counter(bucket, limit, seconds).consume(key), true);
    } catch (outcome) {
      if (outcome instanceof RateLimiterRes) return taken(outcome, false);
      if (!this.redis) throw outcome;
      // While it is still connecting nothing has failed; if that fails, the connection says so itself.
      if (this.redis.status === 'ready') {
        this.complain(outcome);
        this.restingUntil = performance.now() + REST_MS;
      }
      return unlimited;
    }
  }

  /** Lets go of Redis, without a word. */
  close(): void {
    this.failing = true;
    this.redis?.disconnect();
  }

  private counter(bucket: string, limit: number, seconds: number): RateLimiterMemory | RateLimiterRedis {
    const name = `${bucket} ${limit} ${seconds}`;
    let counter = this.counters.get(name);
    if (!counter) {
      const options = { points: limit, duration: seconds, keyPrefix: `tessera:limit:${bucket}:${seconds}` };
      counter = this.redis
        ? new RateLimiterRedis({ ...options, storeClient: this.redis, rejectIfRedisNotReady: true })
        : new RateLimiterMemory(options);
      this.counters.set(name, counter);
    }
    return counter;
  }

  private connect(url: string): Redis {
    const redis = new Redis(url, {
      commandTimeout: PATIENCE_MS,
      connectTimeout: 5_000,
      maxRetriesPerRequest: 0,
      enableOfflineQueue: false,
    });
    redis.on('error', (error: unknown) => this.complain(error));
    redis.on('close', () => this.complain('the connection is closed'));
    redis.on('ready', () => (this.failing = false));
    return redis;
  }

  private complain(error: unknown): void {
    if (this.failing) return;
    this.failing = true;
    this.log.warn(`Redis does not answer, requests are not limited: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/**
 * The headers that tell a client about limits, as structured fields (draft-ietf-httpapi-ratelimit-headers-10), and when to come back if one
 * of them is used up (RFC 9110).
 */
export function headersOf(...all: readonly Taken[]): Record<string, string> {
  const headers: Record<string, string> = {
    'RateLimit-Policy': all.map(({ bucket, limit, seconds }) => `${quoted(bucket)};q=${limit};w=${seconds}`).join(', '),
    RateLimit: all.map(({ bucket, remaining, resetSeconds }) => `${quoted(bucket)};r=${remaining};t=${resetSeconds}`).join(', '),
  };
  const waits = all.filter(({ allowed }) => !allowed).map(({ resetSeconds }) => resetSeconds);
  if (waits.length > 0) headers['Retry-After'] = String(Math.max(...waits));
  return headers;
}

function quoted(name: string): string {
  return `"${name.replace(/[\\"]/g, '\\$&')}"`;
}

const MAPPED = '0 0 0 0 0 ffff';
const TRANSLATED = '64 ff9b 0 0 0 0';

/**
 * What requests are counted by that come from an address: an IPv4 address itself, also where it is written as an IPv6 one; of any other
 * IPv6 address the first 64 bits, which are what one customer of a provider is given, with more addresses in them than anybody can count.
 */
export function networkOf(address: string): string {
  const [bare] = address.split('%');
  if (!bare || !isIPv6(bare)) return address;
  const groups = groupsOf(bare);
  const first = groups.slice(0, 6).join(' ');
  if (first === MAPPED || first === TRANSLATED)
    return groups
      .slice(6)
      .flatMap((group) => [parseInt(group, 16) >> 8, parseInt(group, 16) & 255])
      .join('.');
  return `${groups.slice(0, 4).join(':')}::/64`;
}

/** The eight groups of an IPv6 address, without leading zeros, in small letters. */
function groupsOf(address: string): string[] {
  const [before = [], after = []] = address
    .replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) => `${hex(256 * +a + +b)}:${hex(256 * +c + +d)}`)
    .split('::')
    .map((part) => part.split(':').filter(Boolean));
  const left = Array<string>(8 - before.length - after.length).fill('0');
  return [...before, ...left, ...after].map((group) => hex(parseInt(group, 16)));
}
const hex = (n: number) => n.toString(16);
