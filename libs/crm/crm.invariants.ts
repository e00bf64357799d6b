import type { Invariant } from '#kernel';

const rule = (name: string, from: string, wrong: string): Invariant => ({
  name,
  mayBeEmpty: true,
  sql: `select count(*)::int as checked, (count(*) filter (where ${wrong}))::int as wrong,
          coalesce((array_agg(row.id::text) filter (where ${wrong}))[1:5], '{}') as examples
        from ${from} row`,
});

const notLed = (list: string, key: string, one: string) =>
  `(select count(*) from jsonb_array_elements(${list}) way where (way ->> 'primary')::boolean) <> least(jsonb_array_length(${list}), 1)
   or (select way ->> '${key}' from jsonb_array_elements(${list}) way where (way ->> 'primary')::boolean limit 1) is distinct from ${one}`;

/** What holds of contacts, companies and activities at any time. */
export const crmInvariants: Invariant[] = [
  rule(
    'a contact has one primary e-mail and phone, kept in step',
    'contact',
    `${notLed('row.emails', 'email', 'row.email')} or ${notLed('row.phones', 'phone', 'row.phone')}`,
  ),
  rule(
    'no company stands above itself',
    'company',
    `exists (
       with recursive above (id, parent_id) as (
         select first.id, first.parent_id from company first where first.id = row.parent_id
         union select up.id, up.parent_id from company up join above on up.id = above.parent_id)
       select from above where above.id = row.id)`,
  ),
  rule(
    'a deleted contact has no open deals',
    'contact',
    `row.deleted_at is not null and exists (select from deal where deal.tenant_id = row.tenant_id and deal.contact_id = row.id
       and deal.deleted_at is null and deal.status in ('new', 'in_progress'))`,
  ),
  rule(
    'what the system noted has no author',
    'activity',
    "row.kind in ('status_changed', 'stage_changed', 'owner_changed', 'amount_changed', 'task_created', 'created') and row.author_id is not null",
  ),
];
