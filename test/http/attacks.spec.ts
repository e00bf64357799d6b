import { jest } from '@jest/globals';
import { connect, type AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

process.env.REQUEST_TIMEOUT_MS = '400';
jest.setTimeout(300_000);
const { app, Client, send, world } = await import('../world.ts');
const { anEmail, bearer, lettersTo, logIn, PASSWORD, registered } = await import('../people.ts');
const { actingAs, Bus, setClock, system } = await import('#kernel');
const { bodySchema, document, Inhabitant, operations, plain } = await import('../laws/samples.ts');
const { anOperator } = await import('../laws/matrix.ts');
const { Credentials, wrongCredentials } = await import('../../libs/identity/sessions/credentials.ts');
const { rowsOf } = await import('../database.ts');

afterEach(() => {
  setClock();
  jest.restoreAllMocks();
});
type Json = any;
const median = (numbers: number[]) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!;
const timed = async (work: () => Promise<unknown>) => {
  const began = performance.now();
  await work();
  return performance.now() - began;
};

/** Ends the session or the organization of who plays it. */
const ENDING = /^auth\/(logout|sessions|password\/change)|^organizations\/\{id\}(\/transfer)?$/;

/** The port of the application, which most tests reach without one. */
async function listening(): Promise<number> {
  const instance = await app();
  const server = instance.getHttpServer() as { listening: boolean; address(): AddressInfo };
  if (!server.listening) await instance.listen(0, '127.0.0.1');
  return server.address().port;
}

/** What comes back, byte by byte, for what no client would send. */
async function answered(sent: string): Promise<string> {
  const port = await listening();
  return new Promise((resolve) => {
    let said = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(sent));
    socket.on('data', (chunk) => (said += String(chunk)));
    socket.on('error', () => {});
    socket.on('close', () => resolve(said));
  });
}

type Place = readonly (string | number)[];
/** A body with something else in one place, to which the way is made where it is missing. */
function withAt(body: Json, [key, ...rest]: Place, value: Json): Json {
  if (key === undefined) return value;
  const copy = (Array.isArray(body) ? [...body] : { ...(typeof body === 'object' ? body : {}) }) as Json;
  copy[key] = withAt(body?.[key] ?? (typeof rest[0] === 'number' ? [] : {}), rest, value);
  return copy;
}

