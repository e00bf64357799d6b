import type { Invariant } from '#kernel';

const counted = (name: string, rows: string, wrong: string): Invariant => ({
  name,
  mayBeEmpty: true,
  sql: `select count(*)::int as checked, (count(*) filter (where ${wrong}))::int as wrong,
          coalesce((array_agg(row.id::text) filter (where ${wrong}))[1:5], '{}') as examples
        from (${rows}) row`,
});

/** What holds of recurring billing at any time. */
export const subscriptionInvariants: Invariant[] = [
  counted(
    'one invoice per period, and no invoice of a subscription without one',
    `select p.id, p.status, (i.id is not null and i.source = 'subscription' and i.source_id = p.subscription_id and i.number is not null) as billed
     from billing_period p left join invoice i on i.tenant_id = p.tenant_id and i.id = p.invoice_id
     union all
     select i.id, 'billed', exists (select from billing_period p where p.tenant_id = i.tenant_id and p.invoice_id = i.id)
       or exists (select from subscription s where s.tenant_id = i.tenant_id and s.id = i.source_id and s.status = 'cancelled')
     from invoice i where i.source = 'subscription'`,
    "row.status = 'billed' and not row.billed",
  ),
  counted(
    'periods follow each other without holes or overlaps',
    `select p.id, p.index, p.period_start, s.next_index, s.start_date, s.trial_end,
       lag(p.period_end) over each as before, lag(p.index) over each as index_before, lead(p.index) over each as index_after
     from billing_period p join subscription s on s.tenant_id = p.tenant_id and s.id = p.subscription_id
     window each as (partition by p.subscription_id order by p.index)`,
    `case when row.before is null then row.index <> 0 or row.period_start <> coalesce(row.trial_end, row.start_date)
       else row.index <> row.index_before + 1 or row.period_start <> row.before + 1 end
     or (row.index_after is null and row.index <> row.next_index - 1)`,
  ),
  counted(
    'nothing is due for more than an hour',
    `select s.id, s.wake_at from subscription s where s.deleted_at is null`,
    `row.wake_at < now() - interval '1 hour'`,
  ),
];
