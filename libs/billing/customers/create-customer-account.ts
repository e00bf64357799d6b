import { alreadyExists, Command, EntityManager, Handles, may } from '#kernel';
import type { z } from 'zod';
import { accountOf, billable } from './customer.ts';
import { CustomerAccount, type NewCustomerAccount, oneCustomer } from './customer-account.ts';
import { heirOf } from './owners.ts';

export class CreateCustomerAccount extends Command<CustomerAccount> {
  constructor(readonly input: z.output<typeof NewCustomerAccount>) {
    super();
  }
}

@Handles(CreateCustomerAccount, 'create', CustomerAccount)
class Handler {
  constructor(private readonly em: EntityManager) {}
  async execute({ input }: CreateCustomerAccount) {
    if ((input.contactId == null) === (input.companyId == null)) throw oneCustomer();
    const of = await billable(this.em, input);
    const former = await accountOf(this.em, of);
    // Who decides whose it is without being allowed to hears that first, when it is written.
    if (former && (input.ownerId === undefined || may('reassign', CustomerAccount)))
      throw alreadyExists('This customer has an account', { existing: { type: 'customer_account', id: former.id } });
    const ownerId = await heirOf(this.em, of);
    return this.em.create(CustomerAccount, { ownerId, ...input });
  }
}
