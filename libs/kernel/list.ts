import type { z } from 'zod';
import { actor, organization } from './actor.ts';
import { closeCursor, openCursor } from './cursor.ts';
import { fieldsOf, type Source } from './entity.ts';
import { badCursor, type Detail, forbidden, invalid, tooDeep } from './errors.ts';
import {
  type Clause,
  filtering,
  narrowing,
  ownClause,
  type OwnFilter,
  type Refusing,
  SEARCH,
  searching,
  spelledFilters,
} from './filters.ts';
import { snake } from './naming.ts';
import { beyond, type Order, orderOf, type Zone } from './order.ts';
import { may } from './permissions.ts';
import type { Selecting } from './read.ts';
import type { View } from './view.ts';

/** Totals are exact up to here, and pages end here. */
export const COUNT_CAP = 10_000;
const DEFAULT_SIZE = 20;
const LARGEST_SIZE = 100;
const NEWEST_FIRST = '-created_at';

export type QueryString = Record<string, string | string[] | undefined>;
export interface PageMeta {
  page?: number;
  page_size: number;
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
  /** What comes after the cursor. */
  readonly zones?: readonly Zone[];
  readonly searches: boolean;
  /** The words that are searched for, where nothing but them narrows a list that is asked for newest first. */
  readonly words?: string;
  readonly binding: string;
  readonly fields?: readonly string[];
  readonly include: readonly string[];
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
    const clauses: Clause[] = fixed ? [narrowing(this.of, fixed)] : [];
    const asking = (name: string) => Object.keys(query).some((sent) => sent === name || sent.startsWith(`${name}[`));
    const usual = Object.entries(this.options.usual ?? {}).filter(([name]) => !asking(name.split('[')[0]!));
    for (const [sent, value] of [...usual, ...Object.entries(query)]) {
      if (value === undefined) continue;
      const clause = this.clause(sent, value, refuse);
      if (clause) clauses.push(clause);
    }
    const one = (name: string) =>
      (Array.isArray(query[name]) ? refuse(name, 'repeated', 'may be given once') : query[name]) as string | undefined;
    const order = orderOf(
      this.of,
      this.options.sorts,
      { sort: one('sort'), orderBy: one('order_by'), direction: one('order'), standard: this.options.standard ?? NEWEST_FIRST },
      (column) => this.keyOf(column),
      refuse,
    );
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
    // The order in which filters were written is no other question.
    clauses.sort((one, other) => (one.shape < other.shape ? -1 : 1));

    const binding = `${whoseList()} ${this.of.table} ${this.view.name} ${JSON.stringify(order)} ${clauses.map(({ shape, values, said }) => shape + JSON.stringify(said ?? values)).join('&')}`;
    const paged = cursor === undefined;
    const offset = paged ? (page - 1) * size : 0;
    if (offset + size > COUNT_CAP && offset > 0) throw tooDeep();
    const zones = cursor ? this.zones(cursor, order, binding) : undefined;
    const newest = order.length === 2 && order[0]!.column === 'created_at' && order[0]!.descending;
    const words = newest && clauses.length === 1 && clauses[0]!.shape === SEARCH ? (clauses[0]!.values[0] as string) : undefined;
    const orderShape = order.map(({ column, descending }) => (descending ? '-' : '') + column).join(',');
    return {
      size,
      ...(paged ? { page } : {}),
      ...(offset ? { offset } : {}),
      count: paged && count !== 'none',
      order,
      shape: `${orderShape} ${clauses.map(({ shape }) => shape).join('&')} ${offset ? 'offset' : ''}`,
      values: clauses.flatMap(({ values }) => values),
      where: (select) => clauses.reduce((on, clause) => on.where(clause.sql()), select),
      ...(zones ? { zones } : {}),
      searches: clauses.some(({ shape }) => shape === SEARCH),
      ...(words === undefined ? {} : { words }),
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

  private keyOf(column: string) {
    return this.view.columns.find((shown) => shown.column === column)?.wire ?? `~${column}`;
  }

  private clause(sent: string, value: string | string[], refuse: Refusing): Clause | undefined {
    const [, name, operator = ''] = /^(\w+)(?:\[(\w+)\])?$/.exec(this.meant(sent)) ?? [];
    if (name === 'search' && !operator && this.options.search) return searching(this.of, value, refuse);
    if (name && STANDARD.includes(name) && name !== 'search' && !operator) return undefined;
    const special = name && !operator ? own(this.options.own, name) : undefined;
    if (special) return ownClause(name!, special, value, refuse);
    const fieldName = this.options.filters.find((one) => snake(one) === name);
    if (!fieldName) return void refuse(sent, 'unknown', `is not known here; known are ${this.allowed.join(', ')}`);
    return filtering(this.of, fieldName, { sent, operator, refuse }, value);
  }

  /** A short form stands for a filter, and with an operator for that of the filter, unless it has one itself. */
  private meant(sent: string): string {
    const [name, operator] = sent.split('[');
    const meaning = own(this.options.aliases, name!);
    if (!meaning || (operator && meaning.includes('['))) return sent;
    return operator ? `${meaning}[${operator}` : meaning;
  }

  /** Looking at somebody else's pile is for those who may reassign; reading the records stays open. */
  private mayAskForOwners(query: QueryString) {
    const me = actor();
    const asked = Object.entries(query).flatMap(([sent, value]) => {
      const name = this.meant(sent);
      return /^owner_id(\[|$)/.test(name) ? [[name, value] as const] : [];
    });
    const others = asked.some(([name, value]) => name !== 'owner_id' || [value].flat().some((id) => id?.toLowerCase() !== me.userId));
    if (others && !may('reassign', this.of)) throw forbidden('You may not list by another owner');
  }

  private zones(cursor: string, order: readonly Order[], binding: string) {
    const values = openCursor(cursor, binding);
    if (values.length !== order.length) throw badCursor();
    return beyond(this.of.table, order, values);
  }

  /** The fields by which the relations that are asked for are found. */
  private includedBy = ({ include }: Asked) => include.map((name) => this.options.include![name]!.by);

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
      return narrowed(this.view.finish(row), asked.fields && [...asked.fields, ...this.includedBy(asked)]);
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
function narrowed<Row>(row: Row, fields: readonly string[] | undefined): Row {
  if (!fields) return row;
  const all = row as Record<string, unknown>;
  for (const name of Object.keys(all)) if (!fields.includes(name)) delete all[name];
  return row;
}

export const wireFilters = (list: List<unknown>) => spelledFilters(list.of, list.options.filters);
