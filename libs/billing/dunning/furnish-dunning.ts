import { Command, EntityManager, Handles } from '#kernel';
import { DunningPolicy, STANDARD_STEPS } from './dunning-policy.ts';

/** Every organization reminds its customers from its first minute. */
export class FurnishDunning extends Command<DunningPolicy> {}

@Handles(FurnishDunning, 'system')
class Handler {
  constructor(private readonly em: EntityManager) {}
  execute() {
    return Promise.resolve(this.em.create(DunningPolicy, { name: 'Standard', steps: STANDARD_STEPS, isDefault: true }));
  }
}
