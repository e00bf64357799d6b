import { choice, day, email, entity, flag, List, moment, ref, whole } from '#kernel';
import { Invoice } from '../invoices/invoice.ts';
import { DunningPolicy } from './dunning-policy.ts';

/** planned: the letter is on its way; settled: it was paid before the letter left; no_address: nobody to write to; failed: it was given up. */
export const RUN_STATUSES = ['planned', 'sent', 'settled', 'no_address', 'failed'] as const;

/** That a customer was reminded of an invoice: once for each step. */
export class DunningStepRun extends entity(
  'dunning_step_run',
  {
    invoiceId: ref(() => Invoice),
    dunningPolicyId: ref(() => DunningPolicy),
    step: whole({ min: 1 }),
    days: whole({ min: 1 }).describe('After the due date'),
    ranOn: day(),
    suspends: flag().or(false).describe('Whether it stopped the subscription that the invoice bills, if that was still due'),
    status: choice(RUN_STATUSES, 'planned'),
    email: email().optional(),
    sentAt: moment().optional(),
  },
  { unique: [{ on: ['invoiceId', 'step'] }], index: [['ranOn', 'id']], checks: { sent: "(status = 'sent') = (sent_at is not null)" } },
) {}
export const DunningStepRunView = DunningStepRun.view(
  'id',
  'invoiceId',
  'dunningPolicyId',
  'step',
  'days',
  'ranOn',
  'suspends',
  'status',
  'email',
  'sentAt',
  'createdAt',
);
export const dunningStepRunList = new List(DunningStepRunView, {
  sorts: ['createdAt', 'ranOn'],
  filters: ['invoiceId', 'dunningPolicyId', 'step', 'status', 'ranOn', 'createdAt'],
});
