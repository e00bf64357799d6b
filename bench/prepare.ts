// Data for the measurements, by set-based SQL: organizations of skewed size, and in the largest a user who asks.
import pg from 'pg';

export interface Size {
  organizations: number;
  contacts: number;
  deals: number;
  activities: number;
}
export const SIZES: Record<string, Size> = {
  small: { organizations: 10, contacts: 10_000, deals: 10_000, activities: 50_000 },
  full: { organizations: 1000, contacts: 1_000_000, deals: 1_000_000, activities: 5_000_000 },
};
export interface Prepared {
  organizationId: string;
  userId: string;
  sessionId: string;
}

/** Rows of one statement: a transaction that inserts five million has its triggers' events and its WAL all at once. */
const CHUNK = 500_000;
/** Ids that can be computed, so that a row finds its organization without a look-up. */
const id = (kind: string, n: string) => `(lpad('${kind}', 8, '0') || '-0000-7000-8000-' || lpad((${n})::text, 12, '0'))::uuid`;
/** Skewed: the first organization has about a tenth of everything, the last next to nothing. */
const organizationOf = (n: string, all: number) => `(floor(${all} * power((${n}::bigint * 7919 % 100003) / 100003::float8, 3)))::int`;

const STAGES = [
  { key: 'qualification', kind: 'open', probability: 10 },
  { key: 'proposal', kind: 'open', probability: 40 },
  { key: 'negotiation', kind: 'open', probability: 70 },
  { key: 'closed', kind: 'closed', probability: 0 },
];
const STAGE_ROWS = STAGES.map(({ key, kind, probability }, i) => `(${i + 1}, '${key}', '${kind}', ${probability})`).join(', ');
const common = (o: string, at: string) => `${id('b1', o)}, ${id('a1', o)}, ${at}, ${at}`;
const COMMON = 'tenant_id, created_by, created_at, updated_at';
const pick = (values: readonly string[], n: string) =>
  `(array[${values.map((value) => `'${value}'`).join(', ')}])[1 + (${n}) % ${values.length}]`;
const FIRST = ['Ada', 'Grace', 'Alan', 'Edsger', 'Barbara', 'Donald', 'Radia', 'Tim', 'Margaret', 'Ken'];
const LAST = 'Lovelace Hopper Turing Dijkstra Liskov Knuth Perlman Lee Hamilton Thompson Ritchie Allen Backus'.split(' ');

/** A name as contacts have them here, all as often, whichever numbers come. */
export function nameOf(n: number): string {
  const mixed = Math.imul(n, 0x9e3779b1) >>> 8;
  return `${FIRST[mixed % FIRST.length]} ${LAST[(mixed >>> 8) % LAST.length]} ${n}`;
}

interface Part {
  table: string;
  rows: number;
  sql: (from: number, to: number) => string;
}

