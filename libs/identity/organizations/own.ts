import { type EntityManager, load, missing, organization } from '#kernel';
import { Organization } from './organization.ts';

/**
 * The organization the caller acts in, locked until the commit: whoever changes it or its members waits here for the one before him, so
 * that rules about all members together ("always an owner") hold under concurrency.
 */
export async function ownOrganization(em: EntityManager, id: string = organization().id): Promise<Organization> {
  if (id !== organization().id) throw missing(Organization.label);
  const own = await load(em, Organization, id);
  if (own.deletedAt) throw missing(Organization.label);
  return own;
}
