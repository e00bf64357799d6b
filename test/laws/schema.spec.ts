import { entities, ormOptions } from '#kernel';
import '../../libs/contexts.ts';
import { EntitySchema, MikroORM } from '@mikro-orm/postgresql';
import { readdirSync, readFileSync } from 'node:fs';
import { asOwner, inside } from '../database.ts';
import { DEFINERS, FOREIGN_SCHEMAS, PLATFORM_TABLES } from './platform-tables.ts';

const APP = decodeURIComponent(new URL(process.env.DATABASE_URL!).username);
const OWNER = decodeURIComponent(new URL(process.env.DATABASE_OWNER_URL!).username);
const NOWHERE = '00000000-0000-0000-0000-000000000000';
const TENANT = `(tenant_id = (current_setting('app.tenant'::text))::uuid)`;

/**
 * A law of the schema: a query over the catalogue that names who breaks it, and something that does break it, to show that the query can
 * tell. What breaks it runs in a transaction that is undone.
 */
interface Law {
  says: string;
  /** $1 is the app role, $2 the platform tables, $3 the foreign schemas, $4 the definers. Yields `offender`. */
  sql: string;
  broken: { by: string; names: string }[];
}

/** Our own tables. */
const OURS = `select c.oid, c.relname, n.nspname, n.nspname || '.' || c.relname as name, c.relrowsecurity, c.relforcerowsecurity, c.relkind
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast') and n.nspname !~ '^pg_temp|^pg_toast_temp' and n.nspname <> all ($3)
    and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')`;
const with_ = (rest: string) => `with ours as (${OURS}), args as (select $1::text, $2::text[], $4::text[]) ${rest}`;
const TABLES = `(select * from ours where relkind in ('r', 'p'))`;
const column = (name: string) =>
  `(select a.attnum from pg_attribute a where a.attrelid = t.oid and a.attname = '${name}' and not a.attisdropped)`;

