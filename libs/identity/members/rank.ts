import {
  actor,
  type EntityManager,
  forbidden,
  notYourOrganization,
  organization,
  permissionSets,
  problem,
  type Role,
  ROLES,
} from '#kernel';
import { z } from 'zod';
import { Membership } from './membership.ts';

export const aboveYou = problem('member.above_you', 403, 'Nobody gives, takes or touches a role above his own');
export const raisesYourself = problem('member.raises_yourself', 403, 'Nobody raises himself');
export const lastOwner = problem('organization.last_owner', 422, 'There must always be an owner');

const rank = (role: Role) => ROLES.indexOf(role);

/** Names of permission sets that some context has declared. */
export const sets = () =>
  z
    .array(z.string().refine((name) => permissionSets().includes(name), 'is no permission set'))
    .max(50)
    .transform((names) => [...new Set(names)]);

/**
 * The role of whoever acts, as it is now, in the transaction that has locked the organization: the one the request came in with may have
 * been taken away by the change before. Null for Tessera itself, which stands above the ladder.
 */
export async function presentRole(em: EntityManager): Promise<Role | null> {
  const { kind, userId, role } = actor();
  if (kind === 'system' || kind === 'operator') return null;
  const membership = await em.findOne(Membership, { organizationId: organization().id, userId, status: 'active' }, { refresh: true });
  if (!membership || !role) throw notYourOrganization();
  if (rank(membership.role) < rank(role)) throw forbidden('Your role has just been changed');
  return role;
}

/** @throws member.above_you when one of these roles is above the actor's */
export function within(own: Role | null, ...roles: Role[]): void {
  if (own && roles.some((role) => rank(role) > rank(own))) throw aboveYou();
}

/** Whether a role, as a record shows it, is none above the actor's: for links. */
export const reaches = (role: unknown): boolean => {
  const { role: own } = actor();
  return own === null || ROLES.findIndex((one) => one === role) <= rank(own);
};

/** @throws organization.last_owner when nobody but this membership is an active owner */
export async function anotherOwner(em: EntityManager, { id, organizationId }: Membership): Promise<void> {
  const others = await em.count(Membership, { organizationId, role: 'owner', status: 'active', id: { $ne: id } });
  if (!others) throw lastOwner();
}
