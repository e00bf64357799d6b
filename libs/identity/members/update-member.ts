import { actor, asExpected, Command, EntityManager, Handles, missing, ROLES } from '#kernel';
import { LockMode } from '@mikro-orm/core';
import { z } from 'zod';
import { ownOrganization } from '../organizations/own.ts';
import { User } from '../users/user.ts';
import { Member, shown } from './member.ts';
import { Membership } from './membership.ts';
import { anotherOwner, presentRole, raisesYourself, sets, within } from './rank.ts';

export const MemberChanges = z
  .strictObject({ role: z.enum(ROLES).optional(), permission_sets: sets().optional() })
  .meta({ id: 'MemberChanges' });

/** Changes role and permission sets; it acts on the member's next request. */
export class UpdateMember extends Command<object> {
  constructor(
    readonly organizationId: string,
    readonly userId: string,
    readonly changes: z.output<typeof MemberChanges>,
  ) {
    super();
  }
}

@Handles(UpdateMember, 'update', Member)
class Handler {
  constructor(private readonly em: EntityManager) {}

  async execute({ organizationId, userId, changes: { role, permission_sets: permissionSets } }: UpdateMember) {
    await ownOrganization(this.em, organizationId);
    const own = await presentRole(this.em);
    const membership = await presentMember(this.em, organizationId, userId);
    within(own, membership.role, role ?? membership.role);
    const added = (permissionSets ?? []).filter((set) => !membership.permissionSets.includes(set));
    // An owner has nobody above him who could give him a set; anybody else asks.
    if (userId === actor().userId && added.length && own !== 'owner') throw raisesYourself();
    if (membership.role === 'owner' && role && role !== 'owner') await anotherOwner(this.em, membership);
    Object.assign(membership, role ? { role } : {}, permissionSets ? { permissionSets } : {});
    await this.em.flush();
    return shown(membership, await this.em.findOneOrFail(User, { id: userId }));
  }
}

/**
 * A membership, also of somebody who has yet to come, whom an import has named, in the version that the caller believes to change.
 * @throws not_found for whoever is not, or not any more, a member; version.mismatch
 */
export async function presentMember(em: EntityManager, organizationId: string, userId: string): Promise<Membership> {
  const membership = await em.findOne(
    Membership,
    { organizationId, userId, status: { $ne: 'left' } },
    { lockMode: LockMode.PESSIMISTIC_WRITE, refresh: true },
  );
  if (!membership) throw missing(Member.label);
  asExpected({ id: userId, version: membership.version });
  return membership;
}
