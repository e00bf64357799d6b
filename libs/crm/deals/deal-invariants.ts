import type { Invariant } from '#kernel';

const rule = (name: string, from: string, wrong: string): Invariant => ({
  name,
  mayBeEmpty: true,
  sql: `select count(*)::int as checked, (count(*) filter (where ${wrong}))::int as wrong,
          coalesce((array_agg(row.id::text) filter (where ${wrong}))[1:5], '{}') as examples
        from ${from} row`,
});

/** Whether the stage `s` admits the status; see Stage.admits(). */
const admits = (status: string) =>
  `case s.kind when 'open' then ${status} in ('new', 'in_progress') when 'closed' then ${status} in ('won', 'lost') else ${status} = s.kind end`;

/** What holds of pipelines, deals and their history at any time. */
export const dealInvariants: Invariant[] = [
  {
    name: 'an organization has exactly one default pipeline',
    sql: `select 1 as checked, (count(*) <> 1)::int as wrong, coalesce((array_agg(id::text))[1:5], '{}') as examples
          from pipeline where is_default and deleted_at is null`,
  },
  rule(
    'deals can begin, be won and be lost in every pipeline, whose closing stages come last',
    'pipeline',
    `row.deleted_at is null and not exists (
       select from stage s where s.tenant_id = row.tenant_id and s.pipeline_id = row.id and s.deleted_at is null
       having bool_or(s.kind = 'open') and bool_or(s.kind in ('won', 'closed')) and bool_or(s.kind in ('lost', 'closed'))
         and max(s.position) filter (where s.kind = 'open') < min(s.position) filter (where s.kind <> 'open')
         and count(distinct s.position) = count(*))`,
  ),
  rule(
    'a deal is in a living stage of its pipeline that stands for its status',
    'deal',
    `not exists (
       select from stage s join pipeline p on p.tenant_id = s.tenant_id and p.id = s.pipeline_id
       where s.tenant_id = row.tenant_id and s.id = row.stage_id and s.pipeline_id = row.pipeline_id and s.key = row.stage
         and ${admits('row.status')} and (row.deleted_at is not null or (s.deleted_at is null and p.deleted_at is null)))`,
  ),
  rule(
    'a won deal has an amount, and a closed one its time and what is certain',
    'deal',
    `(row.status = 'won' and row.amount_e4 <= 0) or (row.status in ('won', 'lost')) <> (row.closed_at is not null)
     or (row.status = 'won' and row.probability <> 100) or (row.status = 'lost' and row.probability <> 0)`,
  ),
  rule(
    'the history of a deal has no gaps and ends with what the deal is',
    'deal',
    `not exists (
       select from stage_history h where h.tenant_id = row.tenant_id and h.deal_id = row.id
       having count(*) = row.changes and min(h.position) = 1 and max(h.position) = row.changes and count(*) filter (where h.deleted_at is not null) = 0)
     or not exists (
       select from stage_history h where h.tenant_id = row.tenant_id and h.deal_id = row.id and h.position = row.changes
         and h.to_stage_id = row.stage_id and h.to_status = row.status and h.amount_e4 = row.amount_e4 and h.currency = row.currency
         and h.owned_by is not distinct from row.owner_id)`,
  ),
  rule(
    'each row of history goes on where the one before it ended',
    'stage_history',
    `case when row.position = 1 then row.from_stage_id is not null or row.from_status is not null
     else not exists (
       select from stage_history h where h.tenant_id = row.tenant_id and h.deal_id = row.deal_id and h.position = row.position - 1
         and h.to_stage_id = row.from_stage_id and h.to_stage = row.from_stage and h.to_status = row.from_status) end`,
  ),
  rule(
    'the rules of deals held at every moment',
    'stage_history',
    `(row.to_status = 'won' and (row.amount_e4 <= 0 or row.probability <> 100)) or (row.to_status = 'lost' and row.probability <> 0)
     or not exists (select from stage s where s.tenant_id = row.tenant_id and s.id = row.to_stage_id and s.key = row.to_stage and ${admits('row.to_status')})`,
  ),
  rule(
    'every change of a deal was noted in its activities',
    'stage_history',
    `not exists (
       select from activity a where a.tenant_id = row.tenant_id and a.deal_id = row.deal_id and a.occurred_at = row.at and a.author_id is null
         and (a.kind = 'created') = (row.position = 1))`,
  ),
];