describe('fields that are nobody’s to send', () => {
  const planted: Record<string, unknown> = {
    id: '00000000-0000-4000-8000-000000000001',
    tenant_id: '00000000-0000-4000-8000-000000000002',
    organization_id: '00000000-0000-4000-8000-000000000003',
    created_by: '00000000-0000-4000-8000-000000000004',
    created_at: '2001-01-01T00:00:00Z',
    deleted_at: '2001-01-01T00:00:00Z',
    version: 99,
    role: 'owner',
    permission_sets: ['finance'],
    is_admin: true,
  };
  /** In an item of a batch these say which record is meant. */
  const WHICH = new Set(['id', 'version']);

  /** The objects of a body: itself, those in it and those in its lists. What holds any field at all is none. */
  function objectsIn(schema: Json, at: Place = []): { at: Place; of: Json }[] {
    const of = plain(schema);
    if (of.items) return objectsIn(of.items, [...at, 0]);
    const inner = Object.entries(of.properties ?? {}).flatMap(([name, one]) => objectsIn(one, [...at, name]));
    return of.properties ? [{ at, of }, ...inner] : inner;
  }

  it('are refused by every operation that does not declare them, in every object of its body and in every item', async () => {
    const all = operations();
    const owner = new Inhabitant((await world()).owner, all);
    await owner.furnish();
    const operator = new Client(bearer((await anOperator()).token));
    const accepted: string[] = [];
    const asked = new Map<string, string[]>();
    for (const operation of all) {
      const schema = bodySchema(operation);
      const path = schema && (await owner.pathOf(operation));
      if (!path) continue;
      const body = (await owner.valid(operation)) ?? {};
      const changes = operation.name === 'updateBatch';
      // An item is checked where it is run: it is what the operation on one record takes.
      const single = all.find(({ table, name }) => table === operation.table && `${name}Batch` === operation.name);
      const item = single && bodySchema(single);
      const places = [...objectsIn(schema), ...(item ? objectsIn(item, ['items', 0]) : [])];
      asked.set(operation.id, []);
      for (const { at, of } of places) {
        asked.get(operation.id)!.push(at.join('/'));
        const undeclared = Object.entries(planted).filter(
          ([name]) => !Object.hasOwn(of.properties, name) && !(changes && at.length === 2 && WHICH.has(name)),
        );
        const there = at.reduce((value: Json, key) => value?.[key], body);
        const sent = withAt(body, at, { ...there, ...Object.fromEntries(undeclared) });
        const by = operation.path.startsWith('admin') ? operator : owner.persona;
        const answer = await owner.send(operation, path, sent, {}, by);
        const details: { pointer?: string; code: string }[] = answer.error?.details ?? [];
        const refused = new Set(details.flatMap(({ pointer, code }) => (code === 'unknown' ? pointer : [])));
        for (const [name] of undeclared) {
          const pointer = ['', ...at, name].join('/');
          if (answer.status !== 400 || !refused.has(pointer)) accepted.push(`${operation.id} ${pointer} ${answer.status}`);
        }
      }
    }
    expect(accepted).toEqual([]);
    const documented: Json[] = Object.values(document().paths).flatMap((path: Json) => Object.values(path));
    const withBody = documented.filter(({ requestBody }) => requestBody).map(({ operationId }) => operationId);
    expect([...asked.keys()].sort()).toEqual(withBody.sort());
    expect(asked.get('contactsCreate')).toEqual(expect.arrayContaining(['', 'emails/0', 'consent/email']));
    expect(asked.get('contactsUpdateBatch')).toEqual(expect.arrayContaining(['', 'items/0', 'items/0/emails/0']));
  });

  it('pollute no prototype, in bodies, metadata, patches and queries', async () => {
    const { owner } = await world();
    const instance = await app();
    const raw = (payload: string, url = '/api/v1/contacts', method: 'POST' | 'PATCH' = 'POST') =>
      instance.inject({
        method,
        url,
        payload,
        headers: { ...bearer(owner.token), 'x-organization-id': owner.organizationId, 'content-type': 'application/json' },
      });
    const evil = '{"polluted":true}';
    for (const payload of [
      `{"last_name":"A","__proto__":${evil}}`,
      `{"last_name":"A","custom":{"__proto__":${evil}}}`,
      `{"last_name":"A","custom":{"a":{"__proto__":${evil}}}}`,
      `{"last_name":"A","custom":{"constructor":{"prototype":${evil}}}}`,
    ]) {
      const { statusCode } = await raw(payload);
      expect([payload, [201, 400].includes(statusCode)]).toEqual([payload, true]);
    }
    const { data } = await owner.post('contacts', { last_name: 'Kept', custom: { a: { b: 1 } } });
    await raw(`{"custom":{"__proto__":${evil},"a":{"__proto__":${evil}}}}`, `/api/v1/contacts/${data.id}`, 'PATCH');
    await owner.get('contacts?__proto__[polluted]=true&constructor[prototype][polluted]=true');
    expect(({} as Json).polluted).toBeUndefined();
    expect((await owner.get(`contacts/${data.id}`)).data.custom.a.b).toBe(1);
  });
});

describe('said twice', () => {
  it('a query parameter is refused, and neither of the two is believed', async () => {
    const { owner } = await world();
    for (const query of ['page_size=1&page_size=100', 'page=1&page=2', 'sort=id&sort=created_at', 'count=true&count=false'])
      expect([query, (await owner.get(`contacts?${query}`)).status]).toEqual([query, 400]);
  });

  it('an organization in the header names none', async () => {
    const { owner, stranger } = await world();
    const both = `${owner.organizationId}, ${stranger.organizationId}`;
    expect((await owner.get('contacts', { 'x-organization-id': both })).status).toBe(403);
    expect((await owner.get(`organizations/${owner.organizationId}`, { 'x-organization-id': stranger.organizationId })).status).toBe(403);
  });

  it('a credential in the query or a cookie is none', async () => {
    const { owner } = await world();
    for (const name of ['access_token', 'token', 'authorization'])
      expect((await send('GET', `contacts?${name}=${owner.token}`)).status).toBe(401);
    expect(
      (await send('GET', 'contacts', undefined, { cookie: `access_token=${owner.token}; tessera_refresh=${owner.token}` })).status,
    ).toBe(401);
  });
});

