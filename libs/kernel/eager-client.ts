import pg from 'pg';

interface Answer {
  command: string;
  rowCount: number | null;
  rows: unknown[];
}
interface LooseClient {
  query(config: unknown, values?: unknown, callback?: unknown): Promise<Answer | Answer[]>;
  end(): Promise<void>;
}
// pg's `query` has nine overloads; the pool and MikroORM use it by duck type, and so does this class.
const Client = pg.Client as unknown as new (config?: unknown) => LooseClient;

const NOTHING: Answer = { command: '', rowCount: 0, rows: [] };
const LATER = '/*later*/';
const opens = (sql: string) => sql === 'begin' || sql.startsWith('start transaction') || sql.startsWith('select set_config(');

/** Marks a statement whose answer nobody needs before the commit. */
export const later = (sql: string) => LATER + sql;

/**
 * A pg client for MikroORM's pool that does not travel for nothing. `begin`, `set_config` and savepoints wait for the first real
 * statement and leave with it; what is marked later (audit and outbox rows) leaves with `commit`. A savepoint that is rolled back takes
 * what waited since it along. An empty transaction never leaves at all.
 */
export class EagerClient extends Client {
  static trips = 0;
  private before: string[] = [];
  private last: string[] = [];
  private savepoints: { name: string; waiting: number }[] = [];

  /** Called when the pool takes the client back: whatever was held belongs to nobody. */
  forget() {
    this.before = [];
    this.last = [];
    this.savepoints = [];
  }

  override query(config: unknown, values?: unknown, callback?: unknown): Promise<Answer> {
    const parameters = Array.isArray(values) ? values : [];
    if (typeof config !== 'string' || callback || (values !== undefined && !Array.isArray(values)))
      return this.dispatch(config, values, callback);
    if (opens(config)) {
      this.before.push(config);
      return Promise.resolve(NOTHING);
    }
    if (config.startsWith(LATER)) {
      this.last.push(config);
      return Promise.resolve(NOTHING);
    }
    if (config.startsWith('savepoint ')) this.savepoints.push({ name: config.slice('savepoint '.length), waiting: this.last.length });
    if (config.startsWith('rollback to ')) this.undo(config.slice('rollback to '.length));
    if (config === 'commit') return this.commit();
    if (config === 'rollback') return this.rollback();
    return this.together([...this.held(), config], parameters);
  }

  private undo(name: string) {
    const at = this.savepoints.findLastIndex((savepoint) => savepoint.name === name);
    if (at < 0) return;
    this.last.length = this.savepoints[at]!.waiting;
    this.savepoints.length = at + 1;
  }

  private held() {
    const held = this.before;
    this.before = [];
    return held;
  }

  private async commit() {
    const held = this.held();
    const tail = this.last;
    this.forget();
    if (held.length && !tail.length) return NOTHING;
    const answer = await this.together([...held, ...tail, 'commit'], []);
    // PostgreSQL answers the COMMIT of a failed transaction with ROLLBACK, and not with an error.
    if (answer.command === 'ROLLBACK') throw new Error('The transaction had failed before its commit');
    return answer;
  }

  private async rollback() {
    const never = this.held().length > 0;
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
    if (!values.length) return lastOf(await super.query(statements.join(';')));
    if (statements.length > 1) {
      // Parameters need the extended protocol, which carries one statement.
      EagerClient.trips++;
      await super.query(statements.slice(0, -1).join(';'));
    }
    return lastOf(await super.query(statements.at(-1), values));
  }

  private dispatch(config: unknown, values: unknown, callback: unknown) {
    EagerClient.trips++;
    return super.query(config, values, callback) as Promise<Answer>;
  }
}

const lastOf = (answer: Answer | Answer[]) => (Array.isArray(answer) ? answer.at(-1)! : answer);
