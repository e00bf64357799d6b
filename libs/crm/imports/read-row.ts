import {
  type AnyField,
  dayBounds,
  digitsOf,
  fitsCurrency,
  formatAmount,
  isCurrency,
  isDay,
  now,
  parseAmount,
  parseDay,
  ratio,
  scale,
} from '#kernel';
import { createHash } from 'node:crypto';
import { countryCode } from './countries.ts';
import type { ImportedResource } from './guess-columns.ts';
import { columnsOf, type Mapping, type Origin } from './mapping.ts';

/** Why a row is not taken, or not wholly: the column as it is called in the file. */
export interface Refused {
  readonly column: string | null;
  readonly reason: string;
}
/** Other records that a row names; who they are is looked up for many rows at once. */
export type Named = 'company' | 'contact' | 'parent' | 'owner' | 'pipeline' | 'stage' | 'status';
/** A row as it will be taken: values by the names of the entity's fields. */
export interface ReadRow {
  readonly line: number;
  readonly values: Record<string, unknown>;
  readonly names: Partial<Record<Named, string>>;
  readonly externalId: string | null;
  /** Of what the file says about it: equal texts under an equal mapping are an equal row. */
  readonly fingerprint: string;
}
export interface Surroundings {
  readonly resource: ImportedResource;
  /** As `resolved` gives them. */
  readonly columns: Readonly<Record<string, Origin>>;
  readonly values: Mapping['values'];
  readonly dateFormat: string;
  /** The fields of the entity, by name. */
  readonly fields: Readonly<Record<string, AnyField>>;
  /** IANA name: a day begins at its midnight. */
  readonly timeZone: string;
  /** What amounts are in when the row does not say. */
  readonly currency: string;
}

const NAMED: readonly string[] = ['company', 'contact', 'parent', 'owner', 'pipeline', 'stage', 'status'];
/** Fields whose name in the file is not the one in the entity. */
const CALLED: Record<string, string> = { kind: 'kinds' };
const camel = (name: string) => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
const DAYS_REMEMBERED = 5000;

type Cells = Readonly<Record<string, string>>;

/** Turns rows of a file into values of records. Asks nobody: what it needs to know is given once. */
export class RowReader {
  private readonly fields: [name: string, origin: Origin][];
  private readonly days = new Map<string, Date>();

  constructor(private readonly around: Surroundings) {
    // The currency first: amounts have its digits.
    this.fields = Object.entries(around.columns).sort(([a], [b]) => Number(b === 'currency') - Number(a === 'currency'));
  }

  /** A row, or everything that is wrong with it. */
  read(line: number, cells: Cells): ReadRow | Refused[] {
    const wrong: Refused[] = [];
    const said: [string, string][] = [];
    const row = { line, values: {} as Record<string, unknown>, names: {} as ReadRow['names'], externalId: null as string | null };
    for (const [name, origin] of this.fields) {
      const text = this.textOf(origin, cells);
      if (!text) continue;
      said.push([name, text]);
      const refusal = this.take(row, name, text, origin);
      if (refusal) wrong.push({ column: columnsOf(origin)[0] ?? name, reason: refusal });
    }
    if (wrong.length) return wrong;
    return { ...row, fingerprint: createHash('sha256').update(JSON.stringify(said)).digest('base64url') };
  }

  /** What a field's origin says in this row, value maps applied; empty when it says nothing. */
  private textOf(origin: Origin, cells: Cells): string {
    if (typeof origin === 'string') return this.cell(origin, cells);
    if ('column' in origin) return this.cell(origin.column, cells);
    if ('value' in origin) return origin.value;
    for (const template of [origin.template].flat()) {
      let whole = true;
      const text = template.replace(/\{([^{}]+)\}/g, (_, column: string) => {
        const part = this.cell(column, cells);
        whole &&= part !== '';
        return part;
      });
      if (whole) return text.trim();
    }
    return '';
  }
  private cell(column: string, cells: Cells): string {
    const text = (cells[column] ?? '').trim();
    const meant = this.around.values[column];
    return meant && Object.hasOwn(meant, text) ? meant[text]! : text;
  }