describe('bodies made to hurt', () => {
  it('a packed one is refused before a byte of it is unpacked', async () => {
    const { owner } = await world();
    const instance = await app();
    const bomb = gzipSync(Buffer.alloc(50 << 20, ' '));
    expect(bomb.length).toBeLessThan(100_000);
    for (const [url, type] of [
      ['/api/v1/contacts', 'application/json'],
      ['/api/v1/imports?resource=contact', 'text/csv'],
    ] as const)
      for (const encoding of ['gzip', 'deflate', 'br', 'gzip, gzip']) {
        const { statusCode } = await instance.inject({
          method: 'POST',
          url,
          payload: bomb,
          headers: {
            ...bearer(owner.token),
            'x-organization-id': owner.organizationId,
            'content-type': type,
            'content-encoding': encoding,
          },
        });
        expect([url, encoding, statusCode]).toEqual([url, encoding, 415]);
      }
  });

  it('huge and deep JSON is refused, at once', async () => {
    const { owner } = await world();
    expect((await owner.post('contacts', { last_name: 'x'.repeat(2 << 20) })).status).toBe(413);
    const deep = (depth: number) => JSON.parse('{"a":'.repeat(depth) + '1' + '}'.repeat(depth)) as object;
    for (const depth of [100, 1000]) {
      const answer = await owner.post('contacts', { last_name: 'Deep', custom: deep(depth) });
      expect([depth, answer.status]).toEqual([depth, 400]);
    }
    // As deep as a body can be: nothing on the way walks down there.
    const deepest = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`;
    for (const field of ['custom', 'address', 'tags', 'last_name'])
      for (const [path, body] of [
        ['contacts', `{"last_name":"Deep","${field}":${deepest}}`],
        ['contacts/batch', `{"items":[{"last_name":"Deep","${field}":${deepest}}]}`],
      ]) {
        const headers = { ...bearer(owner.token), 'x-organization-id': owner.organizationId, 'content-type': 'application/json' };
        for (const more of [{}, { 'idempotency-key': `${field} ${path}` }]) {
          const sent = { method: 'POST', url: `/api/v1/${path}`, headers: { ...headers, ...more }, payload: body } as const;
          const { statusCode } = await (await app()).inject(sent);
          expect([field, path, statusCode]).toEqual([field, path, 400]);
        }
      }
    const wide = Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`k${i}`, i]));
    expect((await owner.post('contacts', { last_name: 'Wide', ...wide })).status).toBe(400);
  });

  describe('no input makes a pattern run wild', () => {
    const times = (text: string) => (length: number) => text.repeat(Math.ceil(length / text.length)).slice(0, length);
    /** Texts over which patterns stumble: long runs, most of which end in what does not fit. */
    const HOSTILE = [
      times('a'),
      times('0'),
      ...['a', 'a@', 'a.', 'a-', '-', ' ', '%', '(', '\\', '0', '0,', 'a@a.', '://', '{', '"', 'T00:00:00.0'].map(
        (text) => (length: number) => `${times(text)(length - 1)}!`,
      ),
    ];
    const harmless = times('The quick brown fox jumps over the lazy dog. ');
    /** As long as a body, or a line of headers, can hold without being refused for that: a pattern is tried on what is too long as well. */
    const LONG_BODY = 20_000;
    const LONG_HEADER = 8_000;

    /** The texts that take many times as long as harmless ones of the same length. */
    async function wild(place: string, lengths: readonly number[], ask: (text: string) => Promise<unknown>): Promise<string[]> {
      const found: string[] = [];
      for (const length of lengths) {
        await ask(harmless(length));
        const usual = median([await timed(() => ask(harmless(length))), await timed(() => ask(harmless(length)))]);
        for (const hostile of HOSTILE) {
          const text = hostile(length);
          // The best of a few: a busy machine is no pattern.
          let best = Infinity;
          for (let i = 0; i < 4 && best > usual * 5 + 100; i++) best = Math.min(best, await timed(() => ask(text)));
          if (best > usual * 5 + 100)
            found.push(`${place}: ${length} of ${text.slice(0, 12)} took ${Math.round(best)} ms, not ${Math.round(usual)}`);
        }
      }
      return found;
    }

    /** Where texts stand in a schema, with the longest that each takes. */
    function textsIn(schema: Json, at: Place = []): { at: Place; most?: number; kind: string }[] {
      const all: Json[] = [schema, ...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])].map(plain);
      const strings = all.filter(
        ({ type, enum: values, const: only }) => [type].flat().includes('string') && !values && only === undefined,
      );
      if (strings.length) {
        const { maxLength: most, format = '', pattern = '' } = strings[0] as { maxLength?: number; format?: string; pattern?: string };
        return [{ at, ...(most ? { most } : {}), kind: `${format} ${pattern} ${most ?? ''}` }];
      }
      if (at.length > 4) return [];
      const [object, array] = [all.find(({ properties }) => properties), all.find(({ items }) => items)];
      if (array) return textsIn(array.items, [...at, 0]);
      return Object.entries((object?.properties ?? {}) as Json).flatMap(([name, one]) => textsIn(one, [...at, name]));
    }

    it('in bodies: every text of every operation, at its longest by itself, and all of them longer than that', async () => {
      const all = operations();
      const owner = new Inhabitant((await world()).owner, all);
      await owner.furnish();
      const found: string[] = [];
      const tried = new Set<string>();
      const known = new Set<string>();
      for (const operation of all.filter(({ route, method, path }) => !route.upload && method !== 'GET' && !ENDING.test(path))) {
        const schema = bodySchema(operation);
        const path = schema && (await owner.pathOf(operation));
        if (!path) continue;
        const body = await owner.valid(operation);
        // Fields of one kind go through the same code.
        const fresh = textsIn(schema).filter(({ at, kind }) => !tried.has(`${at.at(-1)} ${kind}`));
        for (const { at, kind } of fresh) tried.add(`${at.at(-1)} ${kind}`);
        const every = (text: string) => fresh.reduce((made: Json, { at }) => withAt(made, at, text), body);
        if (fresh.length) found.push(...(await wild(operation.id, [LONG_BODY], (text) => owner.send(operation, path, every(text)))));
        for (const { at, most = LONG_BODY, kind } of fresh) {
          if (known.has(kind) && most > 200) continue;
          known.add(kind);
          const ask = (text: string) => owner.send(operation, path, withAt(body, at, text));
          found.push(...(await wild(`${operation.id} ${at.join('/')}`, [Math.min(most, LONG_BODY)], ask)));
        }
      }
      expect(found).toEqual([]);
      expect(tried.size).toBeGreaterThan(60);
    });

    it('in queries and headers', async () => {
      const { owner } = await world();
      const all = operations();
      const found: string[] = [];
      const asked = (name: string, text: string) => new URLSearchParams({ [name]: text }).toString();
      const tried = new Set<string>();
      for (const { doc, path } of all.filter(({ method, ids, path: at }) => method === 'GET' && !ids.length && !at.startsWith('admin')))
        for (const { name, in: where, schema } of (doc.parameters ?? []) as Json[]) {
          const [text] = where === 'query' && !tried.has(name as string) ? textsIn(schema ?? {}) : [];
          if (!text) continue;
          tried.add(name as string);
          // Escaped, a sign is three.
          const lengths = name === 'search' ? [200, LONG_HEADER / 4] : [LONG_HEADER / 4];
          found.push(...(await wild(`${path}?${name}`, lengths, (said) => owner.get(`${path}?${asked(name as string, said)}`))));
        }
      expect(tried.size).toBeGreaterThan(10);
      const headers = [
        'authorization',
        'x-organization-id',
        'x-request-id',
        'idempotency-key',
        'if-match',
        'if-none-match',
        'accept',
        'content-type',
      ];
      for (const name of [...headers, 'content-disposition', 'cookie', 'origin', 'x-forwarded-for', 'accept-language', 'user-agent'])
        found.push(
          ...(await wild(name, [LONG_HEADER], (text) =>
            owner.post('contacts', { last_name: 'A' }, { [name]: text.replace(/[^\x20-\x7e]/g, 'e') }),
          )),
        );
      expect(found).toEqual([]);
    });

    it('in files to import: every column of every resource, and its header', async () => {
      const here = await world();
      const columns: Record<string, string[]> = {
        contact: [
          'External ID',
          'First Name',
          'Last Name',
          'Name',
          'Email',
          'Phone',
          'Company',
          'Birthday',
          'Address',
          'Country',
          'Tags',
          'Owner',
          'Created At',
        ],
        company: [
          'External ID',
          'Name',
          'Domain',
          'Website',
          'Phone',
          'Employees',
          'Annual Revenue',
          'Currency',
          'Founded Year',
          'Parent',
          'Address',
        ],
        deal: [
          'External ID',
          'Title',
          'Amount',
          'Currency',
          'Stage',
          'Status',
          'Pipeline',
          'Company',
          'Contact',
          'Expected Close Date',
          'Closed At',
        ],
      };
      const cell = (text: string) => `"${text.replaceAll('"', '""')}"`;
      const run = async (resource: string, file: string) => {
        const { status } = await here.owner.post(`imports?resource=${resource}&date_format=D/M/YYYY&dry_run=true`, file, {
          'content-type': 'text/csv',
        });
        if (status === 202) await here.drain();
      };
      const found: string[] = [];
      for (const [resource, names] of Object.entries(columns)) {
        const every = (text: string) => run(resource, `${names.join(',')}\n${names.map(() => cell(text)).join(',')}\n`);
        found.push(...(await wild(`${resource} cells`, resource === 'contact' ? [40, LONG_BODY] : [LONG_BODY], every)));
      }
      found.push(...(await wild('header', [LONG_BODY], (text) => run('contact', `Name,${cell(text)}\nA,B\n`))));
      expect(found).toEqual([]);
    });

    it('canary: a pattern that does is noticed', async () => {
      const ask = (text: string) => send('GET', `contacts?x=${/^(a+)+$/.test(text)}`);
      expect((await wild('planted', [27], ask)).length).toBeGreaterThan(0);
      const square = async (text: string) => /-+$/.test(text);
      expect((await wild('planted', [LONG_BODY], square)).length).toBeGreaterThan(0);
    });
  });

  it('who sends a request byte by byte is cut off, headers and body alike', async () => {
    const instance = await app();
    const port = await listening();
    const slowly = (first: string) =>
      new Promise<string>((resolve) => {
        const socket = connect(port, '127.0.0.1');
        let said = '';
        const drip = setInterval(() => socket.write('a'), 50);
        socket.on('data', (chunk) => (said += String(chunk)));
        socket.on('error', () => {});
        socket.on('close', () => {
          clearInterval(drip);
          resolve(said.split('\r\n')[0]!);
        });
        socket.write(first);
      });
    const headers = slowly('GET /health HTTP/1.1\r\nHost: x\r\nX-Slow: ');
    const body = slowly(
      'POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"email":"',
    );
    expect((await headers) || 'closed').toMatch(/408|closed/);
    expect((await body) || 'closed').toMatch(/408|closed/);
    expect((await instance.inject({ url: '/health/live' })).statusCode).toBe(200);
  });
});

