import { Command, EntityManager, Handles, Mailer, now } from '#kernel';
import { invitationSecret } from '../members/invitation-secret.ts';
import { Invitation } from '../members/membership.ts';
import { Organization } from '../organizations/organization.ts';
import { DerivedSecrets } from '../tokens.ts';
import { User } from '../users/user.ts';
import { letter, linkTo } from './letter.ts';

/** Sends an invitation's letter; `round` says which, so that sending it again is another letter and a retry is not. */
export class SendInvitation extends Command<void> {
  constructor(
    readonly invitationId: string,
    readonly round: number,
  ) {
    super();
  }
}

@Handles(SendInvitation, 'system')
class Handler {
  constructor(
    private readonly em: EntityManager,
    private readonly mailer: Mailer,
    private readonly secrets: DerivedSecrets,
  ) {}

  async execute({ invitationId, round }: SendInvitation) {
    const invitation = await this.em.findOne(Invitation, { id: invitationId });
    if (!invitation || invitation.acceptedAt || invitation.revokedAt || invitation.expiresAt <= now()) return;
    const organization = await this.em.findOneOrFail(Organization, { id: invitation.organizationId });
    const inviter = invitation.invitedBy ? await this.em.findOne(User, { id: invitation.invitedBy }) : null;
    const content = {
      to: invitation.email,
      subject: `Join ${organization.name} on Tessera`,
      lines: [`${inviter ? `${inviter.name} invites you` : 'You are invited'} to work with ${organization.name} as ${invitation.role}.`],
      link: {
        label: 'Accept the invitation',
        href: linkTo('accept-invitation', invitationSecret(this.secrets, organization.id, invitation.id)),
      },
      after: ['The link is good for a week. If you do not know the sender, ignore this letter.'],
    };
    await this.mailer.send({ ...letter(content), key: `invitation ${invitation.id} ${round}` });
  }
}