  /** Puts one field into the row; answers why not. */
  private take(
    row: { values: Record<string, unknown>; names: ReadRow['names']; externalId: string | null },
    name: string,
    text: string,
    origin: Origin,
  ): string | undefined {
    const { values, names } = row;
    if (NAMED.includes(name)) return uncalled(text) ?? void (names[name as Named] = text);
    if (name === 'external_id') return uncalled(text) ?? void (row.externalId = text);
    if (name === 'product') return custom(values, 'product', text);
    if (name.startsWith('custom.')) return custom(values, name.slice('custom.'.length), text);
    if (name === 'address' || name.startsWith('address.')) return addressPart(values, name, text, this.around.fields.address);
    const key = CALLED[name] ?? camel(name);
    const field = this.around.fields[key];
    if (!field) return 'cannot be imported here';
    const converted = this.converted(field, text, origin, values.currency);
    if ('wrong' in converted) return converted.wrong;
    values[key] = converted.value;
    return undefined;
  }

  private converted(field: AnyField, text: string, origin: Origin, currency: unknown): { value: unknown } | { wrong: string } {
    switch (field.kind) {
      case 'moment': {
        const at = this.instant(text, origin);
        if (!at) return { wrong: this.noDate(origin) };
        // A file tells what has been.
        return at > now() ? { wrong: 'lies in the future' } : checked(field, at.toISOString());
      }
      case 'day': {
        const day = this.day(text, origin);
        return day ? checked(field, day) : { wrong: this.noDate(origin) };
      }
      case 'money':
        return this.amount(field, text, origin, typeof currency === 'string' ? currency : this.around.currency);
      case 'number': {
        const plain = plainNumber(text);
        return plain === null || !/^-?\d{1,15}$/.test(plain) ? { wrong: 'is not a whole number' } : checked(field, Number(plain));
      }
      case 'flag': {
        const word = text.toLowerCase();
        if (/^(true|yes|y|1|x)$/.test(word)) return { value: true };
        return /^(false|no|n|0)$/.test(word) ? { value: false } : { wrong: 'is neither yes nor no' };
      }
      case 'list': {
        const items = text.split(text.includes(';') ? ';' : text.includes('|') ? '|' : ',').flatMap((item) => item.trim() || []);
        const asWritten = checked(field, items);
        const asChoices = 'wrong' in asWritten ? checked(field, items.map(choiceOf)) : asWritten;
        return 'wrong' in asChoices ? asWritten : asChoices;
      }
      case 'choice':
        return checked(field, choiceOf(text));
      case 'text':
        return field.column.columnType === 'char(3)' && !isCurrency(text.toUpperCase())
          ? { wrong: 'is not an ISO 4217 currency' }
          : checked(field, text);
      default:
        return checked(field, text);
    }
  }

  private amount(field: AnyField, text: string, origin: Origin, currency: string): { value: unknown } | { wrong: string } {
    const plain = plainNumber(text);
    const amount = plain === null ? null : parseAmount(plain);
    if (plain === null || amount === null) return { wrong: 'is not an amount' };
    const times = typeof origin === 'object' && 'column' in origin ? origin.times : undefined;
    try {
      const whole = times === undefined ? amount : scale(amount, ratio(times), currency);
      if (!fitsCurrency(whole, currency))
        return { wrong: `has more digits than ${currency}, which has ${digitsOf(currency)} after the point` };
      // Read wrongly it would be a thousandth, and nobody would see it.
      if (digitsOf(currency) < 3 && THOUSANDS_OR_NOT.test(plain))
        return { wrong: `could mean ${plain.replace('.', '')} or ${plain}0: write the one that is meant` };
      return checked(field, formatAmount(whole, currency));
    } catch (error) {
      if (error instanceof RangeError) return { wrong: 'is out of range' };
      throw error;
    }
  }

