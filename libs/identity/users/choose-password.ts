import { Bus, Command, EntityManager, Handles, Process } from '#kernel';
import { z } from 'zod';
import { Membership } from '../members/membership.ts';
import { hashPassword } from '../passwords.ts';
import { confirmEmail } from './confirm-email.ts';
import { goodPassword } from './good-password.ts';
import { NewPassword } from './new-password.ts';
import { noteArrival } from './note-account-change.ts';
import { OneTime } from './one-time.ts';
import { type User, UserView } from './user.ts';

export const ChosenPassword = z.strictObject({ token: z.string().max(200), password: z.string().max(1000) }).meta({ id: 'ChosenPassword' });

/** Chooses a password with the link of a letter. */
export class ChoosePassword extends Process<{ user: object }> {
  constructor(readonly input: z.output<typeof ChosenPassword>) {
    super();
  }
}

@Handles(ChoosePassword, 'anyone')
class ChooseHandler {
  constructor(
    private readonly bus: Bus,
    private readonly oneTime: OneTime,
  ) {}

  /** Hashed before a connection is taken, and for a link that is good: nobody makes us hash for nothing. */
  async execute({ input: { token, password } }: ChoosePassword) {
    goodPassword(password, await this.oneTime.addressOf(token, 'reset', 'welcome'));
    return this.bus.run(new SetChosenPassword(token, await hashPassword(password)));
  }
}

/** The one transaction of it. Who has the letter has the mailbox: the e-mail counts as verified. */
export class SetChosenPassword extends Command<{ user: object }> {
  constructor(
    readonly token: string,
    readonly passwordHash: string,
  ) {
    super();
  }
}

@Handles(SetChosenPassword, 'anyone')
class SetHandler {
  constructor(
    private readonly em: EntityManager,
    private readonly bus: Bus,
    private readonly newPassword: NewPassword,
    private readonly oneTime: OneTime,
  ) {}

  async execute({ token, passwordHash }: SetChosenPassword) {
    const user = await this.oneTime.redeem(token, 'reset', 'welcome');
    if (user.placeholder) await this.arrives(user);
    await this.newPassword.set(user, passwordHash);
    await confirmEmail(this.em, this.bus, user);
    return { user: UserView.show(user) };
  }

  /** Somebody whom an import has named is there from now on. */
  private async arrives(user: User) {
    user.placeholder = false;
    for (const membership of await this.em.find(Membership, { userId: user.id, status: 'invited' })) {
      membership.status = 'active';
      await noteArrival(this.bus, membership);
    }
    // What is noted of his account after this is noted where he has arrived.
    await this.em.flush();
  }
}