const LAWS: Law[] = [
  {
    says: 'a table has a tenant_id that is not null, or stands on the reviewed list',
    sql: with_(`select t.name as offender from ${TABLES} t where t.name <> all ($2)
      and not exists (select from pg_attribute a where a.attrelid = t.oid and a.attname = 'tenant_id' and a.attnotnull and a.atttypid = 'uuid'::regtype)`),
    broken: [
      { by: 'create table forgotten (id uuid primary key)', names: 'public.forgotten' },
      { by: 'alter table contact alter tenant_id drop not null', names: 'public.contact' },
      { by: 'create schema elsewhere create table forgotten (id uuid)', names: 'elsewhere.forgotten' },
    ],
  },
  {
    says: 'row-level security is enabled and forced on every table with a tenant',
    sql: with_(
      `select t.name as offender from ${TABLES} t where ${column('tenant_id')} is not null and not (t.relrowsecurity and t.relforcerowsecurity)`,
    ),
    broken: [
      { by: 'alter table contact disable row level security', names: 'public.contact' },
      { by: 'alter table deal no force row level security', names: 'public.deal' },
    ],
  },
  {
    says: 'every table with a tenant has exactly one policy, for everybody and everything, on reading and on writing',
    sql: with_(`select t.name as offender from ${TABLES} t where ${column('tenant_id')} is not null and not exists (
      select from pg_policy p where p.polrelid = t.oid having count(*) = 1 and bool_and(p.polpermissive and p.polcmd = '*' and p.polroles = '{0}'
        and pg_get_expr(p.polqual, p.polrelid) = $q$${TENANT}$q$ and pg_get_expr(p.polwithcheck, p.polrelid) is not distinct from $q$${TENANT}$q$))`),
    broken: [
      { by: 'drop policy contact_tenant_policy on contact', names: 'public.contact' },
      { by: 'create policy wide on deal using (true)', names: 'public.deal' },
      { by: 'alter policy contact_tenant_policy on contact using (true)', names: 'public.contact' },
      { by: 'alter policy contact_tenant_policy on contact with check (true)', names: 'public.contact' },
      {
        by: `drop policy contact_tenant_policy on contact; create policy p on contact for select using ${TENANT}`,
        names: 'public.contact',
      },
    ],
  },
  {
    says: 'a platform table names its organization organization_id, and the list names no table that is gone',
    sql: with_(`select t.name as offender from ${TABLES} t where t.name = any ($2) and ${column('tenant_id')} is not null
      union all select name from unnest($2::text[]) name where name not in (select name from ours)`),
    broken: [
      { by: 'alter table invitation add tenant_id uuid', names: 'public.invitation' },
      { by: 'drop table login_failure', names: 'public.login_failure' },
    ],
  },
  {
    says: 'a key between tables with a tenant includes the tenant, and never sets it to null',
    sql: with_(`select k.conname as offender from pg_constraint k join ours t on t.oid = k.conrelid join ours o on o.oid = k.confrelid
      where k.contype = 'f' and ${column('tenant_id')} is not null
        and (k.confdeltype in ('n', 'd') or k.confupdtype in ('n', 'd', 'c') or not exists (
          select from unnest(k.conkey, k.confkey) as pair(mine, theirs) join pg_attribute a on a.attrelid = o.oid and a.attnum = pair.theirs
          where pair.mine = ${column('tenant_id')} and a.attname in ('tenant_id', 'organization_id')))`),
    broken: [
      { by: 'alter table deal add constraint loose foreign key (contact_id) references contact (id)', names: 'loose' },
      { by: 'alter table contact add constraint anybody foreign key (created_by) references "user" (id)', names: 'anybody' },
      {
        by: 'alter table deal add constraint nulls foreign key (tenant_id, contact_id) references contact (tenant_id, id) on delete set null',
        names: 'nulls',
      },
    ],
  },
  {
    says: 'what is unique, is so within an organization',
    sql: with_(`select i.indexrelid::regclass::text as offender from pg_index i join ours t on t.oid = i.indrelid
      where i.indisunique and ${column('tenant_id')} is not null and ${column('tenant_id')} <> all (i.indkey::int2[])
        and not (i.indisprimary and (select array_agg(a.attname::text) from pg_attribute a where a.attrelid = t.oid and a.attnum = any (i.indkey::int2[])) = array['id'])`),
    broken: [{ by: 'create unique index tells on contact (id)', names: 'tells' }],
  },
  {
    says: 'every foreign key has an index on its own side',
    sql: with_(`select k.conname as offender from pg_constraint k join ours t on t.oid = k.conrelid where k.contype = 'f' and not exists (
      select from pg_index i where i.indrelid = k.conrelid and i.indisvalid and i.indpred is null
        and (i.indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey and k.conkey @> (i.indkey::int2[])[0:cardinality(k.conkey) - 1])`),
    broken: [{ by: 'drop index contact_tenant_id_company_id_created_at_id_index', names: 'contact_company_id_foreign' }],
  },
  {
    says: 'the app role owns nothing',
    sql: `select $2::text[], $3::text[], $4::text[], d.classid::regclass || ' ' || d.objid as offender from pg_shdepend d
      join pg_roles r on r.oid = d.refobjid and d.refclassid = 'pg_authid'::regclass where r.rolname = $1 and d.deptype = 'o'`,
    broken: [],
  },
  {
    says: 'the app role is nobody special, and a member of nobody',
    sql: `select $2::text[], $3::text[], $4::text[], r.rolname as offender from pg_roles r where r.rolname = $1
      and (r.rolsuper or r.rolbypassrls or r.rolcreatedb or r.rolcreaterole or r.rolreplication or exists (select from pg_auth_members m where m.member = r.oid))`,
    broken: [],
  },
  {
    says: 'the app role may create nothing but temporary tables',
    sql: `select $2::text[], $3::text[], $4::text[], nspname as offender from pg_namespace where has_schema_privilege($1, oid, 'create') and nspname !~ '^pg_temp|^pg_toast_temp'
      union all select $2, $3, $4, datname from pg_database where datname = current_database() and has_database_privilege($1, oid, 'create')`,
    broken: [
      { by: `create schema playground; grant create on schema playground to ${APP}`, names: 'playground' },
      { by: `do $$ begin execute format('grant create on database %I to ${APP}', current_database()); end $$`, names: '' },
    ],
  },
  {
    says: 'the app role may not truncate, refer to or put triggers on a table',
    sql: `select $2::text[], $3::text[], $4::text[], c.oid::regclass::text as offender from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p') and nspname not in ('pg_catalog', 'information_schema') and nspname !~ '^pg_'
        and (has_table_privilege($1, c.oid, 'truncate') or has_any_column_privilege($1, c.oid, 'references') or has_table_privilege($1, c.oid, 'trigger'))`,
    broken: [
      { by: `grant truncate on contact to ${APP}`, names: 'contact' },
      { by: `grant references (id) on contact to ${APP}`, names: 'contact' },
      { by: `grant trigger on contact to public`, names: 'contact' },
    ],
  },
  {
    says: 'the audit log only grows; migrations are only read; the words of the search are out of reach',
    sql: with_(`select t.name as offender from ${TABLES} t where t.relname like 'audit\\_%' and (not has_table_privilege($1, t.oid, 'insert')
        or not has_table_privilege($1, t.oid, 'select') or has_any_column_privilege($1, t.oid, 'update') or has_table_privilege($1, t.oid, 'delete'))
      union all select t.name from ${TABLES} t where (t.nspname = 'search' or t.relname = 'mikro_orm_migrations')
        and (has_any_column_privilege($1, t.oid, 'insert, update') or has_table_privilege($1, t.oid, 'delete') or t.nspname = 'search' and has_any_column_privilege($1, t.oid, 'select'))`),
    broken: [
      { by: `grant update (content) on audit_entry to ${APP}`, names: 'public.audit_entry' },
      { by: `grant delete on audit_seal to ${APP}`, names: 'public.audit_seal' },
      { by: `revoke insert on audit_entry from ${APP}`, names: 'public.audit_entry' },
      { by: `grant select on search.document to ${APP}`, names: 'search.document' },
      { by: `grant insert on mikro_orm_migrations to public`, names: 'public.mikro_orm_migrations' },
    ],
  },
  {
    says: 'a function that runs as its owner stands on the list, and its search_path is pinned',
    sql: `select $1::text, $2::text[], n.nspname || '.' || p.proname as offender from pg_proc p join pg_namespace n on n.oid = p.pronamespace
      where p.prosecdef and nspname not in ('pg_catalog', 'information_schema') and n.nspname <> all ($3)
        and (n.nspname || '.' || p.proname <> all ($4) or not exists (select from unnest(p.proconfig) setting where setting like 'search_path=%pg_temp'))
      union all select $1, $2, name from unnest($4::text[]) name where not exists (
        select from pg_proc p join pg_namespace n on n.oid = p.pronamespace where p.prosecdef and n.nspname || '.' || p.proname = name)`,
    broken: [
      { by: `create function wide() returns int language sql security definer as 'select 1'`, names: 'public.wide' },
      { by: 'alter function search.find reset search_path', names: 'search.find' },
      { by: 'alter function search.put security invoker', names: 'search.put' },
    ],
  },
  {
    says: 'a view is asked as who asks it, and nothing is kept outside the policies',
    sql: with_(`select v.name as offender from ours v join pg_class c on c.oid = v.oid where v.relkind = 'm'
      or v.relkind = 'v' and not coalesce(c.reloptions && '{security_invoker=true,security_invoker=on,security_invoker=1}', false)`),
    broken: [
      { by: 'create view everybody as select * from contact', names: 'public.everybody' },
      { by: 'create view everybody with (security_invoker = false) as select * from contact', names: 'public.everybody' },
      { by: 'create materialized view frozen as select 1 as n', names: 'public.frozen' },
    ],
  },
];

