// Rows of everything for one organization, by set-based SQL that is made from PostgreSQL's own catalogue: a new table is filled without
// being told.
import type { Client } from 'pg';

/** Tables that stay small in the largest organization, with the reason: reading one whole is no matter. */
export const SMALL: Record<string, string> = {
  billing_entity: 'the sellers an organization invoices as',
  dunning_policy: 'written by hand, a few for each seller',
  exchange_rate: 'read by pair and day; the list of them is looked at by who enters them',
  number_series: 'one for each seller, kind and period',
  pipeline: 'written by hand',
  price: 'the catalogue is written by hand',
  product: 'the catalogue is written by hand',
  stage: 'a few for each pipeline',
  tax_rate: 'written by hand',
  billing_run: 'one a day',
  import: 'one for each file',
  membership: 'the people of an organization',
  invitation: 'the people who may yet be',
  api_key: 'made by hand',
  organization: 'a list for the operator alone',
};
const FEW = 30;

interface Column {
  table: string;
  name: string;
  type: string;
  nullable: boolean;
}
interface Key {
  table: string;
  columns: string[];
  to: string;
}
interface Check {
  table: string;
  definition: string;
}

/** Ids that can be computed, so that a row finds another one without a look-up; in every organization others. */
const idOf = (table: string, n: string) =>
  `(left(md5(current_setting('app.tenant') || '${table}'), 8) || '-0000-7000-8000-' || lpad((${n})::text, 12, '0'))::uuid`;

/**
 * Fills every table of the organization that has fewer rows than wanted; of those in SMALL a few. Triggers and constraints are lifted
 * meanwhile: afterwards they bind what is new. Answers how many rows of the organization there are, by table.
 */
export async function fill(client: Client, organizationId: string, userId: string, wanted: number): Promise<Record<string, number>> {
  const found = async <T>(sql: string) => (await client.query(sql)).rows as T[];
  const columns =
    await found<Column>(`select c.relname as table, a.attname as name, format_type(a.atttypid, a.atttypmod) as type, not a.attnotnull as nullable
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
    where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace
      and exists (select from pg_attribute t where t.attrelid = c.oid and t.attname = 'tenant_id')`);
  const keys = await found<Key>(`select conrelid::regclass::text as table, confrelid::regclass::text as to,
      array(select attname::text from unnest(conkey) k join pg_attribute on attrelid = conrelid and attnum = k) as columns
    from pg_constraint where contype = 'f'`);
  const checks = await found<Check>(`select conrelid::regclass::text as table, pg_get_constraintdef(oid) as definition
    from pg_constraint where contype = 'c'`);
  const unique = await found<{ table: string; name: string }>(`select indrelid::regclass::text as table, a.attname as name
    from pg_index join pg_attribute a on a.attrelid = indrelid and a.attnum = any(indkey) where indisunique`);
  const searched = await found<{ body: string }>(
    `select prosrc as body from pg_proc where prosrc like '%search.put(%' and prosrc like '%tg_op%'`,
  );
  const tables = [...new Set(columns.map(({ table }) => table))];
  const sizes = new Map(tables.map((table) => [table, table in SMALL ? FEW : wanted]));
  await client.query(`select set_config('app.tenant', $1, false)`, [organizationId]);
  const had = new Map<string, number>();
  for (const table of tables) {
    await client.query(`alter table "${table}" disable trigger user`);
    const [{ n }] = (await found<{ n: string }>(`select count(*) as n from "${table}" where tenant_id = '${organizationId}'`)) as [
      { n: string },
    ];
    had.set(table, Number(n));
  }
  const lifted = await found<{
    table: string;
    name: string;
    definition: string;
  }>(`select conrelid::regclass::text as table, conname as name,
      pg_get_constraintdef(oid) as definition from pg_constraint where contype in ('c', 'f') and conrelid::regclass::text = any(array[${tables.map((table) => `quote_ident('${table}')`).join(', ')}])`);
  for (const { table, name } of lifted) await client.query(`alter table ${table} drop constraint "${name}"`);
  for (const table of tables) {
    if (had.get(table)! >= sizes.get(table)!) continue;
    const own = columns.filter((column) => column.table === table && column.name !== 'deleted_at');
    const valueOf = ({ name, type, nullable }: Column): string => {
      if (name === 'id') return idOf(table, 'g');
      if (name === 'tenant_id') return `'${organizationId}'::uuid`;
      if (name === 'version') return '1';
      const key = keys.find((one) => one.table === table && one.columns.at(-1) === name);
      const to = key && sizes.get(key.to);
      // References spread over what they lead to, each in an order of its own.
      if (key && to) return idOf(key.to, `1 + ${scattered(name)} % ${to}`);
      if (/^(owner|author|assignee|created_by|user)/.test(name) || (type === 'uuid' && key))
        return someOf(name, [`'${userId}'::uuid`, idOf('membership', '1 + g % 50')]);
      const choices = choicesOf(checks, table, name);
      if (choices && type === 'text[]') return `array[${someOf(name, choices)}]`;
      if (choices) return someOf(name, choices);
      const single = unique.some((one) => one.table === table && one.name === name);
      return plainValue(name, type, single, nullable);
    };
    const into = own.map(({ name }) => `"${name}"`).join(', ');
    const rows = `select ${own.map(valueOf).join(', ')} from generate_series(1, ${sizes.get(table)!}) g`;
    await client.query(`insert into "${table}" (${into}) ${rows} on conflict do nothing`).catch((cause: unknown) => {
      throw new Error(`${table} cannot be filled by ${rows}`, { cause });
    });
  }
  for (const { body } of searched) {
    const [, table, words] = /search\.put\('(\w+)', new\.tenant_id, new\.id, (concat_ws\([\s\S]*\))\)/.exec(body) ?? [];
    if (!table) throw new Error(`What is searched is not understood: ${body}`);
    await client.query(`insert into search.document (organization_id, subject, id, words)
      select tenant_id, '${table}', id, search.fold(${words!.replace(/\bnew\./g, 't.')}) from "${table}" t on conflict do nothing`);
  }
  for (const { table, name, definition } of lifted)
    await client.query(`alter table ${table} add constraint "${name}" ${definition.replace(/ NOT VALID$/, '')} not valid`);
  for (const table of tables) await client.query(`alter table "${table}" enable trigger user`);
  await client.query('analyze');
  const counts: Record<string, number> = {};
  for (const table of tables)
    counts[table] = Number(
      (await found<{ n: string }>(`select count(*) as n from "${table}" where tenant_id = '${organizationId}'`))[0]!.n,
    );
  return counts;
}

