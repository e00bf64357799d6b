import { createHmac } from 'node:crypto';
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { z } from 'zod';
import { actor, organization } from './actor.ts';
import { columnOf, fieldsOf, type Source } from './entity.ts';
import { badCursor, type Detail, forbidden, invalid, tooDeep } from './errors.ts';
import { type AnyField, day as dayField, type Kind } from './fields.ts';
import { parseAmount } from './money.ts';
import { snake } from './naming.ts';
import { may } from './permissions.ts';
import type { Selecting } from './read.ts';
import { compiler } from './predicate.ts';
import { settings } from './settings.ts';
import { dayBounds } from './time.ts';
import type { View } from './view.ts';

/** Totals are exact up to here, and pages end here. */
export const COUNT_CAP = 10_000;
const DEFAULT_SIZE = 20;
const LARGEST_SIZE = 100;

export type QueryString = Record<string, string | string[] | undefined>;
export interface PageMeta {
  page?: number;
  page_size?: number;
  total?: number;
  total_is_capped?: boolean;
  next_cursor?: string | null;
  has_more?: boolean;
}
/** Part of a list, with what the caller needs to go on. */
export class Page<Row> {
  constructor(
    readonly items: Row[],
    readonly meta: PageMeta,
    readonly asked?: Asked,
  ) {}
}

interface Order {
  name: string;
  /** Where the value stands in a row: the view's own field, or one added for the cursor. */
  key: string;
  column: string;
  descending: boolean;
  nullable: boolean;
}
interface Clause {
  /** What the SQL depends on; the values are sent beside it. */
  shape: string;
  values: unknown[];
  sql: RawBuilder<SqlBool>;
}
/** A request for a part of a list, checked: nothing in it reaches SQL but allow-listed columns and bound values. */
export interface Asked {
  readonly size: number;
  readonly page?: number;
  readonly offset?: number;
  readonly count: boolean;
  readonly order: readonly Order[];
  readonly shape: string;
  readonly values: unknown[];
  readonly where: (query: Selecting<object>) => Selecting<object>;
  readonly after?: { condition: RawBuilder<SqlBool>; values: unknown[] };
  readonly binding: string;
  readonly fields?: readonly string[];
  readonly include: readonly string[];
}

/** A filter with a meaning of its own, such as `rotting` or `only_open`. */
export interface OwnFilter {
  readonly schema: z.ZodType;
  /** The condition for a checked value; `of` names the table. */
  readonly where: (value: never) => RawBuilder<SqlBool> | null;
}
/** A relation that `include=` embeds: the view of the other side, and the wire field that holds its id. */
export interface Included {
  readonly view: View<unknown>;
  readonly by: string;
}
export interface ListOptions {
  sorts: readonly string[];
  filters: readonly string[];
  /** Documented short forms: `min_amount` for `amount[gte]`. */
  aliases?: Record<string, string>;
  own?: Record<string, OwnFilter>;
  search?: boolean;
  include?: Record<string, Included>;
  /** Filters in force as long as nothing else is asked of the same field, such as `{ status: 'active' }`. */
  usual?: Record<string, string>;
  /** The order when none is asked for; newest first unless given. */
  standard?: string;
}

const OPERATORS: Record<Kind, readonly string[]> = {
  id: ['', 'ne', 'in', 'is_null'],
  choice: ['', 'ne', 'in', 'is_null'],
  text: ['', 'ne', 'in', 'contains', 'starts_with', 'is_null'],
  number: ['', 'ne', 'in', 'gte', 'lte', 'gt', 'lt', 'is_null'],
  money: ['', 'ne', 'in', 'gte', 'lte', 'gt', 'lt', 'is_null'],
  day: ['', 'ne', 'in', 'gte', 'lte', 'gt', 'lt', 'is_null'],
  moment: ['', 'gte', 'lte', 'gt', 'lt', 'is_null'],
  flag: ['', 'is_null'],
  list: ['', 'in'],
  json: [],
};
const DAY = /^\d{4}-\d\d-\d\d$/;
const aDay = dayField().check;
const SQL_WORD: Record<string, string> = { gte: '>=', lte: '<=', gt: '>', lt: '<' };
const STANDARD = ['page', 'page_size', 'cursor', 'sort', 'order_by', 'order', 'count', 'fields', 'include', 'search'];
let lists = 0;

/** What may be asked of a list: these columns to sort by, these to filter on. Nothing else reaches SQL. */
export class List<Row> {
  /** Names the prepared statements of this list; two lists never share one. */
  readonly key = `list#${lists++}`;
  readonly of: Source;
  private readonly allowed: readonly string[];

