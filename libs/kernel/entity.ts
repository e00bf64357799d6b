import { EntitySchema, OptionalProps, type FilterDef } from '@mikro-orm/core';
import { z } from 'zod';
import { actingUser, actor, tenantId } from './actor.ts';
import { type AnyField, type Domain, type Fields, type Filled, member, metadata, moment, uuid, whole } from './fields.ts';
import { camel, snake, spoken } from './naming.ts';
import { reach } from './permissions.ts';
import { ormCondition } from './predicate.ts';
import { now } from './time.ts';
import { record, retell, type Retold } from './transaction.ts';
import { uuidv7 } from './uuidv7.ts';
import { makeView, type Prettify, type RowOf, type View } from './view.ts';

/** What every row has. */
const base = {
  id: uuid().unlessGiven(uuidv7),
  createdAt: moment().unlessGiven(() => now()),
  updatedAt: moment().unlessGiven(() => now()),
  version: whole({ min: 1 }).or(1),
};
base.updatedAt.column.renew = () => now();
base.version.column.version = true;
/** What every row of an organization has. */
const tenanted = {
  ...base,
  tenantId: uuid().unlessGiven(tenantId),
  createdBy: uuid().optional().unlessGiven(actingUser),
  deletedAt: moment().optional(),
};
/** What every business record has besides: a user responsible for it, and free metadata. */
const recorded = { ...tenanted, ownerId: member().optional().unlessGiven(actingUser), custom: metadata() };
type Base = typeof base;
type Tenanted = typeof tenanted;
type Recorded = typeof recorded;

/** One declaration, two guards: the ORM's where clause and the forced policy of the table. */
export const tenantFilter = {
  name: 'tenant',
  cond: ({ id }: { id: string }) => ({ tenantId: id }),
  rls: { setting: 'app.tenant' },
  default: true,
  strict: true,
} as FilterDef;
const aliveFilter: FilterDef = { name: 'alive', cond: { deletedAt: null }, default: true };

type Values<F extends Fields> = { -readonly [K in keyof F]: Domain<F[K]> };
type Given<F extends Fields, K extends keyof F & string> = Prettify<
  { [P in Exclude<K, Filled<F>>]: Domain<F[P]> } & { [P in Extract<K, Filled<F>>]?: Domain<F[P]> }
>;

type Named<F extends Fields> = (keyof F & string) | `${keyof F & string}?`;
type Demanded<N extends string> = N extends `${string}?` ? never : N;
type Spared<N extends string> = N extends `${infer K}?` ? K : never;

/** A row that can tell what happened to it. */
export abstract class Row {
  declare readonly id: string;
  declare readonly version: number;
  declare createdAt: Date;
  declare updatedAt: Date;
  /** Tells what happened; it leaves through the outbox with the transaction's commit. */
  protected record(event: object) {
    record(this, event);
  }
  /** Its audit entry tells what became of parts that have none of their own (`quiet`), also when nothing else of it changes but its time. */
  protected retell(before: Retold['before'], after: Retold['after']) {
    retell(this, { before, after });
  }
}
/** A row of an organization. */
export abstract class TenantRow extends Row {
  declare readonly tenantId: string;
  declare readonly createdBy: string | null;
  declare deletedAt: Date | null;
  remove() {
    this.deletedAt = now();
  }
}

/** A class that stands for a table. */
export interface Source {
  readonly table: string;
  readonly label: string;
  readonly fields: Fields;
  readonly scope: 'tenant' | 'platform';
  /** A query, as SQL, that stands in for the table; see `readOnly`. */
  readonly from?: string;
  new (): object;
}
export type Input<T> = z.ZodType<T>;

