import { actor, type Limiter, settings } from '#kernel';
import { accountOf, throttle } from '../sessions/credentials.ts';

const HOUR = 3600;

/**
 * Before a letter that somebody asks for to an address of his choosing: nobody is written to without end, whoever asks, and nobody has
 * letters sent without end, also not by founding one organization after the other. Tessera and its operator are not counted.
 * @throws rate_limited
 */
export async function sparingly(limiter: Limiter, address: string): Promise<void> {
  const { kind, userId, organization } = actor();
  if (kind === 'system' || kind === 'operator') return;
  for (const caller of [userId, organization?.id]) if (caller) await throttle(limiter, 'letters', caller, settings.LIMIT_LETTERS, HOUR);
  await throttle(limiter, 'letters-to', accountOf('user', address), settings.LIMIT_LETTERS_TO, HOUR);
}
