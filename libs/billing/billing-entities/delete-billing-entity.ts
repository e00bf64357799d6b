import { Command, EntityManager, Handles, load } from '#kernel';
import { BillingEntity, defaultEntityStays } from './billing-entity.ts';

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
    seller.remove();
    return seller;
  }
}
