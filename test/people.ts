import { drain, JobsModule, NO_ORGANIZATION, Promises, settings, uuidv7 } from '#kernel';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { alsoServe, type Answer, app, type Json, send } from './world.ts';

alsoServe(JobsModule);

export const anEmail = (name = 'person') => `${name}-${uuidv7()}@test.example`;
export const PASSWORD = 'correct horse battery';
export const bearer = (token: string, more: Record<string, string> = {}) => ({ authorization: `Bearer ${token}`, ...more });

/** Somebody who came through the front door. */
export interface Registered {
  email: string;
  user: Json;
  organization: Json;
  token: string;
  refresh: string;
}
export async function registered(given: object = {}): Promise<Registered> {
  const email = anEmail();
  const { status, data, text } = await send('POST', 'auth/register', {
    email,
    password: PASSWORD,
    name: 'Ada',
    organization_name: `Org ${uuidv7()}`,
    ...given,
  });
  if (status !== 201) throw new Error(text);
  return {
    email: data.user.email,
    user: data.user,
    organization: data.organization,
    token: data.access_token,
    refresh: data.refresh_token,
  };
}
/** Somebody who has also shown that the e-mail is his. */
export async function confirmed(given: object = {}): Promise<Registered> {
  const person = await registered(given);
  const [letter] = await lettersTo(person.email, person.organization.id as string);
  const { status, text } = await send('POST', 'auth/email/verify', { token: secretIn(letter!) });
  if (status !== 200) throw new Error(text);
  return person;
}
export const logIn = (email: string, password = PASSWORD, more: object = {}): Promise<Answer> =>
  send('POST', 'auth/login', { email, password, ...more });

interface Kept {
  to: string;
  subject: string;
  text: string;
  html: string;
  sent_at: string;
  key: string;
}
/** Runs what was promised to an organization (or outside any), as a worker would, and reads what came for an address, oldest first. */
export async function lettersTo(address: string, organization = NO_ORGANIZATION): Promise<Kept[]> {
  await drain([(await app()).get(Promises)], organization);
  const files = await readdir(settings.OUTBOX_DIR).catch(() => []);
  const kept = await Promise.all(
    files
      .filter((name) => name.endsWith('.json'))
      .map(async (name) => JSON.parse(await readFile(join(settings.OUTBOX_DIR, name), 'utf8')) as Kept),
  );
  return kept.filter(({ to }) => to === address).sort((a, b) => (a.sent_at < b.sent_at ? -1 : 1));
}
/** The secret behind the # of a letter's link. */
export const secretIn = ({ text }: { text: string }) => /#token=(\S+)/.exec(text)?.[1] ?? '';
