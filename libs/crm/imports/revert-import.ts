import { Bus, Command, EntityManager, Handles, keepersOf, load, now, Process } from '#kernel';
import { LockMode } from '@mikro-orm/core';
import { sql } from 'kysely';
import { ExternalReference, Import, ImportBatch, notFinished } from './import.ts';
import { RESOURCES } from './mapping.ts';
import { targetOf } from './targets/targets.ts';

/** Deals first: they name contacts and companies, which name each other. */
const ORDER = ['deal', 'contact', 'company'] as const satisfies readonly (typeof RESOURCES)[number][];
type Resource = (typeof ORDER)[number];

/** Promises to remove what an import has created and nobody has changed since. @throws import.not_finished */
export class RevertImport extends Command<Import> {
  constructor(readonly id: string) {
    super();
  }
}

@Handles(RevertImport, 'update', Import)
class Handler {
  constructor(
    private readonly em: EntityManager,
    private readonly bus: Bus,
  ) {}
  async execute({ id }: RevertImport) {
    const order = await load(this.em, Import, id);
    if (order.status === 'reverted' || order.status === 'reverting') return order;
    if (order.dryRun || (order.status !== 'done' && order.status !== 'failed')) throw notFinished();
    order.status = 'reverting';
    await this.bus.later(new RunRevert(id), { key: id, subjectId: id });
    return order;
  }
}

/** Reverts an import, a batch of records in a transaction. */
export class RunRevert extends Process<void> {
  constructor(readonly id: string) {
    super();
  }
}

@Handles(RunRevert, 'system')
class RunHandler {
  constructor(private readonly bus: Bus) {}
  async execute({ id }: RunRevert) {
    for (const resource of ORDER) {
      // What only another record of the same import holds back goes when that one is gone.
      for (let removed = -1; removed !== 0;) removed = await this.pass(id, resource, false);
      await this.pass(id, resource, true);
    }
    await this.bus.run(new FinishRevert(id));
  }

  private async pass(id: string, resource: Resource, last: boolean): Promise<number> {
    let removed = 0;
    for (let after: string | null = '00000000-0000-0000-0000-000000000000'; after;) {
      const step: { removed: number; after: string | null } = await this.bus.run(new RevertBatch(id, resource, after, last));
      removed += step.removed;
      after = step.after;
    }
    return removed;
  }
}

/** Removes the records of the next batch behind `after`; on the last pass what cannot go is counted as kept. */
export class RevertBatch extends Command<{ removed: number; after: string | null }> {
  constructor(
    readonly id: string,
    readonly resource: Resource,
    readonly after: string,
    readonly last: boolean,
  ) {
    super();
  }
}

@Handles(RevertBatch, 'system')
class BatchHandler {
  constructor(private readonly em: EntityManager) {}

  async execute({ id, resource, after, last }: RevertBatch) {
    const order = await load(this.em, Import, id);
    const batch = await this.em.findOne(ImportBatch, { importId: id, resource, id: { $gt: after } }, { orderBy: { id: 'asc' } });
    if (order.status !== 'reverting' || !batch) return { removed: 0, after: null };
    const ids = Object.keys(batch.subjects);
    // Locked first, in one order: a record that is being made for one of them at the moment waits, or holds it.
    const found = await this.em.find(
      targetOf(resource).of,
      { id: { $in: ids } },
      { lockMode: LockMode.PESSIMISTIC_WRITE, orderBy: { id: 'asc' } },
    );
    const records = new Map(found.map((row) => [row.id, row]));
    const held = await this.held(resource, ids);
    const removed: string[] = [];
    const left: Record<string, number> = {};
    for (const [subject, version] of Object.entries(batch.subjects)) {
      const record = records.get(subject);
      const why = !record ? 'gone' : record.version !== version ? 'edited' : held.has(subject) ? 'in_use' : null;
      if (why === 'in_use' && !last) left[subject] = version;
      else if (why) order.kept = { ...order.kept, [why]: (order.kept[why] ?? 0) + 1 };
      else {
        record!.remove();
        removed.push(subject);
      }
    }
    batch.subjects = left;
    order.removed += removed.length;
    await this.forget(removed);
    return { removed: removed.length, after: batch.id };
  }

  /** Records that living ones still name. */
  private async held(resource: Resource, ids: readonly string[]): Promise<Set<string>> {
    const db = this.em.getKysely();
    const keepers = keepersOf(resource).map(({ table, column }): Holder => [table, column]);
    const by = [...HOLDERS[resource], ...keepers].map(([table, column, where]) =>
      sql<{
        id: string;
      }>`select ${sql.ref(column)} as id from ${sql.table(table)} where ${sql.ref(column)} = any(${ids}::uuid[]) and deleted_at is null
        ${where ? sql`and ${sql.raw(where)}` : sql``}`.execute(db),
    );
    return new Set((await Promise.all(by)).flatMap(({ rows }) => rows.map(({ id }) => id)));
  }

  /** Imported again, they are new again. */
  private async forget(ids: string[]) {
    for (const reference of await this.em.find(ExternalReference, { subjectId: { $in: ids } })) reference.deletedAt = now();
  }
}

type Holder = [table: string, column: string, where?: string];
const HOLDERS: Record<Resource, Holder[]> = {
  deal: [],
  contact: [['deal', 'contact_id', "status in ('new', 'in_progress')"]],
  company: [
    ['contact', 'company_id'],
    ['deal', 'company_id'],
    ['company', 'parent_id'],
  ],
};

export class FinishRevert extends Command<void> {
  constructor(readonly id: string) {
    super();
  }
}

@Handles(FinishRevert, 'system')
class FinishHandler {
  constructor(private readonly em: EntityManager) {}
  async execute({ id }: FinishRevert) {
    const order = await load(this.em, Import, id);
    if (order.status === 'reverting') Object.assign(order, { status: 'reverted', finishedAt: now() });
  }
}
