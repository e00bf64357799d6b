import { Bus, EntityManager, Reaction, Reacts, today } from '#kernel';
import { InvoicesIssued } from '../billing-entities/billing-entity.ts';
import { PaymentDisputed, PaymentRefunded } from '../payments/payment.ts';
import { policies } from './default-policy.ts';
import { DunningRound, promiseRound } from './dunning-round.ts';
import { nextStepDay, stepDue } from './steps.ts';

/** Invoices were issued: the days of their first steps are known. What was due long before it was issued has a step at once. */
export class OnInvoicesIssued extends Reaction<InvoicesIssued> {}

@Reacts(InvoicesIssued, OnInvoicesIssued)
class IssuedHandler {
  constructor(
    private readonly em: EntityManager,
    private readonly bus: Bus,
  ) {}
  async execute({ told: { event } }: OnInvoicesIssued) {
    const { id, kind, dueDates, timeZone } = event;
    if (kind !== 'invoice') return;
    const policy = (await policies(this.em))(id);
    if (!policy) return;
    const day = today(timeZone);
    const late = dueDates.filter((dueDate) => stepDue(policy.steps, dueDate, day, 0));
    if (late.length) await this.bus.run(new DunningRound(late));
    for (const next of new Set(dueDates.flatMap((dueDate) => nextStepDay(policy.steps, dueDate, day) ?? [])))
      await promiseRound(this.bus, next, timeZone);
  }
}

/** Something may be due again, or be reminded of on other days: all that is overdue is looked at. */
export class OnDunningChanged extends Reaction<object> {}

@Reacts(
  [
    PaymentRefunded,
    PaymentDisputed,
    'dunning_policy.created',
    'dunning_policy.updated',
    'dunning_policy.deleted',
    'dunning_policy.restored',
  ],
  OnDunningChanged,
)
class ChangedHandler {
  constructor(private readonly bus: Bus) {}
  execute(_: OnDunningChanged) {
    return this.bus.run(new DunningRound());
  }
}