function parts({ organizations, contacts, deals, activities }: Size): Part[] {
  // m numbers the contact and the deal a row refers to, and decides the organization of all three.
  const numbered = (from: number, to: number, more = '') =>
    `from (select g, m, ${organizationOf('m', organizations)} as o, g * interval '7 seconds' as ago${more}
       from (select g, 1 + (g - 1) % ${Math.min(contacts, deals)} as m from generate_series(${from}, ${to}) g) numbers) rows`;
  return [
    {
      table: 'pipeline',
      rows: organizations,
      sql: (from, to) => `insert into pipeline (id, ${COMMON}, owner_id, custom, name, is_default)
        select ${id('f1', 'g')}, ${common('g', 'now()')}, ${id('a1', 'g')}, '{}', 'Sales', true from generate_series(${from - 1}, ${to - 1}) g`,
    },
    {
      table: 'stage',
      rows: organizations,
      sql: (from, to) => `insert into stage (id, ${COMMON}, pipeline_id, name, key, position, kind, probability)
        select ${id('f2', 'g * 10 + position')}, ${common('g', 'now()')}, ${id('f1', 'g')}, initcap(key), key, position, kind, probability
        from generate_series(${from - 1}, ${to - 1}) g, (values ${STAGE_ROWS}) as stages (position, key, kind, probability)`,
    },
    {
      table: 'contact',
      rows: contacts,
      sql: (
        from,
        to,
      ) => `insert into contact (id, ${COMMON}, owner_id, name, first_name, last_name, email, emails, phone, phones, custom, kinds, tags, consent, source)
        select ${id('e1', 'g')}, ${common('o', 'now() - ago')}, ${id('a1', 'o')}, first || ' ' || last, first, last, mail,
          jsonb_build_array(jsonb_build_object('email', mail, 'label', 'work', 'primary', true)), phone,
          jsonb_build_array(jsonb_build_object('phone', phone, 'label', 'work', 'primary', true)), '{}', '{customer}', '{}', '{}', ${pick(['web', 'fair', 'referral', 'call'], 'g')}
        from (select *, lower(first) || '.' || lower(last) || g || '@example.com' as mail, '+4420' || lpad((g % 10000000)::text, 8, '0') as phone
          ${numbered(from, to, `, ${pick(FIRST, 'g')} as first, ${pick(LAST, 'g / 10')} as last`)}) rows`,
    },
    {
      table: 'deal',
      rows: deals,
      sql: (
        from,
        to,
      ) => `insert into deal (id, ${COMMON}, owner_id, custom, title, contact_id, pipeline_id, stage_id, stage, status, amount_e4, currency, probability, forecast_category, expected_close_date, closed_at, stage_entered_at, tags, changes)
        select ${id('e2', 'g')}, ${common('o', 'now() - ago')}, ${id('a1', 'o')}, '{}', 'Deal ' || g, ${id('e1', 'm')}, ${id('f1', 'o')},
          ${id('f2', 'o * 10 + step')}, ${pick(
            STAGES.map(({ key }) => key),
            'step - 1',
          )}, status, (1 + g % 5000) * 100000::bigint, 'EUR',
          case status when 'won' then 100 when 'lost' then 0 else (array[10, 40, 70])[step] end, 'pipeline',
          (now() - ago)::date + 60, case when step = 4 then now() - ago + interval '30 days' end, now() - ago, '{}', 1
        from (select *, case when step < 4 then case when step = 1 then 'new' else 'in_progress' end when g % 2 = 0 then 'won' else 'lost' end as status
          ${numbered(from, to, ', 1 + g / 3 % 4 as step')}) rows`,
    },
    {
      table: 'stage_history',
      rows: deals,
      sql: (
        from,
        to,
      ) => `insert into stage_history (id, ${COMMON}, deal_id, position, at, to_stage_id, to_stage, to_status, amount_e4, currency, probability, forecast_category, owned_by, changed_by)
        select ${id('e3', 'g')}, ${common('o', 'now() - ago')}, ${id('e2', 'g')}, 1, now() - ago, ${id('f2', 'o * 10 + 1')}, 'qualification', 'new',
          (1 + g % 5000) * 100000::bigint, 'EUR', 10, 'pipeline', ${id('a1', 'o')}, ${id('a1', 'o')}
        ${numbered(from, to)}`,
    },
    {
      table: 'activity',
      rows: activities,
      sql: (from, to) => `insert into activity (id, ${COMMON}, kind, text, payload, author_id, contact_id, deal_id, occurred_at)
        select ${id('e4', 'g')}, ${common('o', 'now() - ago')}, ${pick(['comment', 'call', 'note', 'email', 'meeting'], 'g')}, 'What was said, number ' || g, '{}', ${id('a1', 'o')},
          ${id('e1', 'm')}, case when g % 2 = 0 then ${id('e2', 'm')} end, now() - ago
        ${numbered(from, to)}`,
    },
  ];
}

const SEARCH = [
  `insert into search.document (organization_id, subject, id, words)
   select tenant_id, 'contact', id, search.fold(concat_ws(' ', name, email, phone, substr(phone, 2))) from contact`,
  `insert into search.document (organization_id, subject, id, words) select tenant_id, 'deal', id, search.fold(title) from deal`,
];

