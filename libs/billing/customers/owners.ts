import { Membership } from '#identity';
import { type EntityManager, tenantId } from '#kernel';

/** Those of some users who have not left. */
export async function stillHere(em: EntityManager, userIds: readonly string[]): Promise<ReadonlySet<string>> {
  const asked = { organizationId: tenantId(), userId: { $in: [...userIds] }, status: { $ne: 'left' } } as const;
  return new Set((userIds.length ? await em.find(Membership, asked, { disableIdentityMap: true }) : []).map(({ userId }) => userId));
}

/** Whose is what is made of a record, where nobody says: its owner's. Of somebody who has left it would be nobody's to look after. */
export async function heirOf(em: EntityManager, { ownerId }: { readonly ownerId: string | null }): Promise<string | null> {
  return ownerId && (await stillHere(em, [ownerId])).has(ownerId) ? ownerId : null;
}