  constructor(
    readonly view: View<Row>,
    readonly options: ListOptions,
  ) {
    this.of = view.of;
    for (const name of [...options.sorts, ...options.filters])
      if (!fieldsOf(this.of)[name]) throw new Error(`${this.of.table} has no ${name}`);
    this.allowed = [
      ...STANDARD,
      ...options.filters.map((name) => snake(name)),
      ...Object.keys(options.aliases ?? {}),
      ...Object.keys(options.own ?? {}),
    ];
  }

  /**
   * Checks a query string. `fixed` narrows the list to the rows whose reference leads to one record, whatever is asked.
   * @throws request.invalid for anything unknown, cursor.invalid, page.too_deep
   */
  ask(query: QueryString, fixed?: { field: string; id: string }): Asked {
    const wrong: Detail[] = [];
    const refuse = (parameter: string, code: string, message: string) => void wrong.push({ parameter, code, message });
    const clauses: Clause[] = fixed ? [this.narrowing(fixed)] : [];
    const asking = (name: string) => Object.keys(query).some((sent) => sent === name || sent.startsWith(`${name}[`));
    const usual = Object.entries(this.options.usual ?? {}).filter(([name]) => !asking(name.split('[')[0]!));
    for (const [sent, value] of [...usual, ...Object.entries(query)]) {
      if (value === undefined) continue;
      const clause = this.clause(sent, value, refuse);
      if (clause) clauses.push(clause);
    }
    const one = (name: string) =>
      (Array.isArray(query[name]) ? refuse(name, 'repeated', 'may be given once') : query[name]) as string | undefined;
    const order = this.order(one('sort'), one('order_by'), one('order'), refuse);
    const size = this.number(one('page_size'), 'page_size', DEFAULT_SIZE, LARGEST_SIZE, refuse);
    const page = this.number(one('page'), 'page', 1, Number.MAX_SAFE_INTEGER, refuse);
    const cursor = one('cursor');
    if (cursor !== undefined && query.page !== undefined) refuse('cursor', 'conflict', 'page and cursor exclude each other');
    const count = one('count');
    if (count !== undefined && count !== 'none' && count !== 'exact') refuse('count', 'invalid', 'exact or none');
    const fields = this.names(one('fields'), 'fields', Object.keys((this.view.schema as unknown as z.ZodObject).shape), refuse);
    const include = this.names(one('include'), 'include', Object.keys(this.options.include ?? {}), refuse);
    if (wrong.length)
      throw invalid(`This list cannot be asked for so: ${wrong.map(({ parameter, message }) => `${parameter} ${message}`).join('; ')}`, {
        details: wrong,
      });
    this.mayAskForOwners(query);

    const binding = `${whoseList()} ${this.of.table} ${this.view.name} ${JSON.stringify(order)} ${clauses.map(({ shape, values }) => shape + JSON.stringify(values)).join('&')}`;
    const paged = cursor === undefined;
    const offset = paged ? (page - 1) * size : 0;
    if (offset + size > COUNT_CAP && offset > 0) throw tooDeep();
    const after = cursor ? this.after(cursor, order, binding) : undefined;
    const orderShape = order.map(({ column, descending }) => (descending ? '-' : '') + column).join(',');
    return {
      size,
      ...(paged ? { page } : {}),
      ...(offset ? { offset } : {}),
      count: paged && count !== 'none',
      order,
      shape: `${orderShape} ${clauses.map(({ shape }) => shape).join('&')} ${after?.shape ?? ''} ${offset ? 'offset' : ''}`,
      values: clauses.flatMap(({ values }) => values),
      where: (select) => clauses.reduce((on, clause) => on.where(clause.sql), select),
      ...(after ? { after } : {}),
      binding,
      ...(fields ? { fields: [...fields, 'id'] } : {}),
      include: include ?? [],
    };
  }

  private number(text: string | undefined, name: string, standard: number, most: number, refuse: Refusing) {
    if (text === undefined) return standard;
    const value = /^\d{1,9}$/.test(text) ? Number(text) : 0;
    if (value < 1 || value > most)
      refuse(name, 'out_of_range', `must be a whole number from 1${most === Number.MAX_SAFE_INTEGER ? '' : ` to ${most}`}`);
    return value;
  }

