import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { decodeJwt, decodeProtectedHeader, SignJWT, UnsecuredJWT } from 'jose';
import { after, setClock } from '#kernel';
import { ACCESS_SECONDS, type AccessKey, hashSecret, Links, newSecret, TokenRefused, Tokens } from './tokens.ts';

const noon = new Date('2026-03-01T12:00:00Z');
const at = (seconds: number) => setClock(() => after(noon, { seconds }));
const issuer = 'https://crm.example.com';
const secretKey = 'W5sF2u8yT0bq3mXk9vRz1cJh7dLp4nGa';
const accessKey = (kid: string): AccessKey => ({ ...generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }), kid });
const withoutPrivatePart = (key: AccessKey): AccessKey => ({ ...key, d: undefined });
const ada = { sub: '019a0000-0000-7000-8000-000000000001', sid: '019a0000-0000-7000-8000-000000000002' };
const reasonOf = async (verified: Promise<unknown>) =>
  verified.then(
    () => 'accepted',
    (error: unknown) => (error instanceof TokenRefused ? error.reason : String(error)),
  );

beforeEach(() => at(0));
afterAll(() => setClock());

const old = accessKey('2025');
const current = accessKey('2026');
const kinds = {
  'a secret': new Tokens({ issuer, secretKey }),
  'Ed25519 keys': new Tokens({ issuer, secretKey, accessKeys: [current, old] }),
};

describe.each(Object.entries(kinds))('a token made with %s', (kind, tokens) => {
  it('says who, in which session and for which organization', async () => {
    const exp = noon.getTime() / 1000 + ACCESS_SECONDS;
    expect(await tokens.verify(await tokens.sign(ada, 'tessera'), 'tessera')).toEqual({ ...ada, exp });
    const bound = { ...ada, org: '019a0000-0000-7000-8000-000000000003' };
    expect(await tokens.verify(await tokens.sign(bound, 'tessera'), 'tessera')).toEqual({ ...bound, exp });
  });

  it('has one algorithm, its type, its key and nothing else', async () => {
    const token = await tokens.sign(ada, 'tessera');
    expect(decodeProtectedHeader(token)).toEqual({
      alg: kind === 'a secret' ? 'HS256' : 'EdDSA',
      kid: kind === 'a secret' ? 'secret' : '2026',
      typ: 'at+jwt',
    });
    const iat = noon.getTime() / 1000;
    expect(decodeJwt(token)).toEqual({ ...ada, iss: issuer, aud: 'tessera', iat, exp: iat + 900 });
  });

  it('lives 15 minutes and the 5 seconds that clocks may differ', async () => {
    const token = await tokens.sign(ada, 'tessera');
    at(ACCESS_SECONDS + 4);
    expect(await reasonOf(tokens.verify(token, 'tessera'))).toBe('accepted');
    at(ACCESS_SECONDS + 5);
    expect(await reasonOf(tokens.verify(token, 'tessera'))).toBe('expired');
    at(-5);
    expect(await reasonOf(tokens.verify(token, 'tessera'))).toBe('accepted');
    at(-6);
    expect(await reasonOf(tokens.verify(token, 'tessera'))).toBe('invalid');
  });

  it('is good for its audience and issuer only', async () => {
    expect(await reasonOf(tokens.verify(await tokens.sign(ada, 'tessera'), 'tessera-operator'))).toBe('invalid');
    expect(await reasonOf(tokens.verify(await tokens.sign(ada, 'tessera-operator'), 'tessera'))).toBe('invalid');
    const other = new Tokens({ issuer: 'https://other.example.com', secretKey, accessKeys: kind === 'a secret' ? [] : [current] });
    expect(await reasonOf(tokens.verify(await other.sign(ada, 'tessera'), 'tessera'))).toBe('invalid');
  });

  it('cannot be altered by a single character', async () => {
    const token = await tokens.sign(ada, 'tessera');
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    // The last character of a signature carries bits that are not part of it.
    const spot = fc.integer({ min: 0, max: token.length - 2 });
    await fc.assert(
      fc.asyncProperty(spot, fc.constantFrom(...alphabet), async (index, character) => {
        fc.pre(token[index] !== character && token[index] !== '.');
        const altered = token.slice(0, index) + character + token.slice(index + 1);
        expect(await reasonOf(tokens.verify(altered, 'tessera'))).toBe('invalid');
      }),
    );
  });

  it('is never any text at all', async () => {
    const texts = fc.oneof(
      fc.string(),
      fc.tuple(fc.base64String(), fc.base64String(), fc.base64String()).map((parts) => parts.join('.')),
    );
    await fc.assert(fc.asyncProperty(texts, async (text) => (await reasonOf(tokens.verify(text, 'tessera'))) === 'invalid'));
  });

  it('cannot be made without the key', async () => {
    const claims = { ...ada, iss: issuer, aud: 'tessera', iat: noon.getTime() / 1000, exp: noon.getTime() / 1000 + 900 };
    const forge = (alg: string, kid: string | undefined, key: Uint8Array) =>
      new SignJWT(claims).setProtectedHeader({ alg, typ: 'at+jwt', ...(kid ? { kid } : {}) }).sign(key);
    const publicBytes = new Uint8Array(Buffer.from(current.x ?? '', 'base64url'));
    const forged = [
      new UnsecuredJWT(claims).encode(),
      await forge('HS256', '2026', publicBytes),
      await forge('HS256', 'secret', new TextEncoder().encode(secretKey)),
      await forge('HS512', 'secret', new TextEncoder().encode(secretKey.repeat(2))),
      await forge('HS256', undefined, publicBytes),
      await forge('HS256', '__proto__', publicBytes),
    ];
    for (const token of forged) expect(await reasonOf(tokens.verify(token, 'tessera'))).toBe('invalid');
  });
});

