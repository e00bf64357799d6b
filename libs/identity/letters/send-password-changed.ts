import { Command, EntityManager, Handles, Mailer, settings } from '#kernel';
import { User } from '../users/user.ts';
import { letter } from './letter.ts';

/** Tells somebody that his password was changed, in case it was not he. */
export class SendPasswordChanged extends Command<void> {
  constructor(
    readonly userId: string,
    /** When, as RFC 3339. */
    readonly at: string,
  ) {
    super();
  }
}

@Handles(SendPasswordChanged, 'system')
class Handler {
  constructor(
    private readonly em: EntityManager,
    private readonly mailer: Mailer,
  ) {}

  async execute({ userId, at }: SendPasswordChanged) {
    const user = await this.em.findOneOrFail(User, { id: userId });
    const content = {
      to: user.email,
      name: user.name,
      subject: 'Your password was changed',
      lines: [
        `The password of your Tessera account was changed on ${at.slice(0, 10)} at ${at.slice(11, 16)} UTC. Other devices have been signed out.`,
      ],
      link: { label: 'Reset the password if it was not you', href: `${settings.PUBLIC_URL}/forgot-password` },
    };
    await this.mailer.send({ ...letter(content), key: `password changed ${userId} ${at}` });
  }
}
