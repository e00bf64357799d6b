import { type Expression, type RawBuilder, type SqlBool, sql } from 'kysely';
import { z } from 'zod';
import { actor } from './actor.ts';
import { columnOf, fieldsOf, type Source } from './entity.ts';
import { type AnyField, type Kind } from './fields.ts';
import { parseAmount } from './money.ts';
import { snake } from './naming.ts';
import { compiler } from './predicate.ts';
import { dayBounds, isDay } from './time.ts';

/** Notes what cannot be asked so; all of it is told at once. */
export type Refusing = (parameter: string, code: string, message: string) => void;
/** A condition a caller asked for, checked. */
export interface Clause {
  /** What the SQL depends on; the values are sent beside it. */
  shape: string;
  values: unknown[];
  /** Made only for a statement that is new. */
  sql: () => RawBuilder<SqlBool>;
  /** What a cursor is bound to, where it is not the values: those of "overdue" are others a moment later. */
  said?: unknown;
}
/** A filter with a meaning of its own, such as `rotting` or `only_open`. */
export interface OwnFilter {
  readonly schema: z.ZodType;
  /** The condition for a checked value; `of` names the table. */
  readonly where: (value: never) => RawBuilder<SqlBool> | null;
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
const SQL_WORD: Record<string, string> = { gte: '>=', lte: '<=', gt: '>', lt: '<' };

interface Asking {
  readonly of: Source;
  readonly sent: string;
  readonly column: string;
  readonly operator: string;
  readonly refuse: Refusing;
}
const MOST_VALUES = 100;

/** The condition of `name[operator]=value` on a field of the entity. */
export function filtering(
  of: Source,
  fieldName: string,
  { sent, operator, refuse }: Omit<Asking, 'of' | 'column'>,
  value: string | string[],
): Clause | undefined {
  const field = fieldsOf(of)[fieldName]!;
  if (!OPERATORS[field.kind].includes(operator))
    return void refuse(sent, 'unknown', `can be asked with ${OPERATORS[field.kind].filter(Boolean).join(', ')}`);
  const texts = [value].flat().flatMap((text) => (operator === 'in' ? text.split(',') : [text]));
  if (texts.length > MOST_VALUES) return void refuse(sent, 'too_many', `takes at most ${MOST_VALUES} values`);
  if (texts.length > 1 && operator !== '' && operator !== 'in') return void refuse(sent, 'repeated', 'may be given once');
  return compare({ of, sent, column: columnOf(fieldName, field), operator, refuse }, field, texts);
}

/** Only the rows whose reference leads to one record. */
export function narrowing(of: Source, { field, id }: { field: string; id: string }): Clause {
  const column = columnOf(field, fieldsOf(of)[field]!);
  return { shape: `under ${column}`, values: [id], sql: () => sql`${sql.ref(`${of.table}.${column}`)} = ${id}` };
}

/** The condition of one filter; `sent` is how the caller called it. */
function compare({ of, sent, column, operator, refuse }: Asking, field: AnyField, texts: string[]): Clause | undefined {
  const ref = () => sql.ref(`${of.table}.${column}`);
  const clause = (form: string, values: unknown[], condition: () => RawBuilder<SqlBool>): Clause => ({
    shape: `${column} ${form}`,
    values,
    sql: condition,
  });
  if (operator === 'is_null') {
    if (texts[0] !== 'true' && texts[0] !== 'false') return void refuse(sent, 'invalid', 'true or false');
    return clause(`null ${texts[0]}`, [], () => (texts[0] === 'true' ? sql`${ref()} is null` : sql`${ref()} is not null`));
  }
  if (operator === 'contains' || operator === 'starts_with') {
    const escaped = texts[0]!.replace(/[\\%_]/g, '\\$&');
    if (texts[0]!.includes('\0') || texts[0]!.length > 200) return void refuse(sent, 'invalid', 'is not a text to look for');
    const pattern = operator === 'contains' ? `%${escaped}%` : `${escaped}%`;
    return clause('like', [pattern], () => sql`${ref()} ilike ${pattern}`);
  }
  if (field.kind === 'moment' && texts.some((text) => DAY.test(text))) {
    if (texts.length > 1) return void refuse(sent, 'repeated', 'takes one day');
    return onDay({ of, sent, column, operator, refuse }, texts[0]!);
  }
  const values = texts.map((text) => valueOf(field, text));
  if (values.includes(undefined)) return void refuse(sent, 'invalid', `is not a ${field.kind === 'id' ? 'UUID' : field.kind}`);
  if (field.kind === 'list') return clause('overlaps', [values], () => sql`${ref()} && ${values}::text[]`);
  if (SQL_WORD[operator]) return clause(operator, [values[0]], () => sql`${ref()} ${sql.raw(SQL_WORD[operator])} ${values[0]}`);
  if (operator === 'ne') return clause('ne', [values[0]], () => sql`${ref()} is distinct from ${values[0]}`);
  if (values.length === 1) return clause('=', [values[0]], () => sql`${ref()} = ${values[0]}`);
  return clause('any', [values], () => sql`${ref()} = any(${values}::${sql.raw(ARRAY_OF[field.kind])})`);
}

/** A plain date means that day in the organization's zone. */
function onDay({ of, sent, column, operator, refuse }: Asking, day: string): Clause | undefined {
  if (!isDay(day)) return void refuse(sent, 'invalid', 'is not a day');
  const { from, until } = dayBounds(day, actor().organization?.timeZone ?? 'UTC');
  const ref = () => sql.ref(`${of.table}.${column}`);
  const [start, end] = [spelled(from), spelled(until)];
  const shape = `${column} day ${operator}`;
  if (!operator) return { shape, values: [start, end], sql: () => sql`(${ref()} >= ${start} and ${ref()} < ${end})` };
  const bound = operator === 'gte' || operator === 'lt' ? start : end;
  return { shape, values: [bound], sql: () => sql`${ref()} ${sql.raw(operator.startsWith('g') ? '>=' : '<')} ${bound}` };
}

/** The first and the last day of the calendar may begin before it, or end after it, in some zone. */
function spelled(at: Date): string {
  const year = at.getUTCFullYear();
  if (year > 9999) return '9999-12-31T23:59:59.999Z';
  return year < 1 ? '0001-01-01T00:00:00.000Z' : at.toISOString();
}

/** The condition of a filter with a meaning of its own. */
export function ownClause(name: string, own: OwnFilter, value: string | string[], refuse: Refusing): Clause | undefined {
  const checked = own.schema.safeParse(value);
  if (!checked.success) return void refuse(name, 'invalid', checked.error.issues[0]!.message);
  const condition = own.where(checked.data as never);
  if (!condition) return undefined;
  const { sql: text, parameters } = condition.compile(compiler);
  return { shape: `${name} ${text}`, values: [...parameters], sql: () => condition, said: checked.data };
}

/** Rows that a search finds, by words and parts of them. */
export function searching(of: Source, text: string | string[], refuse: Refusing): Clause | undefined {
  if (Array.isArray(text)) return void refuse('search', 'repeated', 'may be given once');
  if (!text.trim()) return undefined;
  if (text.length > 200 || text.includes('\0')) return void refuse('search', 'invalid', 'is not a text to look for');
  return { shape: SEARCH, values: [text], sql: () => among(of, sql`search.find(${sql.lit(of.table)}, ${text})`) };
}
export const SEARCH = 'search';

/** The same, among the rows of these ids alone. */
export const searchingAmong = (of: Source, words: string, ids: Expression<unknown>) =>
  among(of, sql`search.among(${sql.lit(of.table)}, ${words}, ${ids})`);

/** An array is made once. Of "in (select …)" PostgreSQL may make a loop, where it takes an organization that just grew for a small one. */
const among = (of: Source, ids: RawBuilder<unknown>) => sql<SqlBool>`${sql.ref(`${of.table}.id`)} = any (array(select ${ids}))`;

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
    case 'day':
      return isDay(text) ? text : undefined;
    case 'list':
      return text.length <= 200 ? text : undefined;
    default: {
      const read = field.check.safeParse(text);
      return read.success ? read.data : field.kind === 'text' && text.length <= 500 ? text : undefined;
    }
  }
}

/** Every filter of these fields as it is spelled in a query, with its operator. */
export const spelledFilters = (of: Source, names: readonly string[]) =>
  names.flatMap((name) => {
    const field = fieldsOf(of)[name]!;
    return OPERATORS[field.kind].map((operator) => ({ name: snake(name) + (operator ? `[${operator}]` : ''), field, operator }));
  });
