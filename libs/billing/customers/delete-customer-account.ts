import { Command, EntityManager, Handles, load } from '#kernel';
import { Invoice } from '../invoices/invoice.ts';
import { Payment } from '../payments/payment.ts';
import { Subscription } from '../subscriptions/subscription.ts';
import { accountInUse, CustomerAccount } from './customer-account.ts';

/** @throws customer_account.in_use */
export class DeleteCustomerAccount extends Command<CustomerAccount> {
  constructor(readonly id: string) {
    super();
  }
}

@Handles(DeleteCustomerAccount, 'delete', CustomerAccount)
class Handler {
  constructor(private readonly em: EntityManager) {}
  async execute({ id }: DeleteCustomerAccount) {
    const account = await load(this.em, CustomerAccount, id);
    for (const table of [Invoice, Payment, Subscription])
      // Also those the actor may not see.
      if (await this.em.count<object>(table, { customerAccountId: id }, { filters: { allowed: false } })) throw accountInUse();
    account.remove();
    return account;
  }
}
