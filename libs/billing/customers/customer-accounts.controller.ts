import { controller, crud } from '#kernel';
import { CreateCustomerAccount } from './create-customer-account.ts';
import {
  CustomerAccount,
  CustomerAccountChanges,
  customerAccountList,
  CustomerAccountView,
  NewCustomerAccount,
} from './customer-account.ts';
import { DeleteCustomerAccount } from './delete-customer-account.ts';
import { UpdateCustomerAccount } from './update-customer-account.ts';

export const CustomerAccountsController = controller(
  'customer-accounts',
  crud({
    of: CustomerAccount,
    called: 'a customer account',
    view: CustomerAccountView,
    list: customerAccountList,
    create: [CreateCustomerAccount, NewCustomerAccount],
    update: [UpdateCustomerAccount, CustomerAccountChanges, { tax_id: 'FR40303265045', terms_days: 14 }],
    remove: DeleteCustomerAccount,
  }),
  { of: CustomerAccount },
);
