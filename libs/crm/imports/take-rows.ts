import { actingAs, call, type EntityManager, insertMany, tenantId } from '#kernel';
import { sql } from 'kysely';
import { type Expected, WOULD_BE_MADE } from './expected.ts';
import type { ImportedResource } from './guess-columns.ts';
import { ExternalReference, ImportBatch, ImportRow } from './import.ts';
import { inParts, reasonOf } from './in-parts.ts';
import { byName, contactsByEmail, keyOf, referenced } from './look-up.ts';
import type { Refused } from './read-row.ts';
import { columnOf } from './targets/names.ts';
import type { Prepared, Settled, Target, Work } from './targets/target.ts';

/** A row on its way in, by what it is recognised as when it comes again. */
interface Keyed extends Settled {
  readonly key: string | null;
}
interface Known {
  readonly id: string;
  readonly fingerprint: string | null;
}
type Line = Partial<ImportRow> & Pick<ImportRow, 'line' | 'outcome'>;

/** Brings the rows of one chunk in, inside its transaction: all that are fine, and a reason for each that is not. */
export class Taking {
  private readonly lines: Line[] = [];
  private readonly references = new Map<string, { subjectId: string; fingerprint: string }>();
  /** Of this chunk, by resource: the records that were created, and their versions. */
  private readonly made = new Map<ImportedResource, Record<string, number>>();
  private readonly versions = new Map<string, number>();

  constructor(
    private readonly work: Work,
    private readonly target: Target,
  ) {}

  async take(rows: readonly Omit<Settled, 'known'>[]): Promise<void> {
    const { matchOn, duplicatePolicy } = this.work.order;
    let left: Keyed[] = [];
    for (const row of rows) {
      const key = keyFor(row, matchOn, duplicatePolicy);
      if (key && key.length > LONGEST_KEY)
        this.refuse(row.line, [{ column: columnOf(this.work, matchOn), reason: 'is too long to be recognised by' }]);
      else left.push({ ...row, key });
    }
    while (left.length) left = await this.round(left);
    await this.writeDown();
  }

  refuse(line: number, refusals: readonly Refused[]): void {
    this.work.order.failed++;
    this.lines.push(...refusals.map(({ column, reason }) => ({ line, outcome: 'failed' as const, column, reason })));
  }

  /** One of each record; a second row for the same one waits for the next round. */
  private async round(rows: readonly Keyed[]): Promise<Keyed[]> {
    const { order } = this.work;
    const known = await this.known(rows);
    const begun = new Set<string>();
    const [here, later]: [Keyed[], Keyed[]] = [[], []];
    for (const row of rows) {
      const found = row.key === null ? undefined : known.get(row.key);
      if (found && (order.duplicatePolicy !== 'update' || found.fingerprint === row.fingerprint)) order.skipped++;
      else if (row.key !== null && begun.has(row.key)) later.push(row);
      else here.push(found ? { ...row, known: found.id } : row);
      if (row.key !== null) begun.add(row.key);
    }
    const { rows: answers, created } = await this.target.prepare(this.work, here);
    for (const { resource, id } of created) this.madeOf(resource)[id] = 1;
    const good: Prepared[] = [];
    for (const [index, answer] of answers.entries()) {
      if ('reason' in answer) this.refuse(here[index]!.line, [answer]);
      else good.push(answer);
    }
    if (this.work.expected) this.pretend(good, this.work.expected);
    else {
      await this.create(good.filter(({ row }) => !row.known));
      for (const prepared of good) if (prepared.row.known) await this.update(prepared.row.known, prepared);
    }
    return later;
  }

  private async known(rows: readonly Keyed[]): Promise<Map<string, Known>> {
    const { em, order, starter } = this.work;
    const keys = rows.flatMap(({ key }) => key ?? []);
    const found = new Map<string, Known>();
    const live = keys.flatMap((key) => (key.startsWith(LIVE[order.matchOn] ?? '\0') ? [key.slice(key.indexOf(':') + 1)] : []));
    if (order.duplicatePolicy !== 'create' && live.length) {
      const named = order.matchOn === 'email' ? await contactsByEmail(em, live, starter) : await byName(em, order.resource, live, starter);
      for (const [name, id] of named) found.set(`${order.matchOn}:${name}`, { id, fingerprint: null });
    }
    for (const [key, reference] of await referenced(em, order.source, order.resource, keys)) found.set(key, reference);
    for (const key of keys) {
      const brought = this.references.get(key);
      if (brought) found.set(key, { id: brought.subjectId, fingerprint: brought.fingerprint });
    }
    const { expected } = this.work;
    for (const key of keys)
      if (expected?.has(order.resource, key) && !found.has(key)) found.set(key, { id: WOULD_BE_MADE, fingerprint: null });
    return found;
  }

