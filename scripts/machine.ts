// What the scripts ask the machine: who lives under a process id, which ports are free, who answers.
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';

/** Whether that process is a living PostgreSQL: not a stranger with the same number, and not one that waits to be buried. */
export function isPostgres(pid: number) {
  if (existsSync('/proc/self/stat')) {
    const file = `/proc/${pid}/stat`;
    return existsSync(file) && /^\d+ \(postgres\) [^ZX]/.test(readFileSync(file, 'utf8'));
  }
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The wanted port or the next free one after it. */
export async function freePort(wanted: number): Promise<number> {
  const server = createServer().unref();
  try {
    server.listen(wanted, '127.0.0.1');
    await once(server, 'listening');
    return wanted;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    return await freePort(wanted + 1);
  } finally {
    server.close();
  }
}

/** @throws an Error that says in a sentence why the API could not listen there */
export async function mustBeFree(port: number, host: string) {
  const server = createServer().unref();
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE')
      throw new Error(`Port ${port} is taken: choose another, as in PORT=${port + 1} npm start.`, { cause: error });
    if (code === 'EACCES') throw new Error(`Port ${port} needs more rights than this user has: choose one above 1023.`, { cause: error });
    throw new Error(`Nothing can listen on ${host}, port ${port}: ${message}.`, { cause: error });
  } finally {
    server.close();
  }
}

/** @throws an Error in a sentence when nobody accepts a connection within five seconds */
export async function mustAnswer(name: string, url: string, port: number) {
  const { hostname, port: given } = new URL(url);
  const socket = connect({ host: hostname, port: Number(given) || port, signal: AbortSignal.timeout(5000) });
  try {
    await once(socket, 'connect');
  } catch (error) {
    throw new Error(`${name} names ${hostname}:${given || port}, and nobody answers there (${reason(error)}).`, { cause: error });
  } finally {
    socket.destroy();
  }
}

/** What went wrong, in words: a name with several addresses fails with an error that holds one for each, and says nothing itself. */
export function reason(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length) return reason(error.errors[0]);
  return error instanceof Error ? error.message || error.name : String(error);
}
