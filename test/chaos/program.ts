import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

const STARTS = 8;

/** A program of the product, as a supervisor runs it: killed, frozen, set wrong, and started again. */
export class Program {
  readonly name: string;
  private readonly main: string;
  private readonly home: string;
  private readonly env: Record<string, string>;
  private readonly preload: string;
  private readonly ended: (how: string) => void;
  private readonly log: WriteStream;
  private child: ChildProcess | undefined;
  private starting: Promise<void> | undefined;
  private leaving = false;
  private frozen = false;
  private skewMs = 0;
  /** Milliseconds (performance.now) of its last "ready". */
  readyAt = 0;

  /** @param ended told when it ends although nobody stopped it */
  constructor(
    name: string,
    at: { main: string; home: string; env: Record<string, string>; log: string; preload: string },
    ended: (how: string) => void,
  ) {
    this.name = name;
    this.main = at.main;
    this.home = at.home;
    this.env = at.env;
    this.preload = at.preload;
    this.ended = ended;
    this.log = createWriteStream(at.log, { flags: 'a' });
  }

  get up(): boolean {
    return this.child !== undefined && this.starting === undefined && !this.frozen;
  }

  /** Resolves when it says that it is ready. While its database is down it cannot start, and is tried again. */
  async start(): Promise<void> {
    if (this.child && !this.starting) return;
    await (this.starting ??= this.tryToStart().finally(() => (this.starting = undefined)));
  }

  private async tryToStart() {
    for (let attempt = 1; ; attempt++) {
      if (this.leaving || (await this.once())) return;
      if (attempt === STARTS) throw new Error(`${this.name} does not start any more: see its log`);
      await wait(250);
    }
  }

  private async once(): Promise<boolean> {
    const child = fork(this.main, {
      cwd: this.home,
      env: { ...this.env, SKEW_MS: String(this.skewMs) },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      execArgv: ['--enable-source-maps', '--import', this.preload],
      detached: true,
    });
    this.child = child;
    this.frozen = false;
    child.stdout!.pipe(this.log, { end: false });
    child.stderr!.pipe(this.log, { end: false });
    child.on('error', () => {});
    const gone = once(child, 'exit').then(([code, signal]) => {
      if (this.child !== child) return false;
      this.child = undefined;
      if (!this.starting && !this.leaving) {
        this.ended(`${this.name} ended by itself (${signal ?? `code ${code}`})`);
        void this.start();
      }
      return false;
    });
    const ready = once(child, 'message').then(() => true);
    const well = await Promise.race([ready, gone]);
    if (well) this.readyAt = performance.now();
    return well;
  }

  /** As a power cut: no last words. Resolves when it is gone. */
  async kill(): Promise<void> {
    const child = this.child;
    if (!child) return;
    this.child = undefined;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  /** Its event loop hangs; locks and connections stay as they are. */
  freeze() {
    this.frozen = true;
    this.child?.kill('SIGSTOP');
  }
  thaw() {
    this.frozen = false;
    this.child?.kill('SIGCONT');
  }

  /** Sets its wall clock wrong by so many milliseconds, also when it is started again; 0 sets it right. */
  skew(skewMs: number) {
    this.skewMs = skewMs;
    if (this.child?.connected) this.child.send({ skewMs }, () => {});
  }

  async stop() {
    this.leaving = true;
    this.thaw();
    const child = this.child;
    if (!child) return;
    const gone = once(child, 'exit').then(() => true);
    child.kill('SIGTERM');
    if (!(await Promise.race([gone, wait(10_000, false)]))) await this.kill();
  }
}