it('what is no request at all is refused in the shape of every problem', async () => {
  const cases = [
    ['Good morning', 400, 'request.malformed'],
    ['GET /health HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', 400, 'request.malformed'],
    [`GET /health HTTP/1.1\r\nHost: x\r\nX-Long: ${'a'.repeat(70_000)}\r\n\r\n`, 431, 'request.headers_too_large'],
  ] as const;
  for (const [sent, status, code] of cases) {
    const [head, body] = (await answered(sent)).split('\r\n\r\n');
    expect(head).toContain(`HTTP/1.1 ${status} `);
    expect(head).toContain('application/problem+json');
    expect(JSON.parse(body!)).toMatchObject({ status, success: false, data: null, error: { code, details: [] } });
  }
});

it('TRACE is not answered, and never with what was sent', async () => {
  const { owner } = await world();
  for (const path of ['/', '/health', '/docs', '/api/v1/contacts', '/api/v1/auth/login', '*']) {
    const said = await answered(
      `TRACE ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${owner.token}\r\nX-Mark: zebra\r\nConnection: close\r\n\r\n`,
    );
    expect([path, said.split('\r\n')[0]]).toEqual([path, expect.stringMatching(/^HTTP\/1\.1 40[45] |^HTTP\/1\.1 501 /)]);
    expect(said).not.toMatch(/zebra|message\/http/);
    expect(said).not.toContain(owner.token);
  }
});

