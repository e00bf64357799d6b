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

/** Ids that can be computed, so that a row finds its organization without a look-up. */
const id = (kind: string, n: string) => `(lpad('${kind}', 8, '0') || '-0000-7000-8000-' || lpad((${n})::text, 12, '0'))::uuid`;
/** Skewed: the first organization has about a tenth of everything, the last next to nothing. */
const organizationOf = (n: string, all: number) => `(floor(${all} * power(((${n}) * 7919 % 100003) / 100003.0, 3)))::int`;

export async function prepare(ownerUrl: string, size: Size, log: (line: string) => void): Promise<Prepared> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  const tables = ['contact'];
  const run = async (what: string, sql: string) => {
    const began = performance.now();
    await client.query(sql);
    log(`${what}: ${((performance.now() - began) / 1000).toFixed(1)} s`);
  };
  const { rows } = await client.query<{ n: number }>('select count(*)::int as n from organization');
  if (!rows[0]!.n) {
    // Policies are forced, so they bind the owner too; for this the force is lifted, and put back below.
    for (const table of tables)
      await client.query(`alter table ${table} no force row level security; alter table ${table} disable trigger user`);
    const { organizations, contacts } = size;
    await run(
      'organizations',
      `
      insert into "user" (id, created_at, updated_at, email, name) select ${id('a1', 'g')}, now(), now(), 'user' || g || '@bench.example', 'User ' || g from generate_series(0, ${organizations - 1}) g;
      insert into organization (id, created_at, updated_at, name, slug, settings) select ${id('b1', 'g')}, now(), now(), 'Organization ' || g, 'bench-' || g, '{"record_visibility":"all"}' from generate_series(0, ${organizations - 1}) g;
      insert into membership (id, created_at, updated_at, organization_id, user_id, role, permission_sets, custom) select ${id('c1', 'g')}, now(), now(), ${id('b1', 'g')}, ${id('a1', 'g')}, 'owner', '{}', '{}' from generate_series(0, ${organizations - 1}) g;
      insert into session (id, created_at, updated_at, user_id, last_used_at, expires_at) values (${id('d1', '0')}, now(), now(), ${id('a1', '0')}, now(), now() + interval '7 days');`,
    );
    await run(
      'contacts',
      `
      insert into contact (id, tenant_id, owner_id, created_by, created_at, updated_at, name, first_name, last_name, email, phone, custom, kinds, tags, consent)
      select ${id('e1', 'g')}, ${id('b1', 'o')}, ${id('a1', 'o')}, ${id('a1', 'o')}, now() - g * interval '7 seconds', now() - g * interval '7 seconds',
        first || ' ' || last, first, last, lower(first) || '.' || lower(last) || g || '@example.com', '+4420' || lpad((g % 10000000)::text, 7, '0'), '{}', '{customer}', '{}', '{}'
      from (select g, ${organizationOf('g', organizations)} as o,
        (array['Ada','Grace','Alan','Edsger','Barbara','Donald','Radia','Tim','Margaret','Ken'])[1 + g % 10] as first,
        (array['Lovelace','Hopper','Turing','Dijkstra','Liskov','Knuth','Perlman','Lee','Hamilton','Thompson','Ritchie','Allen','Backus'])[1 + (g / 10) % 13] as last
        from generate_series(1, ${contacts}) g) rows;
      insert into search.document (organization_id, subject, id, words) select tenant_id, 'contact', id, search.fold(concat_ws(' ', name, email, phone)) from contact;`,
    );
    for (const table of tables)
      await client.query(`alter table ${table} force row level security; alter table ${table} enable trigger user`);
    await run('analyze', 'vacuum analyze');
  }
  await client.end();
  const at = (kind: string) => `${kind.padStart(8, '0')}-0000-7000-8000-000000000000`;
  return { organizationId: at('b1'), userId: at('a1'), sessionId: at('d1') };
}
