/**
 * Passwords: how they are hashed (argon2id with the parameters OWASP recommends: 19 MiB, two passes, one lane) and which are refused.
 * A password is compared in Unicode's NFKC form, so that one typed on another keyboard is the same.
 */
import { hash, parseOptions, verify } from '@node-rs/argon2';
import { availableParallelism } from 'node:os';
import { COMMON_PASSWORDS } from './common-passwords.ts';

const SHORTEST = 8;
const LONGEST = 256;
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const HEAD = `$argon2id$v=19$m=${PARAMETERS.memoryCost},t=${PARAMETERS.timeCost},p=${PARAMETERS.parallelism}$`;
/** Costs as much as a real hash and fits no password. */
const NOBODYS = `${HEAD}${'A'.repeat(22)}$${'A'.repeat(43)}`;

/** Hashes a password into a PHC string with its own salt. Takes about 20 ms of a thread of its own. */
export function hashPassword(password: string): Promise<string> {
  return inTurn(() => hash(normal(password), PARAMETERS));
}

/**
 * Whether a password belongs to a hash. Without a hash (an unknown e-mail, a member who has no password yet) the answer is no, after
 * the same time: nobody learns from the clock whether an account exists.
 */
export async function verifyPassword(hashed: string | null, password: string): Promise<boolean> {
  const fits = await inTurn(() => verify(hashed ?? NOBODYS, normal(password)));
  return fits && hashed !== null;
}

/** Whether a hash was made with other parameters than today's. The time for a new one is the next log-in, when the password is at hand. */
export function needsRehash(hashed: string): boolean {
  if (!hashed.startsWith('$argon2id$v=19$')) return true;
  const { memoryCost, timeCost, parallelism } = parseOptions(hashed);
  return memoryCost !== PARAMETERS.memoryCost || timeCost !== PARAMETERS.timeCost || parallelism !== PARAMETERS.parallelism;
}

/** Why a password is refused. */
export type PasswordProblem = 'too_short' | 'too_long' | 'too_common';

/** What speaks against a new password, if anything: 8 to 256 characters, none of the most common ones, not the e-mail address either. */
export function passwordProblem(password: string, email?: string): PasswordProblem | null {
  const guess = normal(password).toLowerCase();
  const { length } = [...normal(password)];
  if (length < SHORTEST) return 'too_short';
  if (length > LONGEST) return 'too_long';
  const own = email?.trim().toLowerCase();
  return COMMON_PASSWORDS.has(guess) || guess === own || guess === own?.split('@')[0] ? 'too_common' : null;
}

function normal(password: string): string {
  return password.normalize('NFKC');
}

/**
 * So many at once: hashing occupies Node's four worker threads, which sign tokens and read files as well. Whoever holds a connection and
 * waits for a signature must not stand behind everybody who is logging in.
 */
const AT_ONCE = Math.min(availableParallelism(), 3);
let running = 0;
const waiting: (() => void)[] = [];

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (running < AT_ONCE) running++;
  else await new Promise<void>((resolve) => waiting.push(resolve));
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else running--;
  }
}
