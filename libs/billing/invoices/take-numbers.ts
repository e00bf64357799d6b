import { type EntityManager, now, problem, tenantId, today, uuidv7 } from '#kernel';
import type { BillingEntity } from '../billing-entities/billing-entity.ts';
import type { Invoice } from './invoice.ts';
import type { Kind } from './kinds.ts';
import { numberOf, periodOf } from './numbering.ts';

export const backDated = problem('invoice.back_dated', 422, 'An invoice is not dated before the last one issued');

/** A number, and where in its series it stands. */
export interface Taken {
  readonly number: string;
  readonly series: string;
  readonly sequence: number;
}

/** The last day that a series of a kind has got to, for each of some sellers: nothing is issued before it. */
export async function lastIssued(em: EntityManager, sellers: readonly string[], kind: Kind): Promise<Map<string, string>> {
  if (!sellers.length) return new Map();
  const rows = await em.execute<{ seller: string; day: string }[]>(
    `select billing_entity_id as seller, max(last_issued_on)::text as day from number_series
     where tenant_id = ? and kind = ? and billing_entity_id in (${sellers.map(() => '?').join(', ')}) group by billing_entity_id`,
    [tenantId(), kind, ...sellers],
  );
  return new Map(rows.map(({ seller, day }) => [seller, day]));
}

/**
 * What was voided stands in nobody's way: its series goes back to the day of the last document that counts, or to today. Its number stays taken.
 * Last of all, as for taking one.
 */
export async function setSeriesBack(em: EntityManager, { id, billingEntityId, kind, series, issueDate, timeZone }: Invoice): Promise<void> {
  await em.flush();
  const counter = [tenantId(), billingEntityId, kind, series];
  // Locked by a statement of its own: the next one sees what whoever held it has issued.
  await em.execute(
    `select from number_series where tenant_id = ? and billing_entity_id = ? and kind = ? and period = ? for update`,
    counter,
  );
  await em.execute(
    `update number_series s set updated_at = ?, last_issued_on = greatest(?::date, (select max(i.issue_date) from invoice i
       where i.tenant_id = s.tenant_id and i.billing_entity_id = s.billing_entity_id and i.kind = s.kind and i.series = s.period
         and i.status not in ('draft', 'voided') and i.id <> ?))
     where s.tenant_id = ? and s.billing_entity_id = ? and s.kind = ? and s.period = ? and s.last_issued_on = ?`,
    [now(), today(timeZone), id, ...counter, issueDate],
  );
}

const PATTERNS = { invoice: 'invoicePattern', credit_note: 'creditNotePattern', proforma: 'proformaPattern' } as const;

/**
 * Takes the next numbers of a series for invoices that bear a day, without a gap: the counter's row is changed in the transaction that
 * issues, so a rollback gives the numbers back. It is locked until the commit, so it is taken last, when everything else is flushed.
 * @throws invoice.back_dated
 */
export async function takeNumbers(em: EntityManager, seller: BillingEntity, kind: Kind, day: string, count = 1): Promise<Taken[]> {
  const pattern = seller[PATTERNS[kind]];
  const period = periodOf(pattern, day);
  const at = now();
  // Raw, because it must be one statement: two that begin a series at once, and whoever comes later, queue up at its row.
  const [row] = await em.execute<{ first: number }[]>(
    `insert into number_series as s
       (id, tenant_id, created_at, updated_at, billing_entity_id, kind, period, next, last_issued_on)
     select ?, ?, ?, ?, ?, ?, ?, ?, ?
     where not exists (select from number_series o
       where o.tenant_id = ? and o.billing_entity_id = ? and o.kind = ? and o.last_issued_on > ?)
     on conflict (tenant_id, billing_entity_id, kind, period) where deleted_at is null
     do update set next = s.next + ?, last_issued_on = excluded.last_issued_on, updated_at = excluded.updated_at
       where s.last_issued_on <= excluded.last_issued_on
     returning next - ? as first`,
    [uuidv7(), tenantId(), at, at, seller.id, kind, period, count + 1, day, tenantId(), seller.id, kind, day, count, count],
  );
  if (!row)
    throw backDated(`${day} is before the last one issued`, {
      details: [{ pointer: '/issue_date', code: 'back_dated', message: 'is before the last one issued' }],
    });
  return Array.from({ length: count }, (_, i) => {
    const sequence = row.first + i;
    return { number: numberOf(pattern, sequence, day), series: period, sequence };
  });
}