describe('what an answer lets a browser do with it', () => {
  it('is nothing but read it: no sniffing, no frame, no foreign origin, no shared cache', async () => {
    const { owner } = await world();
    for (const url of ['contacts', 'contacts/export', 'nowhere']) {
      const { headers } = await owner.get(url, { origin: 'https://evil.example' });
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'content-security-policy': expect.stringMatching(/^(?=.*object-src 'none')(?=.*frame-ancestors 'none')(?=.*base-uri 'none')/),
        'cache-control': 'no-store',
        'strict-transport-security': expect.stringContaining('includeSubDomains'),
        'referrer-policy': 'no-referrer',
      });
      expect(headers['access-control-allow-origin']).toBeUndefined();
    }
    const { headers } = await owner.get('contacts/export');
    expect(headers['content-disposition']).toMatch(/^attachment;/);
  });

  it('a file whose name is a path, a header, a script or a formula is kept and handed out under none of them', async () => {
    const { owner, drain } = await world();
    const mapping = JSON.stringify({ columns: { last_name: 'last_name', email: '=1+1' } });
    const query = new URLSearchParams({ resource: 'contact', mapping });
    for (const name of ['../../../etc/passwd', '..\\..\\x.csv', 'a"; filename="b.html', 'x\r\nSet-Cookie: a=b', '=1+1.csv']) {
      const sent = { 'content-type': 'text/csv', 'content-disposition': `attachment; filename="${name.replace(/[\r\n]/g, '')}"` };
      const { data, status } = await owner.post(`imports?${query}`, 'last_name,=1+1\nA,<script>\n', sent);
      expect([name, status]).toEqual([name, 202]);
      await drain();
      const file = `import-${data.id}-errors.csv`;
      const { bytes, headers } = await owner.get(`imports/${data.id}/errors`);
      expect(headers).toMatchObject({
        'content-type': 'text/csv; charset=utf-8',
        'content-disposition': `attachment; filename="${file}"; filename*=UTF-8''${file}`,
        'x-content-type-options': 'nosniff',
      });
      expect(headers['set-cookie']).toBeUndefined();
      expect(bytes).toEqual(Buffer.from("line,column,reason\r\n2,'=1+1,Invalid email address\r\n"));
    }
    const kept = await rowsOf<{ key: string }>(owner.organizationId, 'select unnest(array[file_key, error_file]) as key from import');
    expect(kept).toHaveLength(10);
    for (const { key } of kept) expect(key).toMatch(new RegExp(`^${owner.organizationId}/(uploads|imports)/[0-9a-f-]+(/errors\\.csv)?$`));
    const { bytes } = await owner.get('imports/export?format=csv');
    expect(bytes.toString()).toContain(",'=1+1.csv,");
  });

  it('a page that says it is a table is refused', async () => {
    const { owner } = await world();
    for (const content of [Buffer.from('PK\u0003\u0004zip'), Buffer.from('%PDF-1.7'), Buffer.from([0, 1, 2, 3])])
      expect((await owner.post('imports?resource=contact', content, { 'content-type': 'text/csv' })).status).toBe(415);
  });
});

