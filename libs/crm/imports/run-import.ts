import { actor, type Actor, Bus, FileMissing, Handles, logger, lostRace, organization, Process, Storage } from '#kernel';
import { BeginImport, FailImport, FinishImport, LinkRows } from './import-steps.ts';
import { Expected } from './expected.ts';
import type { Import } from './import.ts';
import { reasonOf } from './in-parts.ts';
import { type ChunkRow, ImportChunk } from './import-chunk.ts';
import type { Work } from './targets/target.ts';
import { type CsvFile, parseCsv, type Row, type RowProblem } from './parse-csv.ts';
import { RowReader } from './read-row.ts';
import { targetOf } from './targets/targets.ts';

const CHUNK = 1000;
const PROBLEMS: Record<RowProblem, string> = {
  too_few_cells: 'the row has fewer cells than the header',
  too_many_cells: 'the row has more cells than the header',
  quote: 'a quote is not closed',
  encoding: 'the row holds bytes that are no text',
  too_long: 'the row is too long',
};

/** Who started an import and what he might do then, in a form that can be promised. */
export type Starter = Pick<Actor, 'kind' | 'userId' | 'role' | 'permissionSets' | 'apiKeyId'>;
export const starterOf = ({ kind, userId, role, permissionSets, apiKeyId }: Actor): Starter => ({
  kind,
  userId,
  role,
  permissionSets,
  apiKeyId,
});

/**
 * Imports a file, a transaction for each thousand rows. The next rows are read while the database is busy with the ones before; how far it
 * came stands in the import, so a worker that takes over goes on there.
 */
export class RunImport extends Process<void> {
  /**
   * @param by whoever runs it unless given
   * @param expected for a dry run of several files: what those before would have brought in
   */
  constructor(
    readonly id: string,
    readonly by?: Starter,
    readonly expected?: Expected,
  ) {
    super();
  }

  override givenUp() {
    return new FailImport(this.id, 'It broke off again and again and was given up; what came in until then is there');
  }
}

type Around = Pick<Work, 'starter' | 'expected'>;

@Handles(RunImport, 'system')
class Handler {
  constructor(
    private readonly bus: Bus,
    private readonly storage: Storage,
  ) {}

  async execute({ id, by, expected = new Expected() }: RunImport) {
    const order = await this.bus.run(new BeginImport(id));
    const starter: Actor = by ? { ...by, organization: organization(), carriedOn: true } : actor();
    if (order.isOpen()) await this.take(order, order.dryRun ? { starter, expected } : { starter });
    // Nobody needs a copy of all these people any more: what became of each row stands in the import.
    await this.storage.delete(order.fileKey);
  }

  private async take(order: Import, around: Around): Promise<void> {
    try {
      await this.takeAll(order, around);
      await this.bus.run(new FinishImport(order.id));
    } catch (error) {
      const reason = error instanceof FileMissing ? 'The file is not there any more' : reasonOf(error);
      logger.warn({ import: order.id, err: error }, 'an import has failed');
      await this.bus.run(new FailImport(order.id, reason));
    }
  }

  /** @throws lost_race when another worker is at it too: the slower one stops */
  private async takeAll(order: Import, around: Around): Promise<void> {
    const { id, fileKey, fileSize } = order;
    const counted = new Counted(await this.storage.get(fileKey));
    const chunks = chunksOf(await parseCsv(counted), order);
    try {
      let next = chunks.next();
      for (;;) {
        const chunk = await next;
        if (chunk.done) break;
        const { from, rows } = chunk.value;
        next = chunks.next();
        next.catch(() => {});
        const progress = Math.min(99, Math.floor((counted.bytes * 100) / fileSize));
        if (!(await this.bus.run(new ImportChunk(id, from, rows, progress, around)))) throw lostRace();
      }
      while (await this.bus.run(new LinkRows(id, around)));
    } finally {
      await chunks.return(undefined);
    }
  }
}

/** Passes bytes on and knows how many there were. */
class Counted implements AsyncIterable<Uint8Array> {
  bytes = 0;
  constructor(private readonly source: AsyncIterable<Uint8Array>) {}
  async *[Symbol.asyncIterator]() {
    for await (const chunk of this.source) {
      this.bytes += chunk.length;
      yield chunk;
    }
  }
}

/** The rows that are left, a thousand at a time, read and checked as far as that goes without the database. */
async function* chunksOf(file: CsvFile, order: Import): AsyncGenerator<{ from: number; rows: ChunkRow[] }> {
  const { resource, mapping, columns, dateFormat } = order;
  const target = targetOf(resource);
  const { timeZone, currency } = organization();
  const reader = new RowReader({
    resource,
    columns: columns as never,
    values: mapping.values,
    dateFormat,
    fields: target.fields,
    timeZone,
    currency,
  });
  const read = (row: Row): ChunkRow => {
    if ('problem' in row) return { line: row.line, refused: [{ column: null, reason: PROBLEMS[row.problem] }] };
    const found = reader.read(row.line, row.cells);
    if (Array.isArray(found)) return { line: row.line, refused: found };
    const settled = target.settle(found);
    return Array.isArray(settled) ? { line: row.line, refused: settled } : { ...found, settled };
  };
  let [before, from] = [0, order.position];
  let rows: ChunkRow[] = [];
  for await (const row of file.rows) {
    if (before++ < order.position) continue;
    rows.push(read(row));
    if (rows.length < CHUNK) continue;
    yield { from, rows };
    from += rows.length;
    rows = [];
  }
  if (rows.length) yield { from, rows };
}
