import { execFile, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statfsSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { createPostgresBackend, Queue, setDefaultBackendFactory } from 'bullmq';
import pg from 'pg';
import { build } from '../../scripts/build.ts';
import { provision } from '../../scripts/database.ts';
import { EmbeddedPostgres } from '../../scripts/embedded-postgres.ts';
import { freePort } from '../../scripts/machine.ts';
import { Failpoints } from './failpoints.ts';
import type { Plant } from './plants.ts';
import { Program } from './program.ts';
import { RedisServer } from './redis.ts';

/** Each series looks for its ports in a place of its own: a port is free as well while its program lies killed. */
const PORTS = 28_000 + (process.pid % 100) * 30;
const POSTGRES_PORT = PORTS;
const API_PORT = PORTS + 10;
const REDIS_PORT = PORTS + 20;
const DISK = '1200m';
const QUEUE = 'work';
const QUEUE_SCHEMA = 'bullmq';
const DATABASE = 'tessera';
/** Small pools, so that they are full soon, and short time-outs, so that a run is short; all else is as in production. */
const TUNED = {
  WRITE_POOL: '6',
  QUEUE_POOL: '6',
  STATEMENT_TIMEOUT_MS: '2000',
  RATE_LIMITS: 'off',
  LOG_LEVEL: 'warn',
};
/** A log that does not outgrow the small disk. Deadlocks are found after a second as a rule; a storm of them would take a minute. */
const SERVER = ["max_wal_size = '96MB'", "min_wal_size = '48MB'", "deadlock_timeout = '100ms'"];
const SECRET_KEY = 'of-this-harness-only-and-of-nothing-Else-27';

export interface Options {
  plant?: Plant;
  workers: number;
  /** Where jobs travel. */
  queue: 'postgres' | 'redis';
  /** Whether programs can be struck at their failpoints: production has none, so they then run as in a test. */
  failpoints: boolean;
  /** Told what ended by itself. */
  ended: (how: string) => void;
}

/** The running system on a machine of its own: PostgreSQL, an API, workers; a copy of the build, so that it can be harmed without harm. */
export class Arena {
  static async open(options: Options): Promise<Arena> {
    await build();
    const folder = mkdtempSync(join(tmpdir(), 'tessera-chaos-'));
    // PostgreSQL runs as another user than root and has to get to its data.
    chmodSync(folder, 0o711);
    const disk = mountDisk(folder);
    const home = join(folder, 'home');
    mkdirSync(home);
    cpSync('dist', join(home, 'dist'), { recursive: true });
    cpSync('package.json', join(home, 'package.json'));
    symlinkSync(resolve('node_modules'), join(home, 'node_modules'));
    options.plant?.patch?.forEach(({ file, from, to }) => patch(join(home, 'dist', file), from, to));
    const arena = new Arena(folder, home, disk);
    try {
      await arena.furnish(options);
      return arena;
    } catch (error) {
      await arena.close();
      throw error;
    }
  }

  readonly folder: string;
  readonly home: string;
  /** Connections of the API for writes. */
  readonly writePool = Number(TUNED.WRITE_POOL);
  /** Whether the database lies on a disk of its own, which can be filled: that takes root. */
  readonly ownDisk: boolean;
  api!: Program;
  workers: Program[] = [];
  apiPort = 0;
  private postgres!: EmbeddedPostgres;
  private env: Record<string, string> = {};
  private pool!: pg.Pool;
  private queuePool?: pg.Pool;
  /** Ids of the organizations that the product was not asked to verify yet. */
  readonly unverified: string[] = [];
  /** Where jobs travel, when they do not travel through PostgreSQL. */
  redis?: RedisServer;
  failpoints?: Failpoints;
  private jobs?: Queue;
  /** Milliseconds (performance.now) at which the database answered again. */
  databaseBackAt = 0;
  private closing = false;

  private constructor(folder: string, home: string, ownDisk: boolean) {
    this.folder = folder;
    this.home = home;
    this.ownDisk = ownDisk;
  }

  private async furnish({ plant, workers, queue, failpoints, ended }: Options) {
    this.postgres = await EmbeddedPostgres.start({ folder: join(this.folder, 'disk'), port: await freePort(POSTGRES_PORT) });
    const urls = await provision(this.postgres, DATABASE, { owner: 'owner', app: 'app' });
    this.apiPort = await freePort(API_PORT);
    const folders = { OUTBOX_DIR: join(this.folder, 'mail'), STORAGE_DIR: join(this.folder, 'files') };
    const own = { PATH: process.env.PATH ?? '', SECRET_KEY, PORT: String(this.apiPort), NODE_OPTIONS: '' };
    this.env = { ...own, ...TUNED, ...urls, ...folders, NODE_ENV: failpoints ? 'test' : 'production' };
    if (failpoints) {
      this.failpoints = new Failpoints(join(this.folder, 'failpoints'));
      this.env.FAILPOINTS = this.failpoints.folder;
    }
    if (queue === 'redis') {
      this.redis = new RedisServer(await freePort(REDIS_PORT), this.folder);
      await this.redis.start();
      this.env.REDIS_URL = this.redis.url;
    }
    this.pool = new pg.Pool({ connectionString: this.postgres.url(undefined, undefined, DATABASE), max: 8, application_name: 'chaos' });
    this.pool.on('error', () => {});
    const migrated = await this.cli('db', 'migrate');
    if (migrated.status !== 0) throw new Error(`The migration failed:\n${migrated.output}`);
    appendFileSync(join(this.dataFolder, 'postgresql.conf'), SERVER.map((line) => `${line}\n`).join(''));
    await this.sql('select pg_reload_conf()');
    for (const [name, value] of Object.entries(plant?.postgres ?? {})) await this.sql(`alter database ${DATABASE} set ${name} = ${value}`);
    for (const statement of plant?.sql ?? []) await this.sql(statement);
    this.keepPostgres();
    const unexplained = (how: string) => this.failpoints?.explains(how) || ended(how);
    this.api = this.program('api', 'api', unexplained);
    this.workers = Array.from({ length: workers }, (_, i) => this.program('worker', `worker${i + 1}`, unexplained));
    await Promise.all([this.api, ...this.workers].map((each) => each.start()));
  }

  /** As long as its disk is full it cannot start. */
  private keepPostgres() {
    this.postgres.keepAlive(
      () => {},
      () => setTimeout(() => !this.closing && this.keepPostgres(), 200),
    );
  }

  private program(app: string, name: string, ended: (how: string) => void) {
    const main = join(this.home, 'dist/apps', app, 'main.js');
    const at = { main, home: this.home, env: this.env, log: this.logOf(name), preload: resolve(import.meta.dirname, 'skewed-clock.ts') };
    return new Program(name, at, ended);
  }
  private logOf = (name: string) => join(this.folder, `${name}.log`);

  /** What a program wrote since a position, to be read after a run. */
  logSince(name: string, position: number): string {
    const file = this.logOf(name);
    return existsSync(file) ? readFileSync(file).subarray(position).toString() : '';
  }
  logSize = (name: string) => (existsSync(this.logOf(name)) ? readFileSync(this.logOf(name)).length : 0);

  get programs() {
    return [this.api, ...this.workers];
  }

  /** Runs a command of the terminal door to its end. */
  cli(...args: string[]): Promise<{ status: number | string; output: string }> {
    // What is verified of hundreds of organizations is longer than the megabyte at which Node would kill the command.
    const at = { cwd: this.home, env: this.env, maxBuffer: 1 << 30 };
    return new Promise((resolve) =>
      execFile(process.execPath, ['dist/apps/cli/main.js', ...args], at, (error, stdout, stderr) =>
        resolve({ status: error ? (error.code ?? String(error.signal)) : 0, output: `${stdout}${stderr}` }),
      ),
    );
  }

  /** Asks the database as its superuser, past every policy. While it is down, until it is up. */
  async sql<T extends object>(text: string, values: readonly unknown[] = []): Promise<T[]> {
    for (let attempt = 1; ; attempt++) {
      try {
        return (await this.pool.query<T>(text, [...values])).rows;
      } catch (error) {
        const refused =
          error instanceof pg.DatabaseError && !/^(57P|08|53|25P)/.test(error.code ?? '') && !/parallel worker/.test(error.message);
        if (refused || attempt > 100) throw error;
        await wait(100);
      }
    }
  }

  /** A session of one's own, for locks that are held. */
  async session(): Promise<pg.Client> {
    const client = new pg.Client({
      connectionString: this.postgres.url(undefined, undefined, DATABASE),
      application_name: 'chaos session',
    });
    client.on('error', () => {});
    await client.connect();
    return client;
  }

  /** The queue of the jobs, to be tampered with. */
  queue(): Queue {
    return (this.jobs ??= this.redis ? this.openRedisQueue(this.redis.url) : this.openQueue());
  }
  private openRedisQueue(url: string) {
    const queue = new Queue(QUEUE, { connection: { url, maxRetriesPerRequest: 1, enableOfflineQueue: false } });
    queue.on('error', () => {});
    return queue;
  }
  private openQueue() {
    setDefaultBackendFactory(createPostgresBackend);
    const options = { connectionString: this.env.DATABASE_URL, options: `-c search_path=${QUEUE_SCHEMA}`, max: 2, keepAlive: true };
    this.queuePool = new pg.Pool({ ...options, application_name: 'chaos queue' });
    this.queuePool.on('error', () => {});
    // The type knows of Redis only.
    const queue = new Queue(QUEUE, { connection: this.queuePool as never });
    queue.on('error', () => {});
    return queue;
  }

  /** All jobs are lost. */
  async emptyQueue() {
    if (this.redis) await this.redis.flush().catch(() => {});
    else await this.sql('delete from bullmq.job');
  }

  private pids() {
    const file = join(this.dataFolder, 'postmaster.pid');
    return existsSync(file) ? Number(readFileSync(file, 'utf8').split('\n')[0]) : 0;
  }
  private get dataFolder() {
    return resolve(this.postgres.place, 'data');
  }

  /** The power of the database is cut. Resolves when it answers again. */
  async killPostmaster() {
    const pid = this.pids();
    if (pid > 1) process.kill(pid, 'SIGKILL');
    await this.answers();
  }

  /** Since the database began to count: at its creation, or when it died last. */
  async deadlocks(): Promise<number> {
    const [row] = await this.sql<{ n: number }>('select deadlocks::int as n from pg_stat_database where datname = current_database()');
    return row!.n;
  }

  /** The server processes that serve the product, in the order of their age. */
  async backends(): Promise<number[]> {
    const rows = await this.sql<{ pid: number }>(
      `select pid from pg_stat_activity where usename = 'tessera_app' and application_name not like 'chaos%' order by backend_start, pid`,
    );
    return rows.map(({ pid }) => pid);
  }

  /** One of its server processes dies, and PostgreSQL throws all of them out and recovers by itself. */
  async killBackend(pid: number) {
    signal(pid, 'SIGKILL');
    await this.answers();
  }

  /** The database stands still, with all its connections and locks; resolves when it goes on. */
  async freezePostgres(ms: number) {
    const pids = [this.pids(), ...(await this.backends())].filter((pid) => pid > 1);
    for (const pid of pids) signal(pid, 'SIGSTOP');
    await wait(ms);
    for (const pid of pids) signal(pid, 'SIGCONT');
    await this.answers();
  }

  /** Waits until a new connection is served; the old ones notice by themselves. */
  async answers() {
    // What was killed a moment ago may still accept.
    await wait(50);
    for (const deadline = performance.now() + 60_000; ;) {
      try {
        const session = await this.session();
        await session.query('select 1');
        await session.end();
        this.databaseBackAt = performance.now();
        return;
      } catch (error) {
        if (performance.now() > deadline) throw error;
        await wait(25);
      }
    }
  }

  /** Takes all the space there is on the database's disk; answers how to give it back. */
  fillDisk(): () => void {
    const disk = join(this.folder, 'disk');
    const balloons = [join(disk, 'balloon'), join(disk, 'last drops')] as const;
    const { bavail, bsize } = statfsSync(disk);
    // Most of it at once; PostgreSQL writes meanwhile, so the rest until it is refused.
    spawnSync('fallocate', ['-l', String(Math.max(1, (bavail - 512) * bsize)), balloons[0]]);
    const drops = openSync(balloons[1], 'w');
    try {
      for (;;) writeSync(drops, Buffer.alloc(bsize));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    } finally {
      closeSync(drops);
    }
    return () => balloons.forEach((balloon) => rmSync(balloon, { force: true }));
  }

  async close() {
    this.closing = true;
    await Promise.all([this.api, ...this.workers].map((each) => each?.stop()));
    await this.jobs?.close().catch(() => {});
    await this.queuePool?.end().catch(() => {});
    await this.pool?.end().catch(() => {});
    await this.postgres?.stop();
    await this.redis?.kill();
    if (this.ownDisk) spawnSync('umount', [join(this.folder, 'disk')]);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Whoever is gone already needs none. */
function signal(pid: number, name: NodeJS.Signals) {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** A small disk for the database alone, in memory; an ordinary folder where this user may not mount one. */
function mountDisk(folder: string): boolean {
  const disk = join(folder, 'disk');
  mkdirSync(disk);
  return process.getuid?.() === 0 && spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK},mode=0755`, 'tmpfs', disk]).status === 0;
}

function patch(file: string, from: string, to: string) {
  const text = readFileSync(file, 'utf8');
  if (text.split(from).length !== 2) throw new Error(`The planted bug does not fit ${file} any more`);
  writeFileSync(file, text.replace(from, to));
}
