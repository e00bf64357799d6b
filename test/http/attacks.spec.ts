import { jest } from '@jest/globals';
import { connect, type AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

process.env.REQUEST_TIMEOUT_MS = '400';
jest.setTimeout(300_000);
const { app, send, world } = await import('../world.ts');
const { anEmail, bearer, lettersTo, logIn, PASSWORD, registered } = await import('../people.ts');
const { actingAs, Bus, setClock, system } = await import('#kernel');
const { bodySchema, Inhabitant, operations } = await import('../laws/samples.ts');
const { rowsOf } = await import('../database.ts');

afterEach(() => setClock());
type Json = any;
const median = (numbers: number[]) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!;
const timed = async (work: () => Promise<unknown>) => {
  const began = performance.now();
  await work();
  return performance.now() - began;
};

/** The port of the application, which most tests reach without one. */
async function listening(): Promise<number> {
  const instance = await app();
  const server = instance.getHttpServer() as { listening: boolean; address(): AddressInfo };
  if (!server.listening) await instance.listen(0, '127.0.0.1');
  return server.address().port;
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
  it('are refused by every operation that does not declare them', async () => {
    const all = operations();
    const here = await world();
    const owner = new Inhabitant(here.owner, all);
    await owner.furnish();
    const accepted: string[] = [];
    for (const operation of all.filter(
      ({ method, path, route }) => method !== 'GET' && !route.upload && !/^(auth|admin)\b|batch$/.test(path),
    )) {
      const schema = bodySchema(operation);
      if (!schema) continue;
      const path = await owner.pathOf(operation);
      if (!path) continue;
      const body = await owner.valid(operation);
      const undeclared = Object.entries(planted).filter(([name]) => !Object.hasOwn(schema.properties ?? {}, name));
      const answer = await owner.send(operation, path, { ...body, ...Object.fromEntries(undeclared) });
      const refused = ((answer.error?.details ?? []) as { pointer?: string; code: string }[]).filter(({ code }) => code === 'unknown');
      const names = new Set(refused.map(({ pointer }) => pointer));
      for (const [name] of undeclared)
        if (answer.status !== 400 || !names.has(`/${name}`)) accepted.push(`${operation.id} ${name} ${answer.status}`);
    }
    expect(accepted).toEqual([]);
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
    const wide = Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`k${i}`, i]));
    expect((await owner.post('contacts', { last_name: 'Wide', ...wide })).status).toBe(400);
  });

  it('no input makes a pattern run wild: hostile text takes no more than a few times what harmless text of its length takes', async () => {
    const { owner } = await world();
    const length = 300;
    const fit = (text: string) => text.repeat(length).slice(0, length);
    const hostile = [
      fit('a'),
      `${fit('a@')}!`,
      fit('a.'),
      fit('-'),
      fit(' '),
      fit('%'),
      fit('('),
      fit('+'),
      fit('\\'),
      `${fit('0')}x`,
      fit('a@a.'),
      fit('://'),
    ];
    const harmless = 'The quick brown fox jumps over the lazy dog. '.repeat(10).slice(0, length);
    const places: [string, (text: string) => Promise<unknown>][] = [
      ['search', (text) => owner.get(`contacts?search=${encodeURIComponent(text)}`)],
      ['filter', (text) => owner.get(`contacts?last_name[contains]=${encodeURIComponent(text)}`)],
      ['sort', (text) => owner.get(`contacts?sort=${encodeURIComponent(text)}`)],
      ['cursor', (text) => owner.get(`contacts?cursor=${encodeURIComponent(text)}`)],
      ['e-mail', (text) => owner.post('contacts', { email: text })],
      ['phone', (text) => owner.post('contacts', { last_name: 'A', phone: text })],
      ['website', (text) => owner.post('companies', { name: 'A', website: text })],
      ['date', (text) => owner.post('deals', { title: 'A', expected_close_date: text })],
      ['amount', (text) => owner.post('deals', { title: 'A', amount: text })],
      ['login', (text) => send('POST', 'auth/refresh', { refresh_token: text.slice(0, 200) })],
    ];
    for (const [place, ask] of places) {
      await ask(harmless);
      const usual = median([await timed(() => ask(harmless)), await timed(() => ask(harmless)), await timed(() => ask(harmless))]);
      for (const text of hostile) {
        // The best of a few: a busy machine is no pattern.
        let best = Infinity;
        for (let i = 0; i < 3 && best > usual * 5 + 100; i++) best = Math.min(best, await timed(() => ask(text)));
        expect([place, text.slice(0, 10), best < usual * 5 + 100]).toEqual([place, text.slice(0, 10), true]);
      }
    }
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
  const port = await listening();
  const answered = (sent: string) =>
    new Promise<string>((resolve) => {
      let said = '';
      const socket = connect(port, '127.0.0.1', () => socket.write(sent));
      socket.on('data', (chunk) => (said += String(chunk)));
      socket.on('error', () => {});
      socket.on('close', () => resolve(said));
    });
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

  it('a file whose name is a path, a header or a script is kept and handed out under none of them', async () => {
    const { owner } = await world();
    for (const name of ['../../../etc/passwd', '..\\..\\x.csv', 'a"; filename="b.html', 'x\r\nSet-Cookie: a=b']) {
      const answer = await owner.post('imports?resource=contact', 'last_name\nA\n', {
        'content-type': 'text/csv',
        'content-disposition': `attachment; filename="${name.replace(/[\r\n]/g, '')}"`,
      });
      expect(answer.status).toBeLessThan(300);
      const kept = await rowsOf<{ row: string }>(owner.organizationId, 'select to_jsonb(i)::text as row from import i');
      expect(kept.length).toBeGreaterThan(0);
      for (const { row } of kept) expect(/"file_key": "[^"]*\.\./.test(row)).toBe(false);
    }
  });

  it('a page that says it is a table is refused', async () => {
    const { owner } = await world();
    for (const content of [Buffer.from('PK\u0003\u0004zip'), Buffer.from('%PDF-1.7'), Buffer.from([0, 1, 2, 3])])
      expect((await owner.post('imports?resource=contact', content, { 'content-type': 'text/csv' })).status).toBe(415);
  });
});

