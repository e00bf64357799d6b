import { Command, EntityManager, Handles } from '#kernel';
import type { z } from 'zod';
import { BillingEntity, type NewBillingEntity } from './billing-entity.ts';
import { becomesDefault } from './default-entity.ts';

export class CreateBillingEntity extends Command<BillingEntity> {
  constructor(readonly input: z.output<typeof NewBillingEntity>) {
    super();
  }
}

@Handles(CreateBillingEntity, 'create', BillingEntity)
class Handler {
  constructor(private readonly em: EntityManager) {}
  async execute({ input }: CreateBillingEntity) {
    if (input.isDefault) await becomesDefault(this.em);
    return this.em.create(BillingEntity, input);
  }
}
