import { z } from 'zod';
import type { Source } from './entity.ts';
import { columnOf, fieldsOf } from './entity.ts';
import type { AnyField, Fields, Wire } from './fields.ts';
import { fixed, formatAmount, formatFixed } from './money.ts';
import { pascal, snake, type Snake } from './naming.ts';

export type Prettify<T> = { [K in keyof T]: T[K] } & {};
export type RowOf<F extends Fields> = { [K in keyof F & string as Snake<K>]: Wire<F[K]> };
/** Values worked out of a row in wire form, with their schemas. */
export type Computed<Row> = Record<string, readonly [schema: z.ZodType, of: (row: Row) => unknown]>;
type ComputedRow<C extends Computed<never>> = { [K in keyof C]: z.output<C[K][0]> };

export interface Part {
  readonly name: string;
  readonly view: View<unknown>;
  /** Columns of the part. */
  readonly by: string;
  readonly order: string;
}
interface Shape {
  computed: Computed<never>;
  parts: readonly Part[];
  hidden: readonly string[];
  name: string;
}

/** What a caller may see of an entity: the columns a read selects, and the schema that describes them. */
export interface View<Row> {
  readonly of: Source;
  readonly name: string;
  /** Wire name and column of each field. */
  readonly columns: readonly { wire: string; column: string }[];
  readonly parts: readonly Part[];
  readonly schema: z.ZodType<Row>;
  /** Turns a row as it came from the database into its wire form, in place. */
  readonly finish: (row: Record<string, unknown>) => Row;
  /** An entity in its wire form. */
  readonly show: (entity: object) => Row;
  /** The same with values worked out of the row. */
  and<C extends Computed<Row>>(computed: C): View<Prettify<Row & ComputedRow<C>>>;
  /**
   * The same with the parts of the record (the lines of an invoice), read in its own statement. Whoever sees the record sees its parts.
   * `by` is the part's field that names the record, `order` the field its parts are in order of.
   */
  with<N extends string, P>(name: N, part: View<P>, by: string, order: string): View<Prettify<Row & { [K in N]: P[] }>>;
  /** The same without what was only read to work something else out. */
  without<K extends keyof Row & string>(...wires: K[]): View<Omit<Row, K>>;
  /** Under another name in the OpenAPI document; needed where one entity has two views. */
  named(name: string): View<Row>;
}

export function makeView<Row>(
  of: Source,
  names: readonly string[],
  fields: Record<string, AnyField>,
  shape: Shape = { computed: {}, parts: [], hidden: [], name: pascal(of.table) },
): View<Row> {
  const { computed, parts, hidden, name } = shape;
  const known = names.map((fieldName) => {
    const field = fields[fieldName];
    if (!field) throw new Error(`${of.table} has no field ${fieldName}`);
    return { fieldName, field, wire: snake(fieldName), column: columnOf(fieldName, field) };
  });
  const amounts = known.filter(({ field }) => field.kind === 'money').map(({ wire }) => wire);
  const decimals = known.filter(({ field }) => field.column.type === 'decimal').map(({ wire }) => wire);
  const extra = Object.entries(computed as Computed<Row>);
  const described = Object.fromEntries([
    ...known.map(({ wire, field }) => [wire, field.spoken]),
    ...parts.map((part) => [part.name, z.array(part.view.schema)]),
    ...extra.map(([key, [schema]]) => [key, schema]),
  ]);
  for (const wire of hidden) delete described[wire];

  const finish = (row: Record<string, unknown>) => {
    for (const wire of amounts) if (row[wire] !== null) row[wire] = formatAmount(BigInt(row[wire] as string), row.currency as string);
    for (const wire of decimals) if (row[wire] !== null) row[wire] = shortest(row[wire] as string);
    for (const part of parts) row[part.name] = (row[part.name] as Record<string, unknown>[]).map((one) => part.view.finish(one));
    for (const [key, [, work]] of extra) row[key] = work(row as Row);
    for (const wire of hidden) delete row[wire];
    return row as Row;
  };
  const show = (entity: object) => {
    const values = entity as Record<string, unknown>;
    const row: Record<string, unknown> = {};
    for (const { fieldName, wire } of known) row[wire] = raw(values[fieldName]);
    for (const part of parts) {
      const loaded = values[part.name] as object[] | undefined;
      if (!loaded) throw new Error(`This ${of.table} was not loaded with its ${part.name}`);
      row[part.name] = loaded.map((one) => rawRow(part.view, one));
    }
    return finish(row);
  };
  const changed = <Other>(change: Partial<Shape>) => makeView<Other>(of, names, fields, { ...shape, ...change });
  return {
    of,
    name,
    columns: known.map(({ wire, column }) => ({ wire, column })),
    parts,
    schema: z.object(described).meta({ id: name }) as unknown as z.ZodType<Row>,
    finish,
    show,
    and: (more) => changed({ computed: { ...computed, ...more } as Computed<never> }),
    with: (partName, view, by, order) => changed({ parts: [...parts, partOf(partName, view as View<unknown>, by, order)] }),
    without: (...wires) => changed({ hidden: [...hidden, ...wires] }),
    named: (other) => changed({ name: other }),
  };
}

/** "20.000000" of a numeric(18,6) is 20, as it was sent. */
const shortest = (decimal: string) => formatFixed(fixed(decimal, MOST_PLACES), MOST_PLACES);
const MOST_PLACES = 30;

/** A field of an entity as the database would give it. */
const raw = (value: unknown): unknown => {
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'bigint') return String(value);
  return typeof value === 'object' && value !== null ? asStored(value) : (value ?? null);
};
/** jsonb has the shortest keys of an object first, and those of one length by their bytes: what was just written reads as it will be read. */
const asStored = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(asStored);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => ({ bytes: Buffer.from(key), pair: [key, asStored(inner)] as const }));
  entries.sort((one, other) => one.bytes.length - other.bytes.length || Buffer.compare(one.bytes, other.bytes));
  return Object.fromEntries(entries.map(({ pair }) => pair));
};
function rawRow({ of, columns }: View<unknown>, entity: object) {
  const values = entity as Record<string, unknown>;
  const byColumn = new Map(Object.entries(fieldsOf(of)).map(([name, field]) => [columnOf(name, field), name]));
  return Object.fromEntries(columns.map(({ wire, column }) => [wire, raw(values[byColumn.get(column)!])]));
}

function partOf(name: string, view: View<unknown>, by: string, order: string): Part {
  const column = (field: string) => columnOf(field, fieldsOf(view.of)[field]!);
  return { name, view, by: column(by), order: column(order) };
}
