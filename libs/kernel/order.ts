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

/** Rows of a list that stand together, and in the list's order when asked for in it. */
export interface Zone {
  readonly shape: string;
  /** Made only for a statement that is new. */
  readonly condition: () => RawBuilder<SqlBool>;
  /** In the order in which the condition binds them. */
  readonly values: readonly unknown[];
}

/**
 * Every row after these values, zone after zone. NULL sorts as PostgreSQL does: last going up, first going down. Where all keys go one way
 * each zone is what the index answers with one descent; an `or` would make it begin at the first row of the list.
 */
export function beyond(table: string, order: readonly Order[], values: readonly unknown[]): Zone[] {
  const ref = ({ column }: Order) => sql.ref(`${table}.${column}`);
  const [first, second] = order as [Order, Order];
  const word = () => sql.raw(first.descending ? '<' : '>');
  const oneWay = order.every(({ descending }) => descending === first.descending);
  const known = values.every((value) => value !== null);
  // A row comparison leaves out NULLs, which going down are behind us.
  const after: Zone = { shape: 'after', condition: () => sql`(${sql.join(order.map(ref))}) ${word()} (${sql.join(values)})`, values };
  if (oneWay && known && (first.descending || order.every(({ nullable }) => !nullable))) return [after];
  if (oneWay && order.length === 2 && !second.nullable) {
    if (known) return [after, { shape: 'nulls', condition: () => sql`${ref(first)} is null`, values: [] }];
    const among: Zone = {
      shape: 'nulls after',
      condition: () => sql`${ref(first)} is null and ${ref(second)} ${word()} ${values[1]}`,
      values: [values[1]],
    };
    return first.descending ? [among, { shape: 'known', condition: () => sql`${ref(first)} is not null`, values: [] }] : [among];
  }
  return [anyOf(ref, order, values)];
}

/** Keys that go both ways, or several that may be NULL: all in one zone. */
function anyOf(ref: (key: Order) => RawBuilder<unknown>, order: readonly Order[], values: readonly unknown[]): Zone {
  const same = (key: Order, value: unknown) => (value === null ? sql`${ref(key)} is null` : sql`${ref(key)} = ${value}`);
  const branch = (key: Order, i: number) => {
    const before = order.slice(0, i).map((earlier, j) => same(earlier, values[j]));
    return sql`(${sql.join([...before, further(ref(key), key, values[i])], sql` and `)})`;
  };
  return {
    shape: `after ${values.map((value) => (value === null ? 0 : 1)).join('')}`,
    condition: () => sql<SqlBool>`(${sql.join(order.map(branch), sql` or `)})`,
    values: order.flatMap((_, i) => values.slice(0, i + 1).filter((value) => value !== null)),
  };
}
function further(ref: RawBuilder<unknown>, { descending, nullable }: Order, value: unknown) {
  if (value === null) return descending ? sql`${ref} is not null` : sql`false`;
  if (descending) return sql`${ref} < ${value}`;
  return nullable ? sql`(${ref} > ${value} or ${ref} is null)` : sql`${ref} > ${value}`;
}
