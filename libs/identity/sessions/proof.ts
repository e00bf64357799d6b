import { now, Read, unauthenticated } from '#kernel';
import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import { Strategy } from 'passport-custom';
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
    const [key] = await this.read.platform<{ id: string }>('api_key_by_hash', 'select id from api_key where hash = $1', [hashSecret(credentialOf(request))]);
    if (!key) throw unauthenticated('This API key is not valid');
    return { kind: 'api_key', sessionId: key.id, expires: now().valueOf() + ACCESS_SECONDS * 1000 };
  }
}
