// A private PostgreSQL inside the project: binaries from npm, data in a folder, reachable on 127.0.0.1 only.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { holder, lock } from './lock.ts';
import { freePort, isPostgres } from './machine.ts';
import { binariesFor, give, isRoot, placeFor, unprivileged, type Binaries, type Identity } from './postgres-binaries.ts';

export interface Home {
  /** Folder for the secrets and, where its user may go there, the data. */
  folder: string;
  /** First port to try. */
  port?: number;
  /** Lifetime of the data: a cluster for one test run is not worth syncing to disk. */
  throwaway?: boolean;
}

interface Parts extends Home {
  data: string;
  log: string;
  password: string;
  binaries: Binaries;
  identity: Identity;
  unlock: () => void;
}

const SUPERUSER = 'postgres';
const FIRST_PORT = 56432;
const UNSAFE = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', autovacuum: 'off' };

/** Another process of this checkout holds the data folder. */
export class AlreadyRunning extends Error {}

export class EmbeddedPostgres {
  /** @throws AlreadyRunning */
  static async start(home: Home): Promise<EmbeddedPostgres> {
    const folder = resolve(home.folder);
    mkdirSync(folder, { recursive: true });
    const unlock = lock(join(folder, 'lock'), 'exclusive');
    if (!unlock) throw new AlreadyRunning(`Tessera is running here already (process ${holder(join(folder, 'lock'))}): stop it first.`);
    try {
      if (isRoot()) chmodSync(folder, 0o711);
      const identity = unprivileged();
      const place = placeFor(folder, identity);
      const binaries = await binariesFor(place, identity);
      const parts = { data: join(place, 'data'), log: join(place, 'postgres.log'), password: password(folder) };
      const postgres = new EmbeddedPostgres({ ...home, ...parts, binaries, identity, unlock });
      await postgres.initialize();
      await postgres.up(postgres.lastPort() ?? home.port ?? FIRST_PORT);
      return postgres;
    } catch (error) {
      unlock();
      throw error;
    }
  }

  port = 0;
  private guard?: ChildProcess;
  private watch?: Promise<void>;
  private readonly leaving = new AbortController();
  private readonly its: Parts;

  private constructor(parts: Parts) {
    this.its = parts;
  }

  url(user = SUPERUSER, secret = this.its.password, database = 'postgres') {
    return `postgresql://${user}:${secret}@127.0.0.1:${this.port}/${database}`;
  }

  /** The folder of data and log, as short as it can be said. */
  get place() {
    const place = dirname(this.its.data);
    const short = relative(process.cwd(), place);
    return short.startsWith('..') ? place : short;
  }

  async stop() {
    if (!this.guard) return;
    this.leaving.abort();
    await this.watch;
    const guard = ended(this.guard) ? this.watchOver() : this.guard;
    const gone = once(guard, 'exit');
    guard.stdin!.end();
    await gone;
    this.guard = undefined;
    this.its.unlock();
  }

  /** Starts the server again, on the same port, whenever it died without being told to. @param given told when that could not be done */
  keepAlive(say: (event: string) => void, given: (error: Error) => void) {
    const check = async () => {
      while (await wait(500, true, { signal: this.leaving.signal }).catch(() => false)) {
        if (this.alive()) continue;
        say('PostgreSQL ended unexpectedly; starting it again.');
        await this.up(this.port);
        say('PostgreSQL is back.');
      }
    };
    this.watch = check().catch(given);
  }

  /** initdb into a neighbouring folder, then rename: an interrupted first start leaves nothing half made. */
  private async initialize() {
    const { data, identity, binaries } = this.its;
    if (existsSync(join(data, 'PG_VERSION'))) return;
    const draft = `${data}.new`;
    const passwordFile = `${draft}.password`;
    rmSync(draft, { recursive: true, force: true });
    writeFileSync(passwordFile, this.its.password, { mode: 0o600 });
    give(passwordFile, identity);
    // The built-in locale depends on nothing the machine has; it sorts by code point, so lists that people read ask for a collation.
    const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
    const access = ['-U', SUPERUSER, `--pwfile=${passwordFile}`, '--auth=scram-sha-256'];
    try {
      await this.call(binaries.initdb, ['-D', draft, ...access, ...locale, '--data-checksums', '--no-instructions', '--no-sync']);
    } finally {
      rmSync(passwordFile, { force: true });
    }
    renameSync(draft, data);
  }

