import { type SelectQueryBuilder, sql } from 'kysely';
import { isDeepStrictEqual } from 'node:util';
import { type Actor, actor, organization, tenantId } from './actor.ts';
import { columnOf, fieldsOf, type Source } from './entity.ts';
import { missing } from './errors.ts';
import type { Fields } from './fields.ts';
import { searchingAmong } from './filters.ts';
import { type Lane, NO_TENANT } from './lane.ts';
import { type Asked, COUNT_CAP, type List, Page } from './list.ts';
import type { Zone } from './order.ts';
import { type Condition, reach } from './permissions.ts';
import { type AnyDatabase, compiler, predicate } from './predicate.ts';
import type { Statement } from './scoped-query.ts';
import { inTransaction } from './transaction.ts';
import type { Part, RowOf, View } from './view.ts';

type Rows<S> = S extends { table: infer T extends string; fields: infer F extends Fields } ? { [K in T]: RowOf<F> } : never;
export type Selecting<O = unknown> = SelectQueryBuilder<AnyDatabase, string, O>;
interface Compilable {
  compile(): { sql: string; parameters: readonly unknown[] };
}
type Asking<O> = SelectQueryBuilder<never, never, O> | (Compilable & { execute(): Promise<O[]> });
type Raw = Record<string, unknown>;

/** So many are prepared on a connection at most; PostgreSQL keeps some ten kilobytes for each. */
const STATEMENTS = 1000;
/** So many of the first rows of a list are looked at for words, one after the other: the last takes as long as an index at its worst. */
const WALKS = [1000, 4000, 8000];
const LONGEST = WALKS.at(-1)!;
const WALKED = '~walked';

/**
 * The reading side. Every row passes five gates nobody has to remember: tenant, policy, permission, not deleted, one statement. Money
 * leaves `from` as ten-thousandths in text; the views spell it for the wire.
 */
export class Read {
  private readonly statements = new Map<string, Statement>();
  private era = 0;

  constructor(
    private readonly lane: Lane,
    private readonly wide: Lane,
    private readonly slow: Lane,
  ) {}

  /** One row by id, or 404. */
  async one<Row>(view: View<Row>, id: string, deleted = false): Promise<Row> {
    const me = actor();
    const gate = gateOf(me, view.of);
    const [row] = await this.send<Raw>(`one ${keyOf(view)} ${gate.shape} ${deleted}`, [...gate.values, id], () =>
      gated(view.of, gate, deleted).where(`${view.of.table}.id`, '=', id).select(selection(view)),
    );
    if (!row) throw missing(view.of.label);
    return view.finish(row);
  }

  /** The rows of these ids that may be seen, by id. */
  async many<Row>(view: View<Row>, ids: readonly string[]): Promise<Map<string, Row>> {
    if (!ids.length) return new Map();
    const gate = gateOf(actor(), view.of);
    const rows = await this.send<Raw & { id: string }>(`many ${keyOf(view)} ${gate.shape}`, [...gate.values, ids], () =>
      gated(view.of, gate)
        .where(sql<boolean>`${sql.ref(`${view.of.table}.id`)} = any(${ids}::uuid[])`)
        .select(selection(view)),
    );
    return new Map(rows.map((row) => [row.id, view.finish(row)]));
  }

  /** A list with its allow-listed filters and sort orders; by cursor, or by page number with a capped count. */
  async page<Row>(list: List<Row>, asked: Asked): Promise<Page<Row>> {
    const gate = gateOf(actor(), list.view.of);
    const found = asked.words === undefined || narrow(gate) ? this.listed(list, asked, gate) : this.newest(list, asked, gate, asked.words);
    // Waited for together: awaited one after the other, the second to fail would be nobody's, and an end of the process.
    const [rows, count] = await Promise.all([found, asked.count ? this.count(list, asked, gate) : null]);
    return list.turn(asked, rows, count);
  }

