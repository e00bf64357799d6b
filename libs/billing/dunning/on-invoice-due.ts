import { Bus, EntityManager, Reaction, Reacts } from '#kernel';
import { Invoice, InvoiceIssued } from '../invoices/invoice.ts';
import { PaymentDisputed, PaymentRefunded } from '../payments/payment.ts';
import { policies } from './default-policy.ts';
import { DunningRound, promiseRound, promiseStep } from './dunning-round.ts';

/** An invoice was issued: the day of its first step is known. */
export class OnInvoiceIssued extends Reaction<InvoiceIssued> {}

@Reacts(InvoiceIssued, OnInvoiceIssued)
class IssuedHandler {
  constructor(
    private readonly em: EntityManager,
    private readonly bus: Bus,
  ) {}
  async execute({ told: { subjectId } }: OnInvoiceIssued) {
    const invoice = await this.em.findOne(Invoice, { id: subjectId, kind: 'invoice', due: { $gt: 0n } });
    if (!invoice) return;
    const policy = (await policies(this.em))(invoice.billingEntityId);
    const { id, billingEntityId: seller, timeZone } = invoice;
    const next = await promiseStep(this.bus, { id, seller, due_date: invoice.dueDate!, time_zone: timeZone, done: 0 }, policy);
    if (next) await promiseRound(this.bus, next, timeZone);
  }
}

/** Something may be due again, or be reminded of on other days: all that is overdue is looked at. */
export class OnDunningChanged extends Reaction<object> {}

@Reacts([PaymentRefunded, PaymentDisputed, 'dunning_policy.created', 'dunning_policy.updated', 'dunning_policy.restored'], OnDunningChanged)
class ChangedHandler {
  constructor(private readonly bus: Bus) {}
  execute(_: OnDunningChanged) {
    return this.bus.run(new DunningRound());
  }
}
