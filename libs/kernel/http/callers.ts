import type { FastifyRequest } from 'fastify';
import type { Actor } from '../actor.ts';

/** Who sent a request, as it was established from its credential. */
export interface Caller {
  readonly actor: Actor;
  /** For logs and rate limits. */
  readonly organizationId?: string;
  readonly userId?: string;
}

/** Says who is calling. The kernel asks; identity knows. */
export abstract class Callers {
  /** Answers at once for a credential that was verified a moment ago; undefined when it has to be asked about. */
  abstract known(credential: string, organization: string | undefined, realm: Realm): Caller | undefined;
  /**
   * Verifies a credential; for an organization of null in none, whatever the credential is bound to.
   * @throws auth.required, organization.forbidden, organization.mismatch
   */
  abstract learn(credential: string, organization: string | null | undefined, realm: Realm, request: FastifyRequest): Promise<Caller>;
}
/** Tokens of the operator are another audience, never valid on tenant routes, and the other way round. */
export type Realm = 'tenant' | 'operator';
