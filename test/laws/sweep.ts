import { asOwner, inside, rowsOf } from '../database.ts';
import { unzipped } from '../unzipped.ts';
import type { Answer, Client, Json } from '../world.ts';
import { fresh, type Inhabitant, type Operation, plain, referenceIn } from './samples.ts';

/** Something of the other organization that came through. */
export interface Finding {
  operation: string;
  play: string;
  what: string;
}
/** What is not asked of oneself, with the reason: a control would cost more than it shows. */
export const UNCONTROLLED: Record<string, string> = {
  organizationsDelete: 'ends the organization that plays; DELETE by its owner is played in the matrix',
  organizationsTransfer: 'takes the rights of who plays away; played in the matrix',
  authEndSession: 'ends the session that plays; played in the matrix',
  organizationsOrganizationIdMembersUpdate: 'takes another member than who plays; played in the matrix',
  pipelinesReorderStages: 'takes the ids of all stages; played in the matrix',
  adminOrganizationsGet: 'for the operator, who is of no organization; played in the matrix',
  adminOrganizationsUpdate: 'as above',
  adminOrganizationsSuspend: 'as above',
  adminOrganizationsResume: 'as above',
};
const FORMATS = ['csv', 'json', 'xlsx'] as const;
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;

/** Every table whose rows belong to an organization, with the column that says to which. */
export const ownedTables = () =>
  asOwner<{ name: string; owner: string }>(
    `select quote_ident(c.relname) as name, a.attname as owner from pg_class c join pg_attribute a on a.attrelid = c.oid
     where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and a.attname in ('tenant_id', 'organization_id') order by 1`,
  );

/** What the rows of an organization are, table by table. */
export async function stateOf(organizationId: string, tables: readonly { name: string; owner: string }[]): Promise<Record<string, string>> {
  const parts = tables.map(
    ({ name, owner }) =>
      `select '${name}' as name, count(*) || ' ' || coalesce(md5(string_agg(t::text, '|' order by t::text)), '') as sum from ${name} t where ${owner}::text = $1`,
  );
  parts.push(`select 'the organization', o::text from organization o where id::text = $1`);
  const rows = await rowsOf<{ name: string; sum: string }>(organizationId, parts.join(' union all '), [organizationId]);
  return Object.fromEntries(rows.map(({ name, sum }) => [name, sum]));
}

/**
 * Plays every operation as one organization with everything that belongs to another, and tells what came through: an answer of 2xx where
 * there is nothing to answer, a byte or an id of the other organization, a row of it that changed.
 */
export class Sweep {
  readonly findings: Finding[] = [];
  /** Operations that no foreign record was found for. */
  readonly unplayed: string[] = [];
  /** Operations by the id of a record that cannot be told from a wrong path: 404 also for who asks with his own. */
  readonly uncontrolled: string[] = [];
  /** Exports that held what is one's own, by format: those in which something foreign would have been seen. */
  readonly exported: Record<string, number> = { csv: 0, json: 0, xlsx: 0 };
  /** How often each way in was tried: by the path, by the body … */
  readonly plays = new Map<string, number>();
  get played() {
    return [...this.plays.values()].reduce((sum, one) => sum + one, 0);
  }
  private theirs = new Set<string>();
  private paths: [mine: string | undefined, theirs: string | undefined] = [undefined, undefined];
  private tables: { name: string; owner: string }[] = [];

  /** `by`: with what we ask, where that is not our session. */
  constructor(
    private readonly me: Inhabitant,
    private readonly them: Inhabitant,
    private readonly by: Client = me.persona,
  ) {}

  private send(operation: Operation, path: string, body?: unknown, headers: Record<string, string> = {}) {
    return this.me.send(operation, path, body, headers, this.by);
  }

  async over(operations: readonly Operation[]): Promise<this> {
    this.tables = await ownedTables();
    const tables = [...new Set(operations.map(({ table }) => table))];
    for (const table of tables) {
      const own = operations.filter((one) => one.table === table);
      // What is missing on either side is made first.
      const paths = new Map<Operation, Sweep['paths']>();
      for (const operation of own) paths.set(operation, [await this.me.pathOf(operation), await this.them.pathOf(operation)]);
      await this.learn();
      const before = await stateOf(this.them.organizationId, this.tables);
      for (const operation of own) {
        this.paths = paths.get(operation)!;
        await this.byPath(operation);
        await this.byHeader(operation);
        await this.byQuery(operation);
        await this.byBody(operation);
        await this.byBatch(operation);
        await this.byCursor(operation);
        await this.byExport(operation);
        await this.control(operation);
      }
      await this.compare(own[0]!, before);
      for (const operation of own) await this.byKey(operation);
    }
    return this;
  }

