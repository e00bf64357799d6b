import {
  type Actor,
  actingAs,
  Bus,
  Callers,
  type Caller,
  counts,
  logger,
  notYourOrganization,
  now,
  onCommit,
  organizationMismatch,
  organizationSuspended,
  type OrganizationFacts,
  Read,
  type Realm,
  type Role,
  ROLES,
  system,
  unauthenticated,
} from '#kernel';
import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { UseApiKey } from '../api-keys/use-api-key.ts';
import { completed } from '../organizations/organization.ts';
import { API_KEY_PREFIX, type Proof, prove } from './proof.ts';

/** How long what was read of a session, membership and role is believed; another process may have changed it meanwhile. */
const FRESH_MS = 4000;
const LIMIT = 20_000;

interface Remembered {
  caller: Caller;
  /** On the clock that never jumps. */
  until: number;
  proof: Proof;
}

/**
 * Remembers who is behind a credential. The credential is verified once by its passport strategy; session, membership and role are read
 * again after four seconds, and at once after a change in this process. Nothing has to be told between processes, so nothing can be lost
 * (docs/adr/0003).
 */
@Injectable()
export class RememberedCallers extends Callers {
  private readonly remembered = new Map<string, Remembered>();
  /** Lookups that run: who asks the same meanwhile waits for the same answer. */
  private readonly underway = new Map<string, Promise<Caller>>();
  /** Counts the changes: what was read before one is not believed after it. */
  private era = 0;

  constructor(
    private readonly read: Read,
    private readonly bus: Bus,
  ) {
    super();
    onCommit((changes) => {
      if (changes.some(({ table, verb }) => WATCHED.has(table) && (verb !== 'create' || table === 'membership'))) return this.expire();
      const ended = new Set(changes.flatMap(({ table, verb, id }) => (OWN.has(table) && verb !== 'create' ? [id] : [])));
      if (ended.size) this.expire(({ sessionId }) => ended.has(sessionId));
    });
  }

  known(credential: string, organization: string | undefined, realm: Realm): Caller | undefined {
    const found = this.remembered.get(`${realm} ${organization ?? ''} ${credential}`);
    const fresh = found && found.until > performance.now() && found.proof.expires > now().getTime() ? found.caller : undefined;
    looked[fresh ? 'remembered' : 'read']++;
    return fresh;
  }

  learn(credential: string, organization: string | null | undefined, realm: Realm, request: FastifyRequest): Promise<Caller> {
    const key = `${realm} ${organization === null ? 'none' : (organization ?? '')} ${credential}`;
    // What was begun before a change is not joined after it.
    const lookup = `${this.era} ${key}`;
    let underway = this.underway.get(lookup);
    if (!underway) {
      underway = this.lookUp(key, credential, organization, realm, request).finally(() => this.underway.delete(lookup));
      this.underway.set(lookup, underway);
    }
    return underway;
  }

  private async lookUp(key: string, credential: string, organization: string | null | undefined, realm: Realm, request: FastifyRequest) {
    const before = this.remembered.get(key);
    const { era } = this;
    const known = before && before.proof.expires > now().getTime() ? before.proof : undefined;
    const proof =
      known ??
      (await prove<Proof>(realm === 'operator' ? 'operator' : credential.startsWith(API_KEY_PREFIX) ? 'api-key' : 'bearer', request));
    // What is read may be as old as the question.
    const until = performance.now() + FRESH_MS;
    const actor = await this.actorOf(proof, organization);
    // The same actor object as before keeps its compiled permissions.
    const same = before && JSON.stringify(before.caller.actor) === JSON.stringify(actor) ? before.caller : undefined;
    const caller = same ?? {
      actor,
      ...(actor.organization ? { organizationId: actor.organization.id } : {}),
      ...(actor.userId ? { userId: actor.userId } : {}),
    };
    this.remembered.delete(key);
    if (this.remembered.size >= LIMIT) this.remembered.delete(this.remembered.keys().next().value!);
    // A change that was committed while this was being read may not be in what was read.
    this.remembered.set(key, { caller, proof, until: era === this.era ? until : 0 });
    return caller;
  }

  /** What was remembered has to be read again; verified credentials stay verified. */
  private expire(whose: (proof: Proof) => boolean = () => true) {
    this.era++;
    for (const entry of this.remembered.values()) if (whose(entry.proof)) entry.until = 0;
  }

  private async actorOf(proof: Proof, asked: string | null | undefined): Promise<Actor> {
    if (proof.kind === 'operator') return this.operator(proof);
    return proof.kind === 'user' ? this.user(proof, asked) : this.apiKey(proof, asked);
  }

