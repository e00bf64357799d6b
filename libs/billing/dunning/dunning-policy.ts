import { entity, flag, json, List, problem, ref, text } from '#kernel';
import { z } from 'zod';
import { BillingEntity } from '../billing-entities/billing-entity.ts';

const line = (max: number) => z.string().trim().min(1).max(max);
const DunningStep = z
  .strictObject({
    days: z.int().min(1).max(3650).meta({ description: 'After the due date' }),
    subject: line(200).optional().meta({ description: 'May name {number}, {due}, {due_date}, {days}, {customer} and {seller}' }),
    suspends: z
      .boolean()
      .optional()
      .meta({ description: 'Stops the subscription that the invoice bills: nothing more of it is billed until somebody resumes it' }),
    text: line(10_000).optional().meta({ description: 'The same; a text of its own is sent unless given' }),
  })
  .meta({ id: 'DunningStep' });
const Steps = z
  .array(DunningStep)
  .max(20)
  .refine((steps) => steps.every(({ days }, i) => i === 0 || days > steps[i - 1]!.days), 'must be in ascending order of days');
export type DunningStep = z.output<typeof DunningStep>;

/** +3, +10, +20 days. */
export const STANDARD_STEPS: DunningStep[] = [{ days: 3 }, { days: 10 }, { days: 20 }];

/** When customers are reminded of what they owe. The default one counts where a billing entity has none of its own. */
export class DunningPolicy extends entity(
  'dunning_policy',
  {
    name: text({ max: 100 }),
    steps: json(Steps).or(STANDARD_STEPS),
    isDefault: flag().or(false),
    billingEntityId: ref(() => BillingEntity)
      .optional()
      .describe('Only what this one sells'),
    active: flag().or(true).describe('Without it nobody is reminded'),
  },
  {
    unique: [
      { on: ['isDefault'], where: 'is_default' },
      { on: ['billingEntityId'], where: 'billing_entity_id is not null' },
    ],
    checks: { scope: 'not is_default or billing_entity_id is null' },
  },
) {}
export const dunningScope = problem('dunning_policy.scope', 422, 'The default policy is for every billing entity, not for one');

const WRITABLE = ['name', 'steps', 'isDefault', 'billingEntityId', 'active'] as const;
export const NewDunningPolicy = DunningPolicy.input(...WRITABLE).meta({ id: 'NewDunningPolicy' });
export const DunningPolicyChanges = DunningPolicy.patch(...WRITABLE).meta({ id: 'DunningPolicyChanges' });
export const DunningPolicyView = DunningPolicy.view('id', ...WRITABLE, 'createdAt', 'updatedAt', 'version');
export const dunningPolicyList = new List(DunningPolicyView, {
  sorts: ['createdAt', 'name'],
  filters: ['name', 'isDefault', 'billingEntityId', 'active', 'createdAt'],
});
