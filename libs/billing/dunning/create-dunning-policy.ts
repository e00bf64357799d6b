import { Command, EntityManager, Handles } from '#kernel';
import type { z } from 'zod';
import { becomesDefaultPolicy, scoped } from './default-policy.ts';
import { DunningPolicy, type NewDunningPolicy } from './dunning-policy.ts';

export class CreateDunningPolicy extends Command<DunningPolicy> {
  constructor(readonly input: z.output<typeof NewDunningPolicy>) {
    super();
  }
}

@Handles(CreateDunningPolicy, 'create', DunningPolicy)
class Handler {
  constructor(private readonly em: EntityManager) {}
  async execute({ input }: CreateDunningPolicy) {
    if (input.isDefault) await becomesDefaultPolicy(this.em);
    return scoped(this.em.create(DunningPolicy, input));
  }
}
