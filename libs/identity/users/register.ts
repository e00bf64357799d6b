import { call, Command, email, EntityManager, Handles, Limiter, problem, settings, text, uuidv7 } from '#kernel';
import { z } from 'zod';
import { Founding } from '../organizations/found.ts';
import { type Organization, OrganizationView } from '../organizations/organization.ts';
import { hashPassword } from '../passwords.ts';
import { throttle } from '../sessions/credentials.ts';
import { type Issued, Pair, Sessions } from '../sessions/sessions.ts';
import { tokenRoute } from '../sessions/token-route.ts';
import { goodPassword } from './good-password.ts';
import { OneTime } from './one-time.ts';
import { User, UserView } from './user.ts';

export const emailTaken = problem('user.email_taken', 409, 'There is an account with this e-mail already');

const HOUR = 3600;

export const Registration = z
  .strictObject({
    email: email().check,
    password: z.string().max(1000).meta({ description: '8 to 256 characters, none of the most common ones' }),
    name: text({ max: 200 }).check,
    organization_name: text({ max: 200 }).check,
    cookie: z.boolean().default(false).meta({ description: 'The refresh token travels as an HttpOnly cookie' }),
  })
  .meta({ id: 'Registration' });

export const Registered = z.object({ user: UserView.schema, organization: OrganizationView.schema, ...Pair }).meta({ id: 'Registered' });

/** Makes a user and an organization of his own in one transaction, and asks him to confirm his e-mail. */
export class Register extends Command<Issued & { user: User; organization: Organization }> {
  override readonly inside = uuidv7();
  constructor(readonly input: Omit<z.output<typeof Registration>, 'cookie'>) {
    super();
  }
}

@Handles(Register, 'anyone')
class Handler {
  constructor(
    private readonly em: EntityManager,
    private readonly founding: Founding,
    private readonly sessions: Sessions,
    private readonly oneTime: OneTime,
    private readonly limiter: Limiter,
  ) {}

  async execute({ input, inside }: Register) {
    const { origin } = call();
    if (origin) await throttle(this.limiter, 'register', origin.address, settings.LIMIT_REGISTER, HOUR);
    goodPassword(input.password, input.email);
    if (await this.em.count(User, { email: input.email })) throw emailTaken();
    const user = this.em.create(User, { email: input.email, name: input.name, passwordHash: await hashPassword(input.password) });
    await this.em.flush();
    const organization = await this.founding.found(inside, user.id, { name: input.organization_name });
    await this.oneTime.send(user.id, 'verify');
    return { user, organization, ...(await this.sessions.open(user.id)) };
  }
}

export const register = tokenRoute(
  'register',
  {
    does: 'Register a user and an organization',
    body: Registration,
    answers: Registered,
    status: 201,
    example: { email: 'ada@example.com', password: 'correct horse battery', name: 'Ada Lovelace', organization_name: 'Analytical Engines' },
    problems: ['user.email_taken', 'user.weak_password'],
  },
  async ({ cookie, ...input }, { bus }) => {
    const { user, organization, ...issued } = await bus.run(new Register(input));
    return { result: { ...issued, user: UserView.show(user), organization: OrganizationView.show(organization) }, cookie };
  },
);
