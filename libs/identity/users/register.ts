import { Bus, call, Command, email, EntityManager, Handles, Limiter, problem, Process, settings, text, uuidv7 } from '#kernel';
import { z } from 'zod';
import { Founding } from '../organizations/found.ts';
import { type Organization, OrganizationView } from '../organizations/organization.ts';
import { hashPassword } from '../passwords.ts';
import { throttle, whence } from '../sessions/credentials.ts';
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

type Opened = Issued & { user: User; organization: Organization };

/** Makes a user and an organization of his own, and asks him to confirm his e-mail. */
export class Register extends Process<Opened> {
  constructor(readonly input: Omit<z.output<typeof Registration>, 'cookie'>) {
    super();
  }
}

@Handles(Register, 'anyone')
class RegisterHandler {
  constructor(
    private readonly bus: Bus,
    private readonly limiter: Limiter,
  ) {}

  /** Hashing takes long enough to be done before a connection is taken: a burst of registrations waits for processors, not for the pool. */
  async execute({ input: { password, ...person } }: Register) {
    const { origin } = call();
    if (origin) await throttle(this.limiter, 'register', whence(), settings.LIMIT_REGISTER, HOUR);
    goodPassword(password, person.email);
    return this.bus.run(new OpenAccount(person, await hashPassword(password)));
  }
}

/** The one transaction of a registration. */
export class OpenAccount extends Command<Opened> {
  override readonly inside = uuidv7();
  constructor(
    readonly person: Omit<Register['input'], 'password'>,
    readonly passwordHash: string,
  ) {
    super();
  }
}

@Handles(OpenAccount, 'anyone')
class OpenHandler {
  constructor(
    private readonly em: EntityManager,
    private readonly founding: Founding,
    private readonly sessions: Sessions,
    private readonly oneTime: OneTime,
  ) {}

  async execute({ person: { email: address, name, organization_name: called }, passwordHash, inside }: OpenAccount) {
    if (await this.em.count(User, { email: address })) throw emailTaken();
    const user = this.em.create(User, { email: address, name, passwordHash });
    await this.em.flush();
    const organization = await this.founding.found(inside, user.id, { name: called });
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
    place: ({ organization }) => `organizations/${(organization as { id: string }).id}`,
    example: { email: 'ada@example.com', password: 'correct horse battery', name: 'Ada Lovelace', organization_name: 'Analytical Engines' },
    problems: ['user.email_taken', 'user.weak_password'],
  },
  async ({ cookie, ...input }, { bus }) => {
    const { user, organization, ...issued } = await bus.run(new Register(input));
    return { result: { ...issued, user: UserView.show(user), organization: OrganizationView.show(organization) }, cookie };
  },
);
