import { actor, after, Bus, Command, EntityManager, Handles, Limiter, now, problem, uuidv7 } from '#kernel';
import type { z } from 'zod';
import { SendInvitation } from '../letters/send-invitation.ts';
import { sparingly } from '../letters/sparingly.ts';
import { ownOrganization } from '../organizations/own.ts';
import { DerivedSecrets, hashSecret } from '../tokens.ts';
import { User } from '../users/user.ts';
import { alreadyMember, type NewMember } from './join.ts';
import { invitationSecret } from './invitation-secret.ts';
import { Invitation, Membership } from './membership.ts';
import { presentRole, within } from './rank.ts';

export const alreadyInvited = problem('invitation.exists', 409, 'There is an invitation to this e-mail already; send it again');

const GOOD_FOR_HOURS = 7 * 24;
export const invitationEnd = () => after(now(), { hours: GOOD_FOR_HOURS });

/** Keeps a place for somebody and sends him the link to it, good for a week. */
export class InviteMember extends Command<Invitation> {
  constructor(
    readonly organizationId: string,
    readonly input: z.output<typeof NewMember>,
  ) {
    super();
  }
}

@Handles(InviteMember, 'create', Invitation)
class Handler {
  constructor(
    private readonly em: EntityManager,
    private readonly bus: Bus,
    private readonly secrets: DerivedSecrets,
    private readonly limiter: Limiter,
  ) {}

  async execute({ organizationId, input: { email, role, permission_sets: permissionSets } }: InviteMember) {
    await ownOrganization(this.em, organizationId);
    within(await presentRole(this.em), role);
    await this.notYetIn(organizationId, email);
    await sparingly(this.limiter, email);
    const id = uuidv7();
    const hash = hashSecret(invitationSecret(this.secrets, organizationId, id));
    const invitedBy = actor().userId;
    const invitation = this.em.create(Invitation, {
      id,
      organizationId,
      email,
      role,
      permissionSets,
      hash,
      invitedBy,
      expiresAt: invitationEnd(),
      letters: 1,
    });
    await this.em.flush();
    await this.bus.later(new SendInvitation(id, invitation.letters), { subjectId: id });
    return invitation;
  }

  private async notYetIn(organizationId: string, email: string) {
    const user = await this.em.findOne(User, { email });
    if (user && (await this.em.count(Membership, { organizationId, userId: user.id, status: 'active' }))) {
      throw alreadyMember(undefined, { existing: { type: 'member', id: user.id } });
    }
    const pending = await this.em.findOne(Invitation, { organizationId, email, acceptedAt: null, revokedAt: null });
    if (pending && pending.expiresAt > now()) throw alreadyInvited(undefined, { existing: { type: 'invitation', id: pending.id } });
    if (pending) pending.revokedAt = now();
    await this.em.flush();
  }
}
