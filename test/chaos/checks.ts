import { setTimeout as wait } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Hand } from './hand.ts';
import { type Json, type Known, type Ledger, newest, type Wish } from './ledger.ts';
import type { Aftermath, Scenario } from './scenario.ts';

const MINUTE = 60_000;
/** How wrong the workers' clocks are set, one after the other, when nothing moves any more: so much time passes. */
const LATER = [0, MINUTE + 1000, 3 * MINUTE, 40 * MINUTE, 3 * 60 * MINUTE];
/** What is promised for later than this is not left over. */
const AHEAD = Math.max(...LATER);
const STILL_MS = 2000;
/** Longer than it takes until the jobs of a worker that died are taken from it. */
const STUCK_MS = 20_000;
const BURST = 24;
const BURST_MS = 3000;
const BURSTS = 3;

/** Everything that is to be done is done: now, or when a while has passed for the workers, whose clocks are so far ahead as it is. */
export async function drained({ arena, ledger, hands }: Aftermath, scenario: Scenario, aheadMs = 0): Promise<void> {
  const tenants = hands.map(({ tenant }) => tenant.id);
  const open = async () => {
    const [{ messages, promises }, [{ open: others }]] = [
      await backlog(arena, tenants, aheadMs + AHEAD),
      await arena.sql<{ open: number }>(scenario.busy),
    ] as [{ messages: number; promises: number }, [{ open: number }]];
    return messages + promises + Number(others);
  };
  for (const skew of LATER) {
    for (const worker of arena.workers) worker.skew(aheadMs + skew);
    let left = await open();
    const patience = skew === AHEAD ? STUCK_MS : STILL_MS;
    for (let still = performance.now(); left && performance.now() - still < patience;) {
      await wait(50);
      const now = await open();
      if (now < left) still = performance.now();
      left = now;
    }
    if (left) continue;
    for (const worker of arena.workers) worker.skew(aheadMs);
    return;
  }
  const rows = await arena.sql(
    `(select 'message' as kind, id::text, name, attempts, error from outbox where organization_id = any($1) and done_at is null limit 3)
     union all (select 'promise', id::text, kind, attempts, error from due where organization_id = any($1) and done_at is null
       and due_at < now() + $2 * interval '1 millisecond' limit 3)`,
    [tenants, aheadMs + AHEAD],
  );
  ledger.violate('Work is left over that nobody does', rows);
  for (const worker of arena.workers) worker.skew(aheadMs);
}
const backlog = async (arena: Aftermath['arena'], tenants: string[], aheadMs: number) => {
  const [row] = await arena.sql<{ messages: number; promises: number }>(
    `select (select count(*)::int from outbox where done_at is null and organization_id = any($1)) as messages,
       (select count(*)::int from due where done_at is null and failed_at is null and organization_id = any($1)
          and due_at < now() + $2 * interval '1 millisecond') as promises`,
    [tenants, aheadMs],
  );
  return row!;
};

/**
 * It works as before: many writes at once, none refused, none slow, no connection lost in a transaction. A machine that is busy with something
 * else may miss it once; what is broken stays broken.
 */
export async function works({ arena, ledger, hands }: Aftermath): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const { refused, ms } = await burst(hands);
    if (!refused && ms <= BURST_MS) break;
    if (attempt === BURSTS) ledger.violate('The service is not what it was', { refused, ms, of: BURST });
    if (attempt === BURSTS) break;
    await wait(BURST_MS);
  }
  const stuck = await arena.sql(
    `select pid, application_name, state, query from pg_stat_activity
     where application_name like 'tessera%' and state like 'idle in transaction%' and state_change < now() - interval '2 seconds'`,
  );
  if (stuck.length) ledger.violate('Transactions were left open', stuck);
}

async function burst(hands: Aftermath['hands']): Promise<{ refused: number; ms: number }> {
  const began = performance.now();
  const answers = await Promise.all(
    Array.from({ length: BURST }, (_, i) => {
      const hand = hands[i % hands.length]!;
      return hand.ask({
        what: 'create contact afterwards',
        method: 'POST',
        path: 'contacts',
        body: { first_name: hand.word() },
        leaves: { 'contact create': 1 },
        allowed: [201],
        shows: 'contacts',
      });
    }),
  );
  return { refused: answers.filter((answer) => !answer).length, ms: Math.round(performance.now() - began) };
}

