import { controller, crud } from '#kernel';
import { BillingEntity, BillingEntityChanges, billingEntityList, BillingEntityView, NewBillingEntity } from './billing-entity.ts';
import { CreateBillingEntity } from './create-billing-entity.ts';
import { DeleteBillingEntity } from './delete-billing-entity.ts';
import { UpdateBillingEntity } from './update-billing-entity.ts';

const example = { name: 'Harbour Clinic Ltd', currency: 'EUR', time_zone: 'Europe/Berlin', vat_id: 'DE123456789' };

export const BillingEntitiesController = controller(
  'billing-entities',
  crud({
    of: BillingEntity,
    called: 'a billing entity',
    view: BillingEntityView,
    list: billingEntityList,
    create: [CreateBillingEntity, NewBillingEntity, example],
    update: [UpdateBillingEntity, BillingEntityChanges, { terms_days: 14 }],
    remove: DeleteBillingEntity,
  }),
  { of: BillingEntity },
);