export interface Declared<N extends string, F extends Fields, Common extends Fields, Parent> {
  new (): Parent & Values<F> & Values<Omit<Common, keyof Base | keyof Tenanted>> & { [OptionalProps]?: Filled<F> | Filled<Common> };
  readonly table: N;
  readonly label: string;
  readonly scope: 'tenant' | 'platform';
  readonly fields: F & Common;
  /** What a caller may send: strict, snake_case on the wire, camelCase in the code. `stage?` may be left out, though every row has one. */
  input<N extends Named<F & Common>>(
    ...names: N[]
  ): Input<Prettify<Given<F & Common, Demanded<N>> & Partial<Pick<Values<F & Common>, Spared<N>>>>>;
  /** The same with every field optional, for PATCH: absent is unchanged, null clears. */
  patch<K extends keyof (F & Common) & string>(...names: K[]): Input<Partial<Pick<Values<F & Common>, K>>>;
  /** What a caller may see. */
  view<K extends keyof (F & Common) & string>(...names: K[]): View<Prettify<RowOf<Pick<F & Common, K>>>>;
}

export interface Extras {
  /** Unique within the organization, among rows that are not deleted. */
  unique?: { on: string[]; where?: string }[];
  /** Each begins with the organization. With a condition, of the rows alone that meet it. */
  index?: (string[] | { name: string; on: string[]; where: string })[];
  /** Named check constraints, as SQL over the columns. */
  checks?: Record<string, string>;
  /** Rows that only keep track of others: no audit entry and no message of their own. */
  quiet?: boolean;
  /** A change of its parts moves its version on, too: it may have fewer audit entries than versions. */
  withParts?: boolean;
  /** For what is only read: SQL that yields the columns. */
  from?: string;
  /** Rows that the app role may add and read, and never change. */
  appendOnly?: boolean;
  /** SQL expressions over `new` whose words find the row; see search.sql.ts. */
  search?: string[];
}

interface Registered {
  fields: Record<string, AnyField>;
  extras: Extras;
  cls?: Source;
}
const registry = new Map<string, Registered>();
export const entityOf = (table: string): Source | undefined => registry.get(table)?.cls;
/** The fields of a class, for code that works on any entity. */
export const fieldsOf = (of: Source): Record<string, AnyField> => of.fields as unknown as Record<string, AnyField>;
export const extrasOf = (of: Source): Extras => registry.get(of.table)!.extras;

/** A reference that keeps what it leads to from being deleted. */
export interface Keeper {
  readonly table: string;
  readonly label: string;
  readonly column: string;
}
export const keepersOf = (table: string): Keeper[] =>
  [...registry.values()].flatMap(({ fields, cls }) =>
    Object.entries(fields).flatMap(([name, field]) => {
      const { keeps, to } = field.column;
      const leads = keeps && (typeof to === 'string' ? to : to?.().table) === table;
      return leads && cls ? [{ table: cls.table, label: cls.label, column: columnOf(name, field) }] : [];
    }),
  );
export const columnOf = (name: string, field: AnyField) =>
  field.column.name ?? (field.kind === 'money' ? `${snake(name)}_e4` : snake(name));

/** A row of an organization without an owner of its own: stages, history, activities. */
export const entity = <const N extends string, F extends Fields>(table: N, own: F, extras: Extras = {}) =>
  declare<N, F, Tenanted, TenantRow>(table, own, tenanted, TenantRow, extras);
/** A business record: a row of an organization with an owner and free metadata. */
export const businessRecord = <const N extends string, F extends Fields>(table: N, own: F, extras: Extras = {}) =>
  declare<N, F, Recorded, TenantRow>(table, own, recorded, TenantRow, extras);
/** A row of the deployment, known across organizations and without a policy: only for the reviewed list in docs/isolation.md. */
export const platform = <const N extends string, F extends Fields>(table: N, own: F, extras: Extras = {}) =>
  declare<N, F, Base, Row>(table, own, base, Row, extras);

/**
 * Rows that are only ever read, through lists and views: a table that the kernel writes itself, or a query over platform tables (SQL that
 * yields the columns of these fields, `organization_id` among them). No entity, no migration.
 */
export const readOnly = <const N extends string, F extends Fields>(
  table: N,
  own: F,
  { scope, from }: { scope: Source['scope']; from?: string },
) =>
  declare<N, F, Pick<Base, 'id'>, object>(
    table,
    own,
    { id: base.id },
    scope === 'tenant' ? TenantRow : Row,
    from === undefined ? {} : { from },
  );

