import { actor, Command, EntityManager, Handles, missing } from '#kernel';
import { z } from 'zod';
import { Organization } from '../organizations/organization.ts';
import { ownOrganization } from '../organizations/own.ts';
import { signedIn } from '../sessions/who.ts';
import { Member } from './member.ts';
import { presentRole, within } from './rank.ts';
import { presentMember } from './update-member.ts';

export const Transfer = z.strictObject({ user_id: z.guid().toLowerCase() }).meta({ id: 'Transfer' });

/** Hands ownership over to another member; who had it goes on as admin. */
export class TransferOwnership extends Command<Organization> {
  constructor(
    readonly organizationId: string,
    readonly input: z.output<typeof Transfer>,
  ) {
    super();
  }
}

@Handles(TransferOwnership, 'transfer', Organization)
class Handler {
  constructor(private readonly em: EntityManager) {}

  async execute({ organizationId, input: { user_id: heir } }: TransferOwnership) {
    const own = await ownOrganization(this.em, organizationId);
    within(await presentRole(this.em), 'owner');
    const membership = await presentMember(this.em, organizationId, heir);
    const { userId } = actor().kind === 'system' ? { userId: null } : signedIn();
    if (userId === heir) return own;
    if (membership.status !== 'active') throw missing(Member.label);
    membership.role = 'owner';
    if (userId) (await presentMember(this.em, organizationId, userId)).role = 'admin';
    return own;
  }
}
