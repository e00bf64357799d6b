import { businessRecord, choice, entity, flag, json, moment, problem, ref, text, uuid, whole } from '#kernel';
import { z } from 'zod';
import { DUPLICATES, Mapping, MATCHES, RESOURCES } from './mapping.ts';

export const IMPORT_STATUSES = ['pending', 'running', 'done', 'failed', 'reverting', 'reverted'] as const;

/** Why records stayed when their import was reverted, and how many. */
const Kept = z.strictObject({ edited: z.int().optional(), in_use: z.int().optional(), gone: z.int().optional() });

/** A file of records on its way in. Its rows are counted in the transactions that bring them in, so the counts are always true. */
export class Import extends businessRecord(
  'import',
  {
    resource: choice(RESOURCES).describe('What the rows become'),
    fileKey: text({ max: 500 }),
    fileName: text({ max: 255 }).describe('As the sender calls it', 'contacts.csv'),
    fileSize: whole().describe('Bytes'),
    source: text({ max: 100 }).describe('Where the external ids come from', 'import'),
    mapping: json(Mapping).describe('As it is used: with what was guessed'),
    dateFormat: text({ max: 20 }),
    duplicatePolicy: choice(DUPLICATES, 'skip').describe('What becomes of a row whose record is there already'),
    matchOn: choice(MATCHES, 'external_id').describe('By what it is told that a record is there already'),
    dryRun: flag().or(false).describe('Reports what would happen, and writes nothing'),
    status: choice(IMPORT_STATUSES, 'pending'),
    progress: whole({ max: 100 }).or(0).describe('Percent of the file'),
    /** Rows of the file that are dealt with; the next transaction begins behind them. */
    position: whole().or(0),
    created: whole().or(0).describe('Rows that became records'),
    updated: whole().or(0).describe('Rows that changed records'),
    skipped: whole().or(0).describe('Rows whose record was there already, and stayed as it was'),
    failed: whole().or(0).describe('Rows that were not taken'),
    incomplete: whole().or(0).describe('Rows that were taken without something they name'),
    removed: whole().or(0).describe('Records that reverting has removed'),
    kept: json(Kept).or({}).describe('Records that reverting has left, by reason'),
    failure: text({ max: 1000 }).optional().describe('Why the import as a whole failed'),
    errorFile: text({ max: 500 }).optional(),
    startedAt: moment().optional(),
    finishedAt: moment().optional(),
  },
  { index: [['status', 'createdAt', 'id']] },
) {
  /** What was guessed and given, by field. */
  get columns() {
    return this.mapping.columns;
  }

  /** Whether rows are still to be taken. */
  isOpen(): boolean {
    return this.status === 'pending' || this.status === 'running';
  }
}

/** A row that could not be taken, or not wholly: what the error file lists. */
export class ImportRow extends entity(
  'import_row',
  {
    importId: ref(() => Import),
    line: whole({ min: 1 }),
    /** pending: in, and waits for a record it names that may come later. */
    outcome: choice(['failed', 'pending', 'incomplete']),
    subjectId: uuid().optional(),
    column: text({ max: 200 }).optional(),
    named: text({ max: 255 }).optional(),
    reason: text({ max: 1000 }).optional(),
  },
  { index: [['importId', 'outcome', 'line', 'id']], quiet: true },
) {}

/** Records that one transaction of an import has created, with their versions when the import was done with them: reverting goes by them. */
export class ImportBatch extends entity(
  'import_batch',
  {
    importId: ref(() => Import),
    resource: choice(RESOURCES),
    subjects: json(z.record(z.string(), z.int())),
  },
  { index: [['importId', 'resource', 'id']], quiet: true },
) {}

/** What a record is called in another system: how a file imported twice finds what it made the first time. */
export class ExternalReference extends entity(
  'external_reference',
  {
    source: text({ max: 100 }),
    resource: choice(RESOURCES),
    externalId: text({ max: 300 }),
    subjectId: uuid(),
    /** Of the row as it was last taken. */
    fingerprint: text({ max: 60 }),
  },
  { unique: [{ on: ['source', 'resource', 'externalId'] }], index: [['subjectId']], quiet: true },
) {}

export const mappingUnfit = problem('import.mapping_unfit', 422, 'The mapping does not fit the file');
export const unreadable = problem('import.unreadable', 422, 'The file has no header line that can be read');
export const tooMuchWaiting = problem(
  'import.too_much_waiting',
  409,
  'So many bytes of this organization wait to be imported; come back when they are',
);
export const notFinished = problem('import.not_finished', 409, 'This import is not in a state to be reverted');