  private async listed<Row>(list: List<Row>, asked: Asked, gate: Gate): Promise<Raw[]> {
    const { of } = list.view;
    const [zone, next] = asked.zones ?? [];
    const lane = asked.searches ? this.wide : this.lane;
    const ask = (one: Zone | undefined, most: number) => {
      const values = [...gate.values, ...asked.values, ...(one?.values ?? []), ...endOf(asked, most)];
      const build = () => cut(list, asked, within(one, asked.where(gated(of, gate))), most);
      return this.send<Raw>(`${list.key} ${gate.shape} ${asked.shape} ${one?.shape ?? ''}`, values, build, lane);
    };
    const rows = await ask(zone, asked.size + 1);
    return next && rows.length <= asked.size ? [...rows, ...(await ask(next, asked.size + 1 - rows.length))] : rows;
  }

  /**
   * What a search finds, newest first. Words that many rows have are soon met on a walk through the list, words that few have are quickly
   * found by their index, and each is slow the other way. So the walk goes on while it may yet lead to a whole page, by two standard
   * deviations of what it met so far.
   */
  private async newest<Row>(list: List<Row>, asked: Asked, gate: Gate, words: string): Promise<Raw[]> {
    const offset = asked.offset ?? 0;
    for (const rows of WALKS) {
      const { page, walked } = await this.among(list, asked, gate, words, rows);
      if (page.length > asked.size || walked < rows) return page;
      const met = page.length && offset + page.length;
      const atMost = met + 2 * Math.sqrt(met + 1);
      if (atMost * (LONGEST / rows) < offset + asked.size + 1) break;
    }
    return this.listed(list, asked, gate);
  }

  /** A page of what a search finds among the first rows of a list, and how many of these there were (as many as asked for, when it finds none). */
  private async among<Row>(list: List<Row>, asked: Asked, gate: Gate, words: string, rows: number) {
    const { of } = list.view;
    const [zone] = asked.zones ?? [];
    const after = zone?.values ?? [];
    const values = [...gate.values, ...after, rows, ...gate.values, words, ...after, ...endOf(asked, asked.size + 1)];
    const compile = () => {
      const first = ordered(of, asked, within(zone, gated(of, gate)))
        .select(`${of.table}.id`)
        .limit(rows);
      const found = within(zone, gated(of, gate).where(searchingAmong(of, words, sql`(select ids from walk)`)));
      const page = cut(list, asked, found, asked.size + 1).select(sql`(select cardinality(ids) from walk)`.as(WALKED));
      return sql`with walk as materialized (select array(${first}) as ids) ${page}`.compile(compiler);
    };
    const key = `${list.key} ${gate.shape} ${asked.shape} ${zone?.shape ?? ''} among`;
    const found = await this.send<Raw & { [WALKED]: number }>(key, values, () => ({ compile }), this.wide);
    return { page: found.map(({ [WALKED]: _, ...row }): Raw => row), walked: found[0]?.[WALKED] ?? rows };
  }

  private async count<Row>(list: List<Row>, asked: Asked, gate: Gate) {
    const counting = compiler
      .selectFrom(
        asked
          .where(gated(list.view.of, gate))
          .select(sql.ref(`${list.view.of.table}.id`).as('id'))
          .limit(COUNT_CAP + 1)
          .as('some'),
      )
      .select(sql<number>`count(*)::int`.as('n'));
    const [row] = await this.some<{ n: number }>(counting);
    return row!.n;
  }

  /** Typed Kysely over one entity, the gates already in place. Compiled each time: for queries with a shape of their own. */
  from<S extends Source>(source: S): SelectQueryBuilder<Rows<S>, S['table'], object> {
    return gated(source, gateOf(actor(), source)) as never;
  }

  /** The same entity behind the same gates, to be joined: `.innerJoin(read.gated(Contact).as('c'), 'c.id', 'deal.contact_id')`. */
  gated<S extends Source>(source: S): SelectQueryBuilder<Rows<S>, S['table'], RowOf<S['fields']>> {
    return gated(source, gateOf(actor(), source)).selectAll(source.table) as never;
  }