export async function prepare(ownerUrl: string, size: Size, log: (line: string) => void): Promise<Prepared> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  const run = async (what: string, statements: string[]) => {
    const began = performance.now();
    for (const sql of statements) await client.query(sql);
    log(`${what}: ${((performance.now() - began) / 1000).toFixed(1)} s`);
  };
  const { rows } = await client.query<{ n: number }>('select count(*)::int as n from organization');
  if (!rows[0]!.n) {
    const all = parts(size);
    const lifted = await lift(
      client,
      all.map(({ table }) => table),
    );
    await run('organizations', [people(size.organizations)]);
    for (const part of all) {
      const chunks: string[] = [];
      for (let from = 1; from <= part.rows; from += CHUNK) chunks.push(part.sql(from, Math.min(part.rows, from + CHUNK - 1)));
      await run(part.table, chunks);
    }
    await run('search', SEARCH);
    await run('indexes, keys, policies', lifted);
    await run('analyze', ['vacuum analyze']);
  }
  await client.end();
  const at = (kind: string) => `${kind.padStart(8, '0')}-0000-7000-8000-000000000000`;
  return { organizationId: at('b1'), userId: at('a1'), sessionId: at('d1') };
}

/**
 * Policies are forced, so they bind the owner too; triggers, keys and indexes would be asked row by row. What is inserted here is right by
 * construction, so all of them are lifted. Answers the statements that put them back, keys checked.
 */
export async function lift(client: pg.Client, tables: string[]): Promise<string[]> {
  await client.query(`set maintenance_work_mem = '512MB'`);
  const found = async <T extends object>(sql: string) => (await client.query<T>(sql, [tables])).rows;
  const forced = await found<{ table: string }>(
    `select relname as table from pg_class where relforcerowsecurity and $1::text[] is not null`,
  );
  const keys = await found<{ table: string; name: string; definition: string }>(
    `select conrelid::regclass::text as table, conname as name, pg_get_constraintdef(oid) as definition
     from pg_constraint where contype = 'f' and conrelid = any($1::regclass[])`,
  );
  const indexes = await found<{ name: string; definition: string }>(
    `select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as definition from pg_index
     where indrelid = any($1::regclass[]) and not exists (select from pg_constraint where conindid = indexrelid)`,
  );
  for (const { table } of forced) await client.query(`alter table "${table}" no force row level security`);
  for (const table of tables) await client.query(`alter table "${table}" disable trigger user`);
  for (const { table, name } of keys) await client.query(`alter table ${table} drop constraint "${name}"`);
  for (const { name } of indexes) await client.query(`drop index ${name}`);
  return [
    ...indexes.map(({ definition }) => definition),
    ...keys.map(({ table, name, definition }) => `alter table ${table} add constraint "${name}" ${definition}`),
    ...tables.map((table) => `alter table "${table}" enable trigger user`),
    ...forced.map(({ table }) => `alter table "${table}" force row level security`),
  ];
}

const people = (organizations: number) => `
  insert into "user" (id, created_at, updated_at, email, name) select ${id('a1', 'g')}, now(), now(), 'user' || g || '@bench.example', 'User ' || g from generate_series(0, ${organizations - 1}) g;
  insert into organization (id, created_at, updated_at, name, slug, settings) select ${id('b1', 'g')}, now(), now(), 'Organization ' || g, 'bench-' || g, '{"record_visibility":"all"}' from generate_series(0, ${organizations - 1}) g;
  insert into membership (id, created_at, updated_at, organization_id, user_id, role, permission_sets, custom) select ${id('c1', 'g')}, now(), now(), ${id('b1', 'g')}, ${id('a1', 'g')}, 'owner', '{}', '{}' from generate_series(0, ${organizations - 1}) g;
  insert into session (id, created_at, updated_at, user_id, last_used_at, expires_at) values (${id('d1', '0')}, now(), now(), ${id('a1', '0')}, now(), now() + interval '7 days');`;
