import { uuidv7 } from '#kernel';
import { randomBytes } from 'node:crypto';
import { Agent, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inside, rowsOf } from '../database.ts';
import { app, type Json, type Persona, world } from '../world.ts';
import { unzipped } from '../unzipped.ts';
import { diceOf, swing } from './leaks.ts';

/** What is let loose on the application: so many requests over sockets, of so many organizations, so many at once. */
export interface HttpWeather {
  requests: number;
  width?: number;
  /** Repeats the order of what is asked; which backends are cancelled and killed is the machine's own. */
  seed?: number;
}
export interface HttpSeen {
  requests: number;
  /** Answers by status; `aborted`: the client went away, `cut`: the server hung up. */
  statuses: Record<string, number>;
  /** Answers that held something of the caller's own. */
  own: number;
  /** Something of another organization, a caller's own record that was not found, an error nobody answers for. There must be none. */
  foreign: string[];
}

/** An organization in which every text carries a mark, and all that is known of it from the beginning. */
export interface Settled {
  persona: Persona;
  mark: string;
  key: string;
  contacts: string[];
  deals: string[];
  /** A contact whose row somebody else holds: who changes it waits until he is timed out. */
  held: string;
  /** Whatever names this organization: its marks and ids. */
  names: string[];
}
const CONTACTS = 4;
/** A different number of deals in each, so that figures tell whose they are. */
const dealsOf = (nth: number) => 1 + (nth % 5);

export async function settle(organizations: number): Promise<Settled[]> {
  const settled: Settled[] = [];
  for (let nth = 0; nth < organizations; nth++) {
    const { owner } = await world();
    const mark = `quagga${randomBytes(6).toString('hex')}`;
    const make = async (path: string, body: object): Promise<string> => {
      const { status, data, text } = await owner.post(path, body);
      if (status !== 201) throw new Error(text);
      return (data.key ?? data.id) as string;
    };
    const company = await make('companies', { name: `${mark} company` });
    const contacts: string[] = [];
    const deals: string[] = [];
    for (let i = 0; i < CONTACTS; i++) contacts.push(await make('contacts', { last_name: `${mark} ${i}`, company_id: company }));
    for (let i = 0; i < dealsOf(nth); i++) deals.push(await make('deals', { title: `${mark} deal`, contact_id: contacts[0], amount: '0' }));
    const key = await make('api-keys', { name: mark, role: 'admin' });
    const [held] = contacts;
    const ids = [owner.organizationId, owner.userId, company, ...contacts, ...deals];
    settled.push({ persona: owner, mark, key, contacts, deals, held: held!, names: [mark, ...ids] });
  }
  return settled;
}

interface Reply {
  status: number | 'aborted' | 'cut';
  text: string;
  data: Json;
}
interface Sent {
  method?: string;
  path: string;
  body?: unknown;
  headers?: Record<string, string>;
  /** The client goes away after so many milliseconds, whatever has been said by then. */
  leaveAfter?: number;
  /** The body never comes to its end. */
  halting?: boolean;
}

/**
 * Requests of many organizations at once, over sockets, on as few connections to PostgreSQL as the settings say; among them such as are
 * refused, fail within a transaction, wait for a lock until they are timed out, are left by their client or never come to their end, while
 * backends are cancelled and killed. Every answer may hold what is the caller's, and nothing else.
 */
