import { actingAs, Bus, EntityManager, now, Read, setClock, settings, system, uuidv7 } from '#kernel';
import { CreateOperator } from '#identity';
import { jest } from '@jest/globals';
import { createMongoAbility, type MongoAbility, type RawRuleOf } from '@casl/ability';
import { unpackRules } from '@casl/ability/extra';
import { hash } from '@node-rs/argon2';
import { createHmac, hkdfSync } from 'node:crypto';
import { blocked, inside } from '../database.ts';
import { app, send, world } from '../world.ts';
import { anEmail, bearer, lettersTo, logIn, PASSWORD, registered, secretIn } from '../people.ts';

afterEach(() => setClock());

const me = (token: string, headers = {}) => send('GET', 'auth/me', undefined, bearer(token, headers));
const refresh = (refresh_token: string) => send('POST', 'auth/refresh', { refresh_token });
const later = (seconds: number) => setClock(() => new Date(Date.now() + seconds * 1000));

describe('registering', () => {
  it('makes a user and his organization at once, and lets him in', async () => {
    const email = anEmail();
    const input = { email: email.toUpperCase(), password: PASSWORD, name: 'Ada', organization_name: 'Čapek & Söhne GmbH' };
    const { status, data, text } = await send('POST', 'auth/register', input);
    expect(status).toBe(201);
    expect(data).toMatchObject({
      user: { email, name: 'Ada', email_verified_at: null },
      organization: { name: 'Čapek & Söhne GmbH', time_zone: 'UTC', currency: 'EUR', plan: 'standard' },
      token_type: 'bearer',
      expires_in: 900,
    });
    expect(data.organization.slug).toMatch(/^capek-sohne-gmbh/);
    expect(text).not.toMatch(/hash|argon|\$/i);
    expect((await me(data.access_token)).data).toMatchObject({
      user: { id: data.user.id },
      role: 'owner',
      organization_id: data.organization.id,
    });
    expect((await send('GET', 'contacts', undefined, bearer(data.access_token))).status).toBe(200);
  });

  it('a known e-mail is 409, however it is written, also when two come at once', async () => {
    const { email } = await registered();
    const input = { email: ` ${email.toUpperCase()}`, password: PASSWORD, name: 'Ada', organization_name: 'Another' };
    expect((await send('POST', 'auth/register', input)).error.code).toBe('user.email_taken');
    const fresh = { ...input, email: anEmail() };
    const both = await Promise.all([send('POST', 'auth/register', fresh), send('POST', 'auth/register', fresh)]);
    expect(both.map(({ status }) => status).sort()).toEqual([201, 409]);
  });

  it.each([
    ['short', 'too_short'],
    ['password1', 'too_common'],
    ['x'.repeat(257), 'too_long'],
  ])('the password %p is refused', async (password, code) => {
    const { status, error } = await send('POST', 'auth/register', { email: anEmail(), password, name: 'Ada', organization_name: 'Org' });
    expect([status, error.code, error.details]).toEqual([
      422,
      'user.weak_password',
      [expect.objectContaining({ pointer: '/password', code })],
    ]);
  });

  it('unknown fields, and fields of others, are 400', async () => {
    const input = { email: anEmail(), password: PASSWORD, name: 'Ada', organization_name: 'Org' };
    for (const more of [{ role: 'owner' }, { id: uuidv7() }, { tenant_id: uuidv7() }, { email_verified_at: now() }])
      expect((await send('POST', 'auth/register', { ...input, ...more })).status).toBe(400);
    const { status, error } = await send('POST', 'auth/register', { ...input, email: 'no address' });
    expect([status, error.details[0].pointer]).toEqual([400, '/email']);
  });

  it('leaves nothing behind when the second half fails', async () => {
    const input = { email: anEmail(), password: PASSWORD, name: 'Ada', organization_name: 'x'.repeat(201) };
    expect((await send('POST', 'auth/register', input)).status).toBe(400);
    expect((await send('POST', 'auth/register', { ...input, organization_name: 'Org' })).status).toBe(201);
  });
});

