import { LockMode } from '@mikro-orm/core';
import { Command, EntityManager, failpoint, Handles, Mailer, now } from '#kernel';
import { CustomerAccount } from '../customers/customer-account.ts';
import { Invoice } from '../invoices/invoice.ts';
import { askSomebody } from '../subscriptions/ask-somebody.ts';
import { DunningPolicy } from './dunning-policy.ts';
import { DunningStepRun } from './dunning-step-run.ts';
import { letterOf } from './letter.ts';

/** Sends the letter of a step, once, unless nothing is due any more. */
export class SendDunningLetter extends Command<void> {
  constructor(readonly runId: string) {
    super();
  }
  override givenUp() {
    return new FailDunningLetter(this.runId);
  }
}

@Handles(SendDunningLetter, 'system')
class Handler {
  constructor(
    private readonly em: EntityManager,
    private readonly mailer: Mailer,
  ) {}

  async execute({ runId }: SendDunningLetter) {
    const run = await this.em.findOne(DunningStepRun, { id: runId }, { lockMode: LockMode.PESSIMISTIC_WRITE });
    // One that was given up is tried again when somebody says so.
    if (run?.status !== 'planned' && run?.status !== 'failed') return;
    const invoice = await this.em.findOneOrFail(Invoice, { id: run.invoiceId });
    if (invoice.due <= 0n) return void (run.status = 'settled');
    const account = await this.em.findOne(CustomerAccount, { id: invoice.customerAccountId });
    const to = account?.email ?? invoice.customer.email;
    if (!to) return void (run.status = 'no_address');
    const policy = await this.em.findOne(DunningPolicy, { id: run.dunningPolicyId }, { filters: { alive: false } });
    const words = policy?.steps.find(({ days }) => days === run.days) ?? {};
    failpoint('dunning.before_letter');
    await this.mailer.send({ to, ...letterOf(invoice, run, words), key: `dunning ${run.id}` });
    failpoint('dunning.after_letter');
    Object.assign(run, { status: 'sent', email: to, sentAt: now() });
  }
}

/** Says of the letter of a step that nobody tries it any more, and asks somebody to. */
export class FailDunningLetter extends Command<void> {
  constructor(readonly runId: string) {
    super();
  }
}

@Handles(FailDunningLetter, 'system')
class FailHandler {
  constructor(private readonly em: EntityManager) {}

  async execute({ runId }: FailDunningLetter) {
    const run = await this.em.findOne(DunningStepRun, { id: runId }, { lockMode: LockMode.PESSIMISTIC_WRITE });
    if (run?.status !== 'planned') return;
    run.status = 'failed';
    const invoice = await this.em.findOneOrFail(Invoice, { id: run.invoiceId });
    await askSomebody(this.em, invoice, {
      title: 'A reminder could not be sent',
      description: `Reminder ${run.step} of ${invoice.number!} did not leave and is not tried any more. See to it that mail leaves, and remind the customer.`,
    });
  }
}