function declare<const N extends string, F extends Fields, Common extends Fields, Parent>(
  table: N,
  own: F,
  common: Common,
  parent: abstract new () => object,
  extras: Extras,
): Declared<N, F, Common, Parent> {
  const fields = { ...common, ...own } as unknown as Record<string, AnyField>;
  registry.set(table, { fields, extras });
  const shape = (names: string[], part: (field: AnyField) => z.ZodType) =>
    Object.fromEntries(names.map((name) => [snake(name), part(fields[name]!)]));
  class Declaration extends (parent as new () => object) {
    static readonly table = table;
    static readonly label = spoken(table);
    static readonly scope = parent === Row ? 'platform' : 'tenant';
    static readonly fields = fields;
    static readonly from = extras.from;
    static input(...wanted: string[]) {
      const names = wanted.map((name) => name.replace('?', ''));
      const optional = (name: string, { nullable, fallback, column }: AnyField) =>
        wanted.includes(`${name}?`) || nullable || fallback !== undefined || Boolean(column.generate);
      const given = names.map((name) => {
        const field = fields[name]!;
        return [snake(name), optional(name, field) ? field.check.optional() : field.check] as const;
      });
      return camelCased(names, z.strictObject(Object.fromEntries(given)));
    }
    static patch(...names: string[]) {
      return camelCased(names, z.strictObject(shape(names, (field) => changing(field).optional())));
    }
    static view(...names: string[]) {
      return makeView(this, names, fields);
    }
  }
  // The one place where the class built at run time meets the type computed for it.
  return Declaration as unknown as Declared<N, F, Common, Parent>;
}

/** What a PATCH may send: null clears, also a list that is then empty. */
const changing = ({ check, column, fallback }: AnyField): z.ZodType => {
  if (column.merges) return column.merges;
  return Array.isArray(fallback) ? check.nullable().transform((sent) => sent ?? [...(fallback as unknown[])]) : check;
};

/** snake_case in, camelCase out; absent stays absent. */
export function camelCased<T>(names: string[], schema: z.ZodObject): Input<T> {
  const pairs = names.map((name) => [snake(name), name] as const);
  return schema.transform((sent: Record<string, unknown>) => {
    const out: Record<string, unknown> = {};
    for (const [wire, name] of pairs) if (sent[wire] !== undefined) out[name] = sent[wire];
    return out as T;
  }) as unknown as Input<T>;
}

/** An input with values beside the entity's own fields, such as the follow-up that completing a task makes. */
export function along<T, M extends Record<string, z.ZodType>>(input: Input<T>, more: M): Input<T & { [K in keyof M]?: z.output<M[K]> }> {
  // Every input is made by camelCased: a strict object first, then its names.
  const { in: sent } = input as unknown as { in: z.ZodObject };
  const beside = Object.fromEntries(Object.entries(more).map(([name, schema]) => [snake(name), schema.optional()]));
  return camelCased([...Object.keys(sent.shape).map(camel), ...Object.keys(more)], sent.extend(beside));
}

