import pg from 'pg';

type Settle = (error: unknown, rows?: Record<string, unknown>[]) => void;
type Parser = (text: string) => unknown;
interface Column {
  name: string;
  dataTypeID: number;
  format: string;
}
interface Shape {
  names: string[];
  parsers: Parser[];
  /** A row of nothing: its copies have room for every column at once, where names added one by one make V8 move the row again and again. */
  empty: Record<string, unknown>;
}
/**
 * What one connection is known to have parsed, with the columns each statement answers. Only success is remembered: queries in flight
 * beside a first Parse parse again, because that Parse may yet fail or be skipped.
 */
class Memory {
  private readonly lasting = new Map<string, Shape>();
  private readonly passing = new Map<string, Shape>();
  private era = 0;

  of = ({ era }: Statement) => (era === undefined ? this.lasting : this.passing);

  /** The names of an era that is over, each told once: nobody asks by them any more, and PostgreSQL keeps a plan for each. */
  *past({ era = 0 }: Statement): Iterable<string> {
    if (era <= this.era) return;
    this.era = era;
    yield* this.passing.keys();
    this.passing.clear();
  }
}

/** A statement; without a name it is parsed each time and never remembered. */
export interface Statement {
  readonly name: string;
  readonly text: string;
  /** Names of an era are forgotten when the next one begins; a name without one is for ever. */
  readonly era?: number;
}
export interface Types {
  getTypeParser(oid: number, format: string): Parser;
}
interface Stream {
  writableCorked: number;
  cork(): void;
  uncork(): void;
}
/** The part of pg's connection this class speaks to. pg 8.23.0 is pinned for it; isolation.spec is the gate. */
interface Wire {
  stream: Stream;
  close(what: object): void;
  parse(what: object): void;
  bind(what: object): void;
  describe(what: object): void;
  execute(): void;
  sync(): void;
}

/** The table was changed since the statement was prepared. */
export class ChangedColumns extends Error {}

const Submittable = pg.Query as unknown as new (config: object) => { callback: Settle };
const memories = new WeakMap<object, Memory>();
const NOTHING: Shape = { names: [], parsers: [], empty: {} };
const TENANT: Statement = { name: 'tenant', text: "select set_config('app.tenant', $1, true)" };

/**
 * set_config and one statement before ONE Sync. PostgreSQL runs everything up to a Sync as one implicit transaction: the local setting
 * reaches exactly this statement, and if set_config fails the statement is skipped, never run. One round trip, no begin, no commit, and
 * safe on a connection that carries other tenants' queries before and after.
 */
export class ScopedQuery extends Submittable {
  private running = false;
  // Not "rows": pg reads a property of that name as an option.
  private readonly found: Record<string, unknown>[] = [];
  private shape: Shape | null = null;
  private memory: Memory | undefined;
  private broken: Error | null = null;
  private readonly parameters: unknown[];
  private readonly settle: Settle;

  constructor(
    private readonly tenant: string,
    private readonly statement: Statement,
    values: readonly unknown[],
    private readonly types: Types,
    settle: Settle,
  ) {
    super({ text: statement.text });
    let settled = false;
    this.settle = this.callback = (error, rows) => {
      if (settled) return;
      settled = true;
      settle(error, rows);
    };
    // May throw, so it happens before a byte is written: an exception before the sync would desynchronise the connection.
    this.parameters = values.map(literal);
  }

  submit(connection: Wire): null {
    this.memory = memories.get(connection);
    if (!this.memory) memories.set(connection, (this.memory = new Memory()));
    gather(connection.stream);
    for (const name of this.memory.past(this.statement)) connection.close({ type: 'S', name });
    this.bind(connection, TENANT, [this.tenant]);
    connection.execute();
    this.shape = this.memory.of(this.statement).get(this.statement.name) ?? null;
    this.bind(connection, this.statement, this.parameters);
    if (!this.shape) connection.describe({ type: 'P' });
    connection.execute();
    connection.sync();
    return null;
  }

  private bind(connection: Wire, statement: Statement, values: unknown[]) {
    const { name, text } = statement;
    if (!this.memory!.of(statement).has(name) || !name) {
      // Harmless when unknown; heals a name left in doubt.
      if (name) connection.close({ type: 'S', name });
      connection.parse({ name, text });
    }
    connection.bind({ statement: name, values });
  }

  handleRowDescription({ fields }: { fields: Column[] }) {
    this.shape = {
      names: fields.map(({ name }) => name),
      parsers: fields.map(({ dataTypeID, format }) => this.types.getTypeParser(dataTypeID, format)),
      empty: Object.fromEntries(fields.map(({ name }) => [name, null])),
    };
  }

  handleDataRow({ fields }: { fields: (string | null)[] }) {
    if (!this.running || this.broken) return;
    const { names, parsers, empty } = this.shape!;
    if (fields.length !== names.length) {
      this.broken = new ChangedColumns(this.statement.name);
      return;
    }
    const row = { ...empty };
    for (let i = 0; i < fields.length; i++) {
      const text = fields[i]!;
      if (text !== null) row[names[i]!] = parsers[i]!(text);
    }
    this.found.push(row);
  }

  handleCommandComplete() {
    this.running = true;
  }
  handleEmptyQuery() {
    this.running = true;
  }
  handlePortalSuspended() {}

  handleError(error: unknown) {
    for (const one of [this.statement, TENANT]) this.memory?.of(one).delete(one.name);
    this.settle(error);
  }

  handleReadyForQuery() {
    if (this.broken) return this.handleError(this.broken);
    this.memory!.of(TENANT).set(TENANT.name, NOTHING);
    if (this.statement.name) this.memory!.of(this.statement).set(this.statement.name, this.shape ?? NOTHING);
    this.settle(null, this.found);
  }
}

/**
 * What is written until this turn of the event loop has read all its requests leaves as one write: one system call for many queries. Nobody
 * waits for it: the turn ends when there is nothing more to read.
 */
function gather(stream: Stream) {
  if (stream.writableCorked) return;
  stream.cork();
  setImmediate(uncork, stream);
}
const uncork = (stream: Stream) => stream.uncork();

/** Arrays become PostgreSQL array literals, everything else its own text. */
const literal = (value: unknown): unknown => {
  if (value === null || value === undefined) return null;
  if (Array.isArray(value))
    return `{${value.map((item) => (item === null ? 'null' : `"${String(item).replace(/["\\]/g, '\\$&')}"`)).join(',')}}`;
  if (value instanceof Date) return value.toISOString();
  if (Buffer.isBuffer(value)) return value;
  return typeof value === 'object' ? JSON.stringify(value) : String(value as string | number | bigint | boolean);
};
