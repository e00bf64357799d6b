import { amended, Command, EntityManager, Handles, load } from '#kernel';
import type { z } from 'zod';
import { CustomerAccount, type CustomerAccountChanges } from './customer-account.ts';

/** Issued invoices keep what was printed on them. */
export class UpdateCustomerAccount extends Command<CustomerAccount> {
  constructor(
    readonly id: string,
    readonly changes: z.output<typeof CustomerAccountChanges>,
  ) {
    super();
  }
}

@Handles(UpdateCustomerAccount, 'update', CustomerAccount)
class Handler {
  constructor(private readonly em: EntityManager) {}
  async execute({ id, changes }: UpdateCustomerAccount) {
    const account = await load(this.em, CustomerAccount, id);
    return Object.assign(account, amended(account, changes));
  }
}
