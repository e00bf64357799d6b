import { formatAmount, type Read, tenantId } from '#kernel';
import { sql, type SqlBool } from 'kysely';
import { Activity } from '../activities/activity.ts';
import { Deal } from '../deals/deal.ts';
import { Task } from '../tasks/task.ts';
import { onTimeline } from './timeline.ts';

/** Rows about the contact himself, and those about one of his deals alone. */
const his =
  (table: 'activity' | 'task', also = sql`true`) =>
  (contactId: string, read: Read) => {
    const of = (column: string) => sql.ref(`${table}.${column}`);
    const deals = read.from(Deal).where('deal.contact_id', '=', contactId).select('deal.id');
    return [
      sql<SqlBool>`${also} and ${of('contact_id')} = ${contactId}`,
      sql<SqlBool>`${also} and ${of('contact_id')} is distinct from ${contactId} and ${of('deal_id')} in (${deals})`,
    ];
  };

onTimeline({
  kind: 'activity',
  of: Activity,
  at: 'occurred_at',
  title: 'text',
  detail: { kind: 'kind', payload: 'payload', author_id: 'author_id', created_by: 'created_by' },
  // A task shows itself; that it was created need not be said twice.
  belongs: his('activity', sql`activity.kind <> 'task_created'`),
});

onTimeline({
  kind: 'task',
  of: Task,
  title: 'title',
  detail: { status: 'status', priority: 'priority', due_date: 'due_date', assignee_id: 'assignee_id', completed_at: 'completed_at' },
  belongs: his('task'),
});

onTimeline({
  kind: 'deal',
  of: Deal,
  title: 'title',
  detail: {
    status: 'status',
    stage: 'stage',
    amount: 'amount_e4',
    currency: 'currency',
    expected_close_date: 'expected_close_date',
    closed_at: 'closed_at',
  },
  belongs: (contactId) => [
    sql`deal.contact_id = ${contactId}`,
    sql`deal.contact_id is distinct from ${contactId} and deal.id in (select part.deal_id from deal_contact part
      where part.tenant_id = ${tenantId()} and part.contact_id = ${contactId} and part.deleted_at is null)`,
  ],
  finish: ({ amount, currency, ...rest }) => ({ ...rest, amount: formatAmount(BigInt(amount as string), currency as string), currency }),
});