  /** The idempotency keys alone: for somebody who is at home in both. */
  async keysOver(operations: readonly Operation[]): Promise<this> {
    this.tables = await ownedTables();
    for (const operation of operations) await this.byKey(operation);
    return this;
  }

  /** The ids of everything the other organization has. */
  private async learn() {
    const { organizationId, persona } = this.them;
    const lists = this.tables.map(
      ({ name, owner }) => `select to_jsonb(t) ->> 'id' as id, to_jsonb(t) ->> 'user_id' as also from ${name} t where ${owner}::text = $1`,
    );
    const rows = await rowsOf<{ id: string | null; also: string | null }>(organizationId, lists.join(' union all '), [organizationId]);
    this.theirs = new Set([organizationId, persona.userId, ...rows.flatMap(({ id, also }) => [id ?? '', also ?? ''])]);
    // Who is at home in both may be told who he is.
    for (const own of ['', this.me.persona.userId]) this.theirs.delete(own);
  }

  private async compare(operation: Operation, before: Record<string, string>) {
    const after = await stateOf(this.them.organizationId, this.tables);
    for (const name of Object.keys(before)) if (before[name] !== after[name]) this.found(operation, 'any', `changed rows of ${name}`);
  }

  private found(operation: Operation, play: string, what: string) {
    this.findings.push({ operation: operation.id, play, what });
  }

  private judge(operation: Operation, play: string, answer: Answer, sent: unknown, refused: boolean, text = answer.text) {
    const [way] = play.split(' ');
    this.plays.set(way!, (this.plays.get(way!) ?? 0) + 1);
    const said = text + JSON.stringify(answer.headers);
    const told = JSON.stringify(sent);
    if (said.includes(this.them.mark.proof)) this.found(operation, play, 'foreign text');
    const ids = (said.match(UUID) ?? []).map((id) => id.toLowerCase());
    if (ids.some((id) => this.theirs.has(id) && !told.toLowerCase().includes(id))) this.found(operation, play, 'foreign id');
    if (answer.status >= 500) this.found(operation, play, `broke: ${answer.text.slice(0, 300)}`);
    if (answer.headers['idempotency-replayed']) this.found(operation, play, 'a foreign answer replayed');
    if (!refused || answer.status >= 400) return;
    const results = Array.isArray(answer.data) && operation.path.endsWith('/batch') ? (answer.data as { status: number }[]) : [];
    if (!results.length || results.some(({ status }) => status < 400)) this.found(operation, play, `answered ${answer.status}`);
  }

  /** All its ids, and each alone among ours. */
  private async byPath(operation: Operation) {
    if (!operation.ids.length) return;
    const [mine, theirs] = this.paths;
    if (!theirs || !mine) return void this.unplayed.push(operation.id);
    const [foreign, own, parts] = [theirs.split('/'), mine.split('/'), operation.path.split('/')];
    const places = parts.flatMap((part, i) => (part.startsWith('{') ? [i] : []));
    const paths = new Set([theirs, ...places.map((place) => own.map((part, i) => (i === place ? foreign[i] : part)).join('/'))]);
    for (const path of paths) {
      const body = await this.me.valid(operation);
      this.judge(operation, `path ${path}`, await this.send(operation, path, body), [path, body], true);
      if (operation.method === 'GET')
        this.judge(operation, 'if-none-match', await this.send(operation, path, undefined, { 'if-none-match': '*' }), path, true);
    }
  }

  /** The same with an id of our own is not 404: so it was the record that was not found, and not the path, and whatever is done can be done. */
  private async control(operation: Operation) {
    if (!operation.ids.length || operation.id in UNCONTROLLED) return;
    const path = operation.path.includes('/members/{id}') ? await this.aColleague(operation) : await this.me.pathOf(operation, true);
    const answer = path && (await this.send(operation, path, await this.me.valid(operation)));
    if (!answer || answer.status === 404 || answer.status === 400) this.uncontrolled.push(operation.id);
  }

