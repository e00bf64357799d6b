import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { createHash } from 'node:crypto';
import type { OrganizationFacts } from '../actor.ts';
import { Bus } from '../bus.ts';
import { contentHash } from '../flush.ts';
import { now } from '../time.ts';
import { takingTime } from '../transaction.ts';
import { outside } from './backlog.ts';

interface Entry {
  id: string;
  at: string;
  actor_kind: string;
  user_id: string | null;
  api_key_id: string | null;
  on_behalf_of: string | null;
  request_id: string;
  action: string;
  subject: string;
  subject_id: string;
  content_hash: string;
}
interface Sealed extends Entry {
  position: string;
  entry_id: string;
  hash: string;
  salt: string;
  content: string | null;
}
/** What a check of the chain found. */
export interface AuditReport {
  readonly sealed: number;
  /** Entries the next round will seal. */
  readonly unsealed: number;
  /** Entries whose content was erased on request: what they said is gone, that they were there is not. */
  readonly erased: number;
  /** The first position that does not hold. */
  readonly broken: { readonly position: number; readonly entryId: string; readonly why: string } | null;
}

const AT = `to_char(e.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at`;
const COLUMNS = `e.id, ${AT}, e.actor_kind, e.user_id, e.api_key_id, e.on_behalf_of, e.request_id, e.action, e.subject, e.subject_id, e.content_hash`;
const AT_ONCE = 1000;
/** Milliseconds for one round. */
const THOROUGHLY = 60_000;

const BEGINNING = '-infinity';
interface Last {
  readonly reached: string;
  readonly hash: string;
  /** An hour, and a day, before the entry that was sealed last; null when that is gone. */
  readonly hour: string | null;
  readonly day: string | null;
}
const LAST = `select s.position::text as reached, s.hash, (e.at - interval '1 hour')::text as hour, (e.at - interval '1 day')::text as day
  from audit_seal s left join audit_entry e on e.tenant_id = s.tenant_id and e.id = s.entry_id
  where s.tenant_id = ? order by s.position desc limit 1`;
/**
 * No transaction that is still open began before this: an entry bears the time at which its transaction began. A second to spare, for that
 * time is rounded. Of other roles than its own PostgreSQL tells nothing, but they write no entries; null where it tells nothing at all.
 */
const QUIET = `select to_char((min(xact_start) - interval '1 second') at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as quiet
  from pg_stat_activity where datname = current_database()`;
interface Round {
  readonly sealed: number;
  /** When the last entry of this round happened, and what QUIET said when it began. ISO 8601, UTC. */
  readonly until: string;
  readonly quiet: string | null;
}

/**
 * Position n seals an entry and, through the hash before it, everything sealed earlier. The order is that of sealing: an entry of a long
 * transaction carries an earlier time than what was sealed meanwhile. Of the content only its salted hash goes in, so that it can be
 * erased without breaking the chain.
 */
@Injectable()
export class Sealer {
  /** Of an organization: what happened before is sealed, all of it. Looked up again from the last hour where nothing is known. */
  private readonly quiet = new Map<string, string>();

  constructor(
    private readonly bus: Bus,
    private readonly em: EntityManager,
  ) {}

  /**
   * Seals what is not sealed yet; `thorough` looks further back than any transaction may last, also at what this process believes to be sealed.
   * @returns how many entries; null when another process is at it
   */
  async seal(organization: OrganizationFacts, { thorough = false } = {}): Promise<number | null> {
    let sealed = 0;
    let quiet: string | null | undefined;
    for (let from: string | null = null; ;) {
      const round = await outside(() => this.bus.asSystem(organization, () => this.extend(organization.id, from, thorough)));
      if (!round) return sealed || null;
      quiet ??= round.quiet;
      sealed += round.sealed;
      if (round.sealed < AT_ONCE) break;
      from = round.until;
    }
    if (quiet) this.quiet.set(organization.id, quiet);
    return sealed;
  }

