// What a very good engineer writes by hand for these operations: node:http and pg, the same row security, the same bytes. MODE=classic is
// a pool with begin, set_config, query, commit pipelined in one round trip; MODE=trick uses the kernel's own transport without Nest, CQRS,
// permissions and envelope: the difference to it is what the framework costs. Kept honest by run.ts, which compares the answers.
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import pg from 'pg';
import { built } from './built.ts';

// Whoever started it is gone.
process.on('disconnect', () => process.exit());

const { DATABASE_URL, MODE = 'classic', PORT, SECRET_KEY = '' } = process.env;
const trick = MODE === 'trick' ? await trickLane() : null;
const pool = new pg.Pool({ connectionString: DATABASE_URL, max: 20, pipeline: true } as pg.PoolConfig);
const { ContactView } = await built<typeof import('../libs/crm/contacts/contact-view.ts')>('libs/crm/contacts/contact-view');
const { uuidv7 } = await built<typeof import('../libs/kernel/uuidv7.ts')>('libs/kernel/uuidv7');

interface Me {
  sub: string;
  org: string;
}
type Row = Record<string, unknown>;

async function trickLane() {
  const { Lane } = await built<typeof import('../libs/kernel/lane.ts')>('libs/kernel/lane');
  return new Lane(DATABASE_URL!, { connections: 2, statementTimeout: 5000, queue: 10_000, name: 'bench trick' }).open();
}

function verify(header: string | undefined): Me {
  const [head, body, mac] = (header ?? '').slice(7).split('.');
  const wanted = createHmac('sha256', SECRET_KEY).update(`${head}.${body}`).digest();
  const sent = Buffer.from(mac ?? '', 'base64url');
  if (sent.length !== wanted.length || !timingSafeEqual(sent, wanted)) throw new Error('token');
  return JSON.parse(Buffer.from(body!, 'base64url').toString()) as Me;
}

const COLUMNS = ContactView.columns
  .map(({ wire, column }: { wire: string; column: string }) => (wire === column ? column : `${column} as ${wire}`))
  .join(', ');
const ALIVE = `select ${COLUMNS} from contact where tenant_id = $1 and deleted_at is null`;
const GET = { name: 'get', text: `${ALIVE} and id = $2` };
const FIRST = { name: 'first', text: `${ALIVE} and owner_id = $2 order by created_at desc, id desc limit 21` };
const NEXT = {
  name: 'next',
  text: `${ALIVE} and owner_id = $2 and (created_at, id) < ($3, $4) order by created_at desc, id desc limit 21`,
};

async function read(me: Me, statement: { name: string; text: string }, values: unknown[]): Promise<Row[]> {
  if (trick) return trick.rows(me.org, statement, values);
  const client = await pool.connect();
  try {
    void client.query({ name: 'b', text: 'begin read only' });
    void client.query({ name: 's', text: "select set_config('app.tenant', $1, true)", values: [me.org] });
    const answer = client.query({ ...statement, values });
    await client.query({ name: 'c', text: 'commit' });
    return (await answer).rows as Row[];
  } finally {
    client.release();
  }
}

const AUDIT = {
  name: 'audit',
  text: `insert into audit_entry (id, tenant_id, actor_kind, user_id, request_id, action, subject, subject_id, content, salt, content_hash)
         values ($1, $2, 'user', $3, $4, $5, 'contact', $6, $7, $8, $9)`,
};
const OUTBOX = {
  name: 'outbox',
  text: `insert into outbox (organization_id, name, subject, subject_id, payload, request_id, on_behalf_of) values ($1, $2, 'contact', $3, $4, $5, $6)`,
};
function trace(client: pg.PoolClient, me: Me, request: string, action: 'create' | 'update', id: string, before: unknown, after: unknown) {
  const content = JSON.stringify({ before, after });
  const salt = randomBytes(12).toString('base64url');
  const hash = createHash('sha256').update(salt).update(content).digest('base64url');
  void client.query({ ...AUDIT, values: [uuidv7(), me.org, me.sub, request, action, id, content, salt, hash] });
  void client.query({ ...OUTBOX, values: [me.org, `contact.${action}d`, id, JSON.stringify({ id }), request, me.sub] });
}

const TWIN = {
  name: 'twin',
  text: 'select id from contact where tenant_id = $1 and email = $2 and id <> $3 and deleted_at is null limit 1',
};
const INSERT = {
  name: 'insert',
  text: `insert into contact (id, tenant_id, owner_id, created_by, created_at, updated_at, name, first_name, last_name, email, emails, phones, custom, kinds, tags, consent)
         values ($1, $2, $3, $3, $4, $4, $5, $6, $7, $8, $9, '[]', '{}', '{}', '{}', '{}') returning ${COLUMNS}`,
};
/** The last word is the last name. */
function names(name: string): [string | null, string | null] {
  const at = name.lastIndexOf(' ');
  return at < 0 ? [name, null] : [name.slice(0, at), name.slice(at + 1)];
}
async function create(me: Me, request: string, body: Row): Promise<Row> {
  const client = await pool.connect();
  try {
    const id = uuidv7();
    const emails = JSON.stringify([{ label: 'work', email: body.email, primary: true }]);
    void client.query({ name: 'bw', text: 'begin' });
    void client.query({ name: 's', text: "select set_config('app.tenant', $1, true)", values: [me.org] });
    const twin = client.query({ ...TWIN, values: [me.org, body.email, id] });
    const values = [id, me.org, me.sub, new Date(), body.name, ...names(body.name as string), body.email, emails];
    const answer = client.query({ ...INSERT, values });
    trace(client, me, request, 'create', id, null, body);
    await client.query({ name: 'c', text: 'commit' });
    if ((await twin).rowCount) throw new Error('Another contact has this e-mail: nobody asked for that here');
    return (await answer).rows[0] as Row;
  } finally {
    client.release();
  }
}

