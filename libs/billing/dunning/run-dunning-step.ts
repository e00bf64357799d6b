import { LockMode } from '@mikro-orm/core';
import { Bus, Command, EntityManager, failpoint, Handles, today } from '#kernel';
import { Invoice } from '../invoices/invoice.ts';
import { policies } from './default-policy.ts';
import { RoundAgain } from './dunning-round.ts';
import { DunningStepRun } from './dunning-step-run.ts';
import { SendDunningLetter } from './send-dunning-letter.ts';
import { stepDue } from './steps.ts';

/** Runs the step of an invoice that has come, if it is still due: once, however often it is told. The letter leaves after the commit. */
export class RunDunningStep extends Command<void> {
  constructor(readonly invoiceId: string) {
    super();
  }
  override givenUp() {
    return new RoundAgain();
  }
}

@Handles(RunDunningStep, 'system')
class Handler {
  constructor(
    private readonly em: EntityManager,
    private readonly bus: Bus,
  ) {}

  async execute({ invoiceId }: RunDunningStep) {
    const invoice = await this.em.findOne(Invoice, { id: invoiceId }, { lockMode: LockMode.PESSIMISTIC_WRITE });
    if (!invoice || invoice.due <= 0n || invoice.kind !== 'invoice') return;
    const policy = (await policies(this.em))(invoice.billingEntityId);
    if (!policy) return;
    const [last] = await this.em.find(DunningStepRun, { invoiceId }, { orderBy: { step: 'desc' }, limit: 1 });
    const day = today(invoice.timeZone);
    const due = stepDue(policy.steps, invoice.dueDate!, day, last?.days ?? 0);
    if (!due) return;
    const { days, suspends = false } = due;
    const step = Math.max(policy.steps.indexOf(due), last?.step ?? 0) + 1;
    const run = this.em.create(DunningStepRun, { invoiceId, dunningPolicyId: policy.id, step, days, suspends, ranOn: day });
    await this.bus.later(new SendDunningLetter(run.id), { key: run.id, subjectId: run.id });
    failpoint('dunning.decided');
  }
}