/** What holds of every write, whatever was written. */
export async function kept(aftermath: Aftermath, scenario: Scenario): Promise<void> {
  const effects = await effectsOf(aftermath);
  for (const wish of aftermath.ledger.wishes) judgeWish(aftermath.ledger, wish, effects);
  await recordsStand(aftermath, scenario, effects);
  for (const table of scenario.audited) await everyRowIsAudited(aftermath, table);
  for (const table of scenario.quieter ?? []) await everyRowIsAudited(aftermath, table, '>');
  await everyEntryIsTold(aftermath);
}

type Effects = Map<string, Map<string, number>>;
async function effectsOf({ arena, ledger }: Aftermath): Promise<Effects> {
  const rows = await arena.sql<{ request_id: string; what: string; n: number }>(
    `select request_id, subject || ' ' || action as what, count(*)::int as n from audit_entry where request_id like $1 group by 1, 2`,
    [`${ledger.run}-%`],
  );
  const effects: Effects = new Map();
  for (const { request_id, what, n } of rows) {
    if (!effects.has(request_id)) effects.set(request_id, new Map());
    effects.get(request_id)!.set(what, n);
  }
  return effects;
}

/** An acknowledged wish had its effect, once; a refused one none; one of unknown end all of it or none. */
function judgeWish(ledger: Ledger, wish: Wish, effects: Effects) {
  const { what, key, leaves, attempts } = wish;
  const found = attempts.map(({ requestId }) => effects.get(requestId));
  const story = () =>
    attempts.map(({ requestId, outcome, reply }, i) => ({ requestId, outcome, reply: short(reply), effect: [...(found[i] ?? [])] }));
  attempts.forEach(({ outcome }, i) => {
    if (found[i] && outcome === 'refused') ledger.violate(`${what} was refused and had an effect`, story());
    if (found[i] && outcome === 'never') ledger.violate(`${what} never arrived whole and had an effect`, story());
    const effect = found[i];
    for (const [entry, n] of effect ? Object.entries(leaves ?? {}) : [])
      if (effect?.get(entry) !== n) ledger.violate(`${what} had part of its effect`, story());
  });
  const had = found.filter(Boolean).length;
  const acknowledged = attempts.filter(({ outcome }) => outcome === 'acknowledged');
  if (leaves && acknowledged.length && !had) ledger.violate(`${what} was acknowledged and is lost`, story());
  if (key && had > 1) ledger.violate(`${what} happened ${had} times under one Idempotency-Key`, story());
  const texts = new Set(acknowledged.map(({ reply }) => (reply.kind === 'answered' ? reply.text : '')));
  if (key && texts.size > 1) ledger.violate(`${what} was answered differently under one Idempotency-Key`, story());
}
const short = (reply: Wish['attempts'][number]['reply']) =>
  reply.kind === 'answered' ? `${reply.status} ${reply.text.slice(0, 160)}` : reply.why;

interface Standing {
  id: string;
  version: number;
  deleted: boolean;
}
/** Every record is as it was acknowledged last, or as something later made it that is known of. */
async function recordsStand({ arena, ledger, hands }: Aftermath, scenario: Scenario, effects: Effects) {
  const happened = (attempt: { requestId: string }) => effects.has(attempt.requestId);
  const open = new Map<string, Json[]>();
  for (const { changes, attempts } of ledger.wishes)
    for (const { id, fields } of attempts.some(happened) ? changes : []) open.set(id, [...(open.get(id) ?? []), fields]);
  for (const [resource, table] of Object.entries(scenario.records)) {
    const known = [...ledger.known.values()].filter((one) => one.resource === resource);
    const ids = known.map(({ id }) => id);
    const rows = await arena.sql<Standing>(`select id, version, deleted_at is not null as deleted from ${table} where id = any($1)`, [ids]);
    const standing = new Map(rows.map((row) => [row.id, row]));
    const shown = new Map((await Promise.all(hands.map((hand) => all(hand, resource)))).flat().map((row) => [String(row.id), row]));
    for (const one of known) judgeRecord(ledger, one, standing.get(one.id), shown.get(one.id), open.get(one.id) ?? []);
  }
}

