import { actor, Bus, Command, EntityManager, forbidden, Handles, may, Storage, tenantId, type Upload } from '#kernel';
import { z } from 'zod';
import { DateFormat, DUPLICATES, Mapping, MATCHES, type Match, resolved, RESOURCES } from './mapping.ts';
import { Import, mappingUnfit, tooMuchWaiting, unreadable } from './import.ts';
import { parseCsv } from './parse-csv.ts';
import { RunImport, starterOf } from './run-import.ts';
import { targetOf } from './targets/targets.ts';

/** A JSON text, as form fields and query parameters carry it, or the value itself. */
const spelled = <T extends z.ZodType>(schema: T) =>
  z.union([
    schema,
    z
      .string()
      .transform((text, context) => {
        try {
          return JSON.parse(text) as unknown;
        } catch {
          context.addIssue({ code: 'custom', message: 'is not JSON' });
          return z.NEVER;
        }
      })
      .pipe(schema),
  ]);

export const ImportOptions = z
  .strictObject({
    resource: z.enum(RESOURCES),
    mapping: spelled(Mapping).optional().meta({ description: 'JSON; columns that are not named are guessed by their headers' }),
    date_format: DateFormat.default('YYYY-MM-DD'),
    duplicate_policy: z.enum(DUPLICATES).default('skip'),
    match_on: z.enum(MATCHES).optional().meta({ description: 'external_id when the file has one, else email for contacts, else name' }),
    source: z.string().trim().min(1).max(100).default('import').meta({ description: 'The system whose external ids these are' }),
    dry_run: z.union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')]).default(false),
  })
  .meta({ id: 'ImportOptions' });
export type ImportOptions = z.output<typeof ImportOptions>;

/** Bytes of files of one organization that may wait at once: each is kept on a disk that all share, and takes a worker for minutes. */
const MOST_WAITING = 512 << 20;
const WAITING = `select coalesce(sum(file_size), 0)::float8 as bytes from import
  where tenant_id = ? and status in ('pending', 'running') and deleted_at is null`;

/**
 * Takes a file in and promises to import it. The header line is read at once, so that a mapping which does not fit is refused here.
 * @throws import.mapping_unfit, import.unreadable, import.too_much_waiting, permission.denied
 */
export class StartImport extends Command<Import> {
  /** `promised`: false for who runs it himself, as the terminal does. */
  constructor(
    readonly input: Upload<ImportOptions>,
    readonly promised = true,
  ) {
    super();
  }
}

@Handles(StartImport, 'create', Import)
class Handler {
  constructor(
    private readonly em: EntityManager,
    private readonly bus: Bus,
    private readonly storage: Storage,
  ) {}

  async execute({ input: { fields, file }, promised }: StartImport) {
    const {
      resource,
      mapping = Mapping.parse({}),
      date_format: dateFormat,
      duplicate_policy: duplicatePolicy,
      source,
      dry_run: dryRun,
    } = fields;
    const { of } = targetOf(resource);
    if (!may('import', of)) throw forbidden(`You may not import ${resource}s`);
    await this.roomFor(file.size);
    const found = resolved(resource, mapping, await this.headersOf(file.key));
    if ('wrong' in found) {
      const details = found.wrong.map(({ at, message }) => ({ pointer: `/mapping/${at}`, code: 'unfit', message }));
      throw mappingUnfit(`${mappingUnfit.problem.title}: ${details.map(({ pointer, message }) => `${pointer} ${message}`).join('; ')}`, {
        details,
      });
    }
    const { columns } = found;
    // Whose records they are, and what becomes of those of others, is for those who may decide it one by one.
    if (('owner' in columns || duplicatePolicy === 'update') && !may('reassign', of))
      throw forbidden(`You may not import ${resource}s of others`);
    const matchOn: Match =
      fields.match_on ??
      ('external_id' in columns || resource === 'deal' ? 'external_id' : resource === 'contact' && 'email' in columns ? 'email' : 'name');
    const { key: fileKey, name: fileName, size: fileSize } = file;
    const made = this.em.create(Import, {
      resource,
      fileKey,
      fileName,
      fileSize,
      source,
      mapping: { ...mapping, columns },
      dateFormat,
      duplicatePolicy,
      matchOn,
      dryRun,
    });
    await this.em.flush();
    if (promised) await this.bus.later(new RunImport(made.id, starterOf(actor())), { key: made.id, subjectId: made.id });
    return made;
  }

  private async roomFor(size: number) {
    const [waiting] = await this.em.execute<{ bytes: number }[]>(WAITING, [tenantId()]);
    if (waiting!.bytes + size > MOST_WAITING) throw tooMuchWaiting(undefined, { retryAfter: 60 });
  }

  private async headersOf(key: string): Promise<string[]> {
    const content = await this.storage.get(key);
    const { headers } = await parseCsv(content);
    content.destroy();
    if (!headers.length) throw unreadable();
    return headers;
  }
}
