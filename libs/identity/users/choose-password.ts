import { Command, EntityManager, Handles, now } from '#kernel';
import { z } from 'zod';
import { Membership } from '../members/membership.ts';
import { NewPassword } from './new-password.ts';
import { OneTime } from './one-time.ts';
import { type User, UserView } from './user.ts';

export const ChosenPassword = z.strictObject({ token: z.string().max(200), password: z.string().max(1000) }).meta({ id: 'ChosenPassword' });
export const PasswordSet = z.object({ user: UserView.schema }).meta({ id: 'PasswordSet' });

/** Chooses a password with the link of a letter. Who has the letter has the mailbox: the e-mail counts as verified. */
export class ChoosePassword extends Command<{ user: object }> {
  constructor(readonly input: z.output<typeof ChosenPassword>) {
    super();
  }
}

@Handles(ChoosePassword, 'anyone')
class ChooseHandler {
  constructor(
    private readonly em: EntityManager,
    private readonly newPassword: NewPassword,
    private readonly oneTime: OneTime,
  ) {}

  async execute({ input: { token, password } }: ChoosePassword) {
    const user = await this.oneTime.redeem(token, 'reset', 'welcome');
    await this.newPassword.set(user, password);
    user.emailVerifiedAt ??= now();
    if (user.placeholder) await this.arrives(user);
    return { user: UserView.show(user) };
  }

  /** Somebody whom an import has named is there from now on. */
  private async arrives(user: User) {
    user.placeholder = false;
    for (const membership of await this.em.find(Membership, { userId: user.id, status: 'invited' })) membership.status = 'active';
  }
}