describe('whether somebody is known', () => {
  const bare = ({ status, body, headers }: Awaited<ReturnType<typeof send>>) => {
    const { meta: _, instance: __, ...rest } = body;
    return JSON.stringify([status, rest, headers['retry-after'] ?? null, Object.keys(headers)]);
  };
  type Ask = () => ReturnType<typeof send>;
  /** What tells the two apart, if anything does. Medians over interleaved tries, and several rounds: the machine's moods hit both. */
  async function tells(known: Ask, unknown: Ask, rounds = 9): Promise<{ answers?: string[]; ratio?: number }> {
    const [some, none] = [new Set<string>(), new Set<string>()];
    for (let attempt = 0; ; attempt++) {
      const [one, other]: [number[], number[]] = [[], []];
      for (let i = 0; i < rounds; i++) {
        one.push(await timed(async () => some.add(bare(await known()))));
        other.push(await timed(async () => none.add(bare(await unknown()))));
      }
      const ratio = median(one) / median(other);
      const alike = ratio > 0.6 && ratio < 1.67;
      const apart = [...some, ...none].filter((said) => !some.has(said) || !none.has(said));
      if (alike || attempt === 3) return { ...(apart.length ? { answers: apart } : {}), ...(alike ? {} : { ratio }) };
    }
  }

  it('shows neither in what a login answers nor in how long it takes', async () => {
    const people = await Promise.all(Array.from({ length: 4 }, () => registered()));
    let n = 0;
    // Four tries each, so that nobody is locked.
    const known = () => logIn(people[n++ % 4]!.email, 'wrong password');
    expect(await tells(known, () => logIn(anEmail(), 'wrong password'), 4)).toEqual({});
  });

  it('nor when a password is forgotten', async () => {
    const { email } = await registered();
    const forgotten = (whose: string) => send('POST', 'auth/password/forgot', { email: whose });
    expect(
      await tells(
        () => forgotten(email),
        () => forgotten(anEmail()),
        15,
      ),
    ).toEqual({});
  });

  it('canary: a login that says who is unknown, or saves itself the work for him, is found out', async () => {
    const credentials = (await app()).get(Credentials, { strict: false });
    const verify = credentials.verify.bind(credentials);
    const found = async (unknown: typeof verify) => {
      jest.spyOn(credentials, 'verify').mockImplementation((...who) => (who[1].startsWith('known') ? verify(...who) : unknown(...who)));
      return Object.keys(
        await tells(
          () => logIn(anEmail('known'), 'wrong password'),
          () => logIn(anEmail(), 'wrong password'),
        ),
      );
    };
    expect(await found((...who) => verify(...who).catch(() => Promise.reject(wrongCredentials('Nobody has this e-mail'))))).toEqual([
      'answers',
    ]);
    expect(await found(() => Promise.reject(wrongCredentials()))).toEqual(['ratio']);
  });

  it('nor to an invitation that is made up, nor to a link that never was', async () => {
    for (const path of ['auth/invitations/accept', 'auth/password/reset', 'auth/email/verify']) {
      const body = (token: string) => (path.endsWith('verify') ? { token } : { token, password: PASSWORD });
      const answers = await Promise.all(
        ['tso_nothing', 'tsi_nothing', `tso_${'x'.repeat(43)}`].map((token) => send('POST', path, body(token))),
      );
      expect(new Set(answers.map(bare)).size).toBe(1);
      expect(answers[0]!.status).toBe(422);
    }
  });
});