  /** What is added to the members by an e-mail of nobody is an invitation. */
  private async aColleague({ path }: Operation): Promise<string | undefined> {
    const { organizationId, persona } = this.me;
    const [colleague] = await asOwner<{ id: string }>(
      `select user_id as id from membership where organization_id = $1 and user_id <> $2 and status = 'active' and role <> 'owner' limit 1`,
      [organizationId, persona.userId],
    );
    return colleague && path.replace('{organization_id}', organizationId).replace('{id}', colleague.id);
  }

  private async byHeader(operation: Operation) {
    const { organizationId } = this.them;
    const [path] = this.paths;
    // Who logs out is out, whichever organization he names.
    if (!path || operation.id === 'authLogout') return;
    const headers = { 'x-organization-id': organizationId };
    const body = await this.me.valid(operation);
    // Who needs to be nobody in particular is not asked where he belongs.
    this.judge(operation, 'header', await this.send(operation, path, body, headers), [body, headers], operation.permission !== 'anyone');
  }

  /** Each filter and search with the other organization's ids and words; relations embedded. */
  private async byQuery(operation: Operation) {
    if (operation.method !== 'GET') return;
    const [path] = this.paths;
    if (!path) return;
    this.judge(operation, 'plainly', await this.send(operation, path), path, false);
    const asked: [string, string][] = [['include', Object.keys(operation.route.list?.options.include ?? {}).join(',')]];
    for (const { name, in: where, schema } of (operation.doc.parameters ?? []) as Json[]) {
      if (
        where !== 'query' ||
        ['sort', 'order', 'order_by', 'fields', 'include', 'cursor', 'page', 'page_size', 'count', 'format'].includes(name)
      )
        continue;
      const type = [plain(schema ?? {}).type].flat()[0];
      if (type !== 'string' && type !== undefined) continue;
      const table = referenceIn((name as string).replace(/\[.*/, ''));
      asked.push([name, (table && (await this.them.idIn(table))) || this.them.mark.seek]);
    }
    for (const [name, value] of asked) {
      if (!value) continue;
      const query = `${path}?${new URLSearchParams({ [name]: value })}`;
      this.judge(operation, `query ${name}`, await this.send(operation, query), query, false);
    }
  }

  /** Each reference of a valid body, wherever it stands in it, led to the other organization. */
  private async byBody(operation: Operation) {
    const [path] = this.paths;
    const valid = await this.me.valid(operation);
    if (!path || !valid) return;
    for (const place of await this.references(operation, valid)) {
      const foreign = await this.them.idIn(place.table);
      if (!foreign) continue;
      const body = structuredClone(await this.me.valid(operation)) ?? {};
      place.set(body, foreign);
      this.judge(operation, `body ${place.name}`, await this.send(operation, path, body), body, true);
    }
  }

  private async references(operation: Operation, valid: Json) {
    const places: { name: string; table: string; set: (body: Json, id: string) => void }[] = [];
    const schema = operation.doc.requestBody?.content?.['application/json']?.schema;
    for (const [name, one] of Object.entries((schema && plain(schema).properties) ?? {})) {
      const table = referenceIn(name);
      if (table) places.push({ name, table, set: (body, id) => (body[name] = plain(one as Json).type === 'array' ? [id] : id) });
    }
    const walk = (value: Json, keys: string[]) => {
      if (typeof value !== 'object' || value === null) return;
      for (const [key, inner] of Object.entries(value)) {
        const table = keys.length && !/^\d+$/.test(key) ? referenceIn(key) : undefined;
        if (table)
          places.push({ name: [...keys, key].join('/'), table, set: (body, id) => (keys.reduce((at, step) => at[step], body)[key] = id) });
        walk(inner, [...keys, key]);
      }
    };
    walk(valid, []);
    return places;
  }

  private async byBatch(operation: Operation) {
    if (!/^(updateBatch|deleteBatch)$/.test(operation.name)) return;
    const id = operation.table.of && (await this.them.idIn(operation.table.of));
    if (!id) return void this.unplayed.push(operation.id);
    for (const mode of ['atomic', 'partial']) {
      const body = operation.name === 'deleteBatch' ? { mode, ids: [id] } : { mode, items: [{ id, custom: {} }, { id }] };
      this.judge(operation, `batch ${mode}`, await this.send(operation, operation.path, body), body, true);
    }
  }

  private async byCursor(operation: Operation) {
    if (!((operation.doc.parameters ?? []) as Json[]).some(({ name }) => name === 'cursor')) return;
    const [mine, theirs] = this.paths;
    if (!theirs || !mine) return;
    const { body } = await this.them.send(operation, `${theirs}?cursor=&page_size=1`);
    if (!body.meta?.next_cursor) return;
    const query = `${mine}?cursor=${encodeURIComponent(body.meta.next_cursor)}&page_size=1`;
    this.judge(operation, 'cursor', await this.send(operation, query), query, true);
  }

  /** Every format of a file, plainly and asked for what belongs to the other organization. */
  private async byExport(operation: Operation) {
    if (operation.name !== 'export') return;
    for (const format of FORMATS) {
      const plainly = `${operation.path}?format=${format}`;
      const asked = [plainly, `${plainly}&search=${this.them.mark.seek}`];
      for (const { name } of (operation.doc.parameters ?? []) as Json[]) {
        const table = /^\w+$/.test(name ?? '') && referenceIn(name);
        const id = table && (await this.them.idIn(table));
        if (id) asked.push(`${plainly}&${name}=${id}`);
      }
      for (const query of asked) {
        const answer = await this.send(operation, query);
        const text = format === 'xlsx' && answer.status === 200 ? [...unzipped(answer.bytes).values()].join('\n') : answer.text;
        this.judge(operation, `export ${query}`, answer, query, false, text);
        if (query === plainly && text.includes(this.me.mark.proof)) this.exported[format]!++;
      }
    }
  }

  /**
   * The other organization used the key first, also on a verb of a record of its own; ours must neither hear its answer nor be told that the
   * key exists: not with a record of ours, nor with exactly the request that was answered to them.
   */
  private async byKey(operation: Operation) {
    if (operation.method !== 'POST' || operation.route.secret || operation.id in UNCONTROLLED || /^(auth|admin)\b/.test(operation.path))
      return;
    const key = { 'idempotency-key': `same-${operation.id}-${fresh()}` };
    const body = await this.them.valid(operation);
    let theirs = '';
    const sent = (path: string) => this.them.send(operation, (theirs = path), body, key);
    const first = operation.ids.length ? await this.them.reached(operation, sent) : await sent(operation.path);
    const mine = await this.me.pathOf(operation, true);
    if (!theirs || !mine) return;
    // What was refused is not kept.
    if (first && first.status < 300) this.keyed.add(operation.id);
    await this.learn();
    // Theirs first: it is refused, and the key is not ours yet.
    const tries: [path: string, body: Json, refused: boolean][] = theirs === mine ? [] : [[theirs, body, true]];
    tries.push([mine, await this.me.valid(operation), false]);
    for (const [path, asked, refused] of tries) {
      const answer = await this.send(operation, path, asked, key);
      this.judge(operation, 'idempotency key', answer, [path, asked], refused);
      if (answer.error?.code?.startsWith('idempotency.')) this.found(operation, 'idempotency key', 'told of a foreign key');
    }
  }
  /** Operations whose answer to the other organization was kept under a key. */
  readonly keyed = new Set<string>();

  /** Nothing of the other organization may have come to stand in ours. */
  async kept(): Promise<string[]> {
    const { organizationId } = this.me;
    const kept: string[] = [];
    for (const { name, owner } of this.tables) {
      const rows = await rowsOf<{ text: string }>(organizationId, `select t::text as text from ${name} t where ${owner}::text = $1`, [
        organizationId,
      ]);
      const foreign = rows.filter(
        ({ text }) => text.includes(this.them.mark.proof) || (text.match(UUID) ?? []).some((id) => this.theirs.has(id)),
      );
      if (foreign.length) kept.push(`${name}: ${foreign[0]!.text.slice(0, 200)}`);
    }
    return kept;
  }
}

/** Whether rows of one organization can be seen from within another, with the table's policy in place, and with it opened. */
export async function throughPolicy(table: string, of: string, from: string): Promise<{ closed: number; open: number; none: number }> {
  return inside(from, async (client) => {
    const count = async () =>
      Number((await client.query<{ n: string }>(`select count(*) as n from ${table} where tenant_id = $1`, [of])).rows[0]!.n);
    const closed = await count();
    const { rows } = await client.query<{ polname: string }>('select polname from pg_policy where polrelid = $1::regclass', [table]);
    for (const { polname } of rows) await client.query(`drop policy "${polname}" on ${table}`);
    const none = await count();
    await client.query(`create policy open on ${table} using (true)`);
    return { closed, none, open: await count() };
  });
}