  /** Several queries of the same columns as one, named `part`, to be sorted and cut: each keeps the gates it came with. */
  union<O>(parts: readonly SelectQueryBuilder<never, never, O>[]): SelectQueryBuilder<{ part: O }, 'part', object> {
    const all = sql.join(
      parts.map((part) => sql`(${part})`),
      sql` union all `,
    );
    return compiler.selectFrom(sql`(${all})`.as('part')) as never;
  }

  /** Runs a query of its own shape that a report asks, which may take seconds; planned for its values. */
  all<O>(query: Asking<O>): Promise<O[]> {
    refuseInTransaction();
    const { sql: text, parameters } = query.compile();
    return this.slow.rows<O>(settingOf(actor()), { name: '', text }, parameters);
  }

  /** Runs a query of its own shape that looks around one record, or counts up to a bound: a timeline, a balance. Planned once. */
  some<O>(query: Asking<O>): Promise<O[]> {
    refuseInTransaction();
    const { sql: text, parameters } = query.compile();
    return this.wide.rows<O>(settingOf(actor()), this.statements.get(text) ?? this.named(text, text), parameters);
  }

  /** A platform query of the kernel or of identity, outside any organization. */
  async platform<O>(name: string, text: string, values: readonly unknown[]): Promise<O[]> {
    return this.lane.rows<O>(NO_TENANT, { name, text }, values);
  }

  private send<O>(key: string, values: readonly unknown[], build: () => Compilable, lane = this.lane): Promise<O[]> {
    refuseInTransaction();
    let statement = this.statements.get(key);
    if (!statement) {
      const { sql: text, parameters } = build().compile();
      if (!isDeepStrictEqual([...parameters], [...values])) throw new Error(`Values out of order in: ${text}`);
      statement = this.named(key, text);
    }
    return lane.rows<O>(settingOf(actor()), statement, values);
  }

  /** Statement names are bounded: past the bound the map starts anew, under new names, and connections forget the old ones. */
  private named(key: string, text: string): Statement {
    if (this.statements.size >= STATEMENTS) {
      this.statements.clear();
      this.era++;
    }
    const statement = { name: `r${this.era}_${this.statements.size}`, text, era: this.era };
    this.statements.set(key, statement);
    return statement;
  }
}

/** The lane is another connection: inside a command it would read what was committed before, not what the command just did. */
function refuseInTransaction() {
  if (inTransaction()) throw new Error('Read inside a command sees stale rows: use the EntityManager');
}

export interface Gate {
  readonly shape: string;
  readonly values: unknown[];
  readonly condition: Condition;
  /** The column that names the organization; null for whoever looks at the deployment from outside any. */
  readonly whose: string | null;
}

/** The organization a statement runs inside. Without one only platform tables answer, to the operator and to the system. */
const settingOf = ({ organization: facts, kind }: Actor) =>
  facts?.id ?? (kind === 'operator' || kind === 'system' ? NO_TENANT : organization().id);

function whoseOf(me: Actor, of: Source): string | null {
  if (of.scope === 'tenant') return 'tenant_id';
  if (!me.organization && (me.kind === 'operator' || me.kind === 'system')) return null;
  if (of.table === 'organization') return 'id';
  if (!fieldsOf(of).organizationId) throw new Error(`${of.table} belongs to no organization: it is not for lists and views`);
  return 'organization_id';
}
const gates = new WeakMap<Actor, Map<string, Gate>>();

function gateOf(me: Actor, of: Source): Gate {
  let known = gates.get(me);
  if (!known) gates.set(me, (known = new Map()));
  let gate = known.get(of.table);
  if (!gate) {
    const condition = reach(me, 'read', of.table);
    const whose = whoseOf(me, of);
    const values: unknown[] = whose ? [tenantId()] : [];
    const conditionShape = JSON.stringify(condition, (_, value: unknown) => {
      if (value === null || typeof value === 'object') return value;
      values.push(value);
      return '?';
    });
    const shape = `${whose ? '' : 'everywhere '}${conditionShape}`;
    known.set(of.table, (gate = { shape, values, condition, whose }));
  }
  return gate;
}