  private formatOf(origin: Origin): string {
    return (typeof origin === 'object' && 'column' in origin ? origin.date_format : undefined) ?? this.around.dateFormat;
  }
  private noDate(origin: Origin): string {
    return `is not a date like ${this.formatOf(origin)}`;
  }
  private day(text: string, origin: Origin): string | null {
    return parseDay(text, this.formatOf(origin)) ?? parseDay(text.replace(/[T ]00:00(:00(\.0+)?)?Z?$/, ''), 'YYYY-MM-DD');
  }
  /** An instant of its own, or the midnight that a day begins with. */
  private instant(text: string, origin: Origin): Date | null {
    const key = `${this.formatOf(origin)} ${text}`;
    const known = this.days.get(key);
    if (known) return known;
    if (/^\d{4}-\d\d-\d\dT\d\d:\d\d.*(Z|[+-]\d\d:?\d\d)$/.test(text)) {
      const at = new Date(text);
      // Date takes the 30th of February for the 1st of March.
      return Number.isNaN(at.valueOf()) || !isDay(text.slice(0, 10)) ? null : at;
    }
    const day = this.day(text, origin);
    if (!day) return null;
    const at = dayBounds(day, this.around.timeZone).from;
    if (this.days.size >= DAYS_REMEMBERED) this.days.clear();
    this.days.set(key, at);
    return at;
  }
}

/** "12.500" is twelve and a half, and in much of the world twelve thousand five hundred. */
const THOUSANDS_OR_NOT = /^[+-]?[1-9]\d{0,2}\.\d{3}$/;

/** "Follow up" → "follow_up". */
const choiceOf = (text: string) => text.toLowerCase().replace(/[\s-]+/g, '_');

function checked(field: AnyField, value: unknown): { value: unknown } | { wrong: string } {
  const result = field.check.safeParse(value);
  return result.success ? { value: result.data } : { wrong: result.error.issues[0]?.message ?? 'is not allowed' };
}

/** What nothing is called: such a name is looked for, and told as missing, before any field could refuse it. */
function uncalled(name: string): string | undefined {
  if (name.includes('\0')) return 'cannot be stored';
  return name.length > 255 ? 'is longer than 255 characters' : undefined;
}

/** Free metadata, at most 16 KiB in all. */
function custom(values: Record<string, unknown>, key: string, text: string): string | undefined {
  if (text.includes('\0') || key === '__proto__') return 'cannot be stored';
  const all = { ...(values.custom as object | undefined), [key]: text };
  if (JSON.stringify(all).length > 16_384) return 'makes the metadata longer than 16 KiB';
  values.custom = all;
  return undefined;
}

function addressPart(values: Record<string, unknown>, name: string, text: string, field: AnyField | undefined): string | undefined {
  if (!field) return 'cannot be imported here';
  const part = name === 'address' ? 'street' : name.slice('address.'.length);
  const value = part === 'country' ? countryCode(text) : text;
  if (value === null) return 'is not a country';
  const address = checked(field, { ...(values.address as object | undefined), [part]: value });
  if ('wrong' in address) return address.wrong;
  values.address = address.value;
  return undefined;
}

/**
 * A number as people write it, as a plain decimal: currency signs and spaces gone, "1,054.50" and "1.054,50" both "1054.50". A lone comma
 * with three digits behind it separates thousands. Null for what is no number.
 */
export function plainNumber(text: string): string | null {
  let bare = text.replace(/[\s\u00a0\u202f'’]/g, '').replace(/^([+-]?)(?:\p{Sc}|[A-Z]{3})|(?:\p{Sc}|[A-Z]{3})$/gu, '$1');
  if (/^\(.+\)$/.test(bare)) bare = `-${bare.slice(1, -1)}`;
  const [comma, point] = [bare.lastIndexOf(','), bare.lastIndexOf('.')];
  if (comma >= 0 && point >= 0) bare = comma > point ? bare.replaceAll('.', '').replace(',', '.') : bare.replaceAll(',', '');
  else if (/^[+-]?\d{1,3}(,\d{3})+$/.test(bare)) bare = bare.replaceAll(',', '');
  else bare = bare.replace(',', '.');
  return /^[+-]?\d+(\.\d+)?$/.test(bare) ? bare : null;
}
