import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

export interface Sent {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Under /api/v1/. */
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
}
/** How a client may misbehave. `stutters`: sends its body a few bytes at a time; the others hang up: half way, or before the answer. */
export type Manner = 'stutters' | 'leaves half way' | 'leaves early';

export interface Answered {
  readonly kind: 'answered';
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly text: string;
  readonly ms: number;
}
/** No answer. `never`: the server cannot have got the whole of the request, so it must not have acted on it. */
export interface Lost {
  readonly kind: 'lost';
  readonly why: string;
  readonly never: boolean;
  readonly ms: number;
}
export type Reply = Answered | Lost;

export const OVERDUE = 'overdue';

/** The HTTP side of the clients: every request has an end, and what is known of it. */
export class Door {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 200 });
  private readonly port: number;
  private readonly patienceMs: number;

  constructor(port: number, patienceMs: number) {
    this.port = port;
    this.patienceMs = patienceMs;
  }

  send({ method, path, headers, body }: Sent): Promise<Reply> {
    const began = performance.now();
    const passed = () => performance.now() - began;
    return new Promise((resolve) => {
      let connected = false;
      const lost = (why: string, never = false) => resolve({ kind: 'lost', why, never, ms: passed() });
      const outgoing = request(
        {
          host: '127.0.0.1',
          port: this.port,
          method,
          path: `/api/v1/${path}`,
          agent: this.agent,
          headers: { ...headers, ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }) },
        },
        (incoming) => {
          const parts: Buffer[] = [];
          incoming.on('data', (part: Buffer) => parts.push(part));
          incoming.on('error', (error) => lost(error.message));
          incoming.on('end', () => {
            clearTimeout(patience);
            const text = Buffer.concat(parts).toString();
            if (!incoming.complete) lost('cut off');
            else resolve({ kind: 'answered', status: incoming.statusCode ?? 0, headers: incoming.headers, text, ms: passed() });
          });
        },
      );
      const patience = setTimeout(() => {
        lost(OVERDUE);
        outgoing.destroy();
      }, this.patienceMs);
      outgoing.on('socket', (socket) => (connected ||= !socket.connecting) || socket.once('connect', () => (connected = true)));
      outgoing.on('error', (error: NodeJS.ErrnoException) => {
        clearTimeout(patience);
        lost(error.code ?? error.message, !connected);
      });
      outgoing.end(body);
    });
  }

  /** A client with bad manners, on a connection of its own. */
  misbehave({ method, path, headers, body = '' }: Sent, manner: Manner, pauseMs: number): Promise<Reply> {
    const began = performance.now();
    const passed = () => performance.now() - began;
    const head = [
      `${method} /api/v1/${path} HTTP/1.1`,
      'host: 127.0.0.1',
      'connection: close',
      `content-length: ${Buffer.byteLength(body)}`,
    ];
    const text = [...head, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`), '', body].join('\r\n');
    return new Promise((resolve) => {
      const socket = connect(this.port, '127.0.0.1');
      let whole = false;
      let heard = '';
      const lost = (why: string) => resolve({ kind: 'lost', why, never: !whole, ms: passed() });
      socket.setEncoding('utf8').setNoDelay();
      socket.on('data', (part: string) => (heard += part));
      socket.on('error', (error) => lost(error.message));
      socket.on('close', () => {
        const status = /^HTTP\/1\.1 (\d+)/.exec(heard)?.[1];
        if (!status || !whole) return lost('hung up');
        const [first = '', ...rest] = heard.split('\r\n\r\n');
        const lines = first.split('\r\n').slice(1);
        const headersBack = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.split(': ')[1]]));
        resolve({ kind: 'answered', status: Number(status), headers: headersBack, text: rest.join('\r\n\r\n'), ms: passed() });
      });
      socket.on('connect', () => void speak().catch(() => socket.destroy()));
      const speak = async () => {
        const size = manner === 'stutters' ? Math.ceil(text.length / 8) : Math.ceil(text.length * 0.8);
        for (let at = 0; at < text.length && !socket.destroyed; at += size) {
          if (at && manner === 'leaves half way') return socket.destroy();
          if (at) await wait(pauseMs);
          whole = at + size >= text.length;
          socket.write(text.slice(at, at + size));
        }
        if (manner !== 'leaves early') return;
        await wait(pauseMs);
        socket.destroy();
      };
    });
  }

  /** Asks the same many times on one connection, reads nothing of what is answered for a while, and is gone. */
  neverListen({ method, path, headers }: Sent, times: number, ms: number): Promise<void> {
    const lines = [`${method} /api/v1/${path} HTTP/1.1`, 'host: 127.0.0.1'];
    const text = [...lines, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`), '', ''].join('\r\n');
    return new Promise((resolve) => {
      const socket = connect(this.port, '127.0.0.1', () => {
        socket.write(text.repeat(times));
        setTimeout(() => socket.destroy(), ms);
      });
      // Nobody listens to `data`, so nothing is read.
      socket.on('error', () => {});
      socket.on('close', () => resolve());
    });
  }

  close() {
    this.agent.destroy();
  }
}
