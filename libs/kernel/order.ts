import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { columnOf, fieldsOf, type Source } from './entity.ts';
import { snake } from './naming.ts';
import type { Refusing } from './filters.ts';

export interface Order {
  name: string;
  /** Where the value stands in a row: the view's own field, or one added for the cursor. */
  key: string;
  column: string;
  descending: boolean;
  nullable: boolean;
}
const MOST_KEYS = 3;

/** What a list is to be ordered by, checked; the id is always the last key. `keyOf` says where a column stands in a row. */
export function orderOf(
  of: Source,
  sorts: readonly string[],
  { sort, orderBy, direction, standard }: { sort?: string; orderBy?: string; direction?: string; standard: string },
  keyOf: (column: string) => string,
  refuse: Refusing,
): Order[] {
  if (direction !== undefined && direction !== 'asc' && direction !== 'desc') refuse('order', 'invalid', 'asc or desc');
  const parts = (sort ?? (orderBy === undefined ? standard : (direction === 'asc' ? '' : '-') + orderBy)).split(',');
  if (parts.length > MOST_KEYS) refuse('sort', 'too_many', 'takes at most three keys');
  const order: Order[] = [];
  for (const part of parts) {
    const descending = part.startsWith('-');
    const wire = descending ? part.slice(1) : part;
    const name = sorts.find((one) => snake(one) === wire);
    const field = name && fieldsOf(of)[name];
    if (field) {
      const column = columnOf(name, field);
      order.push({ name: wire, key: keyOf(column), column, descending, nullable: field.nullable });
    } else refuse(sort === undefined ? 'order_by' : 'sort', 'unknown', `knows ${sorts.map((one) => snake(one)).join(', ')}, not ${wire}`);
  }
  return [...order, { name: 'id', key: keyOf('id'), column: 'id', descending: order.at(-1)?.descending ?? true, nullable: false }];
}

/** Every row after these values, in this order. NULL sorts as PostgreSQL does: last going up, first going down. */
export function beyond(table: string, order: readonly Order[], values: unknown[]) {
  const refs = order.map(({ column }) => sql.ref(`${table}.${column}`));
  const one = order.every(({ descending, nullable }) => !nullable && descending === order[0]!.descending);
  if (one) {
    // A row comparison is what the index answers with one descent.
    const word = sql.raw(order[0]!.descending ? '<' : '>');
    return { shape: 'after', condition: sql<SqlBool>`(${sql.join(refs)}) ${word} (${sql.join(values)})` };
  }
  const branches = order.map((_, i) => {
    const same = order.slice(0, i).map((__, j) => (values[j] === null ? sql`${refs[j]!} is null` : sql`${refs[j]!} = ${values[j]}`));
    return sql`(${sql.join([...same, further(refs[i]!, order[i]!, values[i])], sql` and `)})`;
  });
  return {
    shape: `after ${values.map((value) => (value === null ? 0 : 1)).join('')}`,
    condition: sql<SqlBool>`(${sql.join(branches, sql` or `)})`,
  };
}
function further(ref: RawBuilder<unknown>, { descending, nullable }: Order, value: unknown) {
  if (value === null) return descending ? sql`${ref} is not null` : sql`false`;
  if (descending) return sql`${ref} < ${value}`;
  return nullable ? sql`(${ref} > ${value} or ${ref} is null)` : sql`${ref} > ${value}`;
}
/** The values in the order in which `beyond` binds them. */
export function bound(order: readonly Order[], values: unknown[]): unknown[] {
  if (order.every(({ descending, nullable }) => !nullable && descending === order[0]!.descending)) return values;
  return order.flatMap((_, i) => [...values.slice(0, i), values[i]].filter((value) => value !== null));
}