  private async extend(tenant: string, from: string | null, thorough: boolean): Promise<Round | null> {
    if (thorough) await takingTime(this.em, THOROUGHLY);
    const [lock] = await this.em.execute<{ mine: boolean }[]>(`select pg_try_advisory_xact_lock(hashtextextended(?, 0)) as mine`, [
      `tessera:seal:${tenant}`,
    ]);
    if (!lock!.mine) return null;
    const [last] = await this.em.execute<Last[]>(LAST, [tenant]);
    const [{ quiet } = { quiet: null }] = await this.em.execute<{ quiet: string | null }[]>(QUIET);
    const known = this.quiet.get(tenant);
    // A clock of the database that went back makes no promise about what came before.
    const back = (thorough ? last?.day : last?.hour) ?? BEGINNING;
    const since = from ?? (!thorough && known && quiet && known <= quiet ? known : back);
    // Not "not exists": where PostgreSQL takes the organization for a small one, it would compare all entries with all seals.
    const entries = await this.em.execute<Entry[]>(
      `select ${COLUMNS} from audit_entry e
       where e.tenant_id = ? and e.at >= ?::timestamptz
         and (select s.entry_id from audit_seal s where s.tenant_id = e.tenant_id and s.entry_id = e.id) is null
       order by e.at, e.id limit ${AT_ONCE}`,
      [tenant, since],
    );
    await this.append(tenant, last, entries);
    return { sealed: entries.length, until: entries.at(-1)?.at ?? since, quiet };
  }

  private async append(tenant: string, last: Last | undefined, entries: readonly Entry[]) {
    if (!entries.length) return;
    let position = BigInt(last?.reached ?? 0);
    let hash = last?.hash ?? '';
    const seals = entries.map((entry) => {
      hash = chained(hash, tenant, entry);
      return [tenant, ++position, entry.id, hash, now()];
    });
    const line = '(?, ?, ?, ?, ?)';
    await this.em.execute(
      `insert into audit_seal (tenant_id, position, entry_id, hash, sealed_at) values ${seals.map(() => line).join(', ')}`,
      seals.flat(),
    );
  }

  /** Goes through the whole chain, from its first position: every entry is there, unchanged and in its place. */
  async verify(organization: OrganizationFacts, progress: (checked: number) => void = () => {}): Promise<AuditReport> {
    let position = 0;
    let hash = '';
    let erased = 0;
    for (;;) {
      const seals = await this.sealsAfter(organization, position);
      for (const seal of seals) {
        position++;
        const why = wrong(seal, position, hash, organization.id);
        if (why) return { ...(await this.counts(organization)), erased, broken: { position, entryId: seal.entry_id, why } };
        if (seal.content === null) erased++;
        hash = seal.hash;
      }
      progress(position);
      if (seals.length < AT_ONCE) return { ...(await this.counts(organization)), erased, broken: null };
    }
  }

  private sealsAfter(organization: OrganizationFacts, position: number) {
    return outside(() =>
      this.bus.asSystem(organization, () =>
        this.em.execute<Sealed[]>(
          `select s.position::text, s.entry_id, s.hash, e.salt, e.content::text, ${COLUMNS}
           from audit_seal s left join audit_entry e on e.tenant_id = s.tenant_id and e.id = s.entry_id
           where s.tenant_id = ? and s.position > ? order by s.position limit ${AT_ONCE}`,
          [organization.id, position],
        ),
      ),
    );
  }

  private async counts(organization: OrganizationFacts): Promise<{ sealed: number; unsealed: number }> {
    const [row] = await outside(() =>
      this.bus.asSystem(organization, () =>
        this.em.execute<{ sealed: number; entries: number }[]>(
          `select (select count(*)::int from audit_seal where tenant_id = ?) as sealed,
             (select count(*)::int from audit_entry where tenant_id = ?) as entries`,
          [organization.id, organization.id],
        ),
      ),
    );
    return { sealed: row!.sealed, unsealed: Math.max(0, row!.entries - row!.sealed) };
  }
}

function wrong(seal: Sealed, position: number, before: string, tenant: string): string | null {
  if (Number(seal.position) !== position) return 'a seal is missing';
  if (seal.id === null) return 'its entry is gone';
  if (seal.content !== null && contentHash(seal.salt, seal.content) !== seal.content_hash) return 'its content was changed';
  return chained(before, tenant, seal) === seal.hash ? null : 'the entry or its seal was changed';
}

const chained = (before: string, tenant: string, entry: Entry) =>
  createHash('sha256')
    .update(
      JSON.stringify([
        before,
        tenant,
        entry.id,
        entry.at,
        entry.actor_kind,
        entry.user_id,
        entry.api_key_id,
        entry.on_behalf_of,
        entry.request_id,
        entry.action,
        entry.subject,
        entry.subject_id,
        entry.content_hash,
      ]),
    )
    .digest('base64url');