describe('tokens', () => {
  it('a refresh token, a link or an API key of nobody opens nothing, and an access token refreshes nothing', async () => {
    const { token, refresh, email, organization } = await registered();
    const [letter] = await lettersTo(email, organization.id as string);
    const link = /#token=(\S+)/.exec(letter!.text)![1]!;
    for (const credential of [refresh, link, 'tsk_nothing', `${token}x`, token.toUpperCase(), `${token}.${token}`])
      for (const path of ['contacts', 'admin/organizations'])
        expect([path, (await send('GET', path, undefined, bearer(credential))).status]).toEqual([path, 401]);
    expect((await send('GET', 'admin/organizations', undefined, bearer(token))).status).toBe(401);
    expect((await send('POST', 'auth/refresh', { refresh_token: token.slice(0, 200) })).status).toBe(401);
    expect((await send('GET', 'contacts', undefined, bearer(token))).status).toBe(200);
  });

  it('a used refresh token, sent many times at once after its grace, ends the family once and for all', async () => {
    const { refresh, token } = await registered();
    const { data } = await send('POST', 'auth/refresh', { refresh_token: refresh });
    setClock(() => new Date(Date.now() + 21_000));
    const answers = await Promise.all(Array.from({ length: 10 }, () => send('POST', 'auth/refresh', { refresh_token: refresh })));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401]));
    expect((await send('POST', 'auth/refresh', { refresh_token: data.refresh_token as string })).status).toBe(401);
    expect((await send('GET', 'auth/me', undefined, bearer(token))).status).toBe(401);
  });

  it('many different ones are refreshed at once, none turned away, in two trips each', async () => {
    const { EagerClient } = await import('../../libs/kernel/eager-client.ts');
    const { Sessions } = await import('#identity');
    const { organization, owner } = await world();
    const instance = await app();
    const [bus, sessions] = [instance.get(Bus), instance.get(Sessions, { strict: false })];
    const tokens: string[] = [];
    for (let i = 0; i < 60; i++)
      tokens.push(
        (await actingAs(system(organization.facts()), () => bus.asSystem(null, () => sessions.open(owner.userId)))).refresh_token,
      );
    const before = EagerClient.trips;
    const answers = await Promise.all(tokens.map((refresh_token) => send('POST', 'auth/refresh', { refresh_token })));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(EagerClient.trips - before).toBeLessThanOrEqual(2 * tokens.length);
  });
});