const PARAMETERS = [APP, Object.keys(PLATFORM_TABLES), Object.keys(FOREIGN_SCHEMAS), Object.keys(DEFINERS)];

describe.each(LAWS)('$says', ({ sql, broken }) => {
  it('holds', async () => {
    expect((await asOwner<{ offender: string }>(sql, PARAMETERS)).map(({ offender }) => offender)).toEqual([]);
  });
  if (broken.length)
    it.each(broken)('canary: $by', async ({ by, names }) => {
      const found = await inside(NOWHERE, async (client) => {
        await client.query(by);
        return (await client.query<{ offender: string }>(sql, PARAMETERS)).rows.map(({ offender }) => offender);
      });
      expect(found).toContain(names || new URL(process.env.DATABASE_URL!).pathname.slice(1));
    });
  else
    it('canary: the owner of the tables, or the superuser, would be named', async () => {
      const [boss] = await asOwner<{ rolname: string }>('select rolname from pg_roles where rolsuper limit 1');
      const found = await Promise.all([OWNER, boss!.rolname].map((role) => asOwner(sql, [role, ...PARAMETERS.slice(1)])));
      expect(found.some((rows) => rows.length > 0)).toBe(true);
    });
});

it('the owner of the tables is bound by the policies too: no role at run time sees across organizations', async () => {
  const roles = await asOwner(`select from pg_roles where rolname in ($1, $2) and (rolsuper or rolbypassrls)`, [APP, OWNER]);
  expect(roles).toEqual([]);
});

