import { Command, EntityManager, Handles, load, missing, now, organization } from '#kernel';
import { presentRole, within } from '../members/rank.ts';
import { ownOrganization } from '../organizations/own.ts';
import { ApiKey } from './api-key.ts';

/** Ends a key; programs that use it are refused from their next request on. */
export class RevokeApiKey extends Command<object> {
  constructor(readonly id: string) {
    super();
  }
}

@Handles(RevokeApiKey, 'delete', ApiKey)
class Handler {
  constructor(private readonly em: EntityManager) {}

  async execute({ id }: RevokeApiKey) {
    await ownOrganization(this.em);
    const key = await load(this.em, ApiKey, id);
    if (key.organizationId !== organization().id || key.revokedAt) throw missing(ApiKey.label);
    within(await presentRole(this.em), key.role);
    key.revokedAt = now();
    return { id, deletedAt: key.revokedAt };
  }
}