  private names(text: string | undefined, parameter: string, allowed: readonly string[], refuse: Refusing) {
    if (!text) return undefined;
    const asked = text.split(',');
    const unknown = asked.filter((name) => !allowed.includes(name));
    if (unknown.length) refuse(parameter, 'unknown', `knows ${allowed.join(', ') || 'nothing'}, not ${unknown.join(', ')}`);
    return asked;
  }

  private order(sort: string | undefined, orderBy: string | undefined, direction: string | undefined, refuse: Refusing): Order[] {
    if (direction !== undefined && direction !== 'asc' && direction !== 'desc') refuse('order', 'invalid', 'asc or desc');
    const asked =
      sort ?? (orderBy === undefined ? undefined : (direction === 'asc' ? '' : '-') + orderBy) ?? this.options.standard ?? '-created_at';
    const parts = asked.split(',');
    if (parts.length > 3) refuse('sort', 'too_many', 'takes at most three keys');
    const order: Order[] = [];
    for (const part of parts) {
      const descending = part.startsWith('-');
      const wire = descending ? part.slice(1) : part;
      const name = this.options.sorts.find((one) => snake(one) === wire);
      const field = name && fieldsOf(this.of)[name];
      if (!field)
        refuse(
          sort === undefined ? 'order_by' : 'sort',
          'unknown',
          `knows ${this.options.sorts.map((one) => snake(one)).join(', ')}, not ${wire}`,
        );
      else
        order.push({
          name: wire,
          key: this.keyOf(columnOf(name, field)),
          column: columnOf(name, field),
          descending,
          nullable: field.nullable,
        });
    }
    return [...order, { name: 'id', key: this.keyOf('id'), column: 'id', descending: order.at(-1)?.descending ?? true, nullable: false }];
  }

  private keyOf(column: string) {
    return this.view.columns.find((shown) => shown.column === column)?.wire ?? `~${column}`;
  }

  private clause(sent: string, value: string | string[], refuse: Refusing): Clause | undefined {
    const [, name, operator = ''] = /^(\w+)(?:\[(\w+)\])?$/.exec(own(this.options.aliases, sent) ?? sent) ?? [];
    if (name === 'search' && !operator && this.options.search) return this.searching(value, refuse);
    if (name && STANDARD.includes(name) && name !== 'search' && !operator) return undefined;
    const special = name && !operator ? own(this.options.own, name) : undefined;
    if (special) return this.ownClause(name!, special, value, refuse);
    const fieldName = this.options.filters.find((one) => snake(one) === name);
    const field = fieldName && fieldsOf(this.of)[fieldName];
    if (!field || !fieldName) return void refuse(sent, 'unknown', `is not known here; known are ${this.allowed.join(', ')}`);
    if (!OPERATORS[field.kind].includes(operator))
      return void refuse(sent, 'unknown', `can be asked with ${OPERATORS[field.kind].filter(Boolean).join(', ')}`);
    const texts = [value].flat().flatMap((text) => (operator === 'in' ? text.split(',') : [text]));
    if (texts.length > 100) return void refuse(sent, 'too_many', 'takes at most 100 values');
    if (texts.length > 1 && operator !== '' && operator !== 'in') return void refuse(sent, 'repeated', 'may be given once');
    return this.compare(sent, columnOf(fieldName, field), field, operator, texts, refuse);
  }

  private narrowing({ field, id }: { field: string; id: string }): Clause {
    const column = columnOf(field, fieldsOf(this.of)[field]!);
    return { shape: `under ${column}`, values: [id], sql: sql`${sql.ref(`${this.of.table}.${column}`)} = ${id}` };
  }

