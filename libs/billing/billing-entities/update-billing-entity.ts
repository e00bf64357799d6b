import { amended, Command, EntityManager, Handles, load } from '#kernel';
import type { z } from 'zod';
import { BillingEntity, type BillingEntityChanges, defaultEntityStays } from './billing-entity.ts';
import { becomesDefault } from './default-entity.ts';

export class UpdateBillingEntity extends Command<BillingEntity> {
  constructor(
    readonly id: string,
    readonly changes: z.output<typeof BillingEntityChanges>,
  ) {
    super();
  }
}

@Handles(UpdateBillingEntity, 'update', BillingEntity)
class Handler {
  constructor(private readonly em: EntityManager) {}
  async execute({ id, changes }: UpdateBillingEntity) {
    const seller = await load(this.em, BillingEntity, id);
    if (seller.isDefault && changes.isDefault === false) throw defaultEntityStays();
    if (!seller.isDefault && changes.isDefault) await becomesDefault(this.em);
    return Object.assign(seller, amended(seller, changes));
  }
}
