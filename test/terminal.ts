import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';

interface Said {
  code: number;
  out: string;
  err: string;
}
/** Runs the terminal's program as a process of its own, as it is installed. */
export async function tessera(args: string[], environment: Record<string, string> = {}, cwd = '.'): Promise<Said> {
  const env = { ...process.env, NODE_OPTIONS: '', LOG_LEVEL: 'warn', NO_COLOR: '1', ...environment };
  const program = spawn(process.execPath, [resolve('dist/apps/cli/main.js'), ...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, err, [code]] = await Promise.all([text(program.stdout), text(program.stderr), once(program, 'exit') as Promise<[number]>]);
  return { code, out, err };
}
/** Its output, where it must go well. */
export const well = async (...args: string[]): Promise<string> => {
  const { code, out, err } = await tessera(args);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return out;
};
