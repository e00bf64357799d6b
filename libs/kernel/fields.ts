import { z } from 'zod';
import { formatAmount, isCurrency, parseAmount } from './money.ts';
import { isTimeZone } from './time.ts';

/** What a column is, in MikroORM's words. */
export interface Column {
  type: string;
  columnType?: string;
  length?: number;
  /** The values a check constraint allows. */
  oneOf?: readonly string[];
  to?: string | (() => EntityRef);
  generate?: () => unknown;
  renew?: () => unknown;
  version?: boolean;
  runtimeType?: string;
  /** See {@link Field.keeping}. */
  keeps?: boolean;
  /** See {@link Field.merging}. */
  merges?: z.ZodType;
  /** A change of it alone is no news: no audit entry, no message. */
  quiet?: boolean;
  /** The column's name, where it is not the snake_case of the field's. */
  name?: string;
}
export interface EntityRef {
  readonly table: string;
}
export type Kind = 'text' | 'choice' | 'id' | 'number' | 'money' | 'flag' | 'day' | 'moment' | 'list' | 'json';

/** One declaration: the column, the check at the door, the line in the OpenAPI document, and the type. */
export class Field<T, Wire = T, Nullable extends boolean = false, Filled extends boolean = false> {
  declare readonly '~': { domain: T; wire: Wire; nullable: Nullable; filled: Filled };
  constructor(
    readonly kind: Kind,
    readonly column: Column,
    /** Wire in, domain out. */
    readonly check: z.ZodType<T>,
    /** What is said on the wire. */
    readonly spoken: z.ZodType,
    readonly nullable = false,
    readonly fallback?: T,
    /** Never shown in the audit log: secrets, clinical text. */
    readonly masked = false,
  ) {}

  optional() {
    const check = this.check.nullable() as z.ZodType<T | null>;
    return new Field<T | null, Wire | null, true, true>(
      this.kind,
      this.column,
      check,
      this.spoken.nullable(),
      true,
      undefined,
      this.masked,
    );
  }
  /** The value a new row has unless one is given. */
  or(fallback: T) {
    return but<T, Wire, Nullable, true>(this, { fallback });
  }
  unlessGiven(generate: () => T) {
    return but<T, Wire, Nullable, true>(this, { column: { ...this.column, generate }, fallback: undefined });
  }
  /** The audit log says that it changed, not from what to what. */
  secret() {
    return but<T, Wire, Nullable, Filled>(this, { masked: true });
  }
  /** Kept by the way, such as when a key was last used: a change of it alone is neither audited nor told. */
  quiet() {
    return but<T, Wire, Nullable, Filled>(this, { column: { ...this.column, quiet: true } });
  }
  /** Of a reference: what it leads to is not deleted as long as this is there. */
  keeping() {
    return but<T, Wire, Nullable, Filled>(this, { column: { ...this.column, keeps: true } });
  }
  /** Of an object: a PATCH sends parts of it, checked by this schema, and null takes one away; see `amended`. */
  merging(merges: z.ZodType) {
    return but<T, Wire, Nullable, Filled>(this, { column: { ...this.column, merges } });
  }
  /** A sentence and an example for the OpenAPI document. */
  describe(description: string, example?: unknown) {
    const meta = { description, ...(example === undefined ? {} : { example }) };
    return but<T, Wire, Nullable, Filled>(this, { check: this.check.meta(meta), spoken: this.spoken.meta(meta) });
  }
}

type Parts<T> = Pick<Field<T>, 'column' | 'check' | 'spoken' | 'fallback' | 'masked'>;
/** The same field but for these parts of it. */
function but<T, Wire, Nullable extends boolean, Filled extends boolean>(
  field: Field<T, Wire, boolean, boolean>,
  parts: Partial<Parts<T>>,
): Field<T, Wire, Nullable, Filled> {
  const { kind, nullable } = field;
  const { column, check, spoken, fallback, masked } = { ...field, ...parts };
  return new Field<T, Wire, Nullable, Filled>(kind, column, check, spoken, nullable, fallback, masked);
}

const plain = <T>(kind: Kind, column: Column, check: z.ZodType<T>) => new Field<T>(kind, column, check, check);

