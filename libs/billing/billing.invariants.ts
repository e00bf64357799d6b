import type { Invariant } from '#kernel';

const counted = (name: string, rows: string, wrong: string): Invariant => ({
  name,
  mayBeEmpty: true,
  sql: `select count(*)::int as checked, (count(*) filter (where ${wrong}))::int as wrong,
          coalesce((array_agg(row.id::text) filter (where ${wrong}))[1:5], '{}') as examples
        from (${rows}) row`,
});

/** What holds of invoices and the ledger at any time. */
export const billingInvariants: Invariant[] = [
  counted(
    'numbers are gapless in each series',
    `select s.id, s.next, count(i.id) as issued, min(i.sequence) as first, max(i.sequence) as last
     from number_series s left join invoice i on i.tenant_id = s.tenant_id and i.billing_entity_id = s.billing_entity_id
       and i.kind = s.kind and i.series = s.period and i.number is not null
     group by s.id, s.next`,
    'row.issued <> row.next - 1 or row.first <> 1 or row.last <> row.next - 1',
  ),
  counted(
    'every number belongs to a series, and dates go up with the numbers, but for what was voided',
    `select i.id, i.issue_date, s.id as series_id,
       max(i.issue_date) filter (where i.status <> 'voided') over (partition by i.billing_entity_id, i.kind, i.series order by i.sequence) as latest
     from invoice i left join number_series s on i.tenant_id = s.tenant_id and i.billing_entity_id = s.billing_entity_id
       and i.kind = s.kind and i.series = s.period
     where i.number is not null`,
    'row.series_id is null or row.issue_date < row.latest',
  ),
  counted(
    'totals add up from lines and taxes',
    `select i.id, i.lines_total_e4, i.net_e4, i.tax_e4, i.einvoice_tax_e4, l.net, t.taxable, t.tax, t.einvoice
     from invoice i
     left join lateral (select sum(l.net_e4) as net from invoice_line l where l.tenant_id = i.tenant_id and l.invoice_id = i.id) l on true
     left join lateral (select sum(t.taxable_e4) as taxable, sum(t.tax_e4) as tax, sum(t.einvoice_tax_e4) as einvoice
       from invoice_tax t where t.tenant_id = i.tenant_id and t.invoice_id = i.id) t on true`,
    `coalesce(row.net, 0) <> row.lines_total_e4 or coalesce(row.taxable, 0) <> row.net_e4 or coalesce(row.tax, 0) <> row.tax_e4
     or coalesce(row.einvoice, 0) <> row.einvoice_tax_e4`,
  ),
  counted(
    'what is due on an invoice is the sum of its ledger entries',
    `select i.id, i.due_e4, coalesce((select sum(e.amount_e4) from ledger_entry e
       where e.tenant_id = i.tenant_id and e.invoice_id = i.id and e.currency = i.currency), 0) as owed
     from invoice i`,
    'row.owed <> row.due_e4',
  ),
  counted(
    'what a payment has to give is the sum of its ledger entries, and adds up with what it paid and gave back',
    `select p.id, p.allocated_e4, p.refunded_e4, p.credit_e4, coalesce(e.owed, 0) as owed, coalesce(a.given, 0) as given, coalesce(r.back, 0) as back
     from payment p
     left join lateral (select sum(e.amount_e4) as owed from ledger_entry e where e.tenant_id = p.tenant_id and e.payment_id = p.id) e on true
     left join lateral (select sum(a.amount_e4) as given from payment_allocation a
       where a.tenant_id = p.tenant_id and a.payment_id = p.id and a.deleted_at is null) a on true
     left join lateral (select sum(r.amount_e4) as back from refund r where r.tenant_id = p.tenant_id and r.payment_id = p.id) r on true`,
    'row.owed <> -row.credit_e4 or row.given <> row.allocated_e4 or row.back <> row.refunded_e4',
  ),
  counted(
    'what is paid and credited on an invoice is what was allocated to it',
    `select i.id, i.kind, i.payable_e4, i.paid_e4, i.credited_e4, coalesce(a.paid, 0) as paid, coalesce(a.credited, 0) as credited,
       coalesce(g.given, 0) as given, coalesce(r.back, 0) as back
     from invoice i
     left join lateral (select sum(a.amount_e4) filter (where a.payment_id is not null) as paid,
       sum(a.amount_e4) filter (where a.credit_note_id is not null) as credited
       from payment_allocation a where a.tenant_id = i.tenant_id and a.invoice_id = i.id and a.deleted_at is null) a on true
     left join lateral (select sum(g.amount_e4) as given
       from payment_allocation g where g.tenant_id = i.tenant_id and g.credit_note_id = i.id and g.deleted_at is null) g on true
     left join lateral (select sum(r.amount_e4) as back from refund r where r.tenant_id = i.tenant_id and r.credit_note_id = i.id) r on true`,
    `case when row.kind = 'credit_note' then row.given <> row.credited_e4 or row.back <> row.paid_e4
       when row.payable_e4 < 0 then -row.given <> row.credited_e4 or -row.back <> row.paid_e4
       else row.paid <> row.paid_e4 or row.credited <> row.credited_e4 or row.given <> 0 end`,
  ),
  counted(
    'the status of an invoice agrees with its sums',
    `select i.id, i.status, i.due_e4, i.paid_e4, i.written_off_e4 from invoice i where i.kind <> 'proforma' and i.status not in ('draft', 'voided')`,
    `row.status <> case when row.due_e4 <> 0 then case when row.paid_e4 = 0 then 'issued' else 'partially_paid' end
       when row.written_off_e4 > 0 then 'written_off' else 'paid' end`,
  ),
  counted(
    'the ledger balances: giving from one document to another changes nothing, and what a customer owes is due on his documents',
    `select a.id, coalesce(e.total, 0) as total, coalesce(e.moved, 0) as moved, coalesce(i.due, 0) as due, coalesce(p.credit, 0) as credit
     from customer_account a
     left join lateral (select sum(e.amount_e4) as total, sum(e.amount_e4) filter (where e.kind = 'allocation') as moved
       from ledger_entry e where e.tenant_id = a.tenant_id and e.customer_account_id = a.id) e on true
     left join lateral (select sum(i.due_e4) as due from invoice i where i.tenant_id = a.tenant_id and i.customer_account_id = a.id) i on true
     left join lateral (select sum(p.credit_e4) as credit from payment p where p.tenant_id = a.tenant_id and p.customer_account_id = a.id) p on true`,
    'row.moved <> 0 or row.total <> row.due - row.credit',
  ),
  counted(
    'no more is credited than was billed',
    `select i.id, i.net_e4, i.tax_e4, coalesce(sum(n.net_e4), 0) as net, coalesce(sum(n.tax_e4), 0) as tax
     from invoice i join invoice n on n.tenant_id = i.tenant_id and n.preceding_invoice_id = i.id and n.number is not null
     group by i.id, i.net_e4, i.tax_e4`,
    'abs(row.net) > abs(row.net_e4) or abs(row.tax) > abs(row.tax_e4)',
  ),
];
