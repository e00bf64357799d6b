import { controller, crud, del, upload } from '#kernel';
import { LOGO, LogoFields } from '../documents/logo.ts';
import { BillingEntity, BillingEntityChanges, billingEntityList, BillingEntityView, NewBillingEntity } from './billing-entity.ts';
import { CreateBillingEntity } from './create-billing-entity.ts';
import { DeleteBillingEntity } from './delete-billing-entity.ts';
import { RemoveSellerLogo, SetSellerLogo } from './set-seller-logo.ts';
import { UpdateBillingEntity } from './update-billing-entity.ts';

const example = { name: 'Harbour Clinic Ltd', currency: 'EUR', time_zone: 'Europe/Berlin', vat_id: 'DE123456789' };

export const BillingEntitiesController = controller(
  'billing-entities',
  {
    ...crud({
      of: BillingEntity,
      called: 'a billing entity',
      view: BillingEntityView,
      list: billingEntityList,
      create: [CreateBillingEntity, NewBillingEntity, example],
      update: [UpdateBillingEntity, BillingEntityChanges, { terms_days: 14 }],
      remove: DeleteBillingEntity,
    }),
    setLogo: upload(':id/logo', SetSellerLogo, {
      does: 'Give a billing entity a logo: PNG or JPEG, up to 512 KiB; that of a document template goes before it',
      body: LogoFields,
      upload: LOGO,
      answers: BillingEntityView as never,
      problems: ['logo.unfit'],
    }),
    removeLogo: del(':id/logo', RemoveSellerLogo, {
      does: 'Take the logo off a billing entity',
      answers: BillingEntityView as never,
      when: ({ has_logo: has }) => has === true,
    }),
  },
  { of: BillingEntity },
);