describe('whether somebody is known', () => {
  /** Medians over interleaved tries, and several rounds: the machine's moods hit both. */
  async function alike(known: () => Promise<unknown>, unknown: () => Promise<unknown>, rounds = 9) {
    for (let attempt = 0; ; attempt++) {
      const [one, other]: [number[], number[]] = [[], []];
      for (let i = 0; i < rounds; i++) {
        one.push(await timed(known));
        other.push(await timed(unknown));
      }
      const ratio = median(one) / median(other);
      if ((ratio > 0.6 && ratio < 1.67) || attempt === 3) return ratio;
    }
  }
  const between = (ratio: number) => {
    expect(ratio).toBeGreaterThan(0.6);
    expect(ratio).toBeLessThan(1.67);
  };
  const bare = ({ status, body, headers }: Awaited<ReturnType<typeof send>>) => {
    const { meta: _, instance: __, ...rest } = body;
    return JSON.stringify([status, rest, headers['retry-after'] ?? null]);
  };

  it('shows neither in what a login answers nor in how long it takes', async () => {
    const people = await Promise.all(Array.from({ length: 3 }, () => registered()));
    let n = 0;
    // Four tries each, so that nobody is locked.
    between(
      await alike(
        () => logIn(people[n++ % 3]!.email, 'wrong password'),
        () => logIn(anEmail(), 'wrong password'),
        4,
      ),
    );
    expect(bare(await logIn(people[0]!.email, 'wrong password'))).toBe(bare(await logIn(anEmail(), 'wrong password')));
  });

  it('nor when a password is forgotten', async () => {
    const { email } = await registered();
    between(
      await alike(
        () => send('POST', 'auth/password/forgot', { email }),
        () => send('POST', 'auth/password/forgot', { email: anEmail() }),
        15,
      ),
    );
    expect(bare(await send('POST', 'auth/password/forgot', { email }))).toBe(
      bare(await send('POST', 'auth/password/forgot', { email: anEmail() })),
    );
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