it('the policies that entities declare are those of the database: no entity with a tenant is missing from it', async () => {
  const rows = await asOwner<{ relname: string }>('select relname from pg_class where relforcerowsecurity');
  const protectedTables = new Set(rows.map(({ relname }) => relname));
  const scoped = entities.filter(({ scope }) => scope === 'tenant').map(({ table }) => table);
  expect(scoped.filter((table) => !protectedTables.has(table))).toEqual([]);
  expect(scoped.length).toBeGreaterThan(5);
});

it('the list of platform tables is the one that docs/isolation.md explains', () => {
  const text = readFileSync('docs/isolation.md', 'utf8');
  for (const name of [...Object.keys(PLATFORM_TABLES), ...Object.keys(DEFINERS)])
    expect(text).toContain(`\`${name.replace('public.', '')}\``);
});

describe('a migration under load', () => {
  /** Indexes that hold up writes for as long as they are made: those on tables that were there before. */
  const holdingUp = (migration: string) => {
    const [up] = migration.split('override down');
    const made = new Set([...up!.matchAll(/create table (?:if not exists )?"?(\w+)/gi)].map(([, table]) => table));
    const indexes = [...up!.matchAll(/create (?:unique )?index (?!concurrently)[^`;]*? on (?:"?\w+"?\.)?"?(\w+)/gi)];
    return indexes.flatMap(([statement, table]) => (made.has(table) ? [] : [statement]));
  };
  /** From this one on; what was applied before is not written anew. */
  const FIRST = '20261127121000';
  const found = (files: readonly string[]) =>
    files.flatMap((file) => holdingUp(readFileSync(`migrations/${file}`, 'utf8')).map((statement) => `${file}: ${statement}`));
  const all = readdirSync('migrations').filter((file) => file.endsWith('.ts'));

  it('makes an index on a table that is there concurrently, in a migration that is no transaction', () => {
    expect(found(all.filter((file) => file >= FIRST))).toEqual([]);
  });

  it('canary: those from before, which do not, would be named', () => {
    expect(found(all.filter((file) => file < FIRST)).length).toBeGreaterThan(5);
  });
});

describe('entities, migrations and database are one', () => {
  const opened = async (url: string) => MikroORM.init(ormOptions(url, { driverOptions: { options: `-c app.tenant=${NOWHERE}` } }));

  it('the migrated database needs no change', async () => {
    const orm = await opened(process.env.DATABASE_OWNER_URL!);
    const drift = await orm.schema.getUpdateSchemaSQL();
    await orm.close();
    expect(drift.split('\n').filter((line) => line && !/^set names|bullmq|search\./.test(line))).toEqual([]);
  });

  it('the committed snapshot is what the entities say, without a database', async () => {
    // Nobody listens there: it must be answered from the snapshot.
    const orm = await opened('postgresql://nobody@127.0.0.1:1/none');
    expect(await orm.migrator.checkSchema()).toBe(false);
    await orm.close();
  });

  it('canary: an entity without a migration is missed there', async () => {
    const options = ormOptions('postgresql://nobody@127.0.0.1:1/none', { driverOptions: undefined });
    const forgotten = new EntitySchema({ name: 'Forgotten', properties: { id: { type: 'uuid', primary: true } } });
    const orm = await MikroORM.init({ ...options, entities: [...options.entities!, forgotten] });
    expect(await orm.migrator.checkSchema()).toBe(true);
    await orm.close();
  });

  it('canary: a forgotten column is drift', async () => {
    await asOwner('alter table contact drop column source');
    try {
      const orm = await opened(process.env.DATABASE_OWNER_URL!);
      const drift = await orm.schema.getUpdateSchemaSQL();
      await orm.close();
      expect(drift).toContain('alter table "contact" add "source"');
    } finally {
      await asOwner('alter table contact add column source varchar(100) null');
    }
  });
});
