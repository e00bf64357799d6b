import { Bus, EntityManager, now, Reaction, Reacts, tenantId, today } from '#kernel';
import { Invoice, InvoiceVoided } from '../invoices/invoice.ts';
import { wakeFor } from './bill-due.ts';

/** What was dated ahead was voided: subscriptions of its seller that waited for its day are billed now. */
export class WakeWaiting extends Reaction<InvoiceVoided> {}

@Reacts(InvoiceVoided, WakeWaiting)
class Handler {
  constructor(
    private readonly em: EntityManager,
    private readonly bus: Bus,
  ) {}

  async execute({ told: { event } }: WakeWaiting) {
    const { issueDate, timeZone, billingEntityId } = await this.em.findOneOrFail(Invoice, { id: event.id });
    const at = now();
    if (issueDate! <= today(timeZone)) return;
    // Raw: they may be many, and nothing of them is told but when they are looked at.
    await this.em.execute(
      `update subscription set wake_at = ?, released_on = least(released_on, (?::timestamptz at time zone zone)::date + 1) where tenant_id = ? and billing_entity_id = ? and wake_at > ? and parked_at is null
         and (next_billing_on <= (?::timestamptz at time zone zone)::date or next_billing_on is null and status = 'cancelled')`,
      [at, at, tenantId(), billingEntityId, at, at],
    );
    await wakeFor(this.bus, [at]);
  }
}
