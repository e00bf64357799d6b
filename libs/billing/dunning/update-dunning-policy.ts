import { Command, EntityManager, Handles, load } from '#kernel';
import type { z } from 'zod';
import { becomesDefaultPolicy, scoped } from './default-policy.ts';
import { DunningPolicy, type DunningPolicyChanges } from './dunning-policy.ts';

export class UpdateDunningPolicy extends Command<DunningPolicy> {
  constructor(
    readonly id: string,
    readonly changes: z.output<typeof DunningPolicyChanges>,
  ) {
    super();
  }
}

@Handles(UpdateDunningPolicy, 'update', DunningPolicy)
class Handler {
  constructor(private readonly em: EntityManager) {}
  async execute({ id, changes }: UpdateDunningPolicy) {
    const policy = await load(this.em, DunningPolicy, id);
    if (!policy.isDefault && changes.isDefault) await becomesDefaultPolicy(this.em);
    return scoped(Object.assign(policy, changes));
  }
}
