import { Command, EntityManager, Handles, Mailer, settings } from '#kernel';
import { Membership } from '../members/membership.ts';
import { Organization } from '../organizations/organization.ts';
import { User } from '../users/user.ts';
import { letter } from './letter.ts';

/** Tells somebody that he has become a member. */
export class SendMembershipLetter extends Command<void> {
  constructor(
    readonly organizationId: string,
    readonly userId: string,
    readonly by: string | null,
  ) {
    super();
  }
}

@Handles(SendMembershipLetter, 'system')
class Handler {
  constructor(
    private readonly em: EntityManager,
    private readonly mailer: Mailer,
  ) {}

  async execute({ organizationId, userId, by }: SendMembershipLetter) {
    const membership = await this.em.findOne(Membership, { organizationId, userId, status: 'active' });
    if (!membership) return;
    const [organization, user] = [
      await this.em.findOneOrFail(Organization, { id: organizationId }),
      await this.em.findOneOrFail(User, { id: userId }),
    ];
    const adder = by ? await this.em.findOne(User, { id: by }) : null;
    const content = {
      to: user.email,
      name: user.name,
      subject: `You are now a member of ${organization.name}`,
      lines: [`${adder ? `${adder.name} has added you` : 'You have been added'} to ${organization.name} on Tessera as ${membership.role}.`],
      link: { label: 'Open Tessera', href: settings.PUBLIC_URL },
      after: ['Nothing needs to be confirmed. If this is a mistake, you can leave the organization at any time.'],
    };
    await this.mailer.send({ ...letter(content), key: `membership ${membership.id} ${membership.version}` });
  }
}