/** Whether some rows of the organization are not for this actor: an order alone does not lead to his. */
const narrow = ({ condition }: Gate) => Object.keys(condition).length > 0;

const within = (zone: Zone | undefined, query: Selecting<object>) => (zone ? query.where(zone.condition()) : query);
const ordered = ({ table }: Source, { order }: Asked, query: Selecting<object>) =>
  order.reduce((on, { column, descending }) => on.orderBy(`${table}.${column}`, descending ? 'desc' : 'asc'), query);
/** The part of a list that is asked for. */
function cut<Row>({ view }: List<Row>, asked: Asked, query: Selecting<object>, most: number) {
  const hidden = asked.order.filter(({ key }) => key.startsWith('~'));
  const columns = [...selection(view), ...hidden.map(({ key, column }) => sql.ref(`${view.of.table}.${column}`).as(key))];
  const limited = ordered(view.of, asked, query)
    .select(columns as never)
    .limit(most);
  return asked.offset ? limited.offset(asked.offset) : limited;
}
const endOf = ({ offset }: Asked, most: number) => [most, ...(offset ? [offset] : [])];

const keys = new WeakMap<object, string>();
let views = 0;
const keyOf = (view: View<never> | View<unknown>) => {
  let key = keys.get(view);
  if (!key) keys.set(view, (key = `${view.name}#${views++}`));
  return key;
};

const selection = <Row>({ of, columns, parts }: View<Row>) =>
  [
    ...columns.map(({ wire, column }) => sql.ref(`${of.table}.${column}`).as(wire)),
    ...parts.map((part) => partsOf(of, part).as(part.name)),
  ] as unknown as readonly never[];

/** The parts of a row as a JSON array. Numbers travel as text: JSON would round them. */
function partsOf({ table }: Source, { view, by, order }: Part) {
  const from = view.of.table;
  const exact = new Set(
    Object.entries(fieldsOf(view.of)).flatMap(([name, field]) =>
      field.kind === 'money' || field.column.type === 'decimal' ? [columnOf(name, field)] : [],
    ),
  );
  // As every instant is said; JSON of PostgreSQL would say it with an offset.
  const moments = new Set(
    Object.entries(fieldsOf(view.of)).flatMap(([name, field]) => (field.kind === 'moment' ? [columnOf(name, field)] : [])),
  );
  const columns = view.columns.map(({ wire, column }) => {
    const ref = sql.ref(`${from}.${column}`);
    if (moments.has(column)) return sql`to_char(${ref} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as ${sql.ref(wire)}`;
    return exact.has(column) ? sql`${ref}::text as ${sql.ref(wire)}` : sql`${ref} as ${sql.ref(wire)}`;
  });
  return sql`(select coalesce(json_agg(part), '[]') from (select ${sql.join(columns)} from ${sql.table(from)}
    where ${sql.ref(`${from}.tenant_id`)} = ${sql.ref(`${table}.tenant_id`)} and ${sql.ref(`${from}.${by}`)} = ${sql.ref(`${table}.id`)}
      and ${sql.ref(`${from}.deleted_at`)} is null order by ${sql.ref(`${from}.${order}`)}) part)`;
}

/** Kysely takes a table or a query there, and types both by the name; for code that works on any table the name is all there is. */
const sourceOf = (of: Source) => (of.from ? sql.raw(`(${of.from})`).as(of.table) : of.table) as string;

function gated(of: Source, gate: Gate, deleted = false): Selecting<object> {
  const query = compiler
    .selectFrom(sourceOf(of))
    .$if(gate.whose !== null, (q) => q.where(`${of.table}.${gate.whose}`, '=', tenantId()))
    .$if(Boolean(fieldsOf(of).deletedAt), (q) => q.where(`${of.table}.deleted_at`, deleted ? 'is not' : 'is', null))
    .$if(Object.keys(gate.condition).length > 0, (q) => q.where((eb) => predicate(eb as never, gate.condition, of.table)));
  return query as unknown as Selecting<object>;
}
