import { Bus, Command, EntityManager, Handles, load, tenantId } from '#kernel';
import { Import } from './import.ts';
import type { ReadRow, Refused } from './read-row.ts';
import { Taking } from './take-rows.ts';
import type { Work } from './targets/target.ts';
import { targetOf } from './targets/targets.ts';

/** A row as it was read, or why it could not be. */
export type ChunkRow = { line: number; refused: Refused[] } | (ReadRow & { settled: Record<string, unknown> });

/**
 * Brings some rows of an import in: one transaction with what they became, the counts, and how far it came. Whoever comes with rows that
 * another one has dealt with is told so by false, and nothing happens.
 */
export class ImportChunk extends Command<boolean> {
  /**
   * @param from rows of the file before these
   * @param progress percent of the file behind these
   * @param around who started it; in a dry run, what came before
   */
  constructor(
    readonly id: string,
    readonly from: number,
    readonly rows: readonly ChunkRow[],
    readonly progress: number,
    readonly around: Pick<Work, 'starter' | 'expected'>,
  ) {
    super();
  }
}

@Handles(ImportChunk, 'system')
class Handler {
  constructor(
    private readonly em: EntityManager,
    private readonly bus: Bus,
  ) {}

  async execute({ id, from, rows, progress, around }: ImportChunk) {
    const order = await load(this.em, Import, id);
    if (order.status !== 'running' || order.position !== from) return false;
    await this.standInLine(order);
    const taking = new Taking({ em: this.em, bus: this.bus, order, ...around }, targetOf(order.resource));
    const good = [];
    for (const row of rows) {
      if ('refused' in row) taking.refuse(row.line, row.refused);
      else good.push(row);
    }
    await taking.take(good);
    order.position = from + rows.length;
    order.progress = progress;
    return true;
  }

  /** Whether a row was taken before is looked up, and then it is taken: two files of one source at once would each take it. */
  private async standInLine({ source, resource }: Import) {
    await this.em.execute('select pg_advisory_xact_lock(hashtextextended(?, 0))', [`import ${tenantId()} ${resource} ${source}`]);
  }
}
