// What is measured: each operation with its request, the servers that can do it too, and the goals of the specification.
import { nameOf } from './prepare.ts';
import { ask, EMAIL, PASSWORD, type Place, type Sent, type Server, send } from './servers.ts';

/** What the requests speak about: read once before the measurement. */
export interface Known {
  readonly contacts: readonly string[];
  readonly deals: readonly string[];
  /** The cursors of a server's own list, from its beginning on. */
  readonly cursors: ReadonlyMap<string, readonly string[]>;
  readonly userId: string;
}
export interface Operation {
  readonly key: string;
  readonly name: string;
  readonly request: (known: Known, server: string, n: number) => Sent;
  /** Besides Tessera, those that offer it. */
  readonly rivals: readonly string[];
  /** The path in Tessera's OpenAPI document; what it does not have is not measured. */
  readonly path: string;
  readonly goals?: Readonly<Record<string, number>>;
  /** How many connections ask at once, where the usual number makes no sense. */
  readonly connections?: number;
  /** Things in one request, such as the items of a batch. */
  readonly items?: number;
}

const READING = { classic: 2, 'same trick': 0.9 };
const HAND_WRITTEN = ['same trick', 'classic'];
const EVERYBODY = [...HAND_WRITTEN, 'plain'];
const API = '/api/v1';
const json = (value: unknown) => JSON.stringify(value);
/** Called as those that are there: what was posted stands first in a list, and must be found as often. */
const newContact = (n: number) => ({ name: nameOf(n), email: `bench${n}@example.com` });
const NAMES = ['lovel', 'opper', 'turing', 'dijk', 'ada lo', 'grace h', 'ken tho', 'radia'];
const STAGES = ['proposal', 'negotiation'];

export const OPERATIONS: readonly Operation[] = [
  {
    key: 'get',
    name: 'GET contact by id',
    path: `${API}/contacts/{id}`,
    rivals: EVERYBODY,
    goals: READING,
    request: ({ contacts }, _, n) => ({ method: 'GET', path: `${API}/contacts/${contacts[n % contacts.length]}` }),
  },
  {
    key: 'list',
    name: 'list of 20 contacts, filter and cursor',
    path: `${API}/contacts`,
    rivals: EVERYBODY,
    goals: READING,
    request: ({ cursors, userId }, server, n) => {
      const all = cursors.get(server)!;
      return { method: 'GET', path: `${API}/contacts?owner_id=${userId}&cursor=${all[n % all.length]}` };
    },
  },
  {
    key: 'page',
    name: 'page of 20 contacts with total',
    path: `${API}/contacts`,
    rivals: [],
    request: (_, __, n) => ({ method: 'GET', path: `${API}/contacts?page=${1 + (n % 20)}` }),
  },
  {
    key: 'search',
    name: 'search contacts by part of a name',
    path: `${API}/contacts`,
    rivals: [],
    request: (_, __, n) => ({ method: 'GET', path: `${API}/contacts?count=none&search=${encodeURIComponent(NAMES[n % NAMES.length]!)}` }),
  },
  {
    key: 'timeline',
    name: 'timeline of a contact',
    path: `${API}/contacts/{id}/timeline`,
    rivals: [],
    request: ({ contacts }, _, n) => ({ method: 'GET', path: `${API}/contacts/${contacts[n % contacts.length]}/timeline` }),
  },
  {
    key: 'summary',
    name: 'deal summary',
    path: `${API}/analytics/deals/summary`,
    rivals: [],
    connections: 4,
    request: () => ({ method: 'GET', path: `${API}/analytics/deals/summary` }),
  },
  {
    key: 'funnel',
    name: 'deal funnel',
    path: `${API}/analytics/deals/funnel`,
    rivals: [],
    connections: 4,
    request: () => ({ method: 'GET', path: `${API}/analytics/deals/funnel` }),
  },
  {
    key: 'login',
    name: 'login (argon2id)',
    path: `${API}/auth/login`,
    rivals: [],
    request: () => ({
      method: 'POST',
      path: `${API}/auth/login`,
      body: json({ email: EMAIL, password: PASSWORD }),
    }),
  },
  {
    key: 'post',
    name: 'POST contact',
    path: `${API}/contacts`,
    rivals: EVERYBODY,
    goals: { classic: 0.5 },
    request: (_, __, n) => ({ method: 'POST', path: `${API}/contacts`, body: json(newContact(n)) }),
  },
  {
    key: 'patch',
    name: 'PATCH contact',
    path: `${API}/contacts/{id}`,
    rivals: HAND_WRITTEN,
    goals: { classic: 0.4 },
    request: ({ contacts }, _, n) => ({
      method: 'PATCH',
      path: `${API}/contacts/${contacts[n % contacts.length]}`,
      body: json({ name: nameOf(n) }),
    }),
  },
  {
    key: 'move',
    name: 'PATCH stage of a deal (with history and activity)',
    path: `${API}/deals/{id}`,
    rivals: [],
    request: ({ deals }, _, n) => ({
      method: 'PATCH',
      path: `${API}/deals/${deals[n % deals.length]}`,
      body: json({ stage: STAGES[Math.floor(n / deals.length) % 2] }),
    }),
  },
  {
    key: 'batch',
    name: 'batch of 100 contacts',
    path: `${API}/contacts/batch`,
    rivals: [],
    connections: 4,
    items: 100,
    request: (_, __, n) => ({
      method: 'POST',
      path: `${API}/contacts/batch`,
      body: json({ mode: 'atomic', items: Array.from({ length: 100 }, (___, i) => newContact(n * 100 + i)) }),
    }),
  },
];