export async function httpStorm(settled: readonly Settled[], { requests, width = 24, seed = 1 }: HttpWeather): Promise<HttpSeen> {
  const instance = await app();
  const server = instance.getHttpServer() as { listening: boolean; address(): AddressInfo };
  if (!server.listening) await instance.listen(0, '127.0.0.1');
  const { port } = server.address();
  const agent = new Agent({ keepAlive: true, maxSockets: width });
  const seen: HttpSeen = { requests: 0, statuses: {}, own: 0, foreign: [] };
  const dice = diceOf(seed);

  const send = (who: Settled, { method = 'GET', path, body, headers = {}, leaveAfter, halting }: Sent): Promise<Reply> =>
    new Promise((resolve) => {
      const payload = body === undefined ? undefined : JSON.stringify(body);
      const credential = dice(4) ? who.persona.token : who.key;
      const usual: Record<string, string> = { authorization: `Bearer ${credential}`, 'x-organization-id': who.persona.organizationId };
      if (payload) Object.assign(usual, { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(payload)) });
      const parts: Buffer[] = [];
      let left = false;
      const done = (status: Reply['status'], type = '') => {
        const bytes = Buffer.concat(parts);
        const text = type.includes('spreadsheetml') && typeof status === 'number' ? [...unzipped(bytes).values()].join() : bytes.toString();
        let data: Json;
        if (type.includes('json') && typeof status === 'number') data = (JSON.parse(text) as Json).data;
        resolve({ status, text, data });
      };
      const sent = request(
        { port, host: '127.0.0.1', agent, method, path: `/api/v1/${path}`, headers: { ...usual, ...headers } },
        (reply) => {
          reply.on('data', (part: Buffer) => parts.push(part));
          reply.on('end', () => done(reply.complete ? reply.statusCode! : 'cut', reply.headers['content-type']));
          reply.on('error', () => done(left ? 'aborted' : 'cut'));
        },
      );
      sent.on('error', () => done(left ? 'aborted' : 'cut'));
      if (leaveAfter !== undefined)
        setTimeout(() => {
          left = true;
          sent.destroy();
        }, leaveAfter);
      if (payload && halting) sent.write(payload.slice(0, 5));
      else sent.end(payload);
    });

  /**
   * What it may be answered besides when its backend was killed, its statement cancelled, its turn too late; or when this process, which is
   * client and server, stood still between a new connection and its first byte: nothing was done then either.
   */
  const excused = (status: Reply['status']) => status === 'cut' || status === 503 || status === 408;
  /** Judges an answer: nothing of anybody else, unless he said it himself; one of these statuses; what is his own where it has to be. */
  async function ask(who: Settled, sent: Sent, statuses: readonly Reply['status'][], fits: (reply: Reply) => boolean = () => true) {
    const reply = await send(who, sent);
    seen.statuses[reply.status] = (seen.statuses[reply.status] ?? 0) + 1;
    const told = JSON.stringify([sent.path, sent.body, sent.headers]);
    const complain = (what: string) =>
      seen.foreign.push(`${who.mark} ${sent.method ?? 'GET'} ${sent.path}: ${what} ${reply.status} ${reply.text.slice(0, 200)}`);
    for (const other of settled)
      if (other !== who && other.names.some((name) => reply.text.includes(name) && !told.includes(name)))
        complain(`was shown ${other.mark}`);
    if (reply.text.includes(who.mark)) seen.own++;
    if (excused(reply.status) || (sent.leaveAfter !== undefined && reply.status === 'aborted')) return;
    if (!statuses.includes(reply.status)) complain('unexpected');
    else if (!fits(reply)) complain('is not what is his');
  }
  const rows = ({ data }: Reply): Json[] => (Array.isArray(data) ? (data as Json[]) : []);
  const all = (least: number) => (reply: Reply) => rows(reply).length >= least;
  const spread = <T>(list: readonly T[]) => list[dice(list.length)]!;

  const acts: ((who: Settled, other: Settled, nth: number) => Promise<void>)[] = [
    (who) => ask(who, { path: 'contacts?page_size=100&include=company' }, [200], all(CONTACTS)),
    (who) => ask(who, { path: `contacts?search=${who.mark}&page_size=100` }, [200], all(CONTACTS)),
    (who, other) => ask(who, { path: `contacts?search=${other.mark}` }, [200], (reply) => rows(reply).length === 0),
    (who) =>
      ask(who, { path: `deals?contact_id=${who.contacts[0]}&count=exact` }, [200], (reply) => rows(reply).length === who.deals.length),
    (who) => {
      const id = spread(who.contacts);
      return ask(who, { path: `contacts/${id}` }, [200], ({ data }) => data.id === id);
    },
    (who, other) => ask(who, { path: `contacts/${spread(other.contacts)}` }, [404]),
    (who, other) => ask(who, { path: 'contacts', headers: { 'x-organization-id': other.persona.organizationId } }, [403]),
    (who, other) => ask(who, { method: 'PATCH', path: `deals/${spread(other.deals)}`, body: { title: 'mine' } }, [404]),
    (who) => ask(who, { path: 'auth/me' }, [200], ({ data }) => data.user.id === who.persona.userId),
    (who) => ask(who, { path: 'analytics/deals/summary' }, [200]),
    (who) => ask(who, { path: 'audit?page_size=50' }, [200], all(1)),
    (who, _, nth) =>
      ask(who, { path: `contacts/export?format=${['csv', 'json', 'xlsx'][nth % 3]}` }, [200], ({ text }) => text.includes(who.mark)),
    // The same key for everybody: each has one answer of his own behind it.
    (who) =>
      ask(
        who,
        { method: 'POST', path: 'contacts', body: { last_name: `${who.mark} once` }, headers: { 'idempotency-key': 'storm' } },
        [201, 409],
        (reply) => (reply.status === 409 ? true : reply.data.last_name === `${who.mark} once`),
      ),
    (who, _, nth) =>
      ask(who, { method: 'POST', path: 'contacts', body: { last_name: `${who.mark} new ${nth}` } }, [201], ({ data }) =>
        data.last_name.includes(who.mark),
      ),
    (who, _, nth) =>
      ask(who, { method: 'PATCH', path: `contacts/${who.contacts[1]}`, body: { job_title: `${who.mark} ${nth}` } }, [200, 409]),
    // Refused before, within and after what it writes.
    (who) => ask(who, { method: 'POST', path: 'contacts', body: { last_name: 1 } }, [400]),
    (who) => ask(who, { method: 'POST', path: 'contacts', body: { last_name: who.mark, company_id: uuidv7() } }, [404]),
    (who, other) => ask(who, { method: 'POST', path: 'deals', body: { title: who.mark, contact_id: spread(other.contacts) } }, [404]),
    (who) => ask(who, { method: 'POST', path: `deals/${spread(who.deals)}/win`, body: {} }, [422]),
    (who) =>
      ask(
        who,
        { method: 'PATCH', path: `contacts/${who.contacts[2]}`, body: { job_title: 'x' }, headers: { 'if-match': '"v999"' } },
        [412],
      ),
    (who, other) =>
      ask(
        who,
        {
          method: 'PATCH',
          path: 'contacts/batch',
          body: {
            mode: 'atomic',
            items: [
              { id: who.contacts[3], job_title: who.mark },
              { id: other.contacts[3], job_title: who.mark },
            ],
          },
        },
        [404],
      ),
    // Left by who asked, in the middle.
    (who) => ask(who, { path: 'contacts?page_size=100', leaveAfter: dice(12) }, [200]),
    (who) => ask(who, { path: 'contacts/export?format=xlsx', leaveAfter: dice(12) }, [200]),
    (who, _, nth) =>
      ask(who, { method: 'POST', path: 'contacts', body: { last_name: `${who.mark} left ${nth}` }, leaveAfter: dice(12) }, [201]),
  ];
  const slow = (who: Settled) => ask(who, { method: 'PATCH', path: `contacts/${who.held}`, body: { job_title: who.mark } }, []);
  const halted = (who: Settled) => ask(who, { method: 'POST', path: 'contacts', body: { last_name: who.mark }, halting: true }, []);

  const stop = await swing(['tessera write', 'tessera read', 'tessera wide', 'tessera slow'], 25);
  const one = async () => {
    while (seen.requests < requests) {
      const nth = seen.requests++;
      const who = spread(settled);
      const other = settled[(settled.indexOf(who) + 1 + dice(settled.length - 1)) % settled.length]!;
      await (nth % 150 === 100 ? slow(who) : nth % 150 === 149 ? halted(who) : acts[dice(acts.length)]!(who, other, nth));
    }
  };
  await Promise.all(Array.from({ length: width }, one));
  await stop();
  agent.destroy();
  return seen;
}

/** Holds the rows of everybody's held contact while something is done: who wants to change one waits in vain. */
export async function withHeld<T>(settled: readonly Settled[], work: () => Promise<T>): Promise<T> {
  return inside(settled[0]!.persona.organizationId, async (client) => {
    for (const { persona, held } of settled) {
      await client.query(`select set_config('app.tenant', $1, true)`, [persona.organizationId]);
      await client.query('select from contact where id = $1 for update', [held]);
    }
    return work();
  });
}

/** Texts of other organizations that have come to stand in somebody's tables. */
export async function misplaced(settled: readonly Settled[]): Promise<string[]> {
  const found: string[] = [];
  for (const who of settled)
    for (const table of ['contact', 'company', 'deal', 'audit_entry']) {
      const rows = await rowsOf<{ text: string }>(
        who.persona.organizationId,
        `select t::text as text from ${table} t where tenant_id = $1`,
        [who.persona.organizationId],
      );
      for (const other of settled)
        if (other !== who && rows.some(({ text }) => text.includes(other.mark))) found.push(`${table} of ${who.mark}`);
    }
  return found;
}
