import { Command, EntityManager, Handles, now } from '#kernel';
import { Organization } from './organization.ts';
import { ownOrganization } from './own.ts';

/** Its members are outside from their next request on; what it kept stays until it is purged. */
export class DeleteOrganization extends Command<Organization> {
  constructor(readonly id: string) {
    super();
  }
}

@Handles(DeleteOrganization, 'delete', Organization)
class Handler {
  constructor(private readonly em: EntityManager) {}

  async execute({ id }: DeleteOrganization) {
    const own = await ownOrganization(this.em, id);
    own.deletedAt = now();
    return own;
  }
}