  private compare(sent: string, column: string, field: AnyField, operator: string, texts: string[], refuse: Refusing): Clause | undefined {
    const ref = sql.ref(`${this.of.table}.${column}`);
    const clause = (form: string, values: unknown[], condition: RawBuilder<SqlBool>): Clause => ({
      shape: `${column} ${form}`,
      values,
      sql: condition,
    });
    if (operator === 'is_null') {
      if (texts[0] !== 'true' && texts[0] !== 'false') return void refuse(sent, 'invalid', 'true or false');
      return clause(`null ${texts[0]}`, [], texts[0] === 'true' ? sql`${ref} is null` : sql`${ref} is not null`);
    }
    if (operator === 'contains' || operator === 'starts_with') {
      const escaped = texts[0]!.replace(/[\\%_]/g, '\\$&');
      if (texts[0]!.includes('\0') || texts[0]!.length > 200) return void refuse(sent, 'invalid', 'is not a text to look for');
      const pattern = operator === 'contains' ? `%${escaped}%` : `${escaped}%`;
      return clause('like', [pattern], sql`${ref} ilike ${pattern}`);
    }
    if (field.kind === 'moment' && texts.some((text) => DAY.test(text))) {
      if (texts.length > 1) return void refuse(sent, 'repeated', 'takes one day');
      return this.onDay(sent, column, operator, texts[0]!, refuse);
    }
    const values = texts.map((text) => valueOf(field, text));
    if (values.includes(undefined)) return void refuse(sent, 'invalid', `is not a ${field.kind === 'id' ? 'UUID' : field.kind}`);
    if (field.kind === 'list') return clause('overlaps', [values], sql`${ref} && ${values}::text[]`);
    if (SQL_WORD[operator]) return clause(operator, [values[0]], sql`${ref} ${sql.raw(SQL_WORD[operator])} ${values[0]}`);
    if (operator === 'ne') return clause('ne', [values[0]], sql`${ref} is distinct from ${values[0]}`);
    if (values.length === 1) return clause('=', [values[0]], sql`${ref} = ${values[0]}`);
    return clause('any', [values], sql`${ref} = any(${values}::${sql.raw(ARRAY_OF[field.kind])})`);
  }

  /** A plain date means that day in the organization's zone. */
  private onDay(sent: string, column: string, operator: string, day: string, refuse: Refusing): Clause | undefined {
    if (!aDay.safeParse(day).success) return void refuse(sent, 'invalid', 'is not a day');
    const { from, until } = dayBounds(day, actor().organization?.timeZone ?? 'UTC');
    const ref = sql.ref(`${this.of.table}.${column}`);
    const [start, end] = [from.toISOString(), until.toISOString()];
    const shape = `${column} day ${operator}`;
    if (!operator) return { shape, values: [start, end], sql: sql`(${ref} >= ${start} and ${ref} < ${end})` };
    const bound = operator === 'gte' || operator === 'lt' ? start : end;
    return { shape, values: [bound], sql: sql`${ref} ${sql.raw(operator.startsWith('g') ? '>=' : '<')} ${bound}` };
  }

  private ownClause(name: string, own: OwnFilter, value: string | string[], refuse: Refusing): Clause | undefined {
    const checked = own.schema.safeParse(value);
    if (!checked.success) return void refuse(name, 'invalid', checked.error.issues[0]!.message);
    const condition = own.where(checked.data as never);
    if (!condition) return undefined;
    const { sql: text, parameters } = condition.compile(compiler);
    return { shape: `${name} ${text}`, values: [...parameters], sql: condition };
  }

  private searching(text: string | string[], refuse: Refusing): Clause | undefined {
    if (Array.isArray(text)) return void refuse('search', 'repeated', 'may be given once');
    if (!text.trim()) return undefined;
    if (text.length > 200 || text.includes('\0')) return void refuse('search', 'invalid', 'is not a text to look for');
    const id = sql.ref(`${this.of.table}.id`);
    return { shape: 'search', values: [text], sql: sql`${id} in (select search.find(${sql.lit(this.of.table)}, ${text}))` };
  }