function judgeRecord(ledger: Ledger, known: Known, row: Standing | undefined, shown: Json | undefined, open: readonly Json[]) {
  const { resource, id, states, deletable } = known;
  const version = newest(known);
  const last = states.get(version)!;
  const complain = (what: string, more: object = {}) => ledger.violate(what, { resource, id, acknowledged: last, row, shown, ...more });
  if (!row) return complain('An acknowledged record is not there');
  if (row.version < version) return complain(`An acknowledged change is lost: version ${version} became ${row.version}`);
  if (row.deleted && !deletable) return complain('A record is deleted that nobody deleted');
  if (row.deleted) return undefined;
  if (!shown) return complain('A record is there and is not listed');
  // A list may show less of it.
  const different = Object.keys(last.data).filter((field) => field in shown && !isDeepStrictEqual(last.data[field], shown[field]));
  if (row.version === version && different.length) return complain('A record is not what was acknowledged', { different });
  // What can be different later is what somebody sent, and what follows from it.
  for (const field of different) {
    const sent = open.filter((fields) => field in fields);
    if (sent.length && !sent.some((fields) => isDeepStrictEqual(fields[field], shown[field])))
      complain(`A record has a ${field} that nobody sent`, { sent });
  }
  return undefined;
}

async function all(hand: Hand, resource: string): Promise<Json[]> {
  const rows: Json[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const answer = await hand.read(`list ${resource}`, `${resource}?page_size=100&cursor=${encodeURIComponent(cursor)}`);
    if (!answer) throw new Error(`The list of ${resource} cannot be read after the run`);
    const { data, meta } = JSON.parse(answer.text) as { data: Json[]; meta: { next_cursor?: string | null } };
    rows.push(...data);
    cursor = meta.next_cursor ?? null;
  }
  return rows;
}

/** One entry for its creation, and one for each version after it. */
async function everyRowIsAudited({ arena, ledger, hands }: Aftermath, table: string, wrongIf: '<>' | '>' = '<>') {
  const wrong = await arena.sql(
    `select t.id, t.version, count(a.id)::int as entries, count(a.id) filter (where a.action = 'create')::int as creations
     from ${table} t left join audit_entry a on a.tenant_id = t.tenant_id and a.subject = $2 and a.subject_id = t.id
     where t.tenant_id = any($1) group by t.id, t.version having count(a.id) ${wrongIf} t.version or count(a.id) filter (where a.action = 'create') <> 1 limit 5`,
    [hands.map(({ tenant }) => tenant.id), table],
  );
  if (wrong.length) ledger.violate(`Rows of ${table} have not one audit entry for each version`, wrong);
  const orphans = await arena.sql(
    `select a.subject_id, a.request_id from audit_entry a where a.tenant_id = any($1) and a.subject = $2 and a.action = 'create'
       and not exists (select from ${table} t where t.id = a.subject_id) limit 5`,
    [hands.map(({ tenant }) => tenant.id), table],
  );
  if (orphans.length) ledger.violate(`Audit entries tell of rows of ${table} that are not there`, orphans);
}

/** One message for each audit entry, and one audit entry for each message of a row. */
async function everyEntryIsTold({ arena, ledger, hands }: Aftermath) {
  const wrong = await arena.sql(
    `select coalesce(a.subject_id, m.subject_id) as subject_id, coalesce(a.name, m.name) as name, coalesce(a.n, 0) as entries, coalesce(m.n, 0) as messages
     from (select tenant_id, subject_id, request_id,
             subject || '.' || case action when 'restore' then 'restored' else action || 'd' end as name, count(*)::int as n
           from audit_entry where tenant_id = any($1) group by 1, 2, 3, 4) a
     full join (select organization_id, subject_id, request_id, name, count(*)::int as n
           from outbox where organization_id = any($1) and name ~ '\\.(created|updated|deleted|restored)$' group by 1, 2, 3, 4) m
       on m.organization_id = a.tenant_id and m.subject_id = a.subject_id and m.request_id = a.request_id and m.name = a.name
     where coalesce(a.n, 0) <> coalesce(m.n, 0) limit 5`,
    [hands.map(({ tenant }) => tenant.id)],
  );
  if (wrong.length) ledger.violate('Audit entries and outbox messages do not match', wrong);
}

/** What the product says of itself: of the deployment, and of the organizations of this run and of those since it was asked last. */
export async function verified({ arena, ledger }: Aftermath) {
  const organizations = arena.unverified.splice(0).join(',');
  const ask = async (command: readonly string[], isWrong: (row: Json) => unknown) => {
    const { status, output } = await arena.cli(...command, '--organization', organizations, '--json');
    const rows = JSON.parse(/^\[[^]*^\]/m.exec(output)?.[0] ?? '[]') as Json[];
    if (status !== 0 || !rows.length)
      ledger.violate(`tessera ${command.join(' ')} ended with ${status}`, rows.length ? rows.filter(isWrong) : output);
  };
  await Promise.all([ask(['verify'], ({ wrong }) => wrong !== 0), ask(['audit', 'verify'], ({ broken }) => broken)]);
}
