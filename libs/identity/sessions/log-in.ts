import { Command, email, EntityManager, Handles, Read } from '#kernel';
import { z } from 'zod';
import { Place, placesOf } from '../organizations/places.ts';
import { UserView } from '../users/user.ts';
import { forgiven, type Known, stillHis, wrongCredentials } from './credentials.ts';
import { type LoginForm, prove } from './proof.ts';
import { type Issued, Pair, Sessions } from './sessions.ts';
import { proven, tokenRoute } from './token-route.ts';

const password = z.string().min(1).max(1000);
const cookie = z.boolean().default(false).meta({ description: 'The refresh token travels as an HttpOnly cookie' });
/** JSON with `email`, or a form with `username` as OAuth clients send it. */
export const LoginInput = z
  .union([
    z.strictObject({ email: email().check, password, cookie }),
    z
      .strictObject({
        username: email().check,
        password,
        grant_type: z.literal('password').optional(),
        scope: z.string().max(1000).optional(),
      })
      .transform(({ username, password: typed }) => ({ email: username, password: typed, cookie: false })),
  ])
  .meta({ id: 'Login' });

export const LoggedIn = z.object({ ...Pair, user: UserView.schema, organizations: z.array(Place) }).meta({ id: 'LoggedIn' });

/** Opens a session for somebody whose password was right. Nobody but the login itself, which has proved that, may run it. */
export class LogIn extends Command<Issued & { user: object; organizations: Place[] }> {
  constructor(readonly who: Known) {
    super();
  }
}

@Handles(LogIn, 'system')
class Handler {
  constructor(
    private readonly em: EntityManager,
    private readonly read: Read,
    private readonly sessions: Sessions,
  ) {}

  async execute({ who }: LogIn) {
    const user = await stillHis(this.em, who);
    await forgiven(this.em, who.account);
    if (!user) throw wrongCredentials();
    if (who.passwordHash) user.passwordHash = who.passwordHash;
    const organizations = await placesOf(this.read, user.id);
    return { user: UserView.show(user), organizations, ...(await this.sessions.open(user.id)) };
  }
}

export const logIn = tokenRoute<LoginForm>(
  'login',
  {
    does: 'Sign in with e-mail and password, as JSON or as a form with username and password',
    body: LoginInput,
    form: true,
    answers: LoggedIn,
    example: { email: 'ada@example.com', password: 'correct horse battery' },
    problems: ['auth.wrong_credentials', 'auth.locked'],
  },
  async (form, { http, bus }) => {
    http.body = form;
    const who = await prove<Known>('local', http);
    return { result: await proven(() => bus.run(new LogIn(who))) };
  },
);
