import { Organization } from '#identity';
import { Command, EntityManager, Handles, organization } from '#kernel';
import { BillingEntity } from './billing-entity.ts';

/** Every organization can issue invoices from its first minute. */
export class FurnishBilling extends Command<BillingEntity> {}

@Handles(FurnishBilling, 'system')
class Handler {
  constructor(private readonly em: EntityManager) {}
  async execute() {
    const { id, currency, timeZone } = organization();
    const { name } = await this.em.findOneOrFail(Organization, { id });
    return this.em.create(BillingEntity, { name, currency, timeZone, isDefault: true });
  }
}