describe('logging in', () => {
  it('by JSON or by a form, answers tokens and organizations', async () => {
    const { email, organization, user } = await registered();
    const json = await logIn(email.toUpperCase());
    expect(json.status).toBe(200);
    expect(json.data).toMatchObject({
      user: { id: user.id },
      organizations: [{ id: organization.id, name: organization.name, role: 'owner' }],
      token_type: 'bearer',
    });
    const fastify = await app();
    const form = await fastify.inject({
      method: 'POST',
      url: '/api/v1/auth/login',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: new URLSearchParams({ username: email, password: PASSWORD, grant_type: 'password' }).toString(),
    });
    expect(form.statusCode).toBe(200);
    expect((await me(form.json<{ data: { access_token: string } }>().data.access_token)).data.user.id).toBe(user.id);
  });

  it('says the same to a wrong password and an unknown e-mail', async () => {
    const { email } = await registered();
    const [wrong, unknown] = [await logIn(email, 'wrong password'), await logIn(anEmail(), 'wrong password')];
    const bare = ({ body: { meta: _, ...rest }, status, headers }: typeof wrong) => [status, rest, headers['www-authenticate']];
    expect(bare(wrong)).toEqual(bare(unknown));
    expect(wrong.error.code).toBe('auth.wrong_credentials');
  });

  it('takes as long for an unknown e-mail as for a known one', async () => {
    const { email } = await registered();
    const time = async (address: string) => {
      const began = performance.now();
      await logIn(address, 'wrong password');
      return performance.now() - began;
    };
    const known: number[] = [];
    const unknown: number[] = [];
    for (let i = 0; i < 4; i++) {
      known.push(await time(email));
      unknown.push(await time(anEmail()));
    }
    // Without the hash of nobody's an unknown e-mail would answer in a tenth of the time.
    expect(Math.min(...unknown)).toBeGreaterThan(Math.min(...known) * 0.3);
    expect(Math.min(...known)).toBeGreaterThan(Math.min(...unknown) * 0.3);
  });

  it('20 wrong passwords at once lock the account like 20 one after the other, known or not, and the right one has to wait', async () => {
    const { email } = await registered();
    for (const address of [email, anEmail()]) {
      const answers = await Promise.all(Array.from({ length: 20 }, () => logIn(address, 'wrong password')));
      expect(answers.map(({ status }) => status).sort()).toEqual([...Array<number>(5).fill(401), ...Array<number>(15).fill(429)]);
      const locked = await logIn(address);
      expect([locked.status, locked.error.code]).toEqual([429, 'auth.locked']);
      expect(Number(locked.headers['retry-after'])).toBeGreaterThan(30);
    }
    later(61);
    expect((await logIn(email)).status).toBe(200);
  });

  it('the right password among many at once is told nothing that a wrong one is not, also where it is asked for again', async () => {
    const said = ({ status, body: { meta: _, instance: __, ...rest }, headers }: Awaited<ReturnType<typeof logIn>>) =>
      JSON.stringify([status, rest, Number(headers['retry-after']) > 50 && Number(headers['retry-after']) <= 60]);
    const ways = {
      login: async () => {
        const { email } = await registered();
        return (password: string) => logIn(email, password);
      },
      change: async () => {
        const { token } = await registered();
        return (current_password: string) =>
          send('POST', 'auth/password/change', { current_password, password: 'another password' }, bearer(token));
      },
    };
    for (const [way, of] of Object.entries(ways)) {
      const guess = await of();
      for (let i = 0; i < 4; i++) expect([400, 401, 422]).toContain((await guess('wrong password')).status);
      // All of them have found the account open. Passwords are hashed a few at a time: the right one, last, is behind the one that locks it.
      const [right, ...wrong] = (
        await Promise.all([...Array.from({ length: 11 }, () => guess('wrong password')), guess(PASSWORD)])
      ).reverse();
      expect([way, right!.status, right!.error?.code]).toEqual([way, 429, 'auth.locked']);
      const answers = wrong.map(said);
      expect([way, answers.filter((one) => one === said(right!)).length]).toEqual([way, 10]);
      expect([way, (await guess(PASSWORD)).status]).toEqual([way, 429]);
    }
  });

  it('rests longer each time, and forgets after a success', async () => {
    const { email } = await registered();
    for (let i = 0; i < 4; i++) await logIn(email, 'wrong password');
    expect((await logIn(email)).status).toBe(200);
    for (let i = 0; i < 5; i++) expect((await logIn(email, 'wrong password')).status).toBe(401);
    const first = await logIn(email);
    expect(Number(first.headers['retry-after'])).toBeLessThanOrEqual(60);
    later(61);
    expect((await logIn(email, 'wrong password')).status).toBe(401);
    expect(Number((await logIn(email)).headers['retry-after'])).toBeGreaterThan(60);
  });

  it('hashes anew what was hashed with other parameters', async () => {
    const { email, user } = await registered();
    const old = await hash(PASSWORD, { memoryCost: 64, timeCost: 1, parallelism: 1 });
    const [em, bus] = [(await app()).get(EntityManager), (await app()).get(Bus)];
    await bus.asSystem(null, () => em.execute('update "user" set password_hash = ? where id = ?', [old, user.id]));
    expect((await logIn(email)).status).toBe(200);
    const [row] = await (
      await app()
    )
      .get(Read)
      .platform<{ password_hash: string }>('test_hash', 'select password_hash from "user" where id = $1', [user.id]);
    expect(row!.password_hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect((await logIn(email)).status).toBe(200);
  });

  it('an old token in the header does not keep anybody from signing in or refreshing', async () => {
    const { email, refresh: secret } = await registered();
    const stale = bearer('not.a.token');
    expect((await send('POST', 'auth/login', { email, password: PASSWORD }, stale)).status).toBe(200);
    expect((await send('POST', 'auth/refresh', { refresh_token: secret }, stale)).status).toBe(200);
    expect((await send('GET', 'auth/me', undefined, stale)).status).toBe(401);
  });

  it('nor does an organization that he is not in (any more) keep him from logging out', async () => {
    const { organization } = await world();
    const { email } = await registered();
    const { data: another } = await logIn(email);
    for (const more of [{ 'x-organization-id': organization.id }, { 'x-organization-id': 'nowhere' }, {}]) {
      const { data } = await logIn(email);
      const headers = bearer(data.access_token, more as Record<string, string>);
      expect(await send('POST', 'auth/logout', {}, headers)).toMatchObject({ status: 200, data: { ended: 1 } });
      expect((await me(data.access_token)).status).toBe(401);
    }
    expect((await me(another.access_token)).status).toBe(200);
  });
});

describe('refreshing', () => {
  it('rotates', async () => {
    const { refresh: first } = await registered();
    const { status, data } = await refresh(first);
    expect(status).toBe(200);
    expect(data.refresh_token).not.toBe(first);
    expect((await me(data.access_token)).status).toBe(200);
    expect((await refresh(data.refresh_token)).status).toBe(200);
  });

  it('twice at once, or again within the grace, has one and the same successor', async () => {
    const { refresh: first } = await registered();
    const both = await Promise.all([refresh(first), refresh(first), refresh(first)]);
    expect(both.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(new Set(both.map(({ data }) => data.refresh_token)).size).toBe(1);
    const next = await refresh(both[0]!.data.refresh_token);
    // A late twin of the first gets what is newest by now.
    expect((await refresh(first)).data.refresh_token).toBe(next.data.refresh_token);
    const [row] = await (
      await app()
    )
      .get(Read)
      .platform<{ live: number }>(
        'test_live',
        `select count(*)::int as live from refresh_token t where t.used_at is null and t.session_id = (select session_id from refresh_token where hash = encode(sha256($1), 'hex'))`,
        [first],
      );
    expect(row!.live).toBe(1);
  });

  it('reuse outside the grace ends the whole family', async () => {
    const { refresh: first } = await registered();
    const { data } = await refresh(first);
    later(21);
    const { status, error } = await refresh(first);
    expect([status, error.code]).toEqual([401, 'auth.refresh_refused']);
    expect((await refresh(data.refresh_token)).status).toBe(401);
    expect((await me(data.access_token)).status).toBe(401);
  });

  it('ends after seven days without use, and refuses what never was', async () => {
    const { refresh: first } = await registered();
    expect((await refresh('tsr_nonsense')).error.code).toBe('auth.refresh_refused');
    expect((await send('POST', 'auth/refresh', {})).status).toBe(401);
    later(7 * 24 * 3600 + 1);
    expect((await refresh(first)).status).toBe(401);
  });
});

describe('the refresh cookie', () => {
  const cookies = (answer: Awaited<ReturnType<typeof send>>) =>
    ([answer.headers['set-cookie']].flat() as string[]).map((line) => line.split(';')[0]).join('; ');

  it('is out of reach of scripts, and good only with the CSRF token that belongs to it', async () => {
    const { email } = await registered();
    const answer = await logIn(email, PASSWORD, { cookie: true });
    expect(answer.data.refresh_token).toBeUndefined();
    const [secret, csrf] = answer.headers['set-cookie'] as unknown as string[];
    expect(secret).toMatch(/^tessera_refresh=tsr_.*; Path=\/api\/v1\/auth; HttpOnly; Secure; SameSite=Strict$/);
    expect(csrf).toMatch(/^tessera_csrf=.*; Path=\/; Secure; SameSite=Strict$/);

    const cookie = cookies(answer);
    const csrfToken = answer.data.csrf_token as string;
    const tries: Record<string, string>[] = [
      { cookie },
      { cookie, 'x-csrf-token': 'x' },
      { cookie: cookie.replace(csrfToken, 'x'), 'x-csrf-token': 'x' },
    ];
    for (const headers of tries) {
      const refused = await send('POST', 'auth/refresh', {}, headers);
      expect([refused.status, refused.error.code]).toEqual([403, 'auth.csrf']);
    }
    const next = await send('POST', 'auth/refresh', {}, { cookie, 'x-csrf-token': csrfToken });
    expect(next.status).toBe(200);
    expect(next.data.refresh_token).toBeUndefined();

    const out = await send('POST', 'auth/logout', {}, { cookie: cookies(next), 'x-csrf-token': next.data.csrf_token });
    expect([out.status, out.data.ended]).toEqual([200, 1]);
    expect(String(out.headers['set-cookie'])).toMatch(/tessera_refresh=; Max-Age=0;/);
    expect((await me(next.data.access_token)).status).toBe(401);
  });

  it('is not set unless it is asked for', async () => {
    const { email } = await registered();
    expect((await logIn(email)).headers['set-cookie']).toBeUndefined();
  });
});

describe('sessions', () => {
  it('are listed, and ended one by one, all others, or by logging out', async () => {
    const { email } = await registered();
    const tokens: string[] = [];
    for (const agent of ['phone', 'laptop', 'tablet']) {
      const { data } = await send('POST', 'auth/login', { email, password: PASSWORD }, { 'user-agent': agent });
      tokens.push(data.access_token);
    }
    const [phone, laptop, tablet] = tokens as [string, string, string];
    const list = await send('GET', 'auth/sessions', undefined, bearer(laptop));
    expect(list.data.map((session: { user_agent: string }) => session.user_agent)).toEqual(['tablet', 'laptop', 'phone', 'lightMyRequest']);
    expect(list.data.map((session: { current: boolean }) => session.current)).toEqual([false, true, false, false]);
    expect(list.body.meta).toMatchObject({ page: 1, total: 4, has_more: false });
    expect((await send('GET', 'auth/sessions?page_size=3&page=2', undefined, bearer(laptop))).data).toHaveLength(1);
    expect((await send('GET', 'auth/sessions?bogus=1', undefined, bearer(laptop))).status).toBe(400);

    const other = list.data[2].id;
    expect((await send('DELETE', `auth/sessions/${other}`, undefined, bearer(laptop))).data).toMatchObject({
      id: other,
      deleted_at: expect.any(String),
    });
    expect((await me(phone)).status).toBe(401);
    expect((await send('DELETE', `auth/sessions/${other}`, undefined, bearer(laptop))).status).toBe(404);
    expect((await send('DELETE', 'auth/sessions', undefined, bearer(laptop))).data).toEqual({ ended: 2 });
    expect((await me(tablet)).status).toBe(401);
    expect((await me(laptop)).status).toBe(200);
    expect((await send('POST', 'auth/logout', {}, bearer(laptop))).data).toEqual({ ended: 1 });
    expect((await me(laptop)).status).toBe(401);
    expect((await send('POST', 'auth/logout', {})).status).toBe(401);
  });

  it("nobody sees or ends somebody else's", async () => {
    const [one, two] = [await registered(), await registered()];
    const [{ id }] = (await send('GET', 'auth/sessions', undefined, bearer(one.token))).data;
    expect((await send('DELETE', `auth/sessions/${id}`, undefined, bearer(two.token))).status).toBe(404);
    expect((await me(one.token)).status).toBe(200);
  });
});

describe('who am I', () => {
  it('tells memberships, role, sets and what may be done, ready for CASL', async () => {
    const { member, organization } = await world();
    const { data } = await member.get('auth/me');
    expect(data).toMatchObject({
      user: { id: member.userId },
      role: 'member',
      organization_id: organization.id,
      memberships: [{ id: organization.id, role: 'member' }],
    });
    const ability = createMongoAbility(unpackRules(data.permissions) as RawRuleOf<MongoAbility>[]);
    expect([ability.can('create', 'contact'), ability.can('update', 'organization')]).toEqual([true, false]);
  });

  it('without an organization named, and several to choose from, says so where one is needed', async () => {
    const { token, organization } = await registered();
    const second = await send('POST', 'organizations', { name: 'Second' }, bearer(token));
    expect(second.status).toBe(201);
    expect((await me(token)).data).toMatchObject({ organization_id: null, role: null, permissions: [] });
    const refused = await send('GET', 'contacts', undefined, bearer(token));
    expect([refused.status, refused.error.code]).toEqual([400, 'organization.required']);
    expect(refused.error.organizations.map(({ id }: { id: string }) => id).sort()).toEqual([organization.id, second.data.id].sort());
    expect((await me(token, { 'x-organization-id': second.data.id })).data.role).toBe('owner');
  });

  it('a token bound to an organization needs no header, keeps bound when refreshed, and is good nowhere else', async () => {
    const { token, organization } = await registered();
    const second = (await send('POST', 'organizations', { name: 'Second' }, bearer(token))).data;
    const { data } = await send('POST', 'auth/switch-organization', { organization_id: second.id }, bearer(token));
    expect(data.organization).toMatchObject({ id: second.id, role: 'owner' });
    for (const bound of [data.access_token, (await refresh(data.refresh_token)).data.access_token]) {
      expect((await me(bound)).data.organization_id).toBe(second.id);
      expect((await send('GET', 'contacts', undefined, bearer(bound))).status).toBe(200);
      expect((await me(bound, { 'x-organization-id': organization.id })).error.code).toBe('organization.mismatch');
    }
    const { stranger } = await world();
    const foreign = await send('POST', 'auth/switch-organization', { organization_id: stranger.organizationId }, bearer(token));
    const none = await send('POST', 'auth/switch-organization', { organization_id: uuidv7() }, bearer(token));
    expect([foreign.status, foreign.error]).toEqual([403, none.error]);
  });
});

describe('tokens', () => {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const key = () => Buffer.from(hkdfSync('sha256', settings.SECRET_KEY, '', 'tessera access tokens', 32));
  /** A token made by hand, with the right key or another one. */
  const forged = (header: object, claims: object, secret: Buffer | string = key()) => {
    const body = `${part({ alg: 'HS256', kid: 'secret', typ: 'at+jwt', ...header })}.${part(claims)}`;
    return `${body}.${createHmac('sha256', secret).update(body).digest('base64url')}`;
  };

  it('are refused unless algorithm, type, issuer, audience, times and signature are right', async () => {
    const { token } = await registered();
    const [, payload] = token.split('.') as [string, string];
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
    const good = forged({}, claims);
    expect((await me(good)).status).toBe(200);
    const bad: Record<string, string> = {
      'alg none': `${part({ alg: 'none', typ: 'at+jwt', kid: 'secret' })}.${payload}.`,
      'alg EdDSA over the HMAC key': forged({ alg: 'EdDSA' }, claims),
      'alg HS512': forged({ alg: 'HS512' }, claims),
      'another type': forged({ typ: 'JWT' }, claims),
      'no type': forged({ typ: undefined }, claims),
      'an unknown key': forged({ kid: 'other' }, claims),
      'another secret': forged({}, claims, 'another secret of more than thirty-two characters'),
      'the plain secret': forged({}, claims, settings.SECRET_KEY),
      'another audience': forged({}, { ...claims, aud: 'tessera-operator' }),
      'no audience': forged({}, { ...claims, aud: undefined }),
      'another issuer': forged({}, { ...claims, iss: 'https://elsewhere.example' }),
      expired: forged({}, { ...claims, iat: 1_700_000_000, exp: 1_700_000_900 }),
      'no end': forged({}, { ...claims, exp: undefined }),
      'a session that never was': forged({}, { ...claims, sid: uuidv7() }),
      'a changed payload': `${token.split('.')[0]}.${part({ ...claims, sub: uuidv7() })}.${token.split('.')[2]}`,
      nonsense: 'x',
    };
    for (const [what, forgery] of Object.entries(bad)) {
      const { status, headers } = await me(forgery);
      expect([what, status, headers['www-authenticate']]).toEqual([what, 401, 'Bearer']);
    }
  });

  it('end after 15 minutes, and the session with them if nobody refreshes for a week', async () => {
    const { token } = await registered();
    expect((await me(token)).status).toBe(200);
    later(15 * 60 + 10);
    expect((await me(token)).status).toBe(401);
  });

  it("an operator's opens no door of an organization, nor the other way round", async () => {
    const email = anEmail('operator');
    const bus = (await app()).get(Bus);
    await actingAs(system(null), () => bus.run(new CreateOperator({ email, name: 'Op', password: PASSWORD })));
    const { data } = await send('POST', 'admin/auth/login', { email, password: PASSWORD });
    expect(Object.keys(data).sort()).toEqual(['access_token', 'expires_in', 'token_type']);
    const operator = bearer(data.access_token);
    expect((await send('GET', 'admin/organizations?page_size=1', undefined, operator)).status).toBe(200);
    const { token, organization } = await registered();
    for (const path of ['auth/me', 'contacts', 'organizations', `organizations/${organization.id}`])
      expect((await send('GET', path, undefined, operator)).status).toBe(401);
    expect((await send('GET', 'admin/organizations', undefined, bearer(token))).status).toBe(401);
    expect((await logIn(email)).status).toBe(401);
    expect((await send('POST', 'admin/auth/login', { email: (await registered()).email, password: PASSWORD })).status).toBe(401);
  });
});

it('who calls is looked up once for requests that come at once', async () => {
  const { member } = await world();
  const asked = jest.spyOn((await app()).get(Read), 'platform');
  try {
    const answers = await Promise.all(Array.from({ length: 5 }, () => member.get('contacts')));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect(asked.mock.calls.filter(([name]) => name === 'caller_user')).toHaveLength(1);
  } finally {
    asked.mockRestore();
  }
});

describe('what another process has changed', () => {
  it('is believed for four seconds at most: session, role, suspension', async () => {
    const { owner, member } = await world();
    const [em, bus] = [(await app()).get(EntityManager), (await app()).get(Bus)];
    const elsewhere = (sql: string, id: string) => bus.asSystem(null, () => em.execute(sql, [id]));
    const clock = jest.spyOn(performance, 'now');
    try {
      expect((await member.get('audit')).status).toBe(403);
      await elsewhere(`update membership set role = 'admin' where user_id = ?`, member.userId);
      expect((await member.get('audit')).status).toBe(403);
      const real = performance.now();
      clock.mockImplementation(() => real + 4001);
      expect((await member.get('audit')).status).toBe(200);
      await elsewhere('update session set revoked_at = now() where user_id = ?', member.userId);
      await elsewhere('update organization set suspended_at = now() where id = ?', owner.organizationId);
      clock.mockImplementation(() => real + 8002);
      expect((await member.get('audit')).status).toBe(401);
      expect((await owner.get('audit')).error.code).toBe('organization.suspended');
    } finally {
      clock.mockRestore();
    }
  });
});

describe('passwords', () => {
  it('a forgotten one is replaced by the link of a letter, which is good once and for half an hour', async () => {
    const { email, token, organization } = await registered();
    const [verification] = await lettersTo(email, organization.id);
    expect(verification!.subject).toBe('Confirm your e-mail address');

    const known = await send('POST', 'auth/password/forgot', { email });
    const unknown = await send('POST', 'auth/password/forgot', { email: anEmail() });
    expect([known.status, known.data]).toEqual([unknown.status, unknown.data]);
    const [, letter] = await lettersTo(email);
    expect(letter!.subject).toBe('Reset your password');
    expect(letter!.html).toContain(secretIn(letter!));

    const secret = secretIn(letter!);
    const weak = await send('POST', 'auth/password/reset', { token: secret, password: 'short' });
    expect(weak.error.code).toBe('user.weak_password');
    const both = await Promise.all(
      [1, 2].map((n) => send('POST', 'auth/password/reset', { token: secret, password: `a new password ${n}` })),
    );
    expect(both.map(({ status }) => status).sort()).toEqual([200, 422]);
    expect((await me(token)).status).toBe(401);
    expect((await logIn(email)).status).toBe(401);
    expect((await logIn(email, `a new password ${both[0]!.status === 200 ? 1 : 2}`)).status).toBe(200);
    expect((await lettersTo(email)).at(-1)!.subject).toBe('Your password was changed');

    await send('POST', 'auth/password/forgot', { email });
    const again = secretIn((await lettersTo(email)).at(-1)!);
    later(31 * 60);
    expect((await send('POST', 'auth/password/reset', { token: again, password: PASSWORD })).error.code).toBe('link.ended');
  });

  it('each link that was asked for is good until one is used or the password is another, and one for another purpose does not do', async () => {
    const { email, organization } = await registered();
    const verification = secretIn((await lettersTo(email, organization.id))[0]!);
    expect((await send('POST', 'auth/password/reset', { token: verification, password: PASSWORD })).status).toBe(422);
    await send('POST', 'auth/password/forgot', { email });
    const first = secretIn((await lettersTo(email)).at(-1)!);
    await send('POST', 'auth/password/forgot', { email });
    const second = secretIn((await lettersTo(email)).at(-1)!);
    const reset = (token: string) => send('POST', 'auth/password/reset', { token, password: 'another password' });
    const both = await Promise.all([reset(first), reset(second)]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 422]);

    await send('POST', 'auth/password/forgot', { email });
    const third = secretIn((await lettersTo(email)).at(-1)!);
    const { data } = await logIn(email, 'another password');
    await send('POST', 'auth/password/change', { current_password: 'another password', password: PASSWORD }, bearer(data.access_token));
    expect((await reset(third)).error.code).toBe('link.ended');
  });

  it('one that is changed while it is being proved has proved nothing', async () => {
    const { email, user, token, organization } = await registered();
    const other = await hash('another password', { memoryCost: 19456, timeCost: 2, parallelism: 1 });
    const change = { current_password: PASSWORD, password: 'a third password' };
    const answers = await inside(
      organization.id,
      async (client) => {
        await client.query('update "user" set password_hash = $2 where id = $1', [user.id, other]);
        const asked = [logIn(email), send('POST', 'auth/password/change', change, bearer(token))];
        // They have proved the password, which is the old one until the commit, and wait for the row; or have not waited, and say so below.
        await blocked(client, asked.length, Promise.all(asked));
        return asked;
      },
      true,
    );
    expect((await Promise.all(answers)).map(({ status, error }) => [status, error.code])).toEqual([
      [401, 'auth.wrong_credentials'],
      [422, 'user.wrong_password'],
    ]);
    expect((await logIn(email, 'another password')).status).toBe(200);
  });

  it('a reset opens an account that wrong passwords have locked', async () => {
    const { email } = await registered();
    for (let i = 0; i < 6; i++) await logIn(email, 'wrong password');
    await send('POST', 'auth/password/forgot', { email });
    const token = secretIn((await lettersTo(email)).at(-1)!);
    expect((await send('POST', 'auth/password/reset', { token, password: 'another password' })).status).toBe(200);
    expect((await logIn(email, 'another password')).status).toBe(200);
  });

  it('is changed only by who knows it, and ends the other sessions', async () => {
    const { email, token } = await registered();
    const other = (await logIn(email)).data.access_token;
    const change = (current_password: string, password: string) =>
      send('POST', 'auth/password/change', { current_password, password }, bearer(token));
    expect((await change('wrong password', 'another password')).error.code).toBe('user.wrong_password');
    expect((await change(PASSWORD, 'short')).status).toBe(422);
    expect((await change(PASSWORD, 'another password')).status).toBe(200);
    expect((await me(token)).status).toBe(200);
    expect((await me(other)).status).toBe(401);
    expect((await logIn(email, 'another password')).status).toBe(200);
    expect((await send('POST', 'auth/password/change', { current_password: 'x', password: 'y' })).status).toBe(401);
  });
});

describe('a name', () => {
  it('is changed by whom it belongs to, and nothing else of the account with it', async () => {
    const { token, user } = await registered();
    const change = (changes: object, headers = bearer(token)) => send('PATCH', 'auth/me', changes, headers);
    expect(await change({ name: '  Ada Lovelace ' })).toMatchObject({ status: 200, data: { user: { ...user, name: 'Ada Lovelace' } } });
    expect((await change({})).data.user.name).toBe('Ada Lovelace');
    expect((await me(token)).data.user.name).toBe('Ada Lovelace');
    for (const refused of [{ name: '' }, { name: null }, { name: 'x'.repeat(201) }, { email: anEmail() }, { email_verified_at: null }])
      expect((await change(refused)).status).toBe(400);
    expect((await change({ name: 'Nobody' }, {} as never)).status).toBe(401);
  });
});

describe('e-mail addresses', () => {
  it('are confirmed by the link of a letter, once, and the letter is sent again on request', async () => {
    const { email, token, organization } = await registered();
    const first = secretIn((await lettersTo(email, organization.id))[0]!);
    expect((await send('POST', 'auth/email/resend', {}, bearer(token))).status).toBe(200);
    const letters = await lettersTo(email, organization.id);
    expect(letters).toHaveLength(2);
    expect((await send('POST', 'auth/email/verify', { token: first })).error.code).toBe('link.ended');
    const { status, data } = await send('POST', 'auth/email/verify', { token: secretIn(letters[1]!) });
    expect([status, data.user.email]).toEqual([200, email]);
    expect((await me(token)).data.user.email_verified_at).not.toBeNull();
    await send('POST', 'auth/email/resend', {}, bearer(token));
    expect(await lettersTo(email, organization.id)).toHaveLength(2);
  });

  it('a letter that is sent twice is one letter', async () => {
    const { email, organization } = await registered();
    await lettersTo(email, organization.id);
    const [em, bus] = [(await app()).get(EntityManager), (await app()).get(Bus)];
    await bus.asSystem(null, () =>
      em.execute('update due set done_at = null, sent_at = null where organization_id = ?', [organization.id]),
    );
    expect(await lettersTo(email, organization.id)).toHaveLength(1);
  });
});

describe('secrets', () => {
  it('stand in the database as hashes only, and in promises not at all', async () => {
    const { email, refresh: secret, organization } = await registered();
    await send('POST', 'auth/password/forgot', { email });
    const sent = [secret, PASSWORD, ...(await lettersTo(email, organization.id)).concat(await lettersTo(email)).map(secretIn)];
    const rows = await (await app()).get(Read).platform<{ row: string }>(
      'test_secrets',
      `select to_jsonb(d)::text as row from due d union all select to_jsonb(t)::text from one_time_token t union all select to_jsonb(r)::text from refresh_token r
       union all select to_jsonb(o)::text from outbox o union all select to_jsonb(u)::text from "user" u where u.email = $1`,
      [email],
    );
    const everything = rows.map(({ row }) => row).join('\n');
    for (const each of sent) expect(everything.includes(each)).toBe(false);
  });
});
