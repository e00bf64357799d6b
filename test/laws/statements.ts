import { EagerClient } from '../../libs/kernel/eager-client.ts';
import { Lane } from '../../libs/kernel/lane.ts';

/** Changes the text of every statement on its way to PostgreSQL. What is prepared under a name is another statement under another name. */
export async function rewriting<T>(rewrite: (sql: string) => string, work: () => Promise<T>): Promise<T> {
  const { rows } = Lane.prototype;
  const { query } = EagerClient.prototype;
  const mark = `_${++count}`;
  Lane.prototype.rows = function (this: Lane, tenant, statement, values) {
    const text = rewrite(statement.text);
    return rows.call(
      this,
      tenant,
      { name: statement.name && text !== statement.text ? statement.name + mark : statement.name, text },
      values,
    ) as never;
  };
  EagerClient.prototype.query = function (this: EagerClient, config, values, callback) {
    return query.call(this, typeof config === 'string' ? rewrite(config) : config, values, callback);
  };
  try {
    return await work();
  } finally {
    Object.assign(Lane.prototype, { rows });
    Object.assign(EagerClient.prototype, { query });
  }
}
let count = 0;

/** The statements that pass while something is done. */
export async function statementsOf<T>(work: () => Promise<T>): Promise<[T, string[]]> {
  const texts: string[] = [];
  const result = await rewriting((sql) => (texts.push(sql), sql), work);
  return [result, texts];
}
