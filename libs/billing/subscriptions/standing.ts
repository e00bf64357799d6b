import { LockMode } from '@mikro-orm/core';
import { EntityManager, Reaction, Reacts, tenantId } from '#kernel';
import { DunningStepRun } from '../dunning/dunning-step-run.ts';
import { Invoice, InvoicePaid, InvoiceVoided, InvoiceWrittenOff } from '../invoices/invoice.ts';
import { Subscription } from './subscription.ts';

/** The customer was reminded of an invoice: its subscription is past due until all it was reminded of is paid, taken back or given up. */
export class FallBehind extends Reaction<object> {}

@Reacts(['dunning_step_run.created'], FallBehind)
class BehindHandler {
  constructor(private readonly em: EntityManager) {}
  async execute({ told: { subjectId } }: FallBehind) {
    const run = await this.em.findOne(DunningStepRun, { id: subjectId });
    if (run) await settleStanding(this.em, run.invoiceId);
  }
}

/** Nothing is due on an invoice any more: its subscription may be paid for again. */
export class ComeGood extends Reaction<InvoicePaid | InvoiceVoided | InvoiceWrittenOff> {}

@Reacts([InvoicePaid, InvoiceVoided, InvoiceWrittenOff], ComeGood)
class GoodHandler {
  constructor(private readonly em: EntityManager) {}
  execute({ told: { event } }: ComeGood) {
    return settleStanding(this.em, event.id);
  }
}

async function settleStanding(em: EntityManager, invoiceId: string) {
  const invoice = await em.findOne(Invoice, { id: invoiceId, source: 'subscription' });
  const subscription = invoice && (await em.findOne(Subscription, { id: invoice.sourceId! }, { lockMode: LockMode.PESSIMISTIC_WRITE }));
  if (!subscription) return;
  const reminded = await em.execute<object[]>(
    `select from invoice i where i.tenant_id = ? and i.source = 'subscription' and i.source_id = ? and i.kind = 'invoice' and i.due_e4 > 0
       and exists (select from dunning_step_run r where r.tenant_id = i.tenant_id and r.invoice_id = i.id) limit 1`,
    [tenantId(), subscription.id],
  );
  subscription.markBehind(reminded.length > 0);
}