  private async operator(proof: Proof): Promise<Actor> {
    const [found] = await this.read.platform<{ id: string }>('caller_operator', OPERATOR, [proof.sessionId]);
    if (!found) throw unauthenticated();
    return {
      kind: 'operator',
      userId: null,
      role: null,
      permissionSets: [],
      organization: null,
      sessionId: proof.sessionId,
      operatorId: found.id,
    };
  }

  private async user(proof: Proof, asked: string | null | undefined): Promise<Actor> {
    const wanted = asked === null ? undefined : (asked ?? proof.organizationId);
    const rows = await this.read.platform<MemberRow>('caller_user', USER, [proof.sessionId, wanted ?? null]);
    if (!rows.length) throw unauthenticated('This session has ended');
    if (asked && proof.organizationId && asked !== proof.organizationId) throw organizationMismatch();
    const places = rows.filter((row) => row.id !== null);
    const open = places.filter(({ suspended }) => !suspended);
    const place = wanted ? places.find((row) => row.id === wanted) : asked === undefined && open.length === 1 ? open[0] : undefined;
    if (wanted && !place) throw notYourOrganization();
    if (place?.suspended) throw organizationSuspended();
    return {
      kind: 'user',
      userId: rows[0]!.user_id,
      sessionId: proof.sessionId,
      role: place?.role ?? null,
      permissionSets: place?.permission_sets ?? [],
      organization: place ? factsOf(place) : null,
      ...(place ? {} : { choices: open.map(({ id, name }) => ({ id, name })), suspended: places.length > 0 && !open.length }),
    };
  }

  private async apiKey(proof: Proof, asked: string | null | undefined): Promise<Actor> {
    const [row] = await this.read.platform<KeyRow>('caller_api_key', API_KEY, [proof.sessionId]);
    if (!row) throw unauthenticated('This API key is not valid any more');
    if (asked && asked !== row.id) throw organizationMismatch();
    if (row.suspended) throw organizationSuspended();
    if (row.unused) await this.used(proof.sessionId, factsOf(row));
    // Never above who made it, also when he has been lowered since.
    const role = ROLES[Math.min(ROLES.indexOf(row.key_role), ROLES.indexOf(row.role))]!;
    const permissionSets = row.key_sets.filter((set) => row.permission_sets.includes(set));
    return { kind: 'api_key', userId: row.user_id, apiKeyId: proof.sessionId, role, permissionSets, organization: factsOf(row) };
  }

  /** When a key was last used is good to know, and no reason to refuse anybody. */
  private async used(id: string, organization: OrganizationFacts) {
    try {
      await actingAs(system(organization), () => this.bus.run(new UseApiKey(id)));
    } catch (error) {
      logger.warn({ err: error }, 'The use of an API key could not be noted');
    }
  }
}

const looked = { remembered: 0, read: 0 };
counts('caller_lookups_total', 'Requests with a credential whose caller was remembered, or had to be read', 'outcome', looked);

/** Changes of these act on the next request of this process: of anybody … */
const WATCHED = new Set(['membership', 'organization', 'operator']);
/** … or of whoever holds the changed credential. */
const OWN = new Set(['session', 'api_key', 'operator_session']);

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
  suspended: boolean;
}
interface KeyRow extends MemberRow {
  key_role: Role;
  key_sets: string[];
  /** Not noted within the last minute. */
  unused: boolean;
}
const factsOf = ({ id, currency, time_zone, locale, settings }: MemberRow): OrganizationFacts => ({
  id,
  currency,
  timeZone: time_zone,
  locale,
  settings: completed(settings),
});

const OF_MEMBER =
  'o.id, o.name, m.role, m.permission_sets, o.currency, o.time_zone, o.locale, o.settings, o.suspended_at is not null as suspended';
/** The named organization comes first: nobody loses his own because others have made him a member of hundreds. */
const USER = `select s.user_id, ${OF_MEMBER} from session s
  left join (membership m join organization o on o.id = m.organization_id and o.deleted_at is null) on m.user_id = s.user_id and m.status = 'active'
  where s.id = $1::uuid and s.revoked_at is null and s.expires_at > now()
  order by o.id::text = $2::text desc nulls last, o.name, o.id limit 200`;
const API_KEY = `select k.user_id, k.role as key_role, k.permission_sets as key_sets, ${OF_MEMBER},
    k.last_used_at is null or k.last_used_at < now() - interval '1 minute' as unused
  from api_key k
  join membership m on m.user_id = k.user_id and m.organization_id = k.organization_id and m.status = 'active'
  join organization o on o.id = m.organization_id and o.deleted_at is null
  where k.id = $1::uuid and k.revoked_at is null and (k.expires_at is null or k.expires_at > now())`;
const OPERATOR = `select o.id from operator_session s join operator o on o.id = s.operator_id and o.disabled_at is null
  where s.id = $1::uuid and s.revoked_at is null and s.expires_at > now()`;
