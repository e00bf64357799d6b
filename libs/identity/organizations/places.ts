import { actor, Read, type Role, ROLES, unauthenticated } from '#kernel';
import { z } from 'zod';

/** An organization as one of its members meets it. */
export const Place = z
  .object({
    id: z.guid(),
    name: z.string(),
    slug: z.string(),
    role: z.enum(ROLES),
    permission_sets: z.array(z.string()),
    time_zone: z.string(),
    currency: z.string(),
    locale: z.string(),
    suspended: z.boolean(),
  })
  .meta({ id: 'OrganizationOfMine' });
export type Place = z.output<typeof Place> & { role: Role };

/** The organizations of a user, by name; the one he means before all. */
export const placesOf = (read: Read, userId: string, meant?: string): Promise<Place[]> =>
  read.platform<Place>(
    'places_of_user',
    `select o.id, o.name, o.slug, m.role, m.permission_sets, o.time_zone, o.currency, o.locale, o.suspended_at is not null as suspended
     from membership m join organization o on o.id = m.organization_id and o.deleted_at is null
     where m.user_id = $1::uuid and m.status = 'active' order by o.id = $2::uuid desc nulls last, o.name, o.id limit 200`,
    [userId, meant ?? null],
  );

/** The caller's. A key belongs to one organization, and has no business with the others of who made it. */
export async function myPlaces(read: Read): Promise<Place[]> {
  const { userId, kind, organization } = actor();
  if (!userId) throw unauthenticated();
  const places = await placesOf(read, userId);
  return kind === 'api_key' ? places.filter(({ id }) => id === organization?.id) : places;
}
