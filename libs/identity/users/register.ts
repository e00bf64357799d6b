import { Command, EntityManager, Handles, email, problem, text, uuidv7 } from '#kernel';
import { z } from 'zod';
import { Founding } from '../organizations/found.ts';
import type { Organization } from '../organizations/organization.ts';
import { hashPassword, passwordProblem } from '../passwords.ts';
import { type Issued, Sessions } from '../sessions/sessions.ts';
import { User } from './user.ts';

export const emailTaken = problem('user.email_taken', 409, 'There is an account with this e-mail already');
export const weakPassword = problem('user.weak_password', 422, 'This password is too short, too long or too common');

export const Registration = z
  .strictObject({
    email: email().check,
    password: z.string().max(1000),
    name: text({ max: 200 }).check,
    organization_name: text({ max: 200 }).check,
  })
  .meta({ id: 'Registration' });

/** Makes a user and an organization of his own in one transaction. */
export class Register extends Command<Issued & { user: User; organization: Organization }> {
  readonly foundsOrganization = uuidv7();
  constructor(
    readonly input: z.output<typeof Registration>,
    readonly from: { userAgent?: string; address?: string } = {},
  ) {
    super();
  }
}

@Handles(Register, 'anyone')
class Handler {
  constructor(
    private readonly em: EntityManager,
    private readonly founding: Founding,
    private readonly sessions: Sessions,
  ) {}

  async execute({ input, foundsOrganization, from }: Register) {
    const weak = passwordProblem(input.password, input.email);
    if (weak) throw weakPassword(undefined, { details: [{ pointer: '/password', code: weak, message: weakPassword.problem.title }] });
    if (await this.em.count(User, { email: input.email })) throw emailTaken();
    const user = this.em.create(User, { email: input.email, name: input.name, passwordHash: await hashPassword(input.password) });
    await this.em.flush();
    const organization = await this.founding.found(foundsOrganization, user.id, { name: input.organization_name });
    return { user, organization, ...(await this.sessions.open(user.id, from)) };
  }
}
