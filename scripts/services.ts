import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const PATIENCE = 20_000;

/**
 * The programs `npm start` runs. Each is in a session of its own, so that Ctrl-C reaches only the supervisor, which stops them in order;
 * each service has a channel to it, and leaves when that closes.
 */
export class Services {
  private readonly running = new Set<ChildProcess>();
  private readonly dismissed = new WeakSet<ChildProcess>();
  private readonly ended: (name: string, how: string) => void;
  private closed = false;

  /** @param ended told when a service ends that nobody stopped */
  constructor(ended: (name: string, how: string) => void) {
    this.ended = ended;
  }

  get busy() {
    return this.running.size > 0;
  }

  /** Runs a command of the terminal door to its end. */
  async command(...args: string[]) {
    const child = spawn(process.execPath, ['dist/apps/cli/main.js', ...args], { stdio: ['ignore', 'inherit', 'inherit'], detached: true });
    this.track(child);
    const [code, signal] = await once(child, 'exit');
    if (code !== 0) throw new Error(`tessera ${args.join(' ')} failed (${signal ?? `code ${code}`}).`);
  }

  /** Starts apps/<name> and waits until it says that it is ready. */
  async start(name: string) {
    const stdio = ['ignore', 'pipe', 'pipe', 'ipc'] as ('ignore' | 'pipe' | 'ipc')[];
    const child = fork(`dist/apps/${name}/main.js`, { stdio, detached: true, execArgv: ['--enable-source-maps'] });
    this.track(child);
    for (const stream of [child.stdout!, child.stderr!])
      createInterface({ input: stream }).on('line', (line) => console.log(`${name.padEnd(6)} | ${line}`));
    const ready = once(child, 'message').then(() => true);
    const gone = once(child, 'exit').then(([code, signal]) => {
      if (!this.dismissed.has(child)) this.ended(name, signal ?? `code ${code}`);
      return false;
    });
    if (!(await Promise.race([ready, gone]))) throw new Error(`${name} did not start.`);
  }

  /** Asks all of them to stop and waits; the ones that do not are killed. */
  async stop() {
    const leaving = [...this.running];
    const gone = Promise.all(leaving.map((child) => once(child, 'exit')));
    for (const child of leaving) {
      this.dismissed.add(child);
      child.kill('SIGTERM');
    }
    const patience = setTimeout(() => leaving.forEach((child) => child.kill('SIGKILL')), PATIENCE);
    await gone;
    clearTimeout(patience);
  }

  /** Stops them all, and whatever is still about to start. */
  async close() {
    this.closed = true;
    await this.stop();
  }

  private track(child: ChildProcess) {
    this.running.add(child);
    child.once('exit', () => this.running.delete(child));
    if (!this.closed) return;
    this.dismissed.add(child);
    child.kill('SIGTERM');
  }
}