/** Removes all there is of the organization, past everything that would forbid it. For a superuser. */
export async function clear(superuser: Client, organizationId: string) {
  await superuser.query(`set session_replication_role = replica`);
  const { rows } = await superuser.query<{ place: string; name: string }>(`select c.oid::regclass::text as place, a.attname as name
    from pg_class c join pg_attribute a on a.attrelid = c.oid and not a.attisdropped
    where c.relkind = 'r' and c.relnamespace in ('public'::regnamespace, 'search'::regnamespace)
      and (a.attname = 'tenant_id' or a.attname = 'organization_id' or (a.attname = 'id' and c.relname = 'organization'))`);
  for (const { place, name } of rows) await superuser.query(`delete from ${place} where ${name} = $1`, [organizationId]);
}

/** Another order for every column, so that no two of them go together. */
const scattered = (name: string) => `(('x' || left(md5('${name}' || g), 7))::bit(28)::int)`;
const someOf = (name: string, values: readonly string[]) => `(array[${values.join(', ')}])[1 + ${scattered(name)} % ${values.length}]`;

/** What a check allows: `"status" = ANY (ARRAY['new'::text, …])`. */
function choicesOf(checks: readonly Check[], table: string, name: string): string[] | undefined {
  const one = checks.find(
    (check) =>
      check.table.replaceAll('"', '') === table &&
      new RegExp(`^CHECK \\(\\(\\(?"?${name}"?(\\)::text)? (= ANY|<@) `).test(check.definition),
  );
  return one?.definition.match(/'[^']*'(?=::)/g)?.map((text) => text);
}

function plainValue(name: string, type: string, single: boolean, nullable: boolean): string {
  const n = single ? 'g' : scattered(name);
  const [kind] = type.split('(') as [string];
  switch (kind) {
    case 'uuid':
      return idOf(name, 'g');
    case 'integer':
    case 'smallint':
      return single ? 'g' : `1 + ${n} % 1000`;
    case 'numeric':
      return `${n} % 100`;
    case 'bigint':
      return `(${n}::bigint % 5000000) * 100`;
    case 'boolean':
      return /default/.test(name) ? 'false' : `${n} % 2 = 0`;
    case 'date':
      return `date '2026-01-01' + ${n} % 900`;
    case 'timestamp':
    case 'timestamp with time zone':
      // As far apart as in the data of the measurements.
      if (name === 'created_at') return `now() - g * interval '5 minutes'`;
      return ended(name, nullable, `now() - (${n} % 10000000) * interval '1 second'`);
    case 'jsonb':
    case 'json':
      // Several things are a list.
      if (nullable) return 'null';
      return /[^s]s$/.test(name) && !/^(settings|subjects)$/.test(name) ? `'[]'` : `'{}'`;
    case 'character':
      return `'EUR'`;
    case 'text[]':
      return `array['${name}' || ${n} % 5]`;
    default:
      if (name === 'time_zone' || name === 'zone') return `'Europe/Berlin'`;
      if (/^(error_file|file_key)$/.test(name)) return `current_setting('app.tenant') || '/${name}/' || g`;
      return kind === 'text' || kind === 'character varying' ? `(${n} || ' ${name}')::${type}` : 'null';
  }
}

/** What is over (sent_at, revoked_at) is so in the rarer case. */
const ended = (name: string, nullable: boolean, at: string) =>
  nullable && name.endsWith('ed_at') ? `case when g % 3 = 0 then ${at} end` : at;