export async function know(where: Place, servers: readonly Server[]): Promise<Known> {
  const { organizationId, userId } = where.prepared;
  const idsOf = async (sql: string) => (await ask<{ id: string }>(where, sql, [organizationId])).map(({ id }) => id);
  const contacts = await idsOf('select id from contact where tenant_id = $1 and deleted_at is null order by created_at desc limit 500');
  const deals = await idsOf(
    `select id from deal where tenant_id = $1 and deleted_at is null and status in ('new', 'in_progress') order by created_at desc limit 500`,
  );
  const cursors = new Map<string, string[]>();
  for (const server of servers) cursors.set(server.name, await walk(server, userId));
  return { contacts, deals, cursors, userId };
}

/** The cursors of the first pages: each server has its own. */
async function walk(server: Server, userId: string): Promise<string[]> {
  const found = [''];
  for (let i = 0; i < 10; i++) {
    const answer = await send(server, { method: 'GET', path: `${API}/contacts?owner_id=${userId}&cursor=${found.at(-1)}` });
    const { meta } = (await answer.json()) as { meta: { next_cursor: string | null } };
    if (!meta.next_cursor) break;
    found.push(meta.next_cursor);
  }
  return found;
}

/** jsonb has an order of its own for the keys of an object; a row that was just written is answered before it has been there. */
const ordered = (body: string) => {
  const { emails } = (JSON.parse(body) as { data: { emails: Record<string, unknown>[] } }).data;
  const inOrder = emails.map((way) => Object.fromEntries(Object.entries(way).sort(([one], [other]) => (one < other ? -1 : 1))));
  return body.replace(JSON.stringify(emails), JSON.stringify(inOrder));
};
/** What two servers cannot have in common: what they made themselves. */
const neutral: Record<string, (body: string, n: number) => string> = {
  list: (body) => body.replace(/"(next_cursor|next)":"[^"]*"/g, '"$1":"*"').replace(/cursor=[\w-]+/g, 'cursor=*'),
  patch: (body) => body.replace(/"updated_at":"[^"]*"/g, '').replace(/"version":\d+/g, ''),
  post: (body, n) => {
    const { id } = (JSON.parse(body) as { data: { id: string } }).data;
    return ordered(body)
      .replace(/"(created|updated)_at":"[^"]*"/g, '')
      .replaceAll(id, '*')
      .replaceAll(nameOf(n).replace(/ \d+$/, ''), '*')
      .replaceAll(String(n), '*');
  },
};

/** The comparison is fair only while all answer the same bytes. */
export async function agree(operation: Operation, known: Known, servers: readonly Server[]) {
  const bodies: string[] = [];
  for (const server of servers) {
    const n = operation.key === 'post' ? 1_000_000_000 + Math.floor(Math.random() * 1_000_000_000) : 0;
    const answer = await send(server, operation.request(known, server.name, n));
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${operation.name}: ${server.name} answers ${answer.status} ${text}`);
    bodies.push(neutral[operation.key]?.(text, n) ?? text);
  }
  for (const [i, body] of bodies.entries())
    if (body !== bodies[0]) throw new Error(`${operation.name}: ${servers[i]!.name} answers otherwise:\n${bodies[0]}\n${body}`);
}
