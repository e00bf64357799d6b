import { Bus, Command, csvStream, EntityManager, fileKey, Handles, load, now, organization, Storage } from '#kernel';
import { UpdateCompany } from '../companies/update-company.ts';
import { Company } from '../companies/company.ts';
import { WOULD_BE_MADE } from './expected.ts';
import { Import, ImportBatch, ImportRow } from './import.ts';
import { byName, keyOf } from './look-up.ts';
import { reasonOf } from './in-parts.ts';
import { anew } from './take-rows.ts';
import type { Work } from './targets/target.ts';

const AT_ONCE = 500;
const ERROR_COLUMNS = ['line', 'column', 'reason'];

/** Begins an import, or goes on with one; it is not open when there is nothing left to do. A dry run begins anew: it has written nothing. */
export class BeginImport extends Command<Import> {
  constructor(readonly id: string) {
    super();
  }
}

@Handles(BeginImport, 'system')
class BeginHandler {
  constructor(private readonly em: EntityManager) {}
  async execute({ id }: BeginImport) {
    const order = await load(this.em, Import, id);
    if (!order.isOpen()) return order;
    if (order.dryRun && order.position) {
      await this.em.nativeDelete(ImportRow, { importId: id });
      Object.assign(order, { position: 0, created: 0, updated: 0, skipped: 0, failed: 0, incomplete: 0 });
    }
    order.status = 'running';
    order.startedAt ??= now();
    return order;
  }
}

/** Gives up, where nobody has finished it meanwhile: the reason is for whoever started the import. The file is not kept. */
export class FailImport extends Command<void> {
  constructor(
    readonly id: string,
    readonly reason: string,
  ) {
    super();
  }
}

@Handles(FailImport, 'system')
class FailHandler {
  constructor(
    private readonly em: EntityManager,
    private readonly storage: Storage,
  ) {}
  async execute({ id, reason }: FailImport) {
    const order = await load(this.em, Import, id);
    // Whoever was faster has finished it, and taken the file away.
    if (!order.isOpen()) return;
    Object.assign(order, { status: 'failed', failure: reason, finishedAt: now() });
    await this.storage.delete(order.fileKey);
  }
}

/** Links some of the records that named one which came later in the file; false when none is left. */
export class LinkRows extends Command<boolean> {
  /** @param around who started it; in a dry run, what the file would have brought in */
  constructor(
    readonly id: string,
    readonly around: Pick<Work, 'starter' | 'expected'>,
  ) {
    super();
  }
}

@Handles(LinkRows, 'system')
class LinkHandler {
  constructor(
    private readonly em: EntityManager,
    private readonly bus: Bus,
  ) {}

  async execute({ id, around: { starter, expected } }: LinkRows) {
    const order = await load(this.em, Import, id);
    const rows = await this.em.find(
      ImportRow,
      { importId: id, outcome: 'pending' },
      { orderBy: { line: 'asc', id: 'asc' }, limit: AT_ONCE },
    );
    if (order.status !== 'running' || !rows.length) return false;
    const keys = [...new Set(rows.map(({ named }) => keyOf(named!)))];
    const found = await byName(this.em, 'company', keys, starter);
    const versions = new Map<string, number>();
    const makes = order.mapping.missing.company === 'create';
    for (const key of keys) if (expected && !found.has(key) && (makes || expected.has('company', key))) found.set(key, WOULD_BE_MADE);
    for (const row of rows) {
      const key = keyOf(row.named!);
      if (!found.has(key) && makes) found.set(key, await this.made(order, row));
      const parentId = found.get(key);
      let refused = parentId === undefined ? row.reason : null;
      if (parentId && !expected && row.subjectId) refused = await this.link(row.subjectId, parentId, versions);
      if (refused) order.incomplete++;
      if (refused) Object.assign(row, { outcome: 'incomplete', reason: refused });
      else this.em.remove(row);
    }
    await anew(this.em, id, versions);
    return true;
  }

  private async made({ id: importId }: Import, { named }: ImportRow): Promise<string> {
    const company = this.em.create(Company, { name: named! });
    this.em.create(ImportBatch, { importId, resource: 'company', subjects: { [company.id]: 1 } });
    await this.em.flush();
    return company.id;
  }

  /** As the use case does it, which knows circles; answers why not. */
  private async link(id: string, parentId: string, versions: Map<string, number>): Promise<string | null> {
    try {
      const { version } = await this.bus.apart(() => this.bus.run(new UpdateCompany(id, { parentId })));
      versions.set(id, version);
      return null;
    } catch (error) {
      return reasonOf(error);
    }
  }
}

/** The end of an import: what was not taken is listed in a file. */
export class FinishImport extends Command<void> {
  constructor(readonly id: string) {
    super();
  }
}

@Handles(FinishImport, 'system')
class FinishHandler {
  constructor(
    private readonly em: EntityManager,
    private readonly storage: Storage,
  ) {}

  async execute({ id }: FinishImport) {
    const order = await load(this.em, Import, id);
    if (order.status !== 'running') return;
    if (order.failed || order.incomplete) {
      const key = fileKey(organization().id, 'imports', id, 'errors.csv');
      await this.storage.put(key, csvStream(ERROR_COLUMNS, this.errors(id)), { type: 'text/csv' });
      order.errorFile = key;
    }
    Object.assign(order, { status: 'done', progress: 100, finishedAt: now() });
  }

  private async *errors(importId: string): AsyncGenerator<Record<string, unknown>> {
    for (let after = { line: 0, id: '00000000-0000-0000-0000-000000000000' }; ;) {
      const em = this.em.fork({ keepTransactionContext: true });
      const behind = { $or: [{ line: { $gt: after.line } }, { line: after.line, id: { $gt: after.id } }] };
      const rows = await em.find(
        ImportRow,
        { importId, outcome: { $in: ['failed', 'incomplete'] }, ...behind },
        { orderBy: { line: 'asc', id: 'asc' }, limit: AT_ONCE },
      );
      for (const { line, column, reason } of rows) yield { line, column, reason };
      const last = rows.at(-1);
      if (!last) return;
      after = last;
    }
  }
}