  /** Looking at somebody else's pile is for those who may reassign; reading the records stays open. */
  private mayAskForOwners(query: QueryString) {
    const me = actor();
    const asked = Object.entries(query).flatMap(([sent, value]) => {
      const name = own(this.options.aliases, sent) ?? sent;
      return /^owner_id(\[|$)/.test(name) ? [[name, value] as const] : [];
    });
    const others = asked.some(([name, value]) => name !== 'owner_id' || [value].flat().some((id) => id?.toLowerCase() !== me.userId));
    if (others && !may('reassign', this.of)) throw forbidden('You may not list by another owner');
  }

  private after(cursor: string, order: readonly Order[], binding: string) {
    const values = openCursor(cursor, binding);
    if (values.length !== order.length) throw badCursor();
    return { ...beyond(this.of.table, order, values), values: bound(order, values) };
  }

  /** Cuts what was read (one row more than asked for) into a page. */
  turn(asked: Asked, found: Record<string, unknown>[], total: number | null): Page<Row> {
    const more = found.length > asked.size;
    const rows = more ? found.slice(0, asked.size) : found;
    const last = rows.at(-1);
    const next = more
      ? closeCursor(
          asked.order.map(({ key }) => last![key]),
          asked.binding,
        )
      : null;
    const items = rows.map((row) => {
      // Rarely any: deleting makes V8 treat the row as a dictionary, which is slow to write out.
      for (const { key } of asked.order) if (key.startsWith('~')) delete row[key];
      return narrowed(this.view.finish(row), asked.fields);
    });
    if (asked.page === undefined) return new Page(items, { page_size: asked.size, next_cursor: next, has_more: more }, asked);
    const totals = total === null ? {} : { total: Math.min(total, COUNT_CAP), ...(total > COUNT_CAP ? { total_is_capped: true } : {}) };
    return new Page(items, { page: asked.page, page_size: asked.size, ...totals, has_more: more, next_cursor: next }, asked);
  }
}
/** Whose list it is: an organization's, or the deployment's for those who run it. */
const whoseList = () => (['operator', 'system'].includes(actor().kind) ? (actor().organization?.id ?? actor().kind) : organization().id);

/** A query may name `constructor`: only what was declared counts. */
const own = <T>(declared: Record<string, T> | undefined, name: string): T | undefined =>
  declared && Object.hasOwn(declared, name) ? declared[name] : undefined;
type Refusing = (parameter: string, code: string, message: string) => void;

const ARRAY_OF: Record<Kind, string> = {
  id: 'uuid[]',
  choice: 'text[]',
  text: 'text[]',
  number: 'numeric[]',
  money: 'bigint[]',
  flag: 'boolean[]',
  day: 'date[]',
  moment: 'timestamptz[]',
  list: 'text[]',
  json: 'jsonb[]',
};

/** A filter's value as it is bound; undefined when the text is none. */
function valueOf(field: AnyField, text: string): unknown {
  if (text.includes('\0')) return undefined;
  switch (field.kind) {
    case 'money': {
      const amount = parseAmount(text);
      return amount === null ? undefined : String(amount);
    }
    case 'number':
      return /^-?\d{1,15}(\.\d{1,8})?$/.test(text) && (field.column.type !== 'integer' || /^-?\d{1,9}$/.test(text)) ? text : undefined;
    case 'flag':
      return text === 'true' ? true : text === 'false' ? false : undefined;
    case 'moment': {
      const read = z.iso.datetime({ offset: true }).safeParse(text.replace(/ (\d\d:\d\d)$/, '+$1'));
      return read.success && !Number.isNaN(Date.parse(read.data)) ? new Date(read.data).toISOString() : undefined;
    }
    case 'list':
      return text.length <= 200 ? text : undefined;
    default: {
      const read = field.check.safeParse(text);
      return read.success ? read.data : field.kind === 'text' && text.length <= 500 ? text : undefined;
    }
  }
}

function narrowed<Row>(row: Row, fields: readonly string[] | undefined): Row {
  if (!fields) return row;
  const all = row as Record<string, unknown>;
  for (const name of Object.keys(all)) if (!fields.includes(name)) delete all[name];
  return row;
}

/** Every row after these values, in this order. NULL sorts as PostgreSQL does: last going up, first going down. */
function beyond(table: string, order: readonly Order[], values: unknown[]) {
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
function bound(order: readonly Order[], values: unknown[]): unknown[] {
  if (order.every(({ descending, nullable }) => !nullable && descending === order[0]!.descending)) return values;
  return order.flatMap((_, i) => [...values.slice(0, i), values[i]].filter((value) => value !== null));
}

/** Three sort keys of the longest text there is, and their id. */
const LONGEST_CURSOR = 6000;
const seal = (values: string, binding: string) =>
  createHmac('sha256', settings.SECRET_KEY).update(`cursor ${binding} ${values}`).digest('base64url').slice(0, 16);
/** A cursor is tied to its list, order, filters and organization (the binding) by a keyed hash; what it carries is not secret. */
export function closeCursor(values: unknown[], binding: string) {
  const text = JSON.stringify(values);
  return Buffer.from(seal(text, binding) + text).toString('base64url');
}
/** @throws cursor.invalid when it was not made under this binding */
export function openCursor(cursor: string, binding: string): unknown[] {
  const opened = Buffer.from(cursor, 'base64url').toString();
  const text = opened.slice(16);
  if (cursor.length > LONGEST_CURSOR || opened.slice(0, 16) !== seal(text, binding)) throw badCursor();
  return JSON.parse(text) as unknown[];
}

export const wireFilters = (list: List<unknown>) =>
  list.options.filters.flatMap((name) => {
    const field = fieldsOf(list.of)[name]!;
    return OPERATORS[field.kind].map((operator) => ({ name: snake(name) + (operator ? `[${operator}]` : ''), field, operator }));
  });
