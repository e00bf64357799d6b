import type { PoolClient } from 'pg';
import { asOwner, inside } from '../database.ts';

/** Two organizations that nobody founded: tables are probed by themselves, with rows that live as long as the probe. */
const HERE = '00000000-0000-4000-8000-00000000000a';
const THERE = '00000000-0000-4000-8000-00000000000b';

export interface Policy {
  readonly table: string;
  readonly name: string;
}
/** Every policy on a table with a tenant. */
export const policies = () =>
  asOwner<Policy>(`select c.oid::regclass::text as table, p.polname as name from pg_policy p join pg_class c on c.oid = p.polrelid
      join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' order by 1`);

export interface Key {
  readonly table: string;
  readonly name: string;
  readonly to: string;
  /** Columns of both sides, in order, as they stand in SQL. */
  readonly own: readonly string[];
  readonly theirs: readonly string[];
}
/** Every foreign key that carries the organization. */
export const compositeKeys = () =>
  asOwner<Key>(`select k.conrelid::regclass::text as table, k.conname as name, k.confrelid::regclass::text as to,
      array(select quote_ident(a.attname) from unnest(k.conkey) with ordinality u (n, i) join pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.n order by i) as own,
      array(select quote_ident(a.attname) from unnest(k.confkey) with ordinality u (n, i) join pg_attribute a on a.attrelid = k.confrelid and a.attnum = u.n order by i) as theirs
    from pg_constraint k where k.contype = 'f' and 'tenant_id' = any (array(select a.attname::text from pg_attribute a where a.attrelid = k.conrelid and a.attnum = any (k.conkey)))
    order by 1, 2`);

type Try = (sql: string, values?: unknown[]) => Promise<string>;

/** Says how many rows a statement touched or showed, or the code it was refused with; either way the transaction goes on. */
const trying =
  (client: PoolClient): Try =>
  async (sql, values) => {
    await client.query('savepoint probe');
    try {
      const { rowCount } = await client.query(sql, values);
      return String(rowCount ?? 0);
    } catch (error) {
      await client.query('rollback to savepoint probe');
      return (error as { code: string }).code;
    } finally {
      await client.query('release savepoint probe');
    }
  };
const within = (client: PoolClient, organization: string) => client.query(`select set_config('app.tenant', $1, true)`, [organization]);

/** Nothing of a table but its policies and the keys that are named: any row will do, and no trigger looks at it. */
async function bared(client: PoolClient, table: string, keep: readonly string[] = []) {
  const { rows } = await client.query<{ line: string }>(
    `select format('drop constraint if exists %I cascade', conname) as line from pg_constraint
       where conrelid = $1::regclass and contype in ('f', 'c', 'x', 'p', 'u') and conname <> all ($2)
     union all select format('alter column %I drop not null', attname) from pg_attribute
       where attrelid = $1::regclass and attnum > 0 and attnotnull and not attisdropped and attidentity = '' and attname not in ('tenant_id', 'organization_id', 'id', 'user_id')`,
    [table, keep],
  );
  await client.query(`alter table ${table} disable trigger user`);
  // A row of nothing but ids would not pass what is unique.
  for (const { line } of [...rows].sort(({ line: a }, { line: b }) => (a.startsWith('drop') ? 0 : 1) - (b.startsWith('drop') ? 0 : 1)))
    await client.query(`alter table ${table} ${line}`);
}

/**
 * What of a policy does not hold, tried with a row of each of two organizations and no predicate on either, as the tables' owner, who is
 * bound like everybody else. `mutate` changes the table before.
 */
export function policyBreaches(table: string, mutate = ''): Promise<string[]> {
  return inside(HERE, async (client) => {
    await bared(client, table);
    const row = `insert into ${table} (tenant_id) values ($1)`;
    const hasId = await client.query(`select from pg_attribute where attrelid = $1::regclass and attname = 'id' and attnotnull`, [table]);
    const insert = hasId.rowCount ? `insert into ${table} (tenant_id, id) values ($1, gen_random_uuid())` : row;
    if (mutate) await client.query(mutate);
    const attempt = trying(client);
    const expected: [what: string, wanted: string[], found: string][] = [];
    const see = async (what: string, wanted: string[], sql: string, values: unknown[] = []) =>
      void expected.push([what, wanted, await attempt(sql, values)]);
    await see('own row is written', ['1'], insert, [HERE]);
    await see('foreign row is written', ['42501'], insert, [THERE]);
    await within(client, THERE);
    await see('own row of the other is written', ['1'], insert, [THERE]);
    await within(client, HERE);
    await see('own rows are seen', ['1'], `select from ${table} where tenant_id = $1`, [HERE]);
    await see('foreign rows are seen', ['0'], `select from ${table} where tenant_id = $1`, [THERE]);
    await see('rows without a predicate', ['1'], `select from ${table} where tenant_id in ($1, $2)`, [HERE, THERE]);
    await see('foreign rows are changed', ['0'], `update ${table} set tenant_id = tenant_id where tenant_id = $1`, [THERE]);
    await see('own rows are given away', ['42501'], `update ${table} set tenant_id = $2 where tenant_id = $1`, [HERE, THERE]);
    await see('foreign rows are deleted', ['0'], `delete from ${table} where tenant_id = $1`, [THERE]);
    await within(client, '');
    await see('rows are seen without an organization', ['22P02'], `select from ${table} where tenant_id in ($1, $2)`, [HERE, THERE]);
    return expected.flatMap(([what, wanted, found]) => (wanted.includes(found) ? [] : [`${what}: ${found}`]));
  });
}

