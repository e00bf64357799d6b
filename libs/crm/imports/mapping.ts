import { DAY_FORMATS, isDayFormat } from '#kernel';
import { z } from 'zod';
import { guessColumns, type ImportedResource, importableFields } from './guess-columns.ts';

export const RESOURCES = ['contact', 'company', 'deal'] as const satisfies readonly ImportedResource[];
export const DUPLICATES = ['skip', 'update', 'create'] as const;
export const MATCHES = ['external_id', 'email', 'name'] as const;
export type Match = (typeof MATCHES)[number];

const header = z.string().min(1).max(200);
const template = z.string().min(1).max(500);
export const DateFormat = z
  .string()
  .max(20)
  .refine(isDayFormat, `a date format such as ${DAY_FORMATS.slice(0, 5).join(', ')}`)
  .meta({ description: 'How days are written in the file; ISO 8601 is always understood', example: 'M/D/YYYY' });

/** Where a field comes from: a column, a text made of several, or the same text for every row. */
const Origin = z.union([
  header.meta({ description: 'The header of a column' }),
  z.strictObject({
    column: header,
    times: z
      .string()
      .regex(/^\d{1,12}(\.\d{1,4})?$/)
      .optional()
      .meta({ description: 'Amounts are multiplied by it: 1000000 when the file counts in millions' }),
    date_format: DateFormat.optional(),
  }),
  z.strictObject({
    template: z
      .union([template, z.array(template).min(1).max(10)])
      .meta({ description: 'Text with {columns}; of several the first whose columns are all filled', example: '{product} for {account}' }),
  }),
  z.strictObject({ value: z.string().max(500) }),
]);
export type Origin = z.output<typeof Origin>;

/** What a mapping says of one file. */
export const Mapping = z
  .strictObject({
    columns: z
      .record(z.string().max(100), Origin.nullable())
      .default({})
      .meta({ description: 'By field of the resource; null leaves a field out although its column could be guessed' }),
    guess: z.boolean().default(true).meta({ description: 'Whether columns that are not named are guessed by their headers' }),
    values: z
      .record(header, z.record(z.string().max(500), z.string().max(500)))
      .default({})
      .meta({ description: 'By column: what is written in the file, and what is meant by it' }),
    missing: z
      .strictObject({
        company: z.enum(['create', 'report']).default('create'),
        contact: z.enum(['create', 'report']).default('create'),
        owner: z.enum(['ignore', 'report']).default('report'),
      })
      .prefault({})
      .meta({ description: 'What becomes of a row that names a record which is not there' }),
  })
  .meta({
    id: 'ImportMapping',
    example: {
      columns: { name: 'account', industry: 'sector' },
      guess: true,
      values: { sector: { technolgy: 'technology' } },
      missing: { company: 'create', contact: 'create', owner: 'report' },
    },
  });
export type Mapping = z.output<typeof Mapping>;

const ALSO: Record<ImportedResource, RegExp> = {
  contact: /^(notes|company_name|custom\..+)$/,
  company: /^(notes|custom\..+)$/,
  deal: /^custom\..+$/,
};
/** One of these has to come from somewhere. */
const NAMES: Record<ImportedResource, readonly string[]> = {
  contact: ['name', 'first_name', 'last_name', 'company_name'],
  company: ['name'],
  deal: ['title'],
};

/** The mapping of a file with these headers, its guesses filled in; or what does not fit, by where it stands in the mapping. */
export function resolved(
  resource: ImportedResource,
  mapping: Mapping,
  headers: readonly string[],
): { columns: Record<string, Origin> } | { wrong: { at: string; message: string }[] } {
  const wrong: { at: string; message: string }[] = [];
  const known = importableFields(resource);
  const columns: Record<string, Origin> = {};
  const used = new Set<string>();
  for (const [field, origin] of Object.entries(mapping.columns)) {
    if (!known.includes(field) && !ALSO[resource].test(field))
      wrong.push({ at: `columns/${field}`, message: `is no field here; there are ${known.join(', ')} and custom.…` });
    if (!origin) continue;
    columns[field] = origin;
    for (const column of columnsOf(origin)) {
      used.add(column);
      if (!headers.includes(column))
        wrong.push({ at: `columns/${field}`, message: `names the column ${column}, which is not among ${headers.join(', ')}` });
    }
  }
  if (mapping.guess)
    for (const [column, field] of guessColumns(resource, headers))
      if (!(field in mapping.columns) && !used.has(column)) columns[field] = column;
  for (const column of Object.keys(mapping.values))
    if (!headers.includes(column)) wrong.push({ at: `values/${column}`, message: 'is not a column of the file' });
  if (!wrong.length && !NAMES[resource].some((field) => field in columns))
    wrong.push({ at: 'columns', message: `nothing gives ${NAMES[resource].join(' or ')}` });
  return wrong.length ? { wrong } : { columns };
}

/** The columns that an origin reads. */
export function columnsOf(origin: Origin): string[] {
  if (typeof origin === 'string') return [origin];
  if ('column' in origin) return [origin.column];
  if ('value' in origin) return [];
  return [origin.template].flat().flatMap((text) => [...text.matchAll(/\{([^{}]+)\}/g)].map(([, column]) => column!));
}