describe('a correctly signed token', () => {
  const tokens = kinds['Ed25519 keys'];
  const seconds = noon.getTime() / 1000;
  const full = { ...ada, iss: issuer, aud: 'tessera', iat: seconds, exp: seconds + 900 };
  const signed = (claims: Record<string, unknown>, header: Record<string, unknown> = {}) =>
    new SignJWT(claims).setProtectedHeader({ alg: 'EdDSA', kid: '2026', typ: 'at+jwt', ...header }).sign(current);

  it('is accepted as it is', async () => {
    expect(await reasonOf(tokens.verify(await signed(full), 'tessera'))).toBe('accepted');
  });

  it.each(['sub', 'sid', 'iss', 'aud', 'iat', 'exp'])('is refused without %s', async (name) => {
    expect(await reasonOf(tokens.verify(await signed({ ...full, [name]: undefined }), 'tessera'))).toBe('invalid');
  });

  it.each([{ sub: 5 }, { sid: '' }, { org: null }, { exp: 'never' }, { aud: ['other'] }])('is refused with %j', async (change) => {
    expect(await reasonOf(tokens.verify(await signed({ ...full, ...change }), 'tessera'))).toBe('invalid');
  });

  it('is refused with another type, and with a life longer than 15 minutes', async () => {
    expect(await reasonOf(tokens.verify(await signed(full, { typ: 'JWT' }), 'tessera'))).toBe('invalid');
    const long = await signed({ ...full, exp: seconds + 10 ** 6 });
    at(ACCESS_SECONDS + 6);
    expect(await reasonOf(tokens.verify(long, 'tessera'))).toBe('expired');
  });
});

describe('keys', () => {
  it('rotate without logging anyone out', async () => {
    const before = new Tokens({ issuer, secretKey, accessKeys: [old] });
    const token = await before.sign(ada, 'tessera');
    const rotated = new Tokens({ issuer, secretKey, accessKeys: [current, withoutPrivatePart(old)] });
    expect(await rotated.verify(token, 'tessera')).toMatchObject(ada);
    expect(await reasonOf(before.verify(await rotated.sign(ada, 'tessera'), 'tessera'))).toBe('invalid');
    const done = new Tokens({ issuer, secretKey, accessKeys: [current] });
    expect(await reasonOf(done.verify(token, 'tessera'))).toBe('invalid');
  });

  it('replace the secret altogether', async () => {
    expect(await reasonOf(kinds['Ed25519 keys'].verify(await kinds['a secret'].sign(ada, 'tessera'), 'tessera'))).toBe('invalid');
  });

  it('are checked when the program starts', () => {
    const make = (...accessKeys: AccessKey[]) => new Tokens({ issuer, secretKey, accessKeys });
    expect(() => make(current, { ...old, kid: current.kid })).toThrow('same kid');
    expect(() => make(withoutPrivatePart(current))).toThrow();
    expect(() => make(current, { kty: 'OKP', crv: 'Ed25519', x: 'short', kid: 'x' })).toThrow();
    const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
    expect(() => make({ ...p256, kid: 'ec' })).toThrow('no Ed25519 key');
  });
});

describe('secrets', () => {
  it('are random, prefixed, and stored as a hash', () => {
    const secret = newSecret('tsk');
    expect(secret).toMatch(/^tsk_[\w-]{43}$/);
    expect(newSecret('tsk')).not.toBe(secret);
    expect(hashSecret('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });
});

describe('links', () => {
  const links = new Links(secretKey);
  const parts = ['file', '019a0000-0000-7000-8000-000000000003', 'invoice.pdf'];

  it('are good for exactly their parts until they end', () => {
    const signature = links.signLink(parts, after(noon, { minutes: 5 }));
    expect(links.verifyLink(parts, signature)).toBe(true);
    expect(links.verifyLink([...parts, ''], signature)).toBe(false);
    expect(links.verifyLink(['file', `${parts[1]}invoice.pdf`], signature)).toBe(false);
    expect(new Links(`${secretKey}!`).verifyLink(parts, signature)).toBe(false);
    at(299);
    expect(links.verifyLink(parts, signature)).toBe(true);
    at(300);
    expect(links.verifyLink(parts, signature)).toBe(false);
  });

  it('cannot be prolonged', () => {
    const [until, seal] = links.signLink(parts, after(noon, { minutes: 5 })).split('.');
    expect(links.verifyLink(parts, `${Number(until) + 1}.${seal}`)).toBe(false);
  });

  it('tell apart whatever can be told apart', () => {
    const texts = fc.array(fc.string(), { minLength: 1 });
    fc.assert(
      fc.property(texts, texts, (one, other) => {
        const signature = links.signLink(one, after(noon, { hours: 1 }));
        expect(links.verifyLink(other, signature)).toBe(JSON.stringify(one) === JSON.stringify(other));
      }),
    );
  });

  it('refuse any other text', () => {
    fc.assert(fc.property(fc.string(), (text) => !links.verifyLink(parts, text)));
  });
});
