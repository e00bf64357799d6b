import { Command, EntityManager, Handles, load } from '#kernel';
import { Invoice } from '../invoices/invoice.ts';
import { Subscription } from '../subscriptions/subscription.ts';
import { BillingEntity, defaultEntityStays, entityInUse } from './billing-entity.ts';

/** @throws billing_entity.is_default, billing_entity.in_use */
export class DeleteBillingEntity extends Command<BillingEntity> {
  constructor(readonly id: string) {
    super();
  }
}

@Handles(DeleteBillingEntity, 'delete', BillingEntity)
class Handler {
  constructor(private readonly em: EntityManager) {}
  async execute({ id }: DeleteBillingEntity) {
    const seller = await load(this.em, BillingEntity, id);
    if (seller.isDefault) throw defaultEntityStays();
    for (const table of [Invoice, Subscription])
      // Also those the actor may not see.
      if (await this.em.count<object>(table, { billingEntityId: id }, { filters: { allowed: false } })) throw entityInUse();
    seller.remove();
    return seller;
  }
}
