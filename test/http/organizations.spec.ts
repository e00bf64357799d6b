import { actingAs, Bus, system, uuidv7 } from '#kernel';
import {
  CreateOperator,
  CreateOrganization,
  CreateUser,
  DisableOperator,
  EnableOperator,
  ListOperators,
  ResetOperatorPassword,
  ResetPassword,
  SuspendOrganization,
} from '#identity';
import { anEmail, bearer, lettersTo, logIn, PASSWORD, registered, secretIn } from '../people.ts';
import { app, type Json, Persona, send, world } from '../world.ts';

const path = ({ organizationId }: Persona, rest = '') => `organizations/${organizationId}${rest}`;
const asSystem = async <R>(message: Parameters<Bus['run']>[0]): Promise<R> => {
  const bus = (await app()).get(Bus);
  return actingAs(system(null), () => bus.run(message)) as Promise<R>;
};

describe('organizations', () => {
  it('one key founds one organization, whichever of his organizations the founder is in when he asks again', async () => {
    const { token, organization } = await registered();
    const found = () => send('POST', 'organizations', { name: 'Second' }, bearer(token, { 'idempotency-key': 'once' }));
    const first = await found();
    const named = bearer(token, { 'idempotency-key': 'once', 'x-organization-id': organization.id as string });
    for (const again of [await found(), await send('POST', 'organizations', { name: 'Second' }, named)]) {
      expect([again.status, again.headers['idempotency-replayed']]).toEqual([201, 'true']);
      expect(again.data.id).toBe(first.data.id);
    }
    expect((await send('GET', 'organizations', undefined, bearer(token))).data).toHaveLength(2);
  });

  it('further ones are founded, listed and read; each has a slug of its own', async () => {
    const { token, organization } = await registered();
    const name = `Analytical Engines ${uuidv7()}`;
    const made = await send('POST', 'organizations', { name, time_zone: 'Europe/London', currency: 'gbp', locale: 'en-GB' }, bearer(token));
    expect(made.status).toBe(201);
    expect(made.headers.location).toBe(`/api/v1/organizations/${made.data.id}`);
    expect(made.data).toMatchObject({
      name,
      time_zone: 'Europe/London',
      currency: 'GBP',
      locale: 'en-GB',
      settings: { record_visibility: 'all' },
    });
    const twin = await send('POST', 'organizations', { name }, bearer(token));
    expect(twin.data.slug).not.toBe(made.data.slug);
    for (const url of ['organizations', 'organizations/me']) {
      const { data, body } = await send('GET', url, undefined, bearer(token));
      expect(data.map(({ id }: Json) => id).sort()).toEqual([organization.id, made.data.id, twin.data.id].sort());
      expect(body.meta).toMatchObject({ page: 1, total: 3 });
      const second = await send('GET', `${url}?page=2&page_size=1`, undefined, bearer(token));
      expect(second.body.meta.links).toEqual({
        self: `/api/v1/${url}?page=2&page_size=1`,
        next: `/api/v1/${url}?page=3&page_size=1`,
        prev: `/api/v1/${url}?page=1&page_size=1`,
      });
      expect(second.headers.link).toContain('rel="next"');
    }
    const read = await send('GET', `organizations/${made.data.id}`, undefined, bearer(token));
    expect(read.data).toEqual(made.data);
    expect(read.headers.etag).toBe(made.headers.etag);
  });

  it.each([
    ['name', ''],
    ['time_zone', 'Europe/Atlantis'],
    ['time_zone', '+01:00'],
    ['currency', 'XYZ1'],
    ['locale', 'no language'],
    ['plan', 'enterprise'],
    ['settings', { record_visibility: 'none' }],
    ['settings', { colour: 'red' }],
    ['slug', 'Not A Slug'],
  ])('PATCH refuses %s = %j', async (field, value) => {
    const { owner } = await world();
    const { status, error } = await owner.patch(path(owner), { [field]: value });
    expect([status, error.details[0].pointer.startsWith(`/${field}`)]).toEqual([400, true]);
  });

  it('are changed by admin and owner, the slug by the owner alone; settings are merged', async () => {
    const { owner, admin, manager, member } = await world();
    expect((await member.patch(path(member), { name: 'X' })).status).toBe(403);
    expect((await manager.patch(path(manager), { name: 'X' })).status).toBe(403);
    const changed = await admin.patch(path(admin), { name: 'New name', settings: { lost_reason_required: true } });
    expect(changed.data).toMatchObject({
      name: 'New name',
      settings: { lost_reason_required: true, record_visibility: 'all', default_country: 'GB' },
    });
    expect((await admin.patch(path(admin), { settings: { default_country: 'FR' } })).data.settings).toMatchObject({
      lost_reason_required: true,
      default_country: 'FR',
    });
    const slug = `s-${uuidv7()}`;
    expect((await admin.patch(path(admin), { slug })).status).toBe(403);
    expect((await owner.patch(path(owner), { slug })).data.slug).toBe(slug);
    expect((await admin.patch(path(admin), { slug, name: 'Same slug is no change' })).status).toBe(200);
    const { stranger } = await world();
    const taken = await stranger.patch(path(stranger), { slug });
    expect([taken.status, taken.error.code]).toEqual([409, 'already_exists']);
    expect((await owner.patch(path(owner), { name: 'Y' }, { 'if-match': '"v1"' })).status).toBe(412);
  });

  it('settings act on the next request', async () => {
    const { owner, member, colleague } = await world();
    await colleague.post('contacts', { name: 'Ada' });
    expect((await member.get('contacts')).data).toHaveLength(1);
    await owner.patch(path(owner), { settings: { record_visibility: 'own' } });
    expect((await member.get('contacts')).data).toHaveLength(0);
  });

  it('of others, and ones that do not exist, are 403 with the same body', async () => {
    const { owner, stranger } = await world();
    const nowhere = uuidv7();
    for (const [method, rest] of [
      ['GET', ''],
      ['PATCH', ''],
      ['DELETE', ''],
      ['GET', '/members'],
      ['POST', '/members'],
      ['GET', '/invitations'],
    ]) {
      const headers = bearer(stranger.token);
      const [there, not] = [
        await send(method!, path(owner, rest), {}, headers),
        await send(method!, `organizations/${nowhere}${rest}`, {}, headers),
      ];
      expect([there.status, there.error]).toEqual([403, not.error]);
      expect(there.error.code).toBe('organization.forbidden');
    }
    const mixed = await send('GET', path(owner), undefined, bearer(owner.token, { 'x-organization-id': stranger.organizationId }));
    expect([mixed.status, mixed.error.code]).toEqual([403, 'organization.mismatch']);
    expect((await owner.get('organizations/nonsense')).status).toBe(400);
  });

  it('are deleted by the owner alone; then nobody gets in, and the slug is free', async () => {
    const { owner, admin } = await world();
    const { slug } = (await owner.get(path(owner))).data;
    expect((await admin.delete(path(admin))).status).toBe(403);
    const gone = await owner.delete(path(owner));
    expect(gone.data).toMatchObject({ id: owner.organizationId, deleted_at: expect.any(String) });
    for (const persona of [owner, admin]) expect((await persona.get('contacts')).error.code).toBe('organization.forbidden');
    expect((await send('GET', 'organizations', undefined, bearer(owner.token))).data).toEqual([]);
    const { owner: next } = await world();
    expect((await next.patch(path(next), { slug })).status).toBe(200);
  });

  it('ownership is handed over, and who had it goes on as admin', async () => {
    const { owner, admin, member, stranger } = await world();
    expect((await admin.post(path(admin, '/transfer'), { user_id: admin.userId })).status).toBe(403);
    expect((await owner.post(path(owner, '/transfer'), { user_id: stranger.userId })).status).toBe(404);
    expect((await owner.post(path(owner, '/transfer'), { user_id: member.userId })).status).toBe(200);
    expect((await member.get('auth/me')).data.role).toBe('owner');
    expect((await owner.get('auth/me')).data.role).toBe('admin');
    expect((await owner.delete(path(owner))).status).toBe(403);
  });
});