  private async create(rows: Prepared[]): Promise<void> {
    const outcomes = await inParts(this.work.bus, rows, (some) => this.target.create(this.work, some));
    for (const [index, outcome] of outcomes.entries()) {
      const prepared = rows[index]!;
      if ('made' in outcome) this.brought(prepared, outcome.made);
      else this.refuse(prepared.row.line, [{ column: null, reason: outcome.refused }]);
    }
  }

  private brought(prepared: Prepared, id: string): void {
    const { fingerprint, key } = prepared.row as Keyed & Settled;
    this.work.order.created++;
    this.madeOf(this.work.order.resource)[id] = 1;
    if (key) this.references.set(key, { subjectId: id, fingerprint });
    this.leftOpen(prepared, id);
  }

  private async update(id: string, prepared: Prepared): Promise<void> {
    const { line, fingerprint, key } = prepared.row as Keyed & Settled;
    try {
      // What is there already changes as if whoever started the import had changed it: he needs the same permissions.
      const change = () => this.work.bus.apart(() => this.target.update(this.work, id, prepared));
      const { version } = await actingAs(this.work.starter, change, { requestId: call().requestId });
      this.work.order.updated++;
      const made = this.madeOf(this.work.order.resource);
      if (id in made) made[id] = version;
      else this.versions.set(id, version);
      if (key) this.references.set(key, { subjectId: id, fingerprint });
      this.leftOpen(prepared, id);
    } catch (error) {
      this.refuse(line, [{ column: null, reason: reasonOf(error) }]);
    }
  }

  private pretend(rows: readonly Prepared[], expected: Expected): void {
    const { resource } = this.work.order;
    for (const prepared of rows) {
      const { key, known } = prepared.row as Keyed & Settled;
      if (known) this.work.order.updated++;
      else this.work.order.created++;
      if (key) expected.add(resource, key);
      const { name } = prepared.values;
      if (typeof name === 'string') expected.add(resource, keyOf(name));
      this.leftOpen(prepared, null);
    }
  }

  private leftOpen({ row: { line }, pending, without }: Prepared, subjectId: string | null): void {
    if (pending)
      this.lines.push({
        line,
        outcome: 'pending',
        subjectId,
        column: pending.column,
        named: pending.name,
        reason: pending.reason,
      });
    if (without) {
      this.work.order.incomplete++;
      this.lines.push({ line, outcome: 'incomplete', subjectId, column: without.column, reason: without.reason });
    }
  }

  private async writeDown(): Promise<void> {
    const { order, em } = this.work;
    const { id: importId, source, resource } = order;
    await insertMany(
      ImportRow,
      // Headers and reasons are as long as the file has them.
      this.lines.map(({ column, reason, ...line }) => ({
        ...line,
        importId,
        column: column?.slice(0, 200) ?? null,
        reason: reason?.slice(0, 1000) ?? null,
      })),
    );
    const references = [...this.references].map(([externalId, reference]) => ({ source, resource, externalId, ...reference }));
    await insertMany(ExternalReference, references, { over: ['source', 'resource', 'externalId'] });
    await insertMany(
      ImportBatch,
      [...this.made].map(([of, subjects]) => ({ importId, resource: of, subjects })),
    );
    await anew(em, importId, this.versions);
  }

  private madeOf(resource: ImportedResource): Record<string, number> {
    if (!this.made.has(resource)) this.made.set(resource, {});
    return this.made.get(resource)!;
  }
}

/** Records that an import has created and now changed itself are not changed by anybody else. */
export async function anew(em: EntityManager, importId: string, versions: ReadonlyMap<string, number>): Promise<void> {
  if (!versions.size) return;
  const { rows } = await sql<{ id: string }>`select id from import_batch
    where tenant_id = ${tenantId()} and import_id = ${importId} and subjects ?| ${[...versions.keys()]}::text[]`.execute(em.getKysely());
  for (const batch of await em.find(ImportBatch, { id: { $in: rows.map(({ id }) => id) } })) {
    const known = Object.entries(batch.subjects).map(([id, version]) => [id, versions.get(id) ?? version]);
    batch.subjects = Object.fromEntries(known) as Record<string, number>;
  }
}

/** What a reference holds. */
const LONGEST_KEY = 300;

/** Keys that are looked for among the living records too, and not only among those imported before. */
const LIVE: Partial<Record<string, string>> = { email: 'email:', name: 'name:' };

/**
 * What tells that a row has been taken before: its external id, its e-mail or its name; one without any is recognised as a whole. Told to
 * create in any case, only an external id is.
 */
function keyFor({ externalId, values, settled, fingerprint }: Omit<Settled, 'known'>, matchOn: string, policy: string): string | null {
  if (externalId !== null && (matchOn === 'external_id' || policy === 'create')) return externalId;
  if (policy === 'create') return null;
  const { email } = values;
  const called = settled.name ?? settled.title;
  if (matchOn === 'email' && typeof email === 'string') return `email:${email}`;
  if (matchOn === 'name' && typeof called === 'string' && called) return `name:${keyOf(called)}`;
  return `row:${fingerprint}`;
}
