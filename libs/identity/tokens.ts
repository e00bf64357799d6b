/**
 * What proves who calls: access tokens (JWT, 15 minutes), random secrets of which only a hash is kept, and signed links.
 * A token grants nothing by itself: session, membership and role are read with each request.
 */
import {
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  hkdfSync,
  type JsonWebKey,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { timingSafeEqual } from 'node:crypto';
import { errors, jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import { after, now } from '#kernel';

/** Seconds for which an access token is good. */
export const ACCESS_SECONDS = 900;
const TOLERANCE_SECONDS = 5;
const TYPE = 'at+jwt';

/** Whom a token is for. An operator's opens no door of an organization, nor the other way round. */
export type Audience = 'tessera' | 'tessera-operator';

const Spoken = z.object({ sub: z.string().min(1), sid: z.string().min(1), org: z.string().min(1).optional() });
const Verified = Spoken.extend({ exp: z.number() });

/** `sub`: the user or operator; `sid`: the session; `org`: the only organization the token is good for, if it is bound to one. */
export type Claims = z.output<typeof Spoken>;

/** Claims that were checked. `exp`: seconds since 1970 after which they are not to be trusted any longer. */
export type VerifiedClaims = z.output<typeof Verified>;

/** A token that is not accepted. `expired` is the only reason worth telling: a refresh helps. */
export class TokenRefused extends Error {
  override name = 'TokenRefused';
  readonly reason: 'expired' | 'invalid';

  constructor(reason: 'expired' | 'invalid', cause: unknown) {
    super(`The token is ${reason}`, { cause });
    this.reason = reason;
  }
}

/** An Ed25519 key in JWK form; without `d` it only verifies. */
export interface AccessKey extends JsonWebKey {
  kid: string;
}

/** Where keys come from: Ed25519 keys when there are any (the first signs, all verify), else one derived from the secret. */
export interface TokenSettings {
  issuer: string;
  secretKey: string;
  accessKeys?: readonly AccessKey[];
}

/**
 * Signs and verifies access tokens. Every key has one algorithm and a token names its key: there is nothing a sender could choose.
 * Keys rotate by putting a new one first and leaving the old one in the list for as long as its tokens live.
 */
export class Tokens {
  private readonly issuer: string;
  private readonly algorithm: 'EdDSA' | 'HS256';
  private readonly signing: { kid: string; key: KeyObject | Uint8Array };
  private readonly verifying: ReadonlyMap<string, KeyObject | Uint8Array>;

  /** Throws when a key is no Ed25519 key, when two have the same `kid`, or when the first has no private part. */
  constructor({ issuer, secretKey, accessKeys = [] }: TokenSettings) {
    this.issuer = issuer;
    const [first] = accessKeys;
    if (first) {
      this.algorithm = 'EdDSA';
      this.signing = { kid: first.kid, key: createPrivateKey({ key: first, format: 'jwk' }) };
      this.verifying = new Map(accessKeys.map((key) => [key.kid, publicPart(key)]));
      if (this.verifying.size < accessKeys.length) throw new TypeError('Two access keys have the same kid');
    } else {
      this.algorithm = 'HS256';
      this.signing = { kid: 'secret', key: derived(secretKey, 'access tokens') };
      this.verifying = new Map([[this.signing.kid, this.signing.key]]);
    }
  }

  /** A token for the next 15 minutes. */
  sign({ sub, sid, org }: Claims, audience: Audience): Promise<string> {
    const issued = now();
    return new SignJWT(org === undefined ? { sub, sid } : { sub, sid, org })
      .setProtectedHeader({ alg: this.algorithm, kid: this.signing.kid, typ: TYPE })
      .setIssuer(this.issuer)
      .setAudience(audience)
      .setIssuedAt(issued)
      .setExpirationTime(after(issued, { seconds: ACCESS_SECONDS }))
      .sign(this.signing.key);
  }

  /** What a token says, once signature, type, issuer, audience and times are right. Throws {@link TokenRefused}. */
  async verify(token: string, audience: Audience): Promise<VerifiedClaims> {
    const expected = {
      algorithms: [this.algorithm],
      typ: TYPE,
      issuer: this.issuer,
      audience,
      currentDate: now(),
      clockTolerance: TOLERANCE_SECONDS,
      maxTokenAge: ACCESS_SECONDS,
      requiredClaims: ['exp'],
    };
    try {
      const { payload } = await jwtVerify(token, ({ kid }: { kid?: string }) => this.keyOf(kid), expected);
      return Verified.parse(payload);
    } catch (error) {
      if (error instanceof errors.JWTExpired) throw new TokenRefused('expired', error);
      if (error instanceof errors.JOSEError || error instanceof z.ZodError) throw new TokenRefused('invalid', error);
      throw error;
    }
  }

  private keyOf(kid: string | undefined): KeyObject | Uint8Array {
    const key = this.verifying.get(kid ?? '');
    if (!key) throw new errors.JWKSNoMatchingKey();
    return key;
  }
}

/** A new secret that cannot be guessed: 256 random bits behind a prefix that says what it is, as in `tsk_…`. */
export function newSecret(prefix: string): string {
  return `${prefix}_${randomBytes(32).toString('base64url')}`;
}

/** What is stored of a secret, SHA-256 in hexadecimal. Quick on purpose: 256 random bits need no slow hash. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/**
 * Secrets that follow from others and from the key: whoever knows the parts and the key (this program) can say them again, nobody else.
 * So a letter can be written, or a refresh repeated, without the secret ever having been stored.
 */
export class DerivedSecrets {
  private readonly key: Uint8Array;

  constructor(secretKey: string) {
    this.key = derived(secretKey, 'derived secrets');
  }

  /** The secret of a purpose and its parts: 256 bits in base64url. */
  of(purpose: string, ...parts: readonly string[]): string {
    return createHmac('sha256', this.key)
      .update(JSON.stringify([purpose, ...parts]))
      .digest('base64url');
  }

  /** Whether a secret is the one of these parts; takes the same time whatever is wrong with it. */
  fits(secret: string, purpose: string, ...parts: readonly string[]): boolean {
    const [given, expected] = [Buffer.from(secret), Buffer.from(this.of(purpose, ...parts))];
    return given.length === expected.length && timingSafeEqual(given, expected);
  }
}

/**
 * Short-lived links that need no log-in: the signature covers the parts that the address itself names (purpose, organization, file …)
 * and the time at which it ends.
 */
export class Links {
  private readonly key: Uint8Array;

  constructor(secretKey: string) {
    this.key = derived(secretKey, 'links');
  }

  /** The signature to put into the address. The first part names the purpose; the organization belongs among them. */
  signLink(parts: readonly string[], expires: Date): string {
    const until = Math.floor(expires.getTime() / 1000);
    return `${until}.${this.seal(parts, until).toString('base64url')}`;
  }

  /** Whether a signature was given for exactly these parts and has not ended. */
  verifyLink(parts: readonly string[], signature: string): boolean {
    const [, until, seal] = /^(\d{1,12})\.([\w-]{43})$/.exec(signature) ?? [];
    if (until === undefined) return false;
    const expected = this.seal(parts, Number(until));
    return timingSafeEqual(Buffer.from(seal, 'base64url'), expected) && Number(until) * 1000 > now().getTime();
  }

  private seal(parts: readonly string[], until: number): Buffer {
    return createHmac('sha256', this.key)
      .update(JSON.stringify([until, ...parts]))
      .digest();
  }
}

/** A key of its own for each use of the secret: what leaks of one says nothing about another. */
function derived(secret: string, use: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, '', `tessera ${use}`, 32));
}

function publicPart(key: AccessKey): KeyObject {
  const made = createPublicKey(key.d === undefined ? { key, format: 'jwk' } : createPrivateKey({ key, format: 'jwk' }));
  if (made.asymmetricKeyType !== 'ed25519') throw new TypeError(`The access key ${key.kid} is no Ed25519 key`);
  return made;
}
