import { hash } from '@node-rs/argon2';
import fc from 'fast-check';
import { COMMON_PASSWORDS } from './common-passwords.ts';
import { hashPassword, needsRehash, passwordProblem, verifyPassword } from './passwords.ts';

describe('a hashed password', () => {
  it('is argon2id with 19 MiB, two passes and one lane, salted', async () => {
    const [one, other] = await Promise.all([hashPassword('tall ships sail'), hashPassword('tall ships sail')]);
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(one).not.toBe(other);
    expect(needsRehash(one)).toBe(false);
  });

  it('fits its password and no other', async () => {
    const hashed = await hashPassword('tall ships sail');
    expect(await verifyPassword(hashed, 'tall ships sail')).toBe(true);
    expect(await verifyPassword(hashed, 'tall ships sail ')).toBe(false);
    expect(await verifyPassword(hashed, '')).toBe(false);
  });

  it('is the same however its accents are typed', async () => {
    expect(await verifyPassword(await hashPassword('cr\u00e8me br\u00fbl\u00e9e'), 'cre\u0300me bru\u0302le\u0301e')).toBe(true);
  });

  it('is never there for an account that does not exist, which takes as long', async () => {
    const hashed = await hashPassword('tall ships sail');
    const time = async (known: string | null) => {
      const start = process.hrtime.bigint();
      expect(await verifyPassword(known, 'another guess')).toBe(false);
      return process.hrtime.bigint() - start;
    };
    const quickest = async (known: string | null) => {
      let best = await time(known);
      for (let round = 0; round < 7; round++) best = [best, await time(known)].sort((a, b) => Number(a - b))[0];
      return Number(best);
    };
    const proportion = (await quickest(null)) / (await quickest(hashed));
    expect(proportion).toBeGreaterThan(0.5);
    expect(proportion).toBeLessThan(2);
  });

  it('is made anew when it was made with other parameters', async () => {
    expect(needsRehash(await hash('x', { memoryCost: 8192, timeCost: 2, parallelism: 1 }))).toBe(true);
    expect(needsRehash(await hash('x', { memoryCost: 19_456, timeCost: 3, parallelism: 1 }))).toBe(true);
    expect(needsRehash('$2b$10$abcdefghijklmnopqrstuuJ9nM5pS7dLrYv1x0rGm7oWzqG9p1a2e')).toBe(true);
  });
});

describe('a new password', () => {
  it('has 8 to 256 characters, as people count them', () => {
    expect(passwordProblem('sh0rt!!')).toBe('too_short');
    expect(passwordProblem('long3r!!')).toBeNull();
    expect(passwordProblem('🔑'.repeat(7))).toBe('too_short');
    expect(passwordProblem('🔑'.repeat(8))).toBeNull();
    expect(passwordProblem('x'.repeat(256))).toBeNull();
    expect(passwordProblem('x'.repeat(257))).toBe('too_long');
  });

  it('is none of the 3,000 most common, in capitals or not', () => {
    expect(COMMON_PASSWORDS.size).toBe(3000);
    for (const known of ['password', 'Password1', 'P@SSW0RD', 'qwerty123', '1234567890', 'password123', 'iloveyou']) {
      expect(passwordProblem(known)).toBe('too_common');
    }
    for (const known of COMMON_PASSWORDS) {
      expect(known).toBe(known.toLowerCase());
      expect(known.length).toBeGreaterThanOrEqual(8);
    }
  });

  it('is not the e-mail address', () => {
    expect(passwordProblem('Ada.Lovelace@example.com', 'ada.lovelace@example.com')).toBe('too_common');
    expect(passwordProblem('ada.lovelace', 'ada.lovelace@example.com')).toBe('too_common');
    expect(passwordProblem('ada.lovelace!', 'ada.lovelace@example.com')).toBeNull();
  });

  it('of any other kind is welcome', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme-ascii', minLength: 20, maxLength: 256 }), (text) => passwordProblem(text) === null));
  });
});
