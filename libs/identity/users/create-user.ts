import { Command, email, EntityManager, Handles, missing, now, text } from '#kernel';
import { z } from 'zod';
import { hashPassword } from '../passwords.ts';
import { Sessions } from '../sessions/sessions.ts';
import { goodPassword } from './good-password.ts';
import { NewPassword } from './new-password.ts';
import { OneTime } from './one-time.ts';
import { emailTaken } from './register.ts';
import { User } from './user.ts';

const NewUser = z.strictObject({ email: email().check, name: text({ max: 200 }).check, password: z.string().max(1000).optional() });

/**
 * Makes an account from the terminal; without a password its owner gets a letter with a link to choose one. Whoever runs the deployment and
 * hands a password out knows whose the address is.
 */
export class CreateUser extends Command<User> {
  constructor(readonly input: z.input<typeof NewUser>) {
    super();
  }
}

@Handles(CreateUser, 'system')
class CreateHandler {
  constructor(
    private readonly em: EntityManager,
    private readonly oneTime: OneTime,
  ) {}

  async execute({ input }: CreateUser) {
    const { email: address, name, password } = NewUser.parse(input);
    if (await this.em.count(User, { email: address })) throw emailTaken();
    if (password !== undefined) goodPassword(password, address);
    const given = password === undefined ? {} : { passwordHash: await hashPassword(password), emailVerifiedAt: now() };
    const user = this.em.create(User, { email: address, name, ...given });
    await this.em.flush();
    if (password === undefined) await this.oneTime.send(user.id, 'welcome');
    return user;
  }
}

/** Sets a password from the terminal, or sends its owner a link to choose one; his sessions end either way. */
export class ResetPassword extends Command<User> {
  constructor(
    readonly email: string,
    readonly password?: string,
  ) {
    super();
  }
}

@Handles(ResetPassword, 'system')
class ResetHandler {
  constructor(
    private readonly em: EntityManager,
    private readonly sessions: Sessions,
    private readonly newPassword: NewPassword,
    private readonly oneTime: OneTime,
  ) {}

  async execute({ email: address, password }: ResetPassword) {
    const user = await this.em.findOne(User, { email: address.trim().toLowerCase() });
    if (!user) throw missing(User.label);
    if (password !== undefined) {
      goodPassword(password, user.email);
      await this.newPassword.set(user, await hashPassword(password));
    } else {
      await this.sessions.endAll(user.id);
      await this.oneTime.send(user.id, 'reset');
    }
    return user;
  }
}