/** Whether a key takes a reference to another organization's row: PostgreSQL looks behind policies when it checks one. */
export function keyBreaches({ table, name, to, own, theirs }: Key, mutate = ''): Promise<string[]> {
  return inside(HERE, async (client) => {
    const unique = await client.query<{ conname: string }>(
      `select conname from pg_constraint where conrelid = $1::regclass and contype in ('u', 'p')`,
      [to],
    );
    const kept = [name, ...unique.rows.map(({ conname }) => conname)];
    await bared(client, table, kept);
    if (to !== table) await bared(client, to, kept);
    if (mutate) await client.query(mutate);
    const attempt = trying(client);
    const ids = Object.fromEntries(theirs.map((column) => [column, '00000000-0000-4000-8000-0000000000ff']));
    const targets = { ...ids, [theirs[own.indexOf('tenant_id')]!]: THERE };
    const columns = Object.keys(targets);
    const withId =
      !columns.includes('id') &&
      (await client.query(`select from pg_attribute where attrelid = $1::regclass and attname = 'id'`, [to])).rowCount;
    await within(client, THERE);
    const target = await attempt(
      `insert into ${to} (${[...columns, ...(withId ? ['id'] : [])].join(', ')}) values (${columns.map((_, i) => `$${i + 1}`).join(', ')}${withId ? ', gen_random_uuid()' : ''})`,
      Object.values(targets),
    );
    const row = (tenant: string) => own.map((column) => (column === 'tenant_id' ? tenant : ids[theirs[own.indexOf(column)]!]));
    const ownId =
      !own.includes('id') &&
      (await client.query(`select from pg_attribute where attrelid = $1::regclass and attname = 'id'`, [table])).rowCount;
    const insert = `insert into ${table} (${[...own, ...(ownId ? ['id'] : [])].join(', ')}) values (${own.map((_, i) => `$${i + 1}`).join(', ')}${ownId ? ', gen_random_uuid()' : ''})`;
    const theirsTaken = await attempt(insert, row(THERE));
    await within(client, HERE);
    const foreignTaken = await attempt(insert, row(HERE));
    return [
      ...(target === '1' ? [] : [`no row to refer to: ${target}`]),
      ...(theirsTaken === '1' ? [] : [`a reference within the organization: ${theirsTaken}`]),
      ...(foreignTaken === '23503' ? [] : [`a reference to a foreign row: ${foreignTaken}`]),
    ];
  });
}

/** What a policy can lose, as SQL. */
export const policyMutants = ({ table, name }: Policy): Record<string, string> => ({
  dropped: `drop policy "${name}" on ${table}`,
  'shows everything': `drop policy "${name}" on ${table}; create policy "${name}" on ${table} using (true) with check (tenant_id = current_setting('app.tenant')::uuid)`,
  'takes everything': `alter policy "${name}" on ${table} with check (true)`,
  'beside one that is open': `create policy open on ${table} for select using (true)`,
  'without an organization shows nothing instead of failing': `alter policy "${name}" on ${table} using (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid)`,
  'switched off': `alter table ${table} disable row level security`,
  'not forced': `alter table ${table} no force row level security`,
});
/** What a composite key can lose. */
export const keyMutants = ({ table, name, to, own, theirs }: Key): Record<string, string> => {
  const dropped = `alter table ${table} drop constraint "${name}"`;
  const [mine, their] = [own.filter((column) => column !== 'tenant_id'), theirs.filter((_, i) => own[i] !== 'tenant_id')];
  const narrow = `create unique index on ${to} (${their.join(', ')})`;
  return {
    dropped: dropped,
    'without the organization': `${dropped}; ${narrow}; alter table ${table} add constraint "${name}" foreign key (${mine.join(', ')}) references ${to} (${their.join(', ')})`,
  };
};

/** Does something while these policies let everything through, so that what else there is has to hold. */
export async function policiesOpened<T>(which: readonly Policy[], work: () => Promise<T>): Promise<T> {
  const said = await asOwner<{ table: string; name: string; using: string; check: string }>(
    `select c.oid::regclass::text as table, p.polname as name, pg_get_expr(p.polqual, p.polrelid) as using, pg_get_expr(p.polwithcheck, p.polrelid) as check
     from pg_policy p join pg_class c on c.oid = p.polrelid`,
  );
  const known = new Map(said.map((one) => [`${one.table} ${one.name}`, one]));
  const alter = ({ table, name }: Policy, using: string, check: string) =>
    asOwner(`alter policy "${name}" on ${table} using (${using}) with check (${check})`);
  try {
    for (const one of which) await alter(one, 'true', 'true');
    return await work();
  } finally {
    for (const one of which) await alter(one, known.get(`${one.table} ${one.name}`)!.using, known.get(`${one.table} ${one.name}`)!.check);
  }
}
