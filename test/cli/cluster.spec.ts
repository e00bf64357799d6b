import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { freePort } from '../../scripts/machine.ts';

/** The processes that share the port. */
const sharing = ({ pid }: ChildProcess): number[] =>
  spawnSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
    .stdout.split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .flatMap(([child, parent]) => (parent === pid ? child! : []))
    .filter((child) => alive(child));
const alive = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};
async function until<T>(ask: () => T | Promise<T>, good: (found: T) => boolean): Promise<T> {
  for (;;) {
    const found = await ask();
    if (good(found)) return found;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

it('several processes share the port, one that dies is replaced while the others answer, and all end together', async () => {
  const port = await freePort(4700);
  const env = { ...process.env, NODE_OPTIONS: '', LOG_LEVEL: 'error', PORT: String(port), HOST: '127.0.0.1', WEB_CONCURRENCY: '2' };
  const api = fork('dist/apps/api/main.js', { env, execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  try {
    expect((await once(api, 'message'))[0]).toBe('ready');
    const healthy = async () => (await fetch(`http://127.0.0.1:${port}/health`, { headers: { connection: 'close' } })).status;
    expect(await Promise.all(Array.from({ length: 10 }, healthy))).toEqual(Array(10).fill(200));
    // Whichever is asked, it tells what all of them measured.
    const answered = async () => {
      const text = await (await fetch(`http://127.0.0.1:${port}/metrics`, { headers: { connection: 'close' } })).text();
      return Number(/^http_request_duration_seconds_count\{.*route="\/health".*\} (\d+)$/m.exec(text)?.[1]);
    };
    expect([await answered(), await answered(), await answered()]).toEqual([10, 10, 10]);
    const [first, second] = sharing(api);
    process.kill(first!, 'SIGKILL');
    await until(
      () => alive(first!),
      (there) => !there,
    );
    expect(await healthy()).toBe(200);
    const now = await until(
      () => sharing(api),
      (pids) => pids.length === 2 && !pids.includes(first!),
    );
    expect(now).toContain(second);
    api.kill('SIGTERM');
    const [code] = (await once(api, 'exit')) as [number | null];
    expect(code).toBe(0);
    expect(now.filter(alive)).toEqual([]);
  } finally {
    api.kill('SIGKILL');
  }
});
