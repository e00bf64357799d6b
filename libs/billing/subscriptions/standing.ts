import { LockMode } from '@mikro-orm/core';
import { Bus, EntityManager, Reaction, Reacts, tenantId } from '#kernel';
import { DunningStepRun } from '../dunning/dunning-step-run.ts';
import { Invoice, InvoiceDueAgain, InvoicePaid, InvoiceVoided, InvoiceWrittenOff } from '../invoices/invoice.ts';
import { wakeFor } from './bill-due.ts';
import { firstUnbilled } from './contents.ts';
import { Subscription } from './subscription.ts';

/**
 * The customer was reminded of an invoice: its subscription is past due until all it was reminded of is paid, taken back or given up, and is
 * suspended where the step says so.
 */
export class FallBehind extends Reaction<object> {}

@Reacts(['dunning_step_run.created'], FallBehind)
class BehindHandler {
  constructor(
    private readonly em: EntityManager,
    private readonly bus: Bus,
  ) {}
  async execute({ told: { subjectId } }: FallBehind) {
    const run = await this.em.findOne(DunningStepRun, { id: subjectId });
    if (run) await settleStanding(this.em, this.bus, run.invoiceId, run);
  }
}

/**
 * Nothing is due on an invoice any more, or something is again: its subscription may be paid for, or behind. One that was suspended waits for
 * whoever resumes it.
 */
export class SettleStanding extends Reaction<InvoicePaid | InvoiceVoided | InvoiceWrittenOff | InvoiceDueAgain> {}

@Reacts([InvoicePaid, InvoiceVoided, InvoiceWrittenOff, InvoiceDueAgain], SettleStanding)
class SettledHandler {
  constructor(
    private readonly em: EntityManager,
    private readonly bus: Bus,
  ) {}
  execute({ told: { event } }: SettleStanding) {
    return settleStanding(this.em, this.bus, event.id);
  }
}

async function settleStanding(em: EntityManager, bus: Bus, invoiceId: string, reminded?: DunningStepRun) {
  const invoice = await em.findOne(Invoice, { id: invoiceId, source: 'subscription' });
  const subscription = invoice && (await em.findOne(Subscription, { id: invoice.sourceId! }, { lockMode: LockMode.PESSIMISTIC_WRITE }));
  if (!subscription) return;
  // What is due is read once nobody else can settle the same.
  const [open] = await em.execute<{ since: string | null; due: boolean | null }[]>(
    `select min(r.ran_on)::text as since, bool_or(i.id = ?) as due from invoice i join dunning_step_run r on r.tenant_id = i.tenant_id and r.invoice_id = i.id
     where i.tenant_id = ? and i.source = 'subscription' and i.source_id = ? and i.kind = 'invoice' and i.due_e4 > 0`,
    [invoiceId, tenantId(), subscription.id],
  );
  subscription.pastDueSince = open!.since;
  if (!subscription.isServed()) return;
  if (reminded?.suspends && open!.due) subscription.suspend(firstUnbilled(subscription));
  subscription.settle();
  await wakeFor(bus, [subscription.wakeAt]);
}
