import pg from 'pg';
import { unavailable } from './errors.ts';
import { logger } from './logger.ts';
import { ChangedColumns, ScopedQuery, type Statement, type Types } from './scoped-query.ts';

const TIMESTAMPTZ = 1184;
const DATE = 1082;
const types = new pg.TypeOverrides() as unknown as Types & { setTypeParser(oid: number, parse: (text: string) => unknown): void };
// A timestamp travels as text, in the very form Date.toJSON() gives: no Date is made only to be printed. A day stays the day it is.
types.setTypeParser(TIMESTAMPTZ, (text) => `${text.slice(0, 10)}T${text.slice(11, 19)}${(text.slice(19, -3) || '.').padEnd(4, '0')}Z`);
types.setTypeParser(DATE, (text) => text);

/** No organization: the setting is empty, so tables behind a policy refuse, and only platform tables answer. */
export const NO_TENANT = '';
const SILENT = 'The database does not answer';
/** Milliseconds above the statement timeout after which silence means that nobody is there any more. */
const PATIENCE = 2000;
const LOOK_EVERY = 500;
const TRIES = 3;

interface Line {
  readonly client: pg.Client & { query(query: ScopedQuery): unknown };
  /** What was sent and not answered yet. */
  readonly open: Set<ScopedQuery>;
  /** When it last answered, or was first asked for something; by performance.now. */
  heardAt: number;
}
/** A place for a connection; empty while it is dialled. */
interface Seat {
  line: Line | null;
}
export interface LaneOptions {
  connections: number;
  /** Milliseconds PostgreSQL may spend on one statement. */
  statementTimeout: number;
  /** Queries that may wait at once; more are refused with 503. */
  queue: number;
  name: string;
}

/**
 * The reading side: a few connections that many requests share at the same time. A ScopedQuery carries its own implicit transaction, so
 * nobody has to check a connection out, and the queries of one tick leave in one write.
 */
export class Lane {
  private readonly seats: Seat[] = [];
  private closing = false;
  private waiting = 0;
  private watch: NodeJS.Timeout | undefined;
  private lookedAt = 0;

  constructor(
    private readonly url: string,
    private readonly options: LaneOptions,
  ) {}

  async open(): Promise<this> {
    for (let i = 0; i < this.options.connections; i++) {
      this.seats.push({ line: null });
      await this.dial(this.seats[i]!);
    }
    this.watch = setInterval(() => this.giveUpSilent(), LOOK_EVERY).unref();
    return this;
  }

  private async dial(seat: Seat) {
    const settings = `-c TimeZone=UTC -c default_transaction_read_only=on -c statement_timeout=${this.options.statementTimeout}`;
    const config = { connectionString: this.url, pipeline: true, options: settings, keepAlive: true, application_name: this.options.name };
    const client = new pg.Client(config as pg.ClientConfig) as Line['client'];
    client.on('error', () => {});
    await client.connect();
    if (this.closing) return void client.end();
    seat.line = { client, open: new Set(), heardAt: 0 };
    // A lost connection says so twice, as an error and as an end.
    const lost = () => {
      if (seat.line?.client === client) this.redial(seat);
    };
    client.once('error', lost);
    client.once('end', lost);
  }

  /** Until the server is back, queries on this seat are refused at once rather than kept waiting. */
  private redial(seat: Seat, wait = 50): void {
    if (this.closing) return;
    if (seat.line) logger.warn(`${this.options.name}: connection to the database lost, dialling again`);
    seat.line = null;
    setTimeout(() => void this.dial(seat).catch(() => this.redial(seat, Math.min(wait * 2, 2000))), wait).unref();
  }

  /** The rows of one statement, run inside one organization (or none) and its own read-only transaction. */
  async rows<T>(tenant: string, statement: Statement, values: readonly unknown[]): Promise<T[]> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.once<T>(tenant, statement, values);
      } catch (error) {
        if (attempt === TRIES || !outdated(error)) throw error;
      }
    }
  }

  private once<T>(tenant: string, statement: Statement, values: readonly unknown[]): Promise<T[]> {
    let freest: Line | undefined;
    for (const { line } of this.seats) if (line && (!freest || line.open.size < freest.open.size)) freest = line;
    if (!freest || this.waiting >= this.options.queue) return Promise.reject(unavailable(undefined, { retryAfter: 1 }));
    const line = freest;
    return new Promise<T[]>((resolve, reject) => {
      const query = new ScopedQuery(tenant, statement, values, types, (error, rows) => {
        line.open.delete(query);
        line.heardAt = performance.now();
        this.waiting--;
        if (error) reject(error as Error);
        else resolve(rows as T[]);
      });
      if (!line.open.size) line.heardAt = performance.now();
      line.open.add(query);
      this.waiting++;
      line.client.query(query);
    });
  }

  /** A server that was silent for longer than any statement may take is given up: what waits for it is refused, its seat dialled again. */
  private giveUpSilent() {
    const now = performance.now();
    // This process itself was frozen: what came meanwhile has not been read yet.
    const awake = now - this.lookedAt < 4 * LOOK_EVERY;
    this.lookedAt = now;
    for (const { line } of awake ? this.seats : []) {
      if (!line?.open.size || now - line.heardAt < this.options.statementTimeout + PATIENCE) continue;
      for (const query of line.open) query.handleError(unavailable(SILENT, { retryAfter: 1 }));
      (line.client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
    }
  }

  async close() {
    this.closing = true;
    clearInterval(this.watch);
    await Promise.all(this.seats.map(({ line }) => line?.client.end()));
  }
}

/**
 * What was prepared does not serve any more: a neighbour was cancelled while it prepared it anew, or a migration changed the table. A read
 * may be asked again, and is then parsed again.
 */
const outdated = (error: unknown) => {
  const { code, message = '' } = error as { code?: string; message?: string };
  return error instanceof ChangedColumns || code === '26000' || (code === '0A000' && message.includes('cached plan'));
};