describe('the operator', () => {
  async function operator() {
    const email = anEmail('operator');
    await asSystem(new CreateOperator({ email, name: 'Op', password: PASSWORD }));
    const { data } = await send('POST', 'admin/auth/login', { email, password: PASSWORD });
    const headers = bearer(data.access_token);
    return {
      email,
      get: (url: string) => send('GET', `admin/${url}`, undefined, headers),
      post: (url: string, body: unknown = {}) => send('POST', `admin/${url}`, body, headers),
      patch: (url: string, body: unknown) => send('PATCH', `admin/${url}`, body, headers),
    };
  }

  it('lists all organizations, page by page and filtered, and sees nothing of what they keep', async () => {
    const { organization } = await world();
    const op = await operator();
    const { data, body } = await op.get(`organizations?slug=${organization.slug}`);
    expect(data).toEqual([expect.objectContaining({ id: organization.id, plan: 'standard', suspended_at: null })]);
    expect(body.meta.total).toBe(1);
    const first = await op.get('organizations?page_size=1&cursor=&sort=name');
    expect((await op.get(`organizations?page_size=1&sort=name&cursor=${first.body.meta.next_cursor}`)).data[0].id).not.toBe(
      first.data[0].id,
    );
    expect((await op.get('organizations?bogus=1')).status).toBe(400);
    expect((await op.get(`organizations/${organization.id}`)).data._links).toMatchObject({
      self: { href: `/api/v1/admin/organizations/${organization.id}` },
      suspend: { href: `/api/v1/admin/organizations/${organization.id}/suspend`, method: 'POST' },
    });
    expect((await op.get(`organizations/${uuidv7()}`)).status).toBe(404);
  });

  it('makes one for an owner who has no account yet: he chooses a password by letter', async () => {
    const op = await operator();
    const email = anEmail('owner');
    const made = await op.post('organizations', {
      name: 'Made for you',
      owner_email: email,
      owner_name: 'Grace',
      plan: 'free',
      currency: 'USD',
    });
    expect([made.status, made.data.plan, made.data.currency]).toEqual([201, 'free', 'USD']);
    expect(made.headers.location).toBe(`/api/v1/admin/organizations/${made.data.id}`);
    expect((await logIn(email)).status).toBe(401);
    const [letter] = await lettersTo(email, made.data.id);
    expect(letter!.subject).toBe('Your Tessera account');
    expect((await send('POST', 'auth/password/reset', { token: secretIn(letter!), password: PASSWORD })).data.user).toMatchObject({
      name: 'Grace',
      email_verified_at: expect.any(String),
    });
    expect((await logIn(email)).data.organizations).toEqual([expect.objectContaining({ id: made.data.id, role: 'owner' })]);

    const second = await op.post('organizations', { name: 'And another', owner_email: email });
    expect((await logIn(email)).data.organizations.map(({ id }: Json) => id).sort()).toEqual([made.data.id, second.data.id].sort());
  });

  it('makes one for whom an account was registered that nobody has confirmed: its owner is who has the mailbox', async () => {
    const op = await operator();
    const { email, token, organization } = await registered();
    const made = await op.post('organizations', { name: 'Made for you', owner_email: email });
    expect(made.status).toBe(201);
    expect((await send('GET', 'auth/me', undefined, bearer(token))).status).toBe(401);
    expect((await logIn(email)).error.code).toBe('auth.wrong_credentials');
    const letter = (await lettersTo(email, made.data.id)).at(-1)!;
    expect(letter.subject).toBe('Your Tessera account');
    expect((await send('POST', 'auth/password/reset', { token: secretIn(letter), password: 'of who has the mailbox' })).status).toBe(200);
    const { data } = await logIn(email, 'of who has the mailbox');
    expect(data.organizations.map(({ id }: Json) => id).sort()).toEqual([organization.id, made.data.id].sort());
  });

  it('suspends: the next request is 403 organization.suspended, also with a key or a bound token; resumes', async () => {
    const { owner, member } = await world();
    const op = await operator();
    const key = (await owner.post('api-keys', { name: 'k', role: 'member' })).data.key;
    const bound = (await owner.post('auth/switch-organization', { organization_id: owner.organizationId })).data.access_token;
    expect((await member.get('contacts')).status).toBe(200);
    expect((await op.post(`organizations/${owner.organizationId}/suspend`)).data.suspended_at).toEqual(expect.any(String));
    const doors = [
      () => member.get('contacts'),
      () => owner.get(path(owner)),
      () => send('GET', 'contacts', undefined, bearer(member.token)),
      () => send('GET', 'contacts', undefined, bearer(key)),
      () => send('GET', 'contacts', undefined, bearer(bound)),
    ];
    for (const knock of doors) {
      const { status, error } = await knock();
      expect([status, error.code]).toEqual([403, 'organization.suspended']);
    }
    expect((await send('GET', 'auth/me', undefined, bearer(member.token))).data.memberships[0]).toMatchObject({ suspended: true });
    expect((await owner.post('auth/switch-organization', { organization_id: owner.organizationId })).error.code).toBe(
      'organization.suspended',
    );
    expect((await op.patch(`organizations/${owner.organizationId}`, { suspended: false, plan: 'enterprise' })).data).toMatchObject({
      suspended_at: null,
      plan: 'enterprise',
    });
    for (const knock of doors) expect((await knock()).status).toBe(200);
    const { data } = await owner.get(`audit?subject=organization&actor_kind=operator`);
    expect(data.map(({ content }: Json) => Object.keys(content.after).sort())).toEqual([['plan', 'suspended_at'], ['suspended_at']]);
  });

  it('ends his session by logging out, and is locked out after wrong passwords like anybody', async () => {
    const op = await operator();
    expect((await op.post('auth/logout')).data).toEqual({ ended: 1 });
    expect((await op.get('organizations')).status).toBe(401);
    await Promise.all(Array.from({ length: 10 }, () => send('POST', 'admin/auth/login', { email: op.email, password: 'wrong password' })));
    expect((await send('POST', 'admin/auth/login', { email: op.email, password: PASSWORD })).error.code).toBe('auth.locked');
  });

  it('is shut out at once when he is disabled at the terminal, until he is enabled and logs in again', async () => {
    const op = await operator();
    const login = () => send('POST', 'admin/auth/login', { email: op.email, password: PASSWORD });
    const disabled = async () =>
      (await asSystem<{ email: string; disabled: boolean }[]>(new ListOperators())).find(({ email }) => email === op.email)?.disabled;
    expect([(await op.get('organizations')).status, await disabled()]).toEqual([200, false]);
    await asSystem(new DisableOperator(op.email.toUpperCase()));
    expect([(await op.get('organizations')).status, await disabled()]).toEqual([401, true]);
    expect((await login()).error.code).toBe('auth.wrong_credentials');
    await asSystem(new EnableOperator(op.email));
    expect([(await op.get('organizations')).status, await disabled()]).toEqual([401, false]);
    expect((await login()).status).toBe(200);
  });

  it('gets a new password at the terminal: his sessions end, and what wrong passwords have locked is open', async () => {
    const op = await operator();
    const login = (password: string) => send('POST', 'admin/auth/login', { email: op.email, password });
    await Promise.all(Array.from({ length: 6 }, () => login('wrong password')));
    expect((await login(PASSWORD)).error.code).toBe('auth.locked');
    await expect(asSystem(new ResetOperatorPassword(op.email, 'short'))).rejects.toMatchObject({ code: 'user.weak_password' });
    expect((await op.get('organizations')).status).toBe(200);
    await asSystem(new ResetOperatorPassword(op.email, 'another password'));
    expect((await op.get('organizations')).status).toBe(401);
    expect([(await login('another password')).status, (await login(PASSWORD)).status]).toEqual([200, 401]);
    for (const message of [new ResetOperatorPassword(anEmail(), PASSWORD), new DisableOperator(anEmail()), new EnableOperator(anEmail())])
      await expect(asSystem(message)).rejects.toMatchObject({ status: 404 });
  });

  it('is nobody who could be let in by a user', async () => {
    const { owner } = await world();
    for (const [method, url] of [
      ['GET', 'admin/organizations'],
      ['POST', 'admin/organizations'],
      ['PATCH', `admin/organizations/${owner.organizationId}`],
      ['POST', `admin/organizations/${owner.organizationId}/suspend`],
    ])
      for (const headers of [bearer(owner.token), {}]) expect((await send(method!, url!, {}, headers)).status).not.toBeLessThan(400);
    await expect(owner.run(new SuspendOrganization(owner.organizationId))).rejects.toMatchObject({ status: 403 });
    for (const message of [
      new CreateOperator({ email: anEmail(), name: 'X', password: PASSWORD }),
      new ResetOperatorPassword(anEmail(), PASSWORD),
      new DisableOperator(anEmail()),
      new EnableOperator(anEmail()),
    ])
      await expect(owner.run(message)).rejects.toMatchObject({ status: 403 });
    await expect(owner.run(new ListOperators())).rejects.toMatchObject({ status: 403 });
  });
});

describe('the terminal', () => {
  it('makes users and organizations, and resets passwords', async () => {
    const email = anEmail('terminal');
    await asSystem(new CreateUser({ email, name: 'Terry', password: PASSWORD }));
    expect((await logIn(email)).data.organizations).toEqual([]);
    await expect(asSystem(new CreateUser({ email, name: 'Terry' }))).rejects.toMatchObject({ code: 'user.email_taken' });
    const organization = await asSystem<{ id: string }>(new CreateOrganization({ name: 'From the terminal', owner_email: email }));
    const { data } = await logIn(email);
    expect(data.organizations).toEqual([expect.objectContaining({ id: organization.id, role: 'owner' })]);
    await asSystem(new ResetPassword(email, 'another password'));
    expect((await send('GET', 'auth/me', undefined, bearer(data.access_token))).status).toBe(401);
    expect((await logIn(email, 'another password')).status).toBe(200);
    await asSystem(new ResetPassword(email));
    expect((await lettersTo(email)).map(({ subject }) => subject)).toContain('Reset your password');
    await expect(asSystem(new ResetPassword(anEmail(), PASSWORD))).rejects.toMatchObject({ status: 404 });
  });
});
