import pg from 'pg';
import { unavailable } from './errors.ts';
import { logger } from './logger.ts';
import { ChangedColumns, ScopedQuery, type Statement, type Types } from './scoped-query.ts';
import { GRACE, LOOK_EVERY, SILENT, whileAwake } from './silence.ts';

/** Milliseconds: who waited long enough hears so at once. */
const PROMPTLY = 50;
const TIMESTAMPTZ = 1184;
const DATE = 1082;
const TEXTS = 1009;
const types = new pg.TypeOverrides() as unknown as Types & { setTypeParser(oid: number, parse: (text: string) => unknown): void };
// A timestamp travels as text, in the very form Date.toJSON() gives: no Date is made only to be printed. A day stays the day it is.
types.setTypeParser(TIMESTAMPTZ, (text) => `${text.slice(0, 10)}T${text.slice(11, 19)}${(text.slice(19, -3) || '.').padEnd(4, '0')}Z`);
types.setTypeParser(DATE, (text) => text);
// Most lists are empty.
const listOf = types.getTypeParser(TEXTS, 'text');
types.setTypeParser(TEXTS, (text) => (text === '{}' ? [] : listOf(text)));

/** No organization: the setting is empty, so tables behind a policy refuse, and only platform tables answer. */
export const NO_TENANT = '';
/** Milliseconds after which a server that does not take a connection is dialled again. */
const DIAL_MS = 10_000;
/** Milliseconds after which a query holds up those behind it, where there are spare connections. */
const HELD_UP = 30;
const TRIES = 3;

/** A question on its way; it may be asked on a second connection when the first is held up. */
interface Asking {
  readonly tenant: string;
  readonly statement: Statement;
  readonly values: readonly unknown[];
  readonly settle: (error: unknown, rows?: unknown[]) => void;
  /** When it came, by performance.now. */
  readonly since: number;
  /** On so many connections it is still open. */
  out: number;
  settled: boolean;
}
interface Line {
  readonly client: pg.Client & { query(query: ScopedQuery): unknown };
  /** What was sent and not answered yet, in that order. */
  readonly open: Map<ScopedQuery, Asking>;
  /** When it last answered, or was first asked for something; by performance.now. */
  heardAt: number;
  /** The first of them has been running for so long that the others are better asked elsewhere. */
  heldUp: boolean;
}
/** A place for a connection; empty while it is dialled. */
interface Seat {
  line: Line | null;
}
export interface LaneOptions {
  connections: number;
  /** Further connections, made when all others are held up by a slow query each, and kept; none unless given. */
  spares?: number;
  /** Milliseconds PostgreSQL may spend on one statement. */
  statementTimeout: number;
  /** Queries that may wait at once; more are refused with 503. */
  queue: number;
  /** So many are on their way on each connection, and the others wait here; all are, unless given. */
  depth?: number;
  /** Milliseconds that one waits here at most, then it is refused with 503. */
  patience?: number;
  name: string;
}

/**
 * The reading side: a few connections that many requests share at the same time. A ScopedQuery carries its own implicit transaction, so
 * nobody has to check a connection out, and the queries of one tick leave in one write.
 */
export class Lane {
  private readonly seats: Seat[] = [];
  /** What waits for a place on a connection, in the order in which it came. */
  private readonly backlog: Asking[] = [];
  private closing = false;
  private waiting = 0;
  private watch: NodeJS.Timeout | undefined;
  private rescue: NodeJS.Timeout | undefined;

  constructor(
    private readonly url: string,
    private readonly options: LaneOptions,
  ) {}

  async open(): Promise<this> {
    for (let i = 0; i < this.options.connections; i++) {
      this.seats.push({ line: null });
      await this.dial(this.seats[i]!);
    }
    this.watch = whileAwake(this.options.patience ? PROMPTLY : LOOK_EVERY, (now) => this.giveUpSilent(now));
    if (this.options.spares) this.rescue = whileAwake(HELD_UP / 2, (now) => this.askElsewhere(now));
    return this;
  }