/** PostgreSQL cannot store NUL; refused here it is a 400 with a pointer, not a surprise later. */
const NUL = '\u0000';
const noNul = <S extends z.ZodString>(schema: S) => schema.refine((text) => !text.includes(NUL), 'must not contain the NUL character');

export const text = ({ max = 255, min = 1 } = {}) =>
  plain<string>('text', { type: 'string', length: max }, noNul(z.string().trim().min(min).max(max)));
/** Long text: notes, descriptions, comments. */
export const note = ({ max = 10_000 } = {}) => plain<string>('text', { type: 'text' }, noNul(z.string().max(max)));
/** Kept in lower case, so that equal addresses are equal texts. */
export const email = () => plain<string>('text', { type: 'string', length: 320 }, z.string().trim().toLowerCase().max(320).pipe(z.email()));
export const url = () =>
  plain<string>('text', { type: 'string', length: 500 }, noNul(z.string().trim().max(500)).pipe(z.url({ protocol: /^https?$/ })));
export const uuid = () => plain<string>('id', { type: 'uuid' }, z.guid().toLowerCase());
export const whole = ({ min = 0, max = 2_147_483_647 } = {}) => plain<number>('number', { type: 'integer' }, z.int().min(min).max(max));
export const flag = () => plain<boolean>('flag', { type: 'boolean' }, z.boolean());
/** An exact decimal such as a rate: a string inside and on the wire. */
export const decimal = ({ digits = 18, scale = 8, signed = false } = {}) => {
  const pattern = new RegExp(`^${signed ? '-?' : ''}\\d{1,${digits - scale}}(\\.\\d{1,${scale}})?$`);
  const check = z
    .union([z.string(), z.number()])
    .transform(String)
    .pipe(z.string().regex(pattern, `a decimal with at most ${scale} places`));
  return new Field<string>(
    'number',
    { type: 'decimal', columnType: `numeric(${digits},${scale})`, runtimeType: 'string' },
    check,
    z.string(),
  );
};

/** A currency without digits of its own: an amount is written with those it needs. */
const NO_DIGITS = 'JPY';

/**
 * Ten-thousandths of the unit in a bigint column `<name>_e4`: exact, sorts and filters by value in every currency, and its operators
 * are leakproof, so indexes work behind row-level security. On the wire a decimal string with the digits of the row's `currency`.
 */
export const money = ({ min }: { min?: bigint } = {}) =>
  new Field<bigint, string>(
    'money',
    { type: 'bigint', runtimeType: 'bigint' },
    z
      .union([z.string(), z.number()])
      .meta({ description: 'A decimal string in the currency beside it; a JSON number is accepted', example: '1054.00' })
      .transform((sent, context) => {
        const amount = parseAmount(sent);
        if (amount !== null && (min === undefined || amount >= min)) return amount;
        context.addIssue({
          code: 'custom',
          message: amount === null ? 'not an amount' : `must not be less than ${formatAmount(min!, NO_DIGITS)}`,
        });
        return z.NEVER;
      }),
    z.string().meta({ example: '1054.00' }),
  );
/** An IANA time zone, such as Europe/Paris. */
export const timeZone = () =>
  plain<string>('text', { type: 'string', length: 64 }, z.string().max(64).refine(isTimeZone, 'not an IANA time zone'));
/** A BCP 47 language tag, such as en-GB. */
export const locale = () =>
  plain<string>('text', { type: 'string', length: 35 }, z.string().min(2).max(35).refine(isLocale, 'not a language tag'));
const isLocale = (tag: string) => {
  try {
    return Intl.getCanonicalLocales(tag).length === 1;
  } catch {
    return false;
  }
};
/** ISO 4217. */
export const currency = () =>
  plain<string>(
    'text',
    { type: 'string', columnType: 'char(3)' },
    z.string().length(3).toUpperCase().refine(isCurrency, 'not an ISO 4217 currency'),
  );

/** text and a check constraint, never a native enum: enum operators are not leakproof. */
export function choice<const C extends readonly [string, ...string[]]>(of: C): Field<C[number]>;
export function choice<const C extends readonly [string, ...string[]]>(of: C, first: C[number]): Field<C[number], C[number], false, true>;
export function choice(of: readonly [string, ...string[]], first?: string) {
  const made = plain<string>('choice', { type: 'text', oneOf: of }, z.enum(of));
  return first === undefined ? made : made.or(first);
}

