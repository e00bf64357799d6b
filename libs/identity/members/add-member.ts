import { actor, Bus, Command, EntityManager, Handles, Limiter } from '#kernel';
import type { z } from 'zod';
import { SendMembershipLetter } from '../letters/send-membership-letter.ts';
import { sparingly } from '../letters/sparingly.ts';
import { ownOrganization } from '../organizations/own.ts';
import { User } from '../users/user.ts';
import { InviteMember } from './invite-member.ts';
import { endInvitations, join, type NewMember } from './join.ts';
import { Member, shown } from './member.ts';
import { presentRole, within } from './rank.ts';

type Added = object;

/**
 * Takes somebody in: who has an account is a member at once and is told by e-mail, anybody else gets an invitation. So does an account whose
 * e-mail was never confirmed: whoever has registered it may not be who is meant, and the link goes to who is.
 */
export class AddMember extends Command<Added> {
  constructor(
    readonly organizationId: string,
    readonly input: z.output<typeof NewMember>,
  ) {
    super();
  }
}

@Handles(AddMember, 'create', Member)
class Handler {
  constructor(
    private readonly em: EntityManager,
    private readonly bus: Bus,
    private readonly limiter: Limiter,
  ) {}

  async execute({ organizationId, input }: AddMember): Promise<Added> {
    await ownOrganization(this.em, organizationId);
    within(await presentRole(this.em), input.role);
    const user = await this.em.findOne(User, { email: input.email, placeholder: false, emailVerifiedAt: { $ne: null } });
    if (!user) {
      const { id, email: address, role, permissionSets } = await this.bus.run(new InviteMember(organizationId, input));
      return {
        id,
        organization_id: organizationId,
        user_id: null,
        invitation_id: id,
        email: address,
        name: null,
        role,
        permission_sets: permissionSets,
        status: 'invited',
      };
    }
    const membership = await join(this.em, organizationId, user, input.role, input.permission_sets);
    await endInvitations(this.em, organizationId, user);
    await this.em.flush();
    await sparingly(this.limiter, user.email);
    await this.bus.later(new SendMembershipLetter(organizationId, user.id, actor().userId), { subjectId: user.id });
    return { ...shown(membership, user), invitation_id: null };
  }
}