/** The mapping MikroORM needs, built when the class exists: same fields, no decorators, no reflection. */
export function schemaOf(cls: Source): EntitySchema {
  const registered = registry.get(cls.table)!;
  registered.cls = cls;
  const { fields, extras } = registered;
  const scoped = cls.scope === 'tenant';
  const within = (names: string[]) => (scoped ? ['tenantId', ...names] : names);
  const checks = Object.entries(extras.checks ?? {}).map(([name, expression]) => ({ name: `${cls.table}_${name}_check`, expression }));
  for (const [name, { column }] of Object.entries(fields))
    if (column.oneOf) {
      const values = column.oneOf.map((value) => `'${value}'`).join(', ');
      const array = column.columnType === 'text[]';
      checks.push({
        name: `${cls.table}_${snake(name)}_check`,
        expression: array ? `"${snake(name)}" <@ array[${values}]` : `"${snake(name)}" in (${values})`,
      });
    }
  const unique = (extras.unique ?? []).map(({ on, where }) => ({
    properties: within(on),
    where: [scoped ? 'deleted_at is null' : '', where ?? ''].filter(Boolean).join(' and ') || undefined,
  }));
  // Every reference is looked up from its other side: "the deals of this contact", newest first; and whoever deletes the other side looks too.
  const references = Object.entries(fields).flatMap(([name, { column }]) =>
    column.to ? [scoped ? [name, 'createdAt', 'id'] : [name]] : [],
  );
  const own: { on: string[]; name?: string; where?: string }[] = (extras.index ?? []).map((one) =>
    Array.isArray(one) ? { on: one } : one,
  );
  const covered = (name: string | undefined) =>
    own.some(({ on: [first], where }) => first === name && !where) ||
    (!scoped && unique.some(({ properties: [first], where }) => first === name && !where));
  const indexes = [...own, ...references.filter(([name]) => !covered(name)).map((on) => ({ on }))];
  const definition = {
    class: cls,
    tableName: cls.table,
    ...(scoped ? { rowLevelSecurity: 'force' } : {}),
    properties: Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, propertyOf(name, field)])),
    checks,
    filters: scoped
      ? {
          tenant: tenantFilter,
          alive: aliveFilter,
          allowed: { name: 'allowed', cond: () => ormCondition(reach(actor(), 'read', cls.table), cls.table), default: true, args: false },
        }
      : {},
    indexes: [
      ...(scoped ? [{ properties: ['tenantId', 'createdAt', 'id'] }] : []),
      ...indexes.map(({ on, ...rest }) => ({ properties: within(on), ...rest })),
    ],
    uniques: [...(scoped ? [{ properties: ['tenantId', 'id'] }] : []), ...unique].map(({ properties, ...rest }) =>
      strip({ properties, ...rest }),
    ),
    triggers: extras.search ? [searchTrigger(cls.table, extras.search)] : [],
  };
  // EntitySchema infers its type from literal definitions; this one is computed from the fields.
  return new EntitySchema(definition as unknown as ConstructorParameters<typeof EntitySchema>[0]);
}

function propertyOf(name: string, field: AnyField): object {
  const { column, nullable, fallback } = field;
  const filled = (row: Record<string, unknown>) => (row[name] !== undefined ? row[name] : (column.generate?.() ?? fallback));
  const common = {
    fieldName: columnOf(name, field),
    nullable,
    primary: name === 'id' || undefined,
    version: column.version,
    length: column.length,
    columnType: column.columnType,
    ...(column.generate || (fallback !== undefined && !column.version) ? { onCreate: filled } : {}),
    ...(fallback !== undefined && !column.version && ['string', 'number', 'boolean'].includes(typeof fallback)
      ? { default: fallback }
      : {}),
    ...(column.renew ? { onUpdate: column.renew } : {}),
  };
  if (column.to && column.to !== 'membership') {
    const to = column.to;
    const target = typeof to === 'string' ? () => registry.get(to)!.cls : to;
    return strip({ ...common, kind: 'm:1', entity: target, mapToPk: true, deleteRule: 'restrict', index: false });
  }
  return strip({ ...common, type: column.type, runtimeType: column.runtimeType });
}

/** An explicit undefined stops MikroORM's own inference. */
const strip = (definition: object) => Object.fromEntries(Object.entries(definition).filter(([, value]) => value !== undefined));

/** Most changes leave the words alone, and finding that out costs a fraction of writing them. */
const searchTrigger = (table: string, expressions: string[]) => {
  const read = [...new Set(expressions.flatMap((sql) => [...sql.matchAll(/\bnew\.(\w+)/g)].map(([, column]) => column!)))];
  const row = (of: string) => `(${read.map((column) => `${of}.${column}`).join(', ')})`;
  return {
    name: `${table}_search`,
    timing: 'after',
    events: ['insert', 'update'],
    forEach: 'row',
    body: [
      `if tg_op = 'UPDATE' then if ${row('new')} is not distinct from ${row('old')} then return null; end if; end if`,
      `perform search.put('${table}', new.tenant_id, new.id, concat_ws(' ', ${expressions.join(', ')}))`,
      'return null',
    ].join('; '),
  };
};
