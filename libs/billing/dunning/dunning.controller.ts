import { controller, crud, listing } from '#kernel';
import { CreateDunningPolicy } from './create-dunning-policy.ts';
import { DunningPolicy, DunningPolicyChanges, dunningPolicyList, DunningPolicyView, NewDunningPolicy } from './dunning-policy.ts';
import { DunningStepRun, dunningStepRunList } from './dunning-step-run.ts';
import { UpdateDunningPolicy } from './update-dunning-policy.ts';

const example = { name: 'Gentle', steps: [{ days: 7 }, { days: 21 }], is_default: true };

export const DunningPoliciesController = controller(
  'dunning-policies',
  crud({
    of: DunningPolicy,
    called: 'a dunning policy',
    view: DunningPolicyView,
    list: dunningPolicyList,
    create: [CreateDunningPolicy, NewDunningPolicy, example],
    update: [UpdateDunningPolicy, DunningPolicyChanges, { active: false }],
  }),
  { of: DunningPolicy },
);

export const DunningRunsController = controller(
  'dunning-runs',
  { list: listing('', dunningStepRunList, 'List who was reminded of what') },
  { of: DunningStepRun, tag: 'dunning-policies' },
);
