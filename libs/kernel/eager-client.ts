import { OptimisticLockError } from '@mikro-orm/core';
import pg from 'pg';
import { GRACE, LOOK_EVERY, SILENT, whileAwake } from './silence.ts';
import { unit } from './transaction.ts';

interface Answer {
  command: string;
  rowCount: number | null;
  rows: unknown[];
}
interface LooseClient {
  readonly connection: { readonly stream: { destroy(error: Error): void } };
  readonly connectionParameters: { readonly statement_timeout: number | false };
  query(config: unknown, values?: unknown, callback?: unknown): Promise<Answer | Answer[]>;
  end(): Promise<void>;
}
// pg's `query` has nine overloads; the pool and MikroORM use it by duck type, and so does this class.
const Client = pg.Client as unknown as new (config?: unknown) => LooseClient;

const NOTHING: Answer = { command: '', rowCount: 0, rows: [] };
const opens = (sql: string) => sql === 'begin' || sql.startsWith('start transaction') || sql.startsWith('select set_config(');

const DIVISION_BY_ZERO = '22012';
/** An update that finds no row is a lost race, and PostgreSQL itself stops the transaction: it divides by the number of rows changed. */
const ONE_CHANGED = 'select 1 / count(*)::int from changed';
export const changingOne = (update: string) => `with changed as (${update} returning 1) ${ONE_CHANGED}`;

/** Who waits for an answer, and until when by performance.now. */
const waiting = new Map<EagerClient, number>();
let watch: NodeJS.Timeout | undefined;

/** A server that is gone without a word is given up: TCP itself would wait for a quarter of an hour, and the pool has few places. */
function giveUpSilent(now: number) {
  for (const [client, until] of waiting)
    if (now > until) client.connection.stream.destroy(Object.assign(new Error(SILENT), { code: 'ETIMEDOUT' }));
}

/**
 * A pg client for MikroORM's pool that does not travel for nothing. `begin` and `set_config` wait for the first real statement and leave
 * with it. What the unit holds back (audit and outbox rows, and the writes of the last flush) leaves with the next statement, at the
 * latest with `commit`; the unit of a savepoint that is rolled back takes its own along. An empty transaction never leaves at all.
 */
export class EagerClient extends Client {
  static trips = 0;
  private before: string[] = [];
  private open = false;

  /** Called when the pool takes the client back: whatever was held belongs to nobody. */
  forget() {
    this.before = [];
    this.open = false;
  }

  override query(config: unknown, values?: unknown, callback?: unknown): Promise<Answer> {
    const parameters = Array.isArray(values) ? values : [];
    if (typeof config !== 'string' || callback || (values !== undefined && !Array.isArray(values)))
      return this.dispatch(config, values, callback);
    if (opens(config)) {
      this.before.push(config);
      this.open = true;
      return Promise.resolve(NOTHING);
    }
    if (config === 'commit') return this.commit();
    if (config === 'rollback') return this.rollback();
    if (config.startsWith('rollback to ')) this.leaving();
    return this.together([...this.held(), ...this.leaving(), config], parameters);
  }

  private held() {
    const held = this.before;
    this.before = [];
    return held;
  }

  /** Only the connection that carries the transaction takes it along. */
  private leaving(): string[] {
    return this.open ? (unit()?.leaving.splice(0) ?? []) : [];
  }

  private async commit() {
    const held = this.held();
    const waiting = this.leaving();
    this.forget();
    if (held.length && !waiting.length) return NOTHING;
    const answer = await this.together([...held, ...waiting, 'commit'], []);
    // PostgreSQL answers the COMMIT of a failed transaction with ROLLBACK, and not with an error.
    if (answer.command === 'ROLLBACK') throw new Error('The transaction had failed before its commit');
    return answer;
  }

  private async rollback() {
    const never = this.held().length > 0;
    this.leaving();
    this.forget();
    if (never) return NOTHING;
    try {
      return await this.together(['rollback'], []);
    } catch {
      // The connection is gone, and its transaction with it. Kysely gives a client back only after a rollback that worked: an error here
      // would take its place out of the pool for good. A client that has ended is thrown away by the pool.
      void this.end().catch(() => {});
      return NOTHING;
    }
  }

  private async together(statements: string[], values: unknown[]): Promise<Answer> {
    EagerClient.trips++;
    if (!values.length) return lastOf(await this.sent(statements));
    if (statements.length > 1) {
      // Parameters need the extended protocol, which carries one statement.
      EagerClient.trips++;
      await this.sent(statements.slice(0, -1));
    }
    return lastOf(await this.answered(super.query(statements.at(-1), values)));
  }

  private async answered<A>(answer: Promise<A>): Promise<A> {
    const patience = unit()?.patience ?? this.connectionParameters.statement_timeout;
    if (!patience) return answer;
    watch ??= whileAwake(LOOK_EVERY, giveUpSilent);
    waiting.set(this, performance.now() + patience + GRACE);
    try {
      return await answer;
    } finally {
      waiting.delete(this);
    }
  }

  private async sent(statements: string[]): Promise<Answer | Answer[]> {
    try {
      return await this.answered(super.query(statements.join(';')));
    } catch (error) {
      const raced = (error as { code?: string }).code === DIVISION_BY_ZERO && statements.some((sql) => sql.endsWith(ONE_CHANGED));
      if (raced) throw new OptimisticLockError('The row was changed meanwhile');
      throw error;
    }
  }

  private dispatch(config: unknown, values: unknown, callback: unknown) {
    EagerClient.trips++;
    return super.query(config, values, callback) as Promise<Answer>;
  }
}

const lastOf = (answer: Answer | Answer[]) => (Array.isArray(answer) ? answer.at(-1)! : answer);
