import { type Actor, Callers, type Caller, notYourOrganization, onCommit, organizationMismatch, type OrganizationFacts, Read, type Realm, type Role, ROLES, unauthenticated } from '#kernel';
import { Injectable } from '@nestjs/common';
import passport from 'passport';
import type { FastifyRequest } from 'fastify';
import { API_KEY_PREFIX, type Proof } from './proof.ts';

/** How long what was read of a session, membership and role is believed; another process may have changed it meanwhile. */
const FRESH_MS = 4000;
const LIMIT = 20_000;

interface Remembered {
  caller: Caller;
  until: number;
  proof: Proof;
}

/**
 * Remembers who is behind a credential. The credential is verified once by its passport strategy; session, membership and role are read
 * again after four seconds, and at once after a change in this process. Nothing has to be told between processes, so nothing can be lost.
 */
@Injectable()
export class RememberedCallers extends Callers {
  private readonly remembered = new Map<string, Remembered>();

  constructor(private readonly read: Read) {
    super();
    onCommit((changes) => {
      if (changes.some(({ table, verb }) => WATCHED.has(table) || (table === 'session' && verb !== 'create'))) this.expire();
    });
  }

  known(credential: string, organization: string | undefined, realm: Realm): Caller | undefined {
    const found = this.remembered.get(`${realm} ${organization ?? ''} ${credential}`);
    return found && found.until > Date.now() && found.proof.expires > Date.now() ? found.caller : undefined;
  }

  async learn(credential: string, organization: string | undefined, realm: Realm, request: FastifyRequest): Promise<Caller> {
    const key = `${realm} ${organization ?? ''} ${credential}`;
    const before = this.remembered.get(key);
    const known = before && before.proof.expires > Date.now() ? before.proof : undefined;
    const proof = known ?? (await prove(realm === 'operator' ? 'operator' : credential.startsWith(API_KEY_PREFIX) ? 'api-key' : 'bearer', request));
    const actor = await this.actorOf(proof, organization);
    // The same actor object as before keeps its compiled permissions.
    const same = before && JSON.stringify(before.caller.actor) === JSON.stringify(actor) ? before.caller : undefined;
    const caller = same ?? { actor, ...(actor.organization ? { organizationId: actor.organization.id } : {}), ...(actor.userId ? { userId: actor.userId } : {}) };
    if (this.remembered.size >= LIMIT) this.remembered.delete(this.remembered.keys().next().value!);
    this.remembered.set(key, { caller, proof, until: Date.now() + FRESH_MS });
    return caller;
  }

  /** What was remembered has to be read again; verified credentials stay verified. */
  expire() {
    for (const entry of this.remembered.values()) entry.until = 0;
  }

  private async actorOf(proof: Proof, asked: string | undefined): Promise<Actor> {
    if (proof.kind === 'operator') return this.operator(proof);
    return proof.kind === 'user' ? this.user(proof, asked) : this.apiKey(proof, asked);
  }

  private async operator(proof: Proof): Promise<Actor> {
    const [found] = await this.read.platform<{ id: string }>('caller_operator', OPERATOR, [proof.sessionId]);
    if (!found) throw unauthenticated();
    return { kind: 'operator', userId: null, role: null, permissionSets: [], organization: null, sessionId: proof.sessionId, operatorId: found.id };
  }

  private async user(proof: Proof, asked: string | undefined): Promise<Actor> {
    const rows = await this.read.platform<MemberRow>('caller_user', USER, [proof.sessionId]);
    if (!rows.length) throw unauthenticated('This session has ended');
    if (asked && proof.organizationId && asked.toLowerCase() !== proof.organizationId) throw organizationMismatch();
    const wanted = asked?.toLowerCase() ?? proof.organizationId;
    const places = rows.filter((row) => row.id !== null);
    const place = wanted ? places.find((row) => row.id === wanted) : places.length === 1 ? places[0] : undefined;
    if (wanted && !place) throw notYourOrganization();
    return {
      kind: 'user',
      userId: rows[0]!.user_id,
      sessionId: proof.sessionId,
      role: place?.role ?? null,
      permissionSets: place?.permission_sets ?? [],
      organization: place ? factsOf(place) : null,
      ...(place ? {} : { choices: places.map(({ id, name }) => ({ id, name })) }),
    };
  }

  private async apiKey(proof: Proof, asked: string | undefined): Promise<Actor> {
    const [row] = await this.read.platform<MemberRow & { key_role: Role; key_sets: string[] }>('caller_api_key', API_KEY, [proof.sessionId]);
    if (!row) throw unauthenticated('This API key is not valid any more');
    if (asked && asked.toLowerCase() !== row.id) throw organizationMismatch();
    const role = ROLES[Math.min(ROLES.indexOf(row.key_role), ROLES.indexOf(row.role))]!;
    return { kind: 'api_key', userId: row.user_id, apiKeyId: proof.sessionId, role, permissionSets: row.key_sets, organization: factsOf(row) };
  }
}

/** Changes of these act on the next request of this process. */
const WATCHED = new Set(['membership', 'organization', 'api_key', 'user', 'operator_session', 'operator']);

/** Asks the passport strategy of this kind of credential. */
const prove = (strategy: string, request: FastifyRequest): Promise<Proof> =>
  new Promise((resolve, reject) => {
    const done = (error: unknown, proof: unknown) => (error || !proof ? reject((error as Error | null) ?? unauthenticated()) : resolve(proof as Proof));
    const authenticate = passport.authenticate(strategy, { session: false }, done) as (request: unknown, reply: unknown, next: (error?: unknown) => void) => void;
    authenticate(request, {}, (error) => reject((error as Error | undefined) ?? unauthenticated()));
  });

interface MemberRow {
  user_id: string;
  id: string;
  name: string;
  role: Role;
  permission_sets: string[];
  currency: string;
  time_zone: string;
  locale: string;
  settings: Record<string, unknown>;
}
const factsOf = ({ id, currency, time_zone, locale, settings }: MemberRow): OrganizationFacts => ({ id, currency, timeZone: time_zone, locale, settings });

const OF_MEMBER = 'o.id, o.name, m.role, m.permission_sets, o.currency, o.time_zone, o.locale, o.settings';
const ALIVE = 'o.deleted_at is null and o.suspended_at is null';
const USER = `select s.user_id, ${OF_MEMBER} from session s
  left join (membership m join organization o on o.id = m.organization_id and ${ALIVE}) on m.user_id = s.user_id and m.status = 'active'
  where s.id = $1::uuid and s.revoked_at is null and s.expires_at > now() order by o.name limit 200`;
const API_KEY = `select k.user_id, k.role as key_role, k.permission_sets as key_sets, ${OF_MEMBER} from api_key k
  join membership m on m.user_id = k.user_id and m.organization_id = k.organization_id and m.status = 'active'
  join organization o on o.id = m.organization_id and ${ALIVE}
  where k.id = $1::uuid and k.revoked_at is null and (k.expires_at is null or k.expires_at > now())`;
const OPERATOR = `select o.id from operator_session s join operator o on o.id = s.operator_id and o.disabled_at is null
  where s.id = $1::uuid and s.revoked_at is null and s.expires_at > now()`;
