import { Command, EntityManager, Handles, List, load, missing, type Asked, type Page, Query, Read } from '#kernel';
import { z } from 'zod';
import { Organization } from '../organizations/organization.ts';

/** An organization as the operator sees it: who it is, and nothing of what it keeps. */
export const CustomerView = Organization.view(
  'id',
  'name',
  'slug',
  'plan',
  'timeZone',
  'currency',
  'locale',
  'suspendedAt',
  'createdAt',
  'updatedAt',
  'version',
).named('Customer');

export const customerList = new List(CustomerView, {
  sorts: ['createdAt', 'name', 'slug', 'plan', 'suspendedAt'],
  filters: ['name', 'slug', 'plan', 'suspendedAt', 'createdAt'],
});

/** All organizations of the deployment. */
export class ListCustomers extends Query<Page<z.output<typeof CustomerView.schema>>> {
  constructor(readonly asked: Asked) {
    super();
  }
}

@Handles(ListCustomers, 'operator')
class ListHandler {
  constructor(private readonly read: Read) {}

  execute({ asked }: ListCustomers) {
    return this.read.page(customerList, asked);
  }
}

export class GetCustomer extends Query<z.output<typeof CustomerView.schema>> {
  constructor(readonly id: string) {
    super();
  }
}

@Handles(GetCustomer, 'operator')
class GetHandler {
  constructor(private readonly read: Read) {}

  execute({ id }: GetCustomer) {
    return this.read.one(CustomerView, id);
  }
}

export const CustomerChanges = z
  .strictObject({
    name: Organization.fields.name.check.optional(),
    plan: z.enum(['free', 'standard', 'enterprise']).optional(),
    suspended: z.boolean().optional(),
  })
  .meta({ id: 'CustomerChanges' });

/** Changes an organization from outside; its audit log tells that it was the operator. */
export class UpdateCustomer extends Command<Organization> {
  override readonly inside: string;
  constructor(
    readonly id: string,
    readonly changes: z.output<typeof CustomerChanges>,
  ) {
    super();
    this.inside = id;
  }
}

@Handles(UpdateCustomer, 'operator')
class UpdateHandler {
  constructor(private readonly em: EntityManager) {}

  async execute({ id, changes: { suspended, name, plan } }: UpdateCustomer) {
    const organization = await existing(this.em, id);
    if (name !== undefined) organization.name = name;
    if (plan !== undefined) organization.plan = plan;
    if (suspended === true) organization.suspend();
    if (suspended === false) organization.resume();
    return organization;
  }
}

/** Shuts an organization out: `organization.suspended` from the next request on. */
export class SuspendOrganization extends Command<Organization> {
  override readonly inside: string;
  constructor(readonly id: string) {
    super();
    this.inside = id;
  }
}

@Handles(SuspendOrganization, 'operator')
class SuspendHandler {
  constructor(private readonly em: EntityManager) {}

  async execute({ id }: SuspendOrganization) {
    const organization = await existing(this.em, id);
    organization.suspend();
    return organization;
  }
}

/** Lets it in again. */
export class ResumeOrganization extends Command<Organization> {
  override readonly inside: string;
  constructor(readonly id: string) {
    super();
    this.inside = id;
  }
}

@Handles(ResumeOrganization, 'operator')
class ResumeHandler {
  constructor(private readonly em: EntityManager) {}

  async execute({ id }: ResumeOrganization) {
    const organization = await existing(this.em, id);
    organization.resume();
    return organization;
  }
}

async function existing(em: EntityManager, id: string): Promise<Organization> {
  const organization = await load(em, Organization, id);
  if (organization.deletedAt) throw missing(Organization.label);
  return organization;
}
