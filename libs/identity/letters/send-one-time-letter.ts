import { Command, EntityManager, Handles, Mailer, now } from '#kernel';
import { DerivedSecrets } from '../tokens.ts';
import { oneTimeSecret, OneTimeToken, type Purpose, User } from '../users/user.ts';
import { type Content, letter, linkTo } from './letter.ts';

const WORDS: Record<Purpose, (secret: string) => Omit<Content, 'to' | 'name'>> = {
  reset: (secret) => ({
    subject: 'Reset your password',
    lines: ['You asked for a new password for Tessera. Choose it here within 30 minutes.'],
    link: { label: 'Choose a new password', href: linkTo('reset-password', secret) },
    after: ['If it was not you, there is nothing to do: your password stays as it is.'],
  }),
  verify: (secret) => ({
    subject: 'Confirm your e-mail address',
    lines: ['Welcome to Tessera. Please confirm that this address is yours.'],
    link: { label: 'Confirm my address', href: linkTo('verify-email', secret) },
    after: ['The link is good for a day. If you did not sign up, ignore this letter.'],
  }),
  welcome: (secret) => ({
    subject: 'Your Tessera account',
    lines: ['An account has been made for you. Choose a password to begin.'],
    link: { label: 'Choose a password', href: linkTo('reset-password', secret) },
    after: ['The link is good for a week; after that, ask for a new one with "forgot password".'],
  }),
};

/** Sends the letter with a link that is good once. Sent again by a retry, it is the same letter. */
export class SendOneTimeLetter extends Command<void> {
  constructor(readonly tokenId: string) {
    super();
  }
}

@Handles(SendOneTimeLetter, 'system')
class Handler {
  constructor(
    private readonly em: EntityManager,
    private readonly mailer: Mailer,
    private readonly secrets: DerivedSecrets,
  ) {}

  async execute({ tokenId }: SendOneTimeLetter) {
    const token = await this.em.findOne(OneTimeToken, { id: tokenId });
    if (!token || token.usedAt || token.expiresAt <= now()) return;
    const user = await this.em.findOneOrFail(User, { id: token.userId });
    const content = WORDS[token.purpose as Purpose](oneTimeSecret(this.secrets, token.id));
    await this.mailer.send({ ...letter({ ...content, to: user.email, name: user.name }), key: `one-time ${token.id}` });
  }
}
