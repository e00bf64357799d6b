import { z } from 'zod';
import type { Source } from './entity.ts';
import { columnOf } from './entity.ts';
import type { AnyField, Fields, Wire } from './fields.ts';
import { formatAmount } from './money.ts';
import { pascal, snake, type Snake } from './naming.ts';

export type Prettify<T> = { [K in keyof T]: T[K] } & {};
export type RowOf<F extends Fields> = { [K in keyof F & string as Snake<K>]: Wire<F[K]> };
/** Values worked out of a row in wire form, with their schemas. */
export type Computed<Row> = Record<string, readonly [schema: z.ZodType, of: (row: Row) => unknown]>;
type ComputedRow<C extends Computed<never>> = { [K in keyof C]: z.output<C[K][0]> };

/** What a caller may see of an entity: the columns a read selects, and the schema that describes them. */
export interface View<Row> {
  readonly of: Source;
  readonly name: string;
  /** Wire name and column of each field. */
  readonly columns: readonly { wire: string; column: string }[];
  readonly schema: z.ZodType<Row>;
  /** Turns a row as it came from the database into its wire form, in place. */
  readonly finish: (row: Record<string, unknown>) => Row;
  /** An entity in its wire form. */
  readonly show: (entity: object) => Row;
  /** The same with values worked out of the row. */
  and<C extends Computed<Row>>(computed: C): View<Prettify<Row & ComputedRow<C>>>;
  /** Under another name in the OpenAPI document; needed where one entity has two views. */
  named(name: string): View<Row>;
}

export function makeView<Row>(
  of: Source,
  names: readonly string[],
  fields: Record<string, AnyField>,
  computed: Computed<Row>,
  name = pascal(of.table),
): View<Row> {
  const known = names.map((fieldName) => {
    const field = fields[fieldName];
    if (!field) throw new Error(`${of.table} has no field ${fieldName}`);
    return { fieldName, field, wire: snake(fieldName), column: columnOf(fieldName, field) };
  });
  const amounts = known.filter(({ field }) => field.kind === 'money').map(({ wire }) => wire);
  const extra = Object.entries(computed);
  const shape = Object.fromEntries([
    ...known.map(({ wire, field }) => [wire, field.spoken]),
    ...extra.map(([key, [schema]]) => [key, schema]),
  ]);

  const finish = (row: Record<string, unknown>) => {
    for (const wire of amounts) if (row[wire] !== null) row[wire] = formatAmount(BigInt(row[wire] as string), row.currency as string);
    for (const [key, [, work]] of extra) row[key] = work(row as Row);
    return row as Row;
  };
  const show = (entity: object) => {
    const values = entity as Record<string, unknown>;
    const row: Record<string, unknown> = {};
    for (const { fieldName, wire } of known) {
      const value = values[fieldName] ?? null;
      row[wire] = value instanceof Date ? value.toISOString() : typeof value === 'bigint' ? String(value) : value;
    }
    return finish(row);
  };
  return {
    of,
    name,
    columns: known.map(({ wire, column }) => ({ wire, column })),
    schema: z.object(shape).meta({ id: name }) as unknown as z.ZodType<Row>,
    finish,
    show,
    and: <C extends Computed<Row>>(more: C) => makeView(of, names, fields, { ...computed, ...more } as Computed<never>, name) as never,
    named: (other) => makeView(of, names, fields, computed, other),
  };
}