  private async dial(seat: Seat) {
    const settings = `-c TimeZone=UTC -c default_transaction_read_only=on -c statement_timeout=${this.options.statementTimeout}`;
    const config = {
      connectionString: this.url,
      pipeline: true,
      options: settings,
      keepAlive: true,
      application_name: this.options.name,
      connectionTimeoutMillis: DIAL_MS,
    };
    const client = new pg.Client(config as pg.ClientConfig) as Line['client'];
    client.on('error', () => {});
    await client.connect();
    if (this.closing) return void client.end();
    seat.line = { client, open: new Map(), heardAt: 0, heldUp: false };
    this.letNextGo();
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
    const again = () => {
      if (!this.closing) void this.dial(seat).catch(() => this.redial(seat, Math.min(wait * 2, 2000)));
    };
    setTimeout(again, wait).unref();
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
    const line = this.freest();
    if (!line || this.waiting >= this.options.queue) return Promise.reject(unavailable(undefined, { retryAfter: 1 }));
    return new Promise<T[]>((resolve, reject) => {
      const settle = (error: unknown, rows?: unknown[]) => (error ? reject(error as Error) : resolve(rows as T[]));
      this.waiting++;
      this.backlog.push({ tenant, statement, values, settle, since: performance.now(), out: 0, settled: false });
      this.letNextGo();
    });
  }

  private letNextGo() {
    if (this.options.patience) this.refuseLate(performance.now() - this.options.patience);
    while (this.backlog.length) {
      const line = this.freest();
      if (!line || line.open.size >= (this.options.depth ?? Infinity)) return;
      const asking = this.backlog.shift()!;
      try {
        this.ask(line, asking);
      } catch (error) {
        // A value that cannot be sent.
        this.settle(asking, error);
      }
    }
  }

  /** Whoever gave up meanwhile is not asked for; whoever is still there hears that it takes too long. */
  private refuseLate(until: number) {
    while (this.backlog[0] && this.backlog[0].since < until) this.settle(this.backlog.shift()!, unavailable(undefined, { retryAfter: 1 }));
  }

  private settle(asking: Asking, error: unknown, rows?: unknown[]) {
    asking.settled = true;
    this.waiting--;
    asking.settle(error, rows);
  }

  private freest(): Line | undefined {
    let freest: Line | undefined;
    for (const { line } of this.seats) {
      const better = line && (!freest || (line.heldUp === freest.heldUp ? line.open.size < freest.open.size : freest.heldUp));
      if (better) freest = line;
    }
    return freest;
  }

  private ask(line: Line, asking: Asking) {
    const query = new ScopedQuery(asking.tenant, asking.statement, asking.values, types, (error, rows) => {
      line.open.delete(query);
      line.heardAt = performance.now();
      line.heldUp = false;
      asking.out--;
      // A connection that is lost says nothing about the question while another one is asked.
      if (!asking.settled && (!asking.out || !error || (error as { severity?: string }).severity)) this.settle(asking, error, rows);
      this.letNextGo();
    });
    if (!line.open.size) line.heardAt = performance.now();
    line.open.set(query, asking);
    asking.out++;
    line.client.query(query);
  }

  /**
   * Answers come in the order of the questions, so one slow query holds up all that share its connection. What stands behind it is asked again
   * elsewhere, as reads may be; if every connection is held up, on a new one.
   */
  private askElsewhere(now: number) {
    const lines = this.seats.flatMap(({ line }) => line ?? []);
    for (const line of lines) line.heldUp = line.open.size > 0 && now - line.heardAt > HELD_UP;
    const waiting = lines.filter(({ heldUp }) => heldUp).flatMap(({ open }) => [...open.values()].slice(1));
    const free = lines.find(({ heldUp }) => !heldUp);
    if (lines.length && !free) this.addSpare();
    if (free) for (const asking of waiting) if (!asking.settled && asking.out === 1) this.ask(this.freest() ?? free, asking);
  }

  private addSpare() {
    if (this.seats.some(({ line }) => !line) || this.seats.length >= this.options.connections + (this.options.spares ?? 0)) return;
    const seat: Seat = { line: null };
    this.seats.push(seat);
    void this.dial(seat).then(
      () => this.askElsewhere(performance.now()),
      () => this.redial(seat),
    );
  }

  /** A server that was silent for longer than any statement may take is given up: what waits for it is refused, its seat dialled again. */
  private giveUpSilent(now: number) {
    this.refuseLate(now - (this.options.patience ?? Infinity));
    for (const { line } of this.seats) {
      if (!line?.open.size || now - line.heardAt < this.options.statementTimeout + GRACE) continue;
      for (const query of line.open.keys()) query.handleError(unavailable(SILENT, { retryAfter: 1 }));
      (line.client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
    }
  }

  async close() {
    this.closing = true;
    this.refuseLate(Infinity);
    clearInterval(this.watch);
    clearInterval(this.rescue);
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