  /** Starts the server, or takes over one whose supervisor was killed. */
  private async up(wanted: number) {
    this.forgetStalePid();
    const running = this.runningPort();
    if (running) this.port = running;
    else await this.launch(wanted);
    await this.answers();
    if (!this.guard || ended(this.guard)) this.guard = this.watchOver();
  }

  private async launch(wanted: number) {
    const deadline = Date.now() + 20_000;
    for (;;) {
      this.port = await freePort(wanted);
      this.configure();
      try {
        return await this.call(this.its.binaries.pg_ctl, ['start', '-w', '-t', '60', '-s', '-D', this.its.data, '-l', this.its.log]);
      } catch (error) {
        // The sessions of a killed server take a moment to notice, and hold its memory until then.
        if (Date.now() > deadline || !tail(this.its.log).includes('shared memory block')) throw error;
        await wait(200);
      }
    }
  }

  /** A shell that waits for its standard input to close, which happens however this process ends, and then stops the server. */
  private watchOver() {
    const { throwaway, binaries, data, identity } = this.its;
    const script = `cat >/dev/null; exec "$0" stop -w -s -m ${throwaway ? 'immediate' : 'fast'} -D "$1"`;
    const options = { ...identity, cwd: '/', detached: true, stdio: ['pipe', 'ignore', 'ignore'] as ['pipe', 'ignore', 'ignore'] };
    return spawn('/bin/sh', ['-c', script, binaries.pg_ctl, data], options);
  }

  /** TCP and no socket file: any tool can connect, and no path is too long for it. */
  private configure() {
    const reachable = { port: String(this.port), listen_addresses: '127.0.0.1', unix_socket_directories: '' };
    const sized = { max_connections: '200', shared_buffers: '128MB', log_min_messages: 'warning' };
    const values = Object.entries({ ...reachable, ...sized, ...(this.its.throwaway && UNSAFE) });
    writeFileSync(join(this.its.data, 'postgresql.auto.conf'), values.map(([name, value]) => `${name} = '${value}'\n`).join(''));
  }

  private pidFile() {
    const file = join(this.its.data, 'postmaster.pid');
    return existsSync(file) ? readFileSync(file, 'utf8').split('\n') : undefined;
  }

  private lastPort() {
    const file = join(this.its.data, 'postgresql.auto.conf');
    const port = existsSync(file) && /^port = '(\d+)'/m.exec(readFileSync(file, 'utf8'))?.[1];
    return port ? Number(port) : undefined;
  }

  private runningPort() {
    const { status } = spawnSync(this.its.binaries.pg_ctl, ['status', '-D', this.its.data], { ...this.its.identity, cwd: '/' });
    return status === 0 ? Number(this.pidFile()?.[3]) : undefined;
  }

  private alive() {
    const pid = Number(this.pidFile()?.[0]);
    return pid > 0 && isPostgres(pid);
  }

  /** After a power cut or in a container the recorded process id may belong to a stranger by now; PostgreSQL would refuse to start. */
  private forgetStalePid() {
    if (this.pidFile() && !this.alive()) rmSync(join(this.its.data, 'postmaster.pid'), { force: true });
  }

  private async answers() {
    const deadline = Date.now() + 30_000;
    for (;;) {
      const client = new pg.Client(this.url());
      try {
        await client.connect();
        return await client.end();
      } catch (error) {
        if (Date.now() > deadline)
          throw new Error(`PostgreSQL does not answer (${(error as Error).message}): ${this.its.log} says why.`, { cause: error });
        await wait(100);
      }
    }
  }

  /** In a session of its own, so that Ctrl-C on the terminal does not tear it down half way. */
  private async call(program: string, args: string[]) {
    const { log, identity } = this.its;
    const output = openSync(log, 'a', 0o600);
    give(log, identity);
    const child = spawn(program, args, { ...identity, cwd: '/', detached: true, stdio: ['ignore', output, output] });
    closeSync(output);
    const [code] = await once(child, 'exit');
    if (code !== 0) throw new Error(`PostgreSQL could not be started (${program} ended with ${code}). The end of ${log}:\n${tail(log)}`);
  }
}

const ended = ({ exitCode, signalCode }: ChildProcess) => exitCode !== null || signalCode !== null;

function password(folder: string) {
  const file = join(folder, 'postgres.password');
  if (!existsSync(file)) writeFileSync(file, randomBytes(24).toString('base64url'), { mode: 0o600 });
  return readFileSync(file, 'utf8').trim();
}

const tail = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n').slice(-15).join('\n') : '');
