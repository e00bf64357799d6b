import { Bus, Command, EntityManager, Handles, Limiter, text } from '#kernel';
import { z } from 'zod';
import { sparingly } from '../letters/sparingly.ts';
import { signedIn } from '../sessions/who.ts';
import { confirmEmail } from './confirm-email.ts';
import type { Promised } from './forget-password.ts';
import { OneTime } from './one-time.ts';
import { User, UserView } from './user.ts';

export const EmailProof = z.strictObject({ token: text({ max: 200 }).check }).meta({ id: 'EmailProof' });

/** Confirms an e-mail address with the link that was sent to it. */
export class VerifyEmail extends Command<{ user: object }> {
  constructor(readonly input: z.output<typeof EmailProof>) {
    super();
  }
}

@Handles(VerifyEmail, 'anyone')
class VerifyHandler {
  constructor(
    private readonly em: EntityManager,
    private readonly bus: Bus,
    private readonly oneTime: OneTime,
  ) {}

  async execute({ input: { token } }: VerifyEmail) {
    const user = await this.oneTime.redeem(token, 'verify');
    await confirmEmail(this.em, this.bus, user);
    return { user: UserView.show(user) };
  }
}

/** Sends the link to confirm the caller's e-mail again; earlier ones end. */
export class ResendVerification extends Command<z.output<typeof Promised>> {}

@Handles(ResendVerification, 'user')
class ResendHandler {
  constructor(
    private readonly em: EntityManager,
    private readonly oneTime: OneTime,
    private readonly limiter: Limiter,
  ) {}

  async execute() {
    const { email, emailVerifiedAt, id } = await this.em.findOneOrFail(User, { id: signedIn().userId });
    if (emailVerifiedAt) return { message: 'This e-mail address is confirmed already.' };
    await sparingly(this.limiter, email);
    await this.oneTime.send(id, 'verify');
    return { message: 'A letter with a link is on its way.' };
  }
}