/** Milliseconds, like a Date: what the row says, the code holds and the cursor carries is one value. */
export const moment = () =>
  new Field<Date, string>(
    'moment',
    { type: 'datetime', columnType: 'timestamptz(3)' },
    z.iso
      .datetime({ offset: true })
      .meta({ example: '2026-11-20T09:30:00.000Z' })
      .transform((text) => new Date(text))
      .refine(
        (at) => !Number.isNaN(at.valueOf()) && at.getUTCFullYear() >= 1000 && at.getUTCFullYear() < 3000,
        'lies outside of the years 1000 to 2999',
      ),
    z.iso.datetime({ offset: true }),
  );
/** A calendar day, YYYY-MM-DD, without a zone. None from which reckoning on, by terms or periods, would leave the calendar. */
export const day = () =>
  new Field<string>(
    'day',
    { type: 'date' },
    z.iso.date().refine((text) => text >= '1000-01-01' && text <= '2999-12-31', 'lies outside of the years 1000 to 2999'),
    z.iso.date(),
  );

/** Several short texts, such as tags. */
export const texts = ({ max = 100, items = 50 } = {}) =>
  plain<string[]>(
    'list',
    { type: 'string[]', columnType: 'text[]' },
    z
      .array(noNul(z.string().trim().min(1).max(max)))
      .max(items)
      .transform((all) => [...new Set(all)]),
  ).or([]);
/** Several of a fixed set. */
export const choices = <const C extends readonly [string, ...string[]]>(of: C) =>
  plain<C[number][]>(
    'list',
    { type: 'string[]', columnType: 'text[]' },
    z
      .array(z.enum(of))
      .max(of.length)
      .transform((all) => [...new Set(all)]),
  ).or([]);

const cleanJson = (value: unknown, depth = 0): boolean =>
  depth <= 16 &&
  (typeof value === 'string'
    ? !value.includes(NUL)
    : typeof value !== 'object' || value === null
      ? true
      : Object.entries(value).every(([key, inner]) => !key.includes(NUL) && key !== '__proto__' && cleanJson(inner, depth + 1)));
/** Before anything else walks through it: what is as deep as a body allows overflows the stack. */
const clean = <T>(schema: z.ZodType<T>) =>
  schema.refine((value) => cleanJson(value), { error: 'too deep, or not storable text', abort: true });
/** A structured value that is read and written as a whole. */
export const json = <T>(schema: z.ZodType<T>) => plain<T>('json', { type: 'json' }, clean(schema));
export const METADATA_SAID = 'at most 16 KiB';
export const fitsMetadata = (value: object): boolean => JSON.stringify(value).length <= 16_384;
/** Free metadata: at most 16 KiB of any JSON object. */
export const metadata = () => {
  const field = plain('json', { type: 'json' }, clean(z.record(z.string(), z.unknown())).refine(fitsMetadata, METADATA_SAID));
  return field.merging(field.check).or({});
};

/**
 * A reference by id. The database gets the foreign key together with tenant_id; the code gets no object graph.
 * A row that points at its own kind names the table instead: TypeScript cannot read a class from its own base.
 */
export const ref = (to: string | (() => EntityRef)) => plain<string>('id', { type: 'uuid', to }, z.guid().toLowerCase());
/** A user of this organization: the key leads to the membership, so nobody from outside can be named. */
export const member = () => ref('membership');

/** What the compiler needs to know of a field. Kept apart from the class: comparing classes structurally doubles the check time. */
export interface Spec {
  readonly domain: unknown;
  readonly wire: unknown;
  readonly nullable: boolean;
  readonly filled: boolean;
}
export type Fields = Record<string, { readonly '~': Spec }>;
export type Domain<F extends Fields[string]> = F['~']['domain'];
export type Wire<F extends Fields[string]> = F['~']['wire'];
export type Filled<F extends Fields> = { [K in keyof F & string]: F[K]['~']['filled'] extends true ? K : never }[keyof F & string];
export type AnyField = Field<unknown, unknown, boolean, boolean>;
