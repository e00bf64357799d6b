import { actor, now, Read, unauthenticated } from '#kernel';
import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import passport from 'passport';
import { Strategy } from 'passport-custom';
import { Credentials, type Known } from './credentials.ts';
import { ACCESS_SECONDS, type Audience, hashSecret, TokenRefused, Tokens } from '../tokens.ts';

export const API_KEY_PREFIX = 'tsk_';

/** What a verified credential says; it grants nothing by itself. */
export interface Proof {
  readonly kind: 'user' | 'api_key' | 'operator';
  /** The session, or the API key. */
  readonly sessionId: string;
  readonly organizationId?: string;
  /** Milliseconds since the epoch. */
  readonly expires: number;
}

/** Asks a passport strategy about a request. Outside Nest's guards, so that it is asked once per credential and not once per request. */
export const prove = <T>(strategy: string, request: FastifyRequest): Promise<T> =>
  new Promise((resolve, reject) => {
    const done = (error: unknown, proof: unknown) =>
      error || !proof ? reject((error as Error | null) ?? unauthenticated()) : resolve(proof as T);
    // passport speaks of Express; a strategy made by passport-custom only hands the request on.
    const authenticate = passport.authenticate(strategy, { session: false }, done) as (
      request: unknown,
      reply: unknown,
      next: (error?: unknown) => void,
    ) => void;
    authenticate(request, {}, (error) => reject((error as Error | undefined) ?? unauthenticated()));
  });

const credentialOf = (request: FastifyRequest) => request.headers.authorization!.split(' ')[1]!;

async function proofOf(tokens: Tokens, request: FastifyRequest, audience: Audience, kind: Proof['kind']): Promise<Proof> {
  try {
    const { sid, org, exp } = await tokens.verify(credentialOf(request), audience);
    return { kind, sessionId: sid, ...(org ? { organizationId: org } : {}), expires: exp * 1000 };
  } catch (error) {
    if (error instanceof TokenRefused) throw unauthenticated(error.message);
    throw error;
  }
}

/** An access token of a user. */
@Injectable()
export class BearerStrategy extends PassportStrategy(Strategy, 'bearer') {
  constructor(private readonly tokens: Tokens) {
    super();
  }
  validate(request: FastifyRequest): Promise<Proof> {
    return proofOf(this.tokens, request, 'tessera', 'user');
  }
}

/** An access token of the operator: another audience. */
@Injectable()
export class OperatorStrategy extends PassportStrategy(Strategy, 'operator') {
  constructor(private readonly tokens: Tokens) {
    super();
  }
  validate(request: FastifyRequest): Promise<Proof> {
    return proofOf(this.tokens, request, 'tessera-operator', 'operator');
  }
}

/** A key of a program, looked up by its hash. */
@Injectable()
export class ApiKeyStrategy extends PassportStrategy(Strategy, 'api-key') {
  constructor(private readonly read: Read) {
    super();
  }
  async validate(request: FastifyRequest): Promise<Proof> {
    const [key] = await this.read.platform<{ id: string }>('api_key_by_hash', 'select id from api_key where hash = $1', [
      hashSecret(credentialOf(request)),
    ]);
    if (!key) throw unauthenticated('This API key is not valid');
    return { kind: 'api_key', sessionId: key.id, expires: now().valueOf() + ACCESS_SECONDS * 1000 };
  }
}

/** What a login form holds once its route has checked it; form fields and JSON keys alike. */
export interface LoginForm {
  readonly email: string;
  readonly password: string;
}

/** E-mail and password of a user. */
@Injectable()
export class LocalStrategy extends PassportStrategy(Strategy, 'local') {
  constructor(private readonly credentials: Credentials) {
    super();
  }
  validate({ body }: { body: LoginForm }): Promise<Known> {
    return this.credentials.verify('user', body.email, body.password);
  }
}

/** E-mail and password of an operator. */
@Injectable()
export class OperatorLocalStrategy extends PassportStrategy(Strategy, 'operator-local') {
  constructor(private readonly credentials: Credentials) {
    super();
  }
  validate({ body }: { body: LoginForm }): Promise<Known> {
    return this.credentials.verify('operator', body.email, body.password);
  }
}

/** The password of whoever is signed in, asked for again before something that matters. */
@Injectable()
export class PasswordStrategy extends PassportStrategy(Strategy, 'password') {
  constructor(
    private readonly credentials: Credentials,
    private readonly read: Read,
  ) {
    super();
  }
  async validate({ body }: { body: { current_password: string } }): Promise<Known> {
    const [user] = await this.read.platform<{ email: string }>('email_of_user', 'select email from "user" where id = $1', [actor().userId]);
    if (!user) throw unauthenticated();
    return this.credentials.verify('user', user.email, body.current_password);
  }
}
