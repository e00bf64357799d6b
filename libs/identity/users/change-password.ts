import { Command, EntityManager, Handles, problem, Refusal } from '#kernel';
import { z } from 'zod';
import { hashPassword } from '../passwords.ts';
import { forgiven, type Known, stillHis, wrongCredentials } from '../sessions/credentials.ts';
import { prove } from '../sessions/proof.ts';
import { tokenRoute } from '../sessions/token-route.ts';
import { signedIn } from '../sessions/who.ts';
import { goodPassword } from './good-password.ts';
import { NewPassword } from './new-password.ts';
import { Account, UserView } from './user.ts';

export const wrongPassword = problem('user.wrong_password', 422, 'The current password is wrong');

export const ChangedPassword = z
  .strictObject({ current_password: z.string().min(1).max(1000), password: z.string().max(1000) })
  .meta({ id: 'ChangedPassword' });

/** Changes the caller's password, which the route has asked for again; all his other sessions end. */
export class ChangePassword extends Command<{ user: object }> {
  /** `hash`: of the new one; `who`: has shown the current one. */
  constructor(
    readonly password: string,
    readonly hash: string,
    readonly who: Known,
  ) {
    super();
  }
}

@Handles(ChangePassword, 'user')
class Handler {
  constructor(
    private readonly em: EntityManager,
    private readonly newPassword: NewPassword,
  ) {}

  async execute({ password, hash, who }: ChangePassword) {
    const { sessionId } = signedIn();
    const user = await stillHis(this.em, who);
    await forgiven(this.em, who.account);
    if (!user) throw wrongCurrent();
    // Not before: who guesses the current one learns nothing from how a weak new one is answered.
    goodPassword(password, user.email);
    await this.newPassword.set(user, hash, sessionId);
    return { user: UserView.show(user) };
  }
}

export const changePassword = tokenRoute(
  'password/change',
  {
    does: 'Change the password; all other sessions end',
    body: ChangedPassword,
    answers: Account,
    needs: { welcome: 'user' },
    problems: ['user.weak_password', 'user.wrong_password', 'auth.locked'],
  },
  async ({ password }, { http, bus }) => {
    signedIn();
    const who = await prove<Known>('password', http).catch(asWrongPassword);
    // Before a connection is taken.
    return { result: await bus.run(new ChangePassword(password, await hashPassword(password), who)) };
  },
);

/** A 401 would tell the client that its session has ended. */
function asWrongPassword(error: unknown): never {
  if (!(error instanceof Refusal) || error.code !== wrongCredentials.problem.code) throw error;
  throw wrongCurrent();
}
const wrongCurrent = () => wrongPassword(undefined, { details: [{ pointer: '/current_password', code: 'wrong', message: 'is wrong' }] });
