import { AsyncLocalStorage } from 'node:async_hooks';
import { organizationRequired, organizationSuspended, unauthenticated } from './errors.ts';
import { uuidv7 } from './uuidv7.ts';

/** A ladder: each role adds to the one before it. */
export const ROLES = ['member', 'manager', 'admin', 'owner'] as const;
export type Role = (typeof ROLES)[number];

/** What use cases need to know of the organization they run in. */
export interface OrganizationFacts {
  readonly id: string;
  /** ISO 4217: what amounts are in unless they say otherwise. */
  readonly currency: string;
  /** IANA name: what a plain date means. */
  readonly timeZone: string;
  readonly locale: string;
  readonly settings: Readonly<Record<string, unknown>>;
}

/** Who acts now: always inside exactly one organization, except the operator and somebody who has not chosen one. */
export interface Actor {
  readonly kind: 'user' | 'api_key' | 'operator' | 'system' | 'nobody';
  readonly userId: string | null;
  readonly role: Role | null;
  readonly permissionSets: readonly string[];
  readonly organization: OrganizationFacts | null;
  /** When no organization was named: those to choose from. */
  readonly choices?: readonly { id: string; name: string }[];
  /** When the only organization there is to choose has been suspended. */
  readonly suspended?: boolean;
  readonly sessionId?: string;
  readonly apiKeyId?: string;
  readonly operatorId?: string;
  /** For the system: whose action it carries on. */
  readonly onBehalfOf?: string | null;
  /** What he began is carried on by a job, with what he may do: the audit log names the system, on his behalf. */
  readonly carriedOn?: boolean;
}

/** One use of the application: who, under which request id, and what the caller should be told besides the answer. */
export interface Call {
  readonly actor: Actor;
  readonly requestId: string;
  readonly warnings: object[];
  /** The record, and the version of it, that the caller believes to change (If-Match). */
  readonly expects?: { id: string; version: number };
  /** Where it came from, for what comes through HTTP. */
  readonly origin?: Origin;
}
export interface Origin {
  readonly address: string;
  readonly userAgent?: string;
}

const stage = new AsyncLocalStorage<Call>();

export const NOBODY: Actor = { kind: 'nobody', userId: null, role: null, permissionSets: [], organization: null };
export const system = (organization: OrganizationFacts | null, onBehalfOf: string | null = null): Actor => ({
  kind: 'system',
  userId: null,
  role: null,
  permissionSets: [],
  organization,
  onBehalfOf,
});

/** Runs the work as this actor. Every door (HTTP, queue, terminal) does this exactly once. */
export const actingAs = <T>(who: Actor, work: () => T, more: Partial<Omit<Call, 'actor'>> = {}): T =>
  stage.run(
    { actor: who, requestId: more.requestId ?? uuidv7(), warnings: more.warnings ?? [], expects: more.expects, origin: more.origin },
    work,
  );

export function call(): Call {
  const current = stage.getStore();
  if (!current) throw unauthenticated();
  return current;
}
export const actor = (): Actor => call().actor;
export const callIfAny = (): Call | undefined => stage.getStore();

/** The organization the actor is in; a use case that needs one cannot run without. */
export function organization(): OrganizationFacts {
  const { organization: facts, kind, choices, suspended } = actor();
  if (facts) return facts;
  if (suspended) throw organizationSuspended();
  throw kind === 'nobody' ? unauthenticated() : organizationRequired(undefined, { organizations: choices ?? [] });
}
export const tenantId = (): string => organization().id;

/** The user an entry, an owner or an author is put down to. */
export const actingUser = (): string | null => actor().userId ?? actor().onBehalfOf ?? null;
