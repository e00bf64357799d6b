import {
  DummyDriver,
  type Expression,
  type ExpressionBuilder,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type SqlBool,
} from 'kysely';
import { snake } from './naming.ts';
import type { Condition } from './permissions.ts';

/** Any table: what is asked of it has been allow-listed before. */
export type AnyDatabase = Record<string, Record<string, unknown>>;
/** Builds and compiles SQL; it is the lanes that run it. */
export const compiler = new Kysely<AnyDatabase>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
});
type Builder = ExpressionBuilder<AnyDatabase, string>;

const WORDS: Record<string, '=' | '!=' | 'in' | 'not in'> = { $eq: '=', $ne: '!=', $in: 'in', $nin: 'not in' };

/** The few Mongo words CASL rules may use, as SQL. An unknown word stops the query instead of widening it. */
export function predicate(eb: Builder, condition: Condition, table?: string): Expression<SqlBool> {
  const parts = Object.entries(condition).map(([key, want]) => {
    if (key === '$or') return eb.or((want as Condition[]).map((part) => predicate(eb, part, table)));
    if (key === '$and') return eb.and((want as Condition[]).map((part) => predicate(eb, part, table)));
    if (key === '$not') return eb.not(predicate(eb, want as Condition, table));
    if (key.startsWith('$')) throw new Error(`Permission rules cannot use ${key}`);
    const column = eb.ref((table ? `${table}.` : '') + snake(key));
    if (want === null) return eb(column, 'is', null);
    if (typeof want !== 'object') return eb(column, '=', want as never);
    return eb.and(
      Object.entries(want as Condition).map(([op, operand]) => {
        const word = WORDS[op];
        if (!word) throw new Error(`Permission rules cannot use ${op}`);
        return eb(column, word, operand as never);
      }),
    );
  });
  return eb.and(parts);
}
