import { currency, text } from '#kernel';
import { z } from 'zod';
import { DateFormat, DUPLICATES, Mapping, MATCHES, RESOURCES } from './mapping.ts';

const name = z.string().trim().min(1).max(100);
const file = z.string().min(1).max(200).meta({ description: 'Its name in the folder' });
const Stage = z.strictObject({
  name,
  key: z.string().optional(),
  kind: z.enum(['open', 'won', 'lost', 'closed']).default('open'),
  probability: z.int().min(0).max(100).optional(),
});

/** Members are named in a file of their own; only their names, teams and the like are known. */
const People = z.strictObject({
  file,
  resource: z.literal('member'),
  columns: z
    .record(z.string().regex(/^(name|email|custom\..+)$/, 'name, email or custom.…'), z.string().min(1))
    .refine((columns) => 'name' in columns, 'a member needs a name'),
});
const Records = Mapping.extend({
  file,
  resource: z.enum(RESOURCES),
  date_format: DateFormat.default('YYYY-MM-DD'),
  duplicate_policy: z.enum(DUPLICATES).default('skip'),
  match_on: z.enum(MATCHES).optional(),
});

/**
 * What `tessera import` needs to know of a folder: the files in the order in which they go in, the pipelines their deals stand in, the
 * currency that an organization without other data gets, and what the external ids belong to.
 */
export const MappingFile = z.strictObject({
  $schema: z.string().optional(),
  source: text({ max: 100 }).check,
  currency: currency().check.optional(),
  pipelines: z
    .array(z.strictObject({ name, is_default: z.boolean().default(false), stages: z.array(Stage).min(2).max(50) }))
    .max(20)
    .default([]),
  files: z
    .array(z.discriminatedUnion('resource', [People, Records]))
    .min(1)
    .max(50),
});
export type MappingFile = z.output<typeof MappingFile>;
export type RecordsFile = z.output<typeof Records>;
export type PeopleFile = z.output<typeof People>;
