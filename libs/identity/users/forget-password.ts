import { Bus, Command, email, EntityManager, Handles, Limiter, Read, settings } from '#kernel';
import { z } from 'zod';
import { accountOf, throttle, whence } from '../sessions/credentials.ts';
import { OneTime } from './one-time.ts';
import { NOWHERE, User } from './user.ts';

const HOUR = 3600;

export const Forgotten = z.strictObject({ email: email().check }).meta({ id: 'ForgottenPassword' });
export const Promised = z.object({ message: z.string() }).meta({ id: 'Promised' });

/** Sends a link to choose a new password. Known or not, the e-mail makes no difference to the answer, nor to the work before it. */
export class ForgetPassword extends Command<{ message: string }> {
  constructor(readonly input: z.output<typeof Forgotten>) {
    super();
  }
}

@Handles(ForgetPassword, 'anyone')
class ForgetHandler {
  constructor(
    private readonly read: Read,
    private readonly bus: Bus,
    private readonly limiter: Limiter,
  ) {}

  async execute({ input }: ForgetPassword) {
    const account = accountOf('user', input.email);
    await throttle(this.limiter, 'forgot', `${whence()} ${account}`, settings.LIMIT_LOGIN, 60);
    await throttle(this.limiter, 'forgot-to', account, settings.LIMIT_LETTERS_TO, HOUR);
    const [user] = await this.read.platform<{ id: string }>('user_to_reset', TO_RESET, [input.email, `%@${NOWHERE}`]);
    await this.bus.later(new StartPasswordReset(user?.id ?? null));
    return { message: 'If there is an account with this e-mail, a letter with a link is on its way.' };
  }
}

const TO_RESET = 'select id from "user" where email = $1 and email not like $2';

/** Makes the link and promises the letter, for whom there is an account. */
export class StartPasswordReset extends Command<void> {
  constructor(readonly userId: string | null) {
    super();
  }
}

@Handles(StartPasswordReset, 'system')
class StartHandler {
  constructor(
    private readonly em: EntityManager,
    private readonly oneTime: OneTime,
  ) {}

  /** Somebody whom an import has named has no password to forget: he gets his first letter again. */
  async execute({ userId }: StartPasswordReset) {
    const user = userId && (await this.em.findOne(User, { id: userId }));
    if (user) await this.oneTime.another(user.id, user.placeholder ? 'welcome' : 'reset');
  }
}