const UPDATE = {
  name: 'update',
  text: `update contact set name = $3, first_name = $4, last_name = $5, updated_at = $6, version = version + 1
         where tenant_id = $1 and id = $2 returning ${COLUMNS}`,
};
async function change(me: Me, request: string, id: string, body: Row): Promise<Row> {
  const client = await pool.connect();
  try {
    void client.query({ name: 'bw', text: 'begin' });
    void client.query({ name: 's', text: "select set_config('app.tenant', $1, true)", values: [me.org] });
    const { rows } = await client.query({ name: 'lock', text: `${ALIVE} and id = $2 for update`, values: [me.org, id] });
    const answer = client.query({ ...UPDATE, values: [me.org, id, body.name, ...names(body.name as string), new Date()] });
    trace(client, me, request, 'update', id, { name: (rows[0] as Row).name }, body);
    await client.query({ name: 'c', text: 'commit' });
    return (await answer).rows[0] as Row;
  } finally {
    client.release();
  }
}

const bodyOf = (request: IncomingMessage) =>
  new Promise<Row>((resolve) => {
    let text = '';
    request.setEncoding('utf8').on('data', (part: string) => (text += part));
    request.on('end', () => resolve(JSON.parse(text) as Row));
  });
/** What the owner of the organization may do next, as the API says it. */
function linked(row: Row): Row {
  const self = `/api/v1/contacts/${row.id as string}`;
  const company = row.company_id ? { company: { href: `/api/v1/companies/${row.company_id as string}` } } : {};
  const actions = { update: { href: self, method: 'PATCH' }, delete: { href: self, method: 'DELETE' } };
  const logActivity = { href: `${self}/activities`, method: 'POST' };
  return { ...row, _links: { self: { href: self }, ...company, ...actions, logActivity } };
}

/** The headers any careful server sends; what helmet sends, by heart. */
const HEADERS = {
  'content-type': 'application/json; charset=utf-8',
  'content-security-policy': "default-src 'self'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'origin-agent-cluster': '?1',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'x-dns-prefetch-control': 'off',
  'x-download-options': 'noopen',
  'x-frame-options': 'SAMEORIGIN',
  'x-permitted-cross-domain-policies': 'none',
  'x-xss-protection': '0',
  vary: 'Authorization, X-Organization-Id',
};

createServer(async (request, response) => {
  const url = new URL(request.url!, 'http://localhost');
  const id = url.pathname.split('/')[4];
  const sent = request.headers['x-request-id'];
  const requestId = typeof sent === 'string' ? sent : uuidv7();
  let status = 200;
  let body: string;
  try {
    const me = verify(request.headers.authorization);
    const answer = (data: unknown, meta: object = {}) =>
      JSON.stringify({ success: true, data, meta: { request_id: requestId, ...meta }, error: null });
    if (request.method === 'POST') {
      body = answer(linked(await create(me, requestId, await bodyOf(request))));
      status = 201;
    } else if (request.method === 'PATCH') body = answer(linked(await change(me, requestId, id!, await bodyOf(request))));
    else if (id) body = answer(linked((await read(me, GET, [me.org, id]))[0]!));
    else {
      const cursor = url.searchParams.get('cursor');
      const after = cursor ? (JSON.parse(Buffer.from(cursor, 'base64url').toString().slice(16)) as [string, string]) : null;
      const wanted = url.searchParams.get('owner_id');
      const rows = after ? await read(me, NEXT, [me.org, wanted, ...after]) : await read(me, FIRST, [me.org, wanted]);
      const more = rows.length > 20;
      if (more) rows.pop();
      const last = rows.at(-1)!;
      const text = JSON.stringify([last.created_at, last.id]);
      const mac = createHmac('sha256', SECRET_KEY).update(`${me.org}${text}`).digest('base64url').slice(0, 16);
      const next = more ? Buffer.from(mac + text).toString('base64url') : null;
      url.searchParams.set('cursor', next ?? '');
      const links = { self: request.url, ...(next ? { next: url.pathname + url.search } : {}) };
      body = answer(rows, { page_size: 20, next_cursor: next, has_more: more, links });
    }
  } catch (error) {
    status = 500;
    body = String(error);
  }
  response.writeHead(status, { ...HEADERS, 'x-request-id': requestId, 'content-length': Buffer.byteLength(body) }).end(body);
}).listen(Number(PORT), '127.0.0.1', () => process.send?.('ready'));
