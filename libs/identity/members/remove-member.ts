import { actor, Command, EntityManager, forbidden, Handles, may, now } from '#kernel';
import { ApiKey } from '../api-keys/api-key.ts';
import { ownOrganization } from '../organizations/own.ts';
import { User } from '../users/user.ts';
import { endInvitations } from './join.ts';
import { Member } from './member.ts';
import { anotherOwner, presentRole, within } from './rank.ts';
import { presentMember } from './update-member.ts';

/** Whoever may remove members, and each person himself, who leaves. */
export function mayRemove(userId: unknown): boolean {
  const { userId: me, kind } = actor();
  return (kind === 'user' && userId === me) || may('delete', Member);
}

/** Takes somebody out, or leaves: records keep his name, his keys and invitations end, and so does his next request. */
export class RemoveMember extends Command<object> {
  constructor(
    readonly organizationId: string,
    readonly userId: string,
  ) {
    super();
  }
}

@Handles(RemoveMember, 'read', Member)
class Handler {
  constructor(private readonly em: EntityManager) {}

  async execute({ organizationId, userId }: RemoveMember) {
    if (!mayRemove(userId)) throw forbidden('You may not remove members');
    await ownOrganization(this.em, organizationId);
    const own = await presentRole(this.em);
    const membership = await presentMember(this.em, organizationId, userId);
    within(own, membership.role);
    if (membership.role === 'owner') await anotherOwner(this.em, membership);
    membership.status = 'left';
    await endInvitations(this.em, organizationId, await this.em.findOneOrFail(User, { id: userId }));
    for (const key of await this.em.find(ApiKey, { organizationId, userId, revokedAt: null })) key.revokedAt = now();
    return { id: userId, deletedAt: now() };
  }
}
