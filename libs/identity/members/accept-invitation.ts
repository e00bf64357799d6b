import { actor, Bus, Command, EntityManager, Handles, now, organizationSuspended, problem, Process, Read, text } from '#kernel';
import { LockMode } from '@mikro-orm/core';
import { z } from 'zod';
import { Organization, OrganizationView } from '../organizations/organization.ts';
import { hashPassword, passwordProblem } from '../passwords.ts';
import { type Issued, Pair, Sessions } from '../sessions/sessions.ts';
import { tokenRoute } from '../sessions/token-route.ts';
import { hashSecret } from '../tokens.ts';
import { confirmEmail } from '../users/confirm-email.ts';
import { goodPassword } from '../users/good-password.ts';
import { User, UserView } from '../users/user.ts';
import { join } from './join.ts';
import { organizationIn } from './invitation-secret.ts';
import { MemberView, shown } from './member.ts';
import { Invitation } from './membership.ts';

export const invitationEnded = problem('invitation.ended', 422, 'This invitation has been used, has ended or never was');
export const invitationForAnother = problem(
  'invitation.for_another',
  403,
  'This invitation is for another e-mail address than the one you signed in with',
);
export const signInToAccept = problem('invitation.sign_in', 409, 'There is an account with this e-mail: sign in, then accept');
export const accountNeeded = problem('invitation.account_needed', 422, 'Name and password are needed to make your account');

export const Acceptance = z
  .strictObject({
    token: z.string().max(200),
    name: text({ max: 200 }).check.optional(),
    password: z.string().max(1000).optional(),
    cookie: z.boolean().default(false),
  })
  .meta({
    id: 'Acceptance',
    description: 'Somebody new gives name and password; somebody with an account signs in first and gives neither',
  });

export const Accepted = z
  .object({
    user: UserView.schema,
    organization: OrganizationView.schema,
    member: MemberView.schema,
    ...z.object(Pair).partial().shape,
  })
  .meta({ id: 'Accepted' });

type Result = { user: object; organization: object; member: object } & Partial<Issued>;
type Newcomer = Pick<z.output<typeof Acceptance>, 'name' | 'password'> & { passwordHash: string | null };

/** Takes the place an invitation keeps. */
export class AcceptInvitation extends Process<Result> {
  constructor(readonly input: z.output<typeof Acceptance>) {
    super();
  }
}

@Handles(AcceptInvitation, 'anyone')
class AcceptHandler {
  constructor(
    private readonly bus: Bus,
    private readonly read: Read,
  ) {}

  async execute({ input }: AcceptInvitation) {
    return this.bus.run(new TakePlace(input, await this.hashed(input)));
  }

  /** Before a connection is taken, and only for whom the transaction will let in: nobody makes us hash with a link that is none. */
  private async hashed({ token, name, password }: AcceptInvitation['input']): Promise<string | null> {
    if (actor().kind === 'user' || !name || !password) return null;
    const [invited] = await this.read.platform<{ email: string }>('invited_without_account', NEWCOMER, [
      hashSecret(token),
      now().toISOString(),
    ]);
    return invited && !passwordProblem(password, invited.email) ? hashPassword(password) : null;
  }
}
const NEWCOMER = `select i.email from invitation i
  where i.hash = $1 and i.accepted_at is null and i.revoked_at is null and i.expires_at > $2::timestamptz
    and not exists (select from "user" u where u.email = i.email)`;

/** The one transaction of it. The link was sent to the address, so the e-mail of whoever has it counts as verified. */
export class TakePlace extends Command<Result> {
  declare readonly inside?: string;
  constructor(
    readonly input: z.output<typeof Acceptance>,
    readonly passwordHash: string | null,
  ) {
    super();
    const organizationId = organizationIn(input.token);
    if (organizationId) this.inside = organizationId;
  }
}

@Handles(TakePlace, 'anyone')
class TakeHandler {
  constructor(
    private readonly em: EntityManager,
    private readonly bus: Bus,
    private readonly sessions: Sessions,
  ) {}

  async execute({ input: { token, ...given }, passwordHash, inside: organizationId }: TakePlace): Promise<Result> {
    const where = { hash: hashSecret(token), organizationId: organizationId ?? null };
    const invitation = await this.em.findOne(Invitation, where, { lockMode: LockMode.PESSIMISTIC_WRITE });
    const organization = invitation && (await this.em.findOne(Organization, { id: invitation.organizationId, deletedAt: null }));
    if (!organization || invitation.acceptedAt || invitation.revokedAt || invitation.expiresAt <= now()) throw invitationEnded();
    if (organization.suspendedAt) throw organizationSuspended();

    const { user, isNew } = await this.person(invitation, { ...given, passwordHash });
    const membership = await join(this.em, organization.id, user, invitation.role, invitation.permissionSets);
    invitation.acceptedAt = now();
    await this.em.flush();
    await confirmEmail(this.em, this.bus, user);
    const tokens = isNew ? await this.sessions.open(user.id) : {};
    return { user: UserView.show(user), organization: OrganizationView.show(organization), member: shown(membership, user), ...tokens };
  }

  private async person({ email }: Invitation, { name, password, passwordHash }: Newcomer): Promise<{ user: User; isNew: boolean }> {
    const { kind, userId } = actor();
    if (kind === 'user') {
      const user = await this.em.findOneOrFail(User, { id: userId });
      if (user.email !== email) throw invitationForAnother();
      return { user, isNew: false };
    }
    if (await this.em.count(User, { email })) throw signInToAccept();
    if (!name || !password) {
      const absent = [...(name ? [] : ['name']), ...(password ? [] : ['password'])];
      throw accountNeeded(undefined, { details: absent.map((field) => ({ pointer: `/${field}`, code: 'missing', message: 'is needed' })) });
    }
    goodPassword(password, email);
    const user = this.em.create(User, {
      email,
      name,
      passwordHash: passwordHash ?? (await hashPassword(password)),
      emailVerifiedAt: now(),
    });
    await this.em.flush();
    return { user, isNew: true };
  }
}

export const acceptInvitation = tokenRoute(
  'invitations/accept',
  {
    does: 'Accept an invitation, as somebody new or as the user who is signed in',
    body: Acceptance,
    answers: Accepted,
    problems: ['invitation.ended', 'invitation.for_another', 'invitation.sign_in', 'invitation.account_needed', 'user.weak_password'],
  },
  async (input, { bus }) => ({ result: await bus.run(new AcceptInvitation(input)) }),
);
