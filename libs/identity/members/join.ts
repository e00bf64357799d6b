import { email, type EntityManager, now, problem, ROLES } from '#kernel';
import { z } from 'zod';
import type { User } from '../users/user.ts';
import { Invitation, Membership } from './membership.ts';
import { sets } from './rank.ts';

export const alreadyMember = problem('member.exists', 409, 'This person is a member already');

export const NewMember = z
  .strictObject({ email: email().check, role: z.enum(ROLES), permission_sets: sets().default([]) })
  .meta({ id: 'NewMember' });

/** A membership, new or taken up again. @throws member.exists */
export async function join(
  em: EntityManager,
  organizationId: string,
  user: User,
  role: Membership['role'],
  permissionSets: string[],
): Promise<Membership> {
  const earlier = await em.findOne(Membership, { organizationId, userId: user.id });
  if (earlier?.status === 'active') throw alreadyMember(undefined, { existing: { type: 'member', id: user.id } });
  if (earlier) return Object.assign(earlier, { status: 'active', role, permissionSets });
  return em.create(Membership, { organizationId, userId: user.id, role, permissionSets });
}

/** Whoever is in by another way, or out again, does not come in by an older invitation. */
export async function endInvitations(em: EntityManager, organizationId: string, { email: invited }: User): Promise<void> {
  for (const pending of await em.find(Invitation, { organizationId, email: invited, acceptedAt: null, revokedAt: null }))
    pending.revokedAt = now();
}
