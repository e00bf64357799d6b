/** The first form of the question, before SEARCH_AMONG_UP. */
export const SEARCH_FIND = `
create or replace function search.find(kind text, spoken text) returns setof uuid
  language plpgsql stable security definer rows 100 set search_path = public, pg_temp
  as $$
declare
  patterns text[] := array(
    select '%' || replace(replace(replace(word, '\\', '\\\\'), '%', '\\%'), '_', '\\_') || '%'
    from regexp_split_to_table(search.fold(trim(spoken)), '\\s+') word where word <> '' order by length(word) desc limit 8);
begin
  -- The longest word leads the index; the others are checked on what it finds.
  return query select d.id from search.document d
  where d.organization_id = current_setting('app.tenant')::uuid and d.subject = kind
    and d.words like patterns[1] and d.words like all (patterns);
end $$;
`;

/**
 * Full-text search under row security (docs/adr). PostgreSQL may use a trigram index only outside policies, so the words of a row live in
 * one narrow table of its own schema: security enabled but not forced, no grant to the app role, reached only through two functions
 * that filter by the verified setting. What they return are ids, which are then read under the caller's policies and permissions.
 */
export const SEARCH_UP = `
create extension if not exists unaccent;
create extension if not exists pg_trgm;
create extension if not exists btree_gin;
create schema if not exists search;

create or replace function search.fold(words text) returns text
  language sql immutable strict parallel safe set search_path = public, pg_temp
  as $$ select lower(unaccent('unaccent', words)) $$;

create table if not exists search.document (
  organization_id uuid not null,
  subject text not null,
  id uuid not null,
  words text not null,
  primary key (organization_id, subject, id)
);
create index if not exists document_words on search.document using gin (organization_id, subject, words gin_trgm_ops);
alter table search.document enable row level security;
create policy document_organization on search.document
  using (organization_id = current_setting('app.tenant')::uuid) with check (organization_id = current_setting('app.tenant')::uuid);

create or replace function search.put(kind text, organization uuid, row_id uuid, spoken text) returns void
  language plpgsql security definer set search_path = public, pg_temp
  as $$
begin
  if organization <> current_setting('app.tenant')::uuid then
    raise exception 'search.put: another organization';
  end if;
  insert into search.document (organization_id, subject, id, words) values (organization, kind, row_id, lower(unaccent('unaccent', spoken)))
  on conflict on constraint document_pkey do update set words = excluded.words where document.words <> excluded.words;
end $$;

${SEARCH_FIND}
revoke all on schema search from public;
revoke all on all functions in schema search from public;
`;

/**
 * What a later migration makes of it. A word that many rows have finds thousands, of which a page shows twenty. So those that stand first
 * anyway are looked at before all others: when enough of them have the words, they are the answer, and the index is not asked.
 */
export const SEARCH_AMONG_UP = `
create or replace function search.patterns(spoken text) returns text[]
  language sql immutable parallel safe set search_path = public, pg_temp
  as $$
    select array(select '%' || replace(replace(replace(word, '\\', '\\\\'), '%', '\\%'), '_', '\\_') || '%'
      from regexp_split_to_table(search.fold(trim(spoken)), '\\s+') word where word <> '' order by length(word) desc limit 8)
  $$;

create or replace function search.find(kind text, spoken text) returns setof uuid
  language plpgsql stable security definer rows 100 set search_path = public, pg_temp
  as $$
declare
  patterns text[] := search.patterns(spoken);
begin
  -- The two longest words lead the index; the others are checked on what it finds.
  return query select d.id from search.document d
  where d.organization_id = current_setting('app.tenant')::uuid and d.subject = kind
    and d.words like patterns[1] and d.words like coalesce(patterns[2], patterns[1]) and d.words like all (patterns);
end $$;

create or replace function search.among(kind text, spoken text, first uuid[], wanted int) returns setof uuid
  language plpgsql stable security definer rows 100 set search_path = public, pg_temp
  as $$
declare
  patterns text[] := search.patterns(spoken);
  found uuid[] := array(
    with candidates as materialized (
      select d.id, d.words from search.document d
      where d.organization_id = current_setting('app.tenant')::uuid and d.subject = kind and d.id = any (first))
    select id from candidates where words like all (patterns));
begin
  if cardinality(found) >= wanted then
    return query select unnest(found);
  else
    return query select search.find(kind, spoken);
  end if;
end $$;

revoke all on all functions in schema search from public;
`;

/**
 * The index, once more. Of (organization, subject, words) it walks two lists beside those of the words, and in one of them stand all rows
 * of a subject; of organization and subject as one key it walks one list, of nothing but what may be found. And search.among says no more
 * than which of some rows have the words; its form with four arguments stays for processes that were started before.
 */
export const SEARCH_KEY_INDEX = `create index concurrently document_words_of on search.document
  using gin ((subject || organization_id::text), words gin_trgm_ops)`;
export const SEARCH_KEY_UP = `
create or replace function search.find(kind text, spoken text) returns setof uuid
  language plpgsql stable security definer rows 100 set search_path = public, pg_temp
  as $$
declare
  patterns text[] := search.patterns(spoken);
begin
  if patterns[1] is null then
    return; -- Nothing but accents.
  elsif patterns[1] || coalesce(patterns[2], '') ~ '[[:alnum:]]{3}' then
    -- An id is always as long, so the key of both is as good as both. They themselves would invite PostgreSQL to the primary key, by which
    -- it reads all of an organization that it takes for a small one. The two longest words lead, the others are checked on what they find.
    return query select d.id from search.document d
    where d.subject || d.organization_id::text = kind || current_setting('app.tenant')::uuid::text
      and d.words like patterns[1] and d.words like coalesce(patterns[2], patterns[1]) and d.words like all (patterns);
  else
    -- Without three letters together the index would be read as a whole.
    return query select d.id from search.document d
    where d.organization_id = current_setting('app.tenant')::uuid and d.subject = kind and d.words || '' like all (patterns);
  end if;
end $$;

create or replace function search.among(kind text, spoken text, rows uuid[]) returns setof uuid
  language plpgsql stable security definer rows 100 set search_path = public, pg_temp
  as $$
declare
  patterns text[] := search.patterns(spoken);
begin
  return query select d.id from (
    select document.id, document.words from search.document
    where organization_id = current_setting('app.tenant')::uuid and subject = kind and document.id = any (rows) offset 0) d
  where patterns[1] is not null and d.words like all (patterns);
end $$;

revoke all on all functions in schema search from public;
`;
