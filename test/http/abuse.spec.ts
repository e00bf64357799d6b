import { jest } from '@jest/globals';

// Read at the first use of the settings, which is when the application is loaded.
Object.assign(process.env, {
  RATE_LIMITS: 'on',
  LIMIT_LOGIN: '4',
  LIMIT_REGISTER: '6',
  LIMIT_LETTERS: '5',
  LIMIT_LETTERS_TO: '3',
  LOG_LEVEL: 'trace',
  LOG_FORMAT: 'json',
  CORS_ORIGINS: 'https://app.example',
});
const { app, send, world } = await import('../world.ts');
const { anEmail, bearer, lettersTo, logIn, PASSWORD, registered, secretIn } = await import('../people.ts');

describe('limits', () => {
  it('log-ins are counted by address and account, and say when to come back', async () => {
    const { email } = await registered();
    const [known, unknown] = [email, anEmail()];
    for (const address of [known, unknown]) {
      const answers = await Promise.all(Array.from({ length: 6 }, () => logIn(address, 'wrong password')));
      expect(answers.map(({ status }) => status).sort()).toEqual([401, 401, 401, 401, 429, 429]);
      const refused = answers.find(({ status }) => status === 429)!;
      expect(refused.error.code).toBe('rate_limited');
      expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    }
    const { email: other } = await registered();
    expect((await logIn(other)).status).toBe(200);
  });

  it('nobody is somebody else by saying where he comes from', async () => {
    const email = anEmail();
    const claim = (n: number) => ({ 'x-forwarded-for': `203.0.113.${n}`, 'x-real-ip': `203.0.113.${n}`, forwarded: `for=203.0.113.${n}` });
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, n) => send('POST', 'auth/login', { email, password: 'wrong password' }, claim(n))),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([401, 401, 401, 401, 429, 429]);
  });

  it('a network of more addresses than anybody can count is one address, and an IPv4 one is itself however it is written', async () => {
    const instance = await app();
    const tries = async (addresses: string[]) => {
      const payload = { email: anEmail(), password: 'wrong password' };
      const answers = await Promise.all(
        addresses.map((remoteAddress) => instance.inject({ method: 'POST', url: '/api/v1/auth/login', payload, remoteAddress })),
      );
      return answers.map(({ statusCode }) => statusCode).sort();
    };
    const from = (address: (n: number) => string) => tries(Array.from({ length: 6 }, (_, n) => address(n)));
    // Four in a minute: never enough to lock the account, which is counted wherever they come from.
    expect(await from((n) => `2001:db8:1:2:${n}::${n}`)).toEqual([401, 401, 401, 401, 429, 429]);
    expect(await from((n) => (n % 2 ? '203.0.113.9' : '::ffff:203.0.113.9'))).toEqual([401, 401, 401, 401, 429, 429]);
    // Canary: in six networks, none is turned away for that; the sixth finds the account locked.
    const apart = await Promise.all(Array.from({ length: 2 }, () => from((n) => `2001:db8:1:${n}::1`)));
    for (const statuses of apart) expect(statuses).toEqual([401, 401, 401, 401, 401, 429]);
  });

  it('so are forgotten passwords, by whose they are as well, wherever it is asked from and whether anybody has this e-mail', async () => {
    const { email: known } = await registered();
    const instance = await app();
    for (const email of [known, anEmail()]) {
      const ask = (n: number) =>
        instance.inject({ method: 'POST', url: '/api/v1/auth/password/forgot', payload: { email }, remoteAddress: `203.0.113.${n}` });
      const answers = await Promise.all(Array.from({ length: 5 }, (_, n) => ask(n)));
      expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([200, 200, 200, 429, 429]);
    }
  });

  it('so are letters to one recipient, whoever asks for them: invited, invited again, added, named by his e-mail, or himself', async () => {
    const [{ admin }, { admin: other }] = await Promise.all([world(), world()]);
    const [email, invitations] = [anEmail(), `organizations/${admin.organizationId}/invitations`];
    const { data } = await admin.post(invitations, { email, role: 'member' });
    expect((await admin.post(`${invitations}/${data.id}/resend`)).status).toBe(200);
    expect((await other.post(`organizations/${other.organizationId}/members`, { email, role: 'member' })).status).toBe(201);
    const refused = await admin.post(`${invitations}/${data.id}/resend`);
    expect([refused.status, refused.error.code]).toEqual([429, 'rate_limited']);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(60);

    const { token } = await registered();
    const statuses = [];
    for (let i = 0; i < 4; i++) statuses.push((await send('POST', 'auth/email/resend', {}, bearer(token))).status);
    expect(statuses).toEqual([200, 200, 200, 429]);
  });

  it('and those that one caller, or one organization, has sent', async () => {
    const { owner, admin, stranger } = await world();
    const invite = async (by: typeof owner) =>
      (await by.post(`organizations/${by.organizationId}/invitations`, { email: anEmail(), role: 'member' })).status;
    for (let i = 0; i < 5; i++) expect(await invite(owner)).toBe(201);
    expect([await invite(owner), await invite(admin), await invite(stranger)]).toEqual([429, 429, 201]);
    const { data } = await owner.post('organizations', { name: 'Another' });
    expect(await invite(owner.at(data.id as string))).toBe(429);
  });

  it('a way of writing the path is no way around: it is the route that counts', async () => {
    const { headers, status } = await send('POST', '../../%61pi/v1/auth/refresh', { refresh_token: 'x' });
    expect(status).toBe(401);
    expect(headers).toMatchObject({ ratelimit: expect.any(String), 'cache-control': 'no-store' });
  });

  it('who is refused for his credential is counted as well', async () => {
    const answers = [];
    for (let i = 0; i < 30; i++)
      answers.push(
        ...(await Promise.all(Array.from({ length: 50 }, (_, n) => send('GET', 'contacts', undefined, bearer(`tsk_${i}_${n}`))))),
      );
    const statuses = new Set(answers.map(({ status }) => status));
    expect([...statuses].sort()).toEqual([401, 429]);
  });

  it('every answer says what is left', async () => {
    const { member } = await world();
    const { headers } = await member.get('contacts');
    expect(headers).toMatchObject({ ratelimit: expect.any(String), 'ratelimit-policy': expect.any(String) });
  });
});

