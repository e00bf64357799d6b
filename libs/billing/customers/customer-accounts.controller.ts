import { controller, crud, get } from '#kernel';
import { CreateCustomerAccount } from './create-customer-account.ts';
import {
  CustomerAccount,
  CustomerAccountChanges,
  customerAccountList,
  CustomerAccountView,
  NewCustomerAccount,
} from './customer-account.ts';
import { Balance, BalanceQuery, CustomerBalance } from './customer-balance.ts';
import { CustomerStatement, Statement, StatementQuery } from './customer-statement.ts';
import { DeleteCustomerAccount } from './delete-customer-account.ts';
import { UpdateCustomerAccount } from './update-customer-account.ts';

export const CustomerAccountsController = controller(
  'customer-accounts',
  {
    ...crud({
      of: CustomerAccount,
      called: 'a customer account',
      view: CustomerAccountView,
      list: customerAccountList,
      create: [
        CreateCustomerAccount,
        NewCustomerAccount,
        { contact_id: '019a9f5e-0000-7000-8000-000000000001', currency: 'EUR', terms_days: 14 },
      ],
      update: [UpdateCustomerAccount, CustomerAccountChanges, { tax_id: 'FR40303265045', terms_days: 14 }],
      remove: DeleteCustomerAccount,
    }),
    balance: get(':id/balance', CustomerBalance, { does: 'What a customer owes, and his credit', query: BalanceQuery, answers: Balance }),
    statement: get(':id/statement', CustomerStatement, {
      does: 'What changed what a customer owes, with a running balance',
      query: StatementQuery,
      answers: Statement,
    }),
  },
  { of: CustomerAccount },
);
