import { actor, Handles, Query, Read, ROLES, rulesOf, unauthenticated } from '#kernel';
import { packRules } from '@casl/ability/extra';
import { z } from 'zod';
import { myPlaces, Place } from '../organizations/places.ts';
import { UserView } from '../users/user.ts';

export const MeView = z
  .object({
    user: UserView.schema,
    memberships: z.array(Place),
    organization_id: z
      .guid()
      .nullable()
      .meta({ description: 'The organization that role and permissions are about; null when none is named' }),
    role: z.enum(ROLES).nullable(),
    permission_sets: z.array(z.string()),
    permissions: z
      .array(z.array(z.unknown()))
      .meta({ description: 'What the caller may do there: CASL rules, packed; unpackRules() of @casl/ability/extra reads them' }),
  })
  .meta({ id: 'Me' });

/** Who the caller is, where he belongs, and what he may do in the organization he has named. */
export class Me extends Query<z.output<typeof MeView>> {}

@Handles(Me, 'user')
class Handler {
  constructor(private readonly read: Read) {}

  async execute() {
    const me = actor();
    if (!me.userId) throw unauthenticated();
    const [[user], memberships] = await Promise.all([
      this.read.platform<z.output<typeof UserView.schema>>('user_by_id', USER, [me.userId]),
      myPlaces(this.read),
    ]);
    if (!user) throw unauthenticated();
    return {
      user,
      memberships,
      organization_id: me.organization?.id ?? null,
      role: me.role,
      permission_sets: [...me.permissionSets],
      permissions: packRules(rulesOf(me)) as unknown[][],
    };
  }
}

const USER = 'select id, email, name, email_verified_at, created_at from "user" where id = $1::uuid';
