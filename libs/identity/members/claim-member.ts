import { Command, email, EntityManager, Handles, Limiter, problem, witnessed } from '#kernel';
import { z } from 'zod';
import { sparingly } from '../letters/sparingly.ts';
import { ownOrganization } from '../organizations/own.ts';
import { OneTime } from '../users/one-time.ts';
import { emailTaken } from '../users/register.ts';
import { User } from '../users/user.ts';
import { endInvitations } from './join.ts';
import { Member, shown } from './member.ts';
import { presentRole, within } from './rank.ts';
import { presentMember } from './update-member.ts';

export const notImported = problem('member.not_imported', 422, 'This member has an account of his own');

export const RealEmail = z.strictObject({ email: email().check }).meta({ id: 'RealEmail' });

/** Gives a member whom an import has named his real e-mail; he gets a letter with a link to choose a password, and is active with that. */
export class ClaimMember extends Command<object> {
  constructor(
    readonly organizationId: string,
    readonly userId: string,
    readonly input: z.output<typeof RealEmail>,
  ) {
    super();
  }
}

@Handles(ClaimMember, 'update', Member)
class Handler {
  constructor(
    private readonly em: EntityManager,
    private readonly oneTime: OneTime,
    private readonly limiter: Limiter,
  ) {}

  async execute({ organizationId, userId, input }: ClaimMember) {
    await ownOrganization(this.em, organizationId);
    const membership = await presentMember(this.em, organizationId, userId);
    within(await presentRole(this.em), membership.role);
    const user = await this.em.findOneOrFail(User, { id: userId });
    if (!user.placeholder) throw notImported();
    if (user.email !== input.email && (await this.em.count(User, { email: input.email }))) throw emailTaken();
    await sparingly(this.limiter, input.email);
    const before = user.email;
    user.email = input.email;
    await endInvitations(this.em, organizationId, user);
    await this.em.flush();
    const change = { before: { email: before }, after: { email: user.email } };
    await witnessed(this.em, { action: 'update', subject: User.table, subjectId: user.id, ...change });
    await this.oneTime.send(user.id, 'welcome');
    return shown(membership, user);
  }
}
