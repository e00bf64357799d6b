import { raw } from '@mikro-orm/core';
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
    if (key.startsWith('$')) throw new Error(`Permission rules cannot use ${key}`);
    const column = eb.ref((table ? `${table}.` : '') + snake(key));
    if (want === null) return eb(column, 'is', null);
    if (typeof want !== 'object') return eb(column, '=', want as never);
    return eb.and(
      Object.entries(want as Condition).map(([op, operand]) => {
        if (op === '$of') return reached(eb, column, operand as Record<string, Condition>, table);
        const word = WORDS[op];
        if (!word) throw new Error(`Permission rules cannot use ${op}`);
        return operand === null ? eb(column, 'is not', null) : eb(column, word, operand as never);
      }),
    );
  });
  return eb.and(parts);
}

/** `$of`: the row that is referred to is alive and fulfils a condition of its own; see through() in permissions.ts. */
function reached(eb: Builder, column: Expression<unknown>, operand: Record<string, Condition>, from?: string): Expression<SqlBool> {
  if (!from) throw new Error('A rule through a reference needs the name of the table it starts from');
  const [[to, condition]] = Object.entries(operand) as [[string, Condition]];
  const other = `${to}_reached`;
  return eb.exists(
    eb
      .selectFrom(`${to} as ${other}`)
      .select(`${other}.id`)
      .whereRef(`${other}.tenant_id`, '=', `${from}.tenant_id`)
      .where(`${other}.id`, '=', column as never)
      .where(`${other}.deleted_at`, 'is', null)
      .where((inner) => predicate(inner as never, condition, other)),
  );
}

const isThrough = (condition: Condition) => JSON.stringify(condition).includes('"$of":');

/** A condition as MikroORM understands it: the same, but for references, which become the SQL that the read path runs. */
export function ormCondition(condition: Condition, table: string): object {
  if (!isThrough(condition)) return condition;
  const build = (alias: string) =>
    compiler
      .selectFrom(`${table} as ${alias}`)
      .where((eb) => predicate(eb as never, condition, alias))
      .compile();
  const where = (text: string) => text.slice(text.indexOf(' where ') + ' where '.length).replace(/\$\d+/g, '?');
  return { [raw((alias) => where(build(alias).sql), [...build('x').parameters])]: [] };
}
