import { asExpected, Bus, Command, EntityManager, Handles, Limiter, missing, now, organization } from '#kernel';
import { LockMode } from '@mikro-orm/core';
import { SendInvitation } from '../letters/send-invitation.ts';
import { sparingly } from '../letters/sparingly.ts';
import { ownOrganization } from '../organizations/own.ts';
import { DerivedSecrets, hashSecret } from '../tokens.ts';
import { invitationSecret } from './invitation-secret.ts';
import { invitationEnd } from './invite-member.ts';
import { Invitation } from './membership.ts';
import { presentRole, within } from './rank.ts';

/** Sends a pending invitation again: the same link, good for another week; another one where SECRET_KEY has changed since. */
export class ResendInvitation extends Command<Invitation> {
  constructor(
    readonly organizationId: string,
    readonly id: string,
  ) {
    super();
  }
}

@Handles(ResendInvitation, 'update', Invitation)
class ResendHandler {
  constructor(
    private readonly em: EntityManager,
    private readonly bus: Bus,
    private readonly secrets: DerivedSecrets,
    private readonly limiter: Limiter,
  ) {}

  async execute({ organizationId, id }: ResendInvitation) {
    await ownOrganization(this.em, organizationId);
    const invitation = await pending(this.em, id);
    within(await presentRole(this.em), invitation.role);
    await sparingly(this.limiter, invitation.email);
    invitation.hash = hashSecret(invitationSecret(this.secrets, organizationId, id));
    invitation.expiresAt = invitationEnd();
    invitation.letters += 1;
    await this.bus.later(new SendInvitation(id, invitation.letters), { subjectId: id });
    return invitation;
  }
}

/** Takes a pending invitation back: its link leads nowhere any more. */
export class RevokeInvitation extends Command<object> {
  constructor(
    readonly organizationId: string,
    readonly id: string,
  ) {
    super();
  }
}

@Handles(RevokeInvitation, 'delete', Invitation)
class RevokeHandler {
  constructor(private readonly em: EntityManager) {}

  async execute({ organizationId, id }: RevokeInvitation) {
    await ownOrganization(this.em, organizationId);
    const invitation = await pending(this.em, id);
    within(await presentRole(this.em), invitation.role);
    invitation.revokedAt = now();
    return { id, deletedAt: invitation.revokedAt };
  }
}

async function pending(em: EntityManager, id: string): Promise<Invitation> {
  const invitation = await em.findOne(Invitation, { id, organizationId: organization().id }, { lockMode: LockMode.PESSIMISTIC_WRITE });
  if (!invitation || invitation.acceptedAt || invitation.revokedAt) throw missing(Invitation.label);
  asExpected(invitation);
  return invitation;
}