it('a page of another origin than those that are named is not let in', async () => {
  const { member } = await world();
  const allowed = async (origin: string) => (await member.get('contacts', { origin })).headers['access-control-allow-origin'];
  expect([await allowed('https://app.example'), await allowed('https://evil.example')]).toEqual(['https://app.example', undefined]);
});

it('a page of an origin that is named may do whatever the API can', async () => {
  const asked = { origin: 'https://app.example', 'access-control-request-method': 'PATCH', 'access-control-request-headers': 'if-match' };
  const { status, headers } = await send('OPTIONS', 'contacts/00000000-0000-4000-8000-000000000001', undefined, asked);
  expect(status).toBe(204);
  expect(headers['access-control-allow-methods']!.split(', ').sort()).toEqual(['DELETE', 'GET', 'HEAD', 'PATCH', 'POST', 'PUT']);
});

it('its question is measured and answered like any other, and no cache gives one origin the answer of another', async () => {
  const asked = { origin: 'https://app.example', 'access-control-request-method': 'GET' };
  const { headers } = await send('OPTIONS', 'contacts', undefined, asked);
  expect(headers).toMatchObject({ 'x-request-id': expect.any(String), 'x-content-type-options': 'nosniff' });
  for (const url of ['/openapi.json', '/api/v1/contacts'])
    expect([url, (await (await app()).inject({ url, headers: { origin: 'https://app.example' } })).headers.vary]).toEqual([
      url,
      expect.stringMatching(/\bOrigin\b/),
    ]);
  const { body } = await (await app()).inject({ url: '/metrics' });
  const seconds = /^http_request_duration_seconds_sum\{method="OPTIONS".*\} (.*)$/m.exec(body)![1];
  expect(Number(seconds)).toBeLessThan(5);
});

it('what an API key asks is not taken from what its maker may ask', async () => {
  const { owner } = await world();
  const { key } = (await owner.post('api-keys', { name: 'k', role: 'member' })).data;
  const left = ({ headers }: { headers: Record<string, string | undefined> }) => /r=(\d+)/.exec(headers.ratelimit!)![1];
  const before = left(await owner.get('contacts'));
  for (let i = 0; i < 5; i++) expect((await send('GET', 'contacts', undefined, bearer(key as string))).status).toBe(200);
  expect(Number(left(await owner.get('contacts')))).toBe(Number(before) - 1);
});

it('a file that is sent where JSON is expected is refused by its type', async () => {
  const { member } = await world();
  const { status, error } = await member.post('contacts', 'name\nAda', { 'content-type': 'text/csv' });
  expect([status, error.code]).toEqual([415, 'request.media_type']);
});

describe('what is logged', () => {
  it('holds no password, token, key or link', async () => {
    const lines: string[] = [];
    const written = jest.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
      lines.push(String(chunk));
      return true;
    });
    const secrets = [PASSWORD, 'a new password here'];
    try {
      const { email, token, refresh, organization } = await registered();
      secrets.push(token, refresh);
      const { data } = await logIn(email, PASSWORD, { cookie: true });
      secrets.push(data.access_token as string, data.csrf_token as string);
      await logIn(email, 'a wrong password');
      secrets.push('a wrong password');
      const key = (await send('POST', 'api-keys', { name: 'k', role: 'member' }, bearer(token))).data.key as string;
      secrets.push(key);
      await send('GET', 'contacts?search=x', undefined, bearer(key));
      await send('POST', 'auth/password/forgot', { email });
      const letters = [...(await lettersTo(email, organization.id as string)), ...(await lettersTo(email))];
      secrets.push(...letters.map(secretIn));
      await send('POST', 'auth/password/reset', { token: secretIn(letters.at(-1)!), password: 'a new password here' });
      await send('POST', 'auth/password/reset', { token: secretIn(letters.at(-1)!), password: 'a new password here' });
    } finally {
      written.mockRestore();
    }
    const log = lines.join('');
    expect(log).toContain('/api/v1/auth/login');
    expect(secrets.filter((secret) => !secret || log.includes(secret))).toEqual([]);
  });

  it('registrations are counted by address', async () => {
    const tries = await Promise.all(
      Array.from({ length: 8 }, () =>
        send('POST', 'auth/register', { email: anEmail(), password: PASSWORD, name: 'Ada', organization_name: 'Org' }),
      ),
    );
    expect(tries.some(({ status }) => status === 429)).toBe(true);
  });
});
