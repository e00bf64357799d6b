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
    'every number belongs to a series, and dates go up with the numbers',
    `select i.id, i.issue_date, s.id as series_id,
       max(i.issue_date) over (partition by i.billing_entity_id, i.kind, i.series order by i.sequence) as latest
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
    'no more is credited than was billed',
    `select i.id, i.net_e4, i.tax_e4, coalesce(sum(n.net_e4), 0) as net, coalesce(sum(n.tax_e4), 0) as tax
     from invoice i join invoice n on n.tenant_id = i.tenant_id and n.preceding_invoice_id = i.id and n.number is not null
     group by i.id, i.net_e4, i.tax_e4`,
    'abs(row.net) > abs(row.net_e4) or abs(row.tax) > abs(row.tax_e4)',
  ),
];
