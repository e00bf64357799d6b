import { Membership, type Organization, User } from '#identity';
import { Bus, drain, EntityManager, Outbox, setClock, uuidv7 } from '#kernel';
import { asOwner, tamper } from '../database.ts';
import { anEmail, bearer, confirmed, lettersTo, logIn, PASSWORD, registered, secretIn } from '../people.ts';
import { app, type Json, type Persona, send, world } from '../world.ts';

afterEach(() => setClock());

const members = ({ organizationId }: Persona, rest = '') => `organizations/${organizationId}/members${rest}`;
const invitations = ({ organizationId }: Persona, rest = '') => `organizations/${organizationId}/invitations${rest}`;
const role = async (persona: Persona) => (await persona.get('auth/me')).data?.role as string | undefined;
/** Somebody as an import leaves him: a place in the organization, and no account to log in to. */
async function imported(organization: Organization): Promise<User> {
  const [em, bus] = [(await app()).get(EntityManager), (await app()).get(Bus)];
  return bus.asSystem(organization.facts(), async () => {
    const made = em.create(User, { email: `agent-${uuidv7()}@import.invalid`, name: 'Agent', placeholder: true });
    await em.flush();
    em.create(Membership, { organizationId: organization.id, userId: made.id, role: 'member', status: 'invited' });
    return made;
  });
}
const accept = (token: string, more: object = {}, headers = {}) => send('POST', 'auth/invitations/accept', { token, ...more }, headers);

describe('members', () => {
  it('are listed with name and e-mail by everybody who is one, filtered, sorted and page by page', async () => {
    const { owner, admin, manager, member, colleague } = await world();
    const { data, body } = await member.get(members(member));
    expect(body.meta).toMatchObject({ total: 5, page: 1 });
    expect(data.map(({ id }: Json) => id).sort()).toEqual([owner, admin, manager, member, colleague].map(({ userId }) => userId).sort());
    expect(data.find(({ id }: Json) => id === admin.userId)).toMatchObject({
      user_id: admin.userId,
      email: admin.email,
      role: 'admin',
      status: 'active',
      permission_sets: [],
    });
    expect((await member.get(members(member, '?role=member&sort=-email'))).data.map(({ email }: Json) => email)).toEqual(
      [member.email, colleague.email].sort().reverse(),
    );
    expect((await member.get(members(member, '?email[starts_with]=admin-'))).data).toHaveLength(1);
    const first = await member.get(members(member, '?cursor=&page_size=2&sort=email'));
    const second = await member.get(members(member, `?cursor=${first.body.meta.next_cursor}&page_size=2&sort=email`));
    expect(new Set([...first.data, ...second.data].map(({ id }: Json) => id)).size).toBe(4);
    expect((await member.get(members(member, '?password_hash=x'))).status).toBe(400);
    const one = await member.get(members(member, `/${admin.userId}`));
    expect(one.data).toMatchObject({
      id: admin.userId,
      _links: { self: { href: `/api/v1/organizations/${member.organizationId}/members/${admin.userId}` } },
    });
    expect(one.data._links.update).toBeUndefined();
    const links = async (by: Persona, whom: Persona) => Object.keys((await by.get(members(by, `/${whom.userId}`))).data._links);
    expect(await links(admin, owner)).toEqual(['self']);
    expect(await links(owner, admin)).toEqual(['self', 'update', 'remove']);
    expect((await admin.get(members(admin, `/${member.userId}`))).data._links.update.method).toBe('PATCH');
    expect(one.text).not.toMatch(/hash/);
  });

  it('who has an account is one at once, and is told by e-mail; acts on the next request', async () => {
    const { admin, organization } = await world();
    const person = await confirmed();
    const headers = bearer(person.token, { 'x-organization-id': admin.organizationId });
    expect((await send('GET', 'contacts', undefined, headers)).status).toBe(403);
    const added = await admin.post(members(admin), { email: person.email.toUpperCase(), role: 'manager' });
    expect(added.status).toBe(201);
    expect(added.data).toMatchObject({
      user_id: person.user.id,
      email: person.email,
      role: 'manager',
      status: 'active',
      invitation_id: null,
    });
    expect((await send('GET', 'contacts', undefined, headers)).status).toBe(200);
    const letter = (await lettersTo(person.email, admin.organizationId)).at(-1)!;
    expect(letter.subject).toBe(`You are now a member of ${organization.name}`);
    expect(letter.text).toContain('as manager');
    const again = await admin.post(members(admin), { email: person.email, role: 'manager' });
    expect([again.status, again.error.code, again.error.existing]).toEqual([409, 'member.exists', { type: 'member', id: person.user.id }]);
  });

  it('who has registered an e-mail that he never confirmed is not let in by being added: the link goes to the mailbox', async () => {
    const { admin } = await world();
    // Anybody can register anybody's address.
    const { email, token } = await registered();
    const added = await admin.post(members(admin), { email, role: 'admin' });
    expect([added.status, added.data]).toEqual([201, expect.objectContaining({ status: 'invited', user_id: null, name: null })]);
    const inside = (credential: string) =>
      send('GET', 'contacts', undefined, bearer(credential, { 'x-organization-id': admin.organizationId }));
    expect((await inside(token)).error.code).toBe('organization.forbidden');
    const again = await admin.post(members(admin), { email, role: 'admin' });
    expect([again.status, again.error.code]).toEqual([409, 'invitation.exists']);

    // Whoever has the mailbox takes the account over, and the place with it.
    const [invitation] = await lettersTo(email, admin.organizationId);
    await send('POST', 'auth/password/forgot', { email });
    const reset = secretIn((await lettersTo(email)).at(-1)!);
    expect((await send('POST', 'auth/password/reset', { token: reset, password: 'of who has the mailbox' })).status).toBe(200);
    const { access_token: own } = (await logIn(email, 'of who has the mailbox')).data;
    const accepted = await accept(secretIn(invitation!), {}, bearer(own));
    expect(accepted.data.member).toMatchObject({ role: 'admin', status: 'active' });
    expect((await inside(own)).status).toBe(200);
    expect((await inside(token)).status).toBe(401);
  });

  it('the same person added twice at once is one member', async () => {
    const { admin } = await world();
    const person = await confirmed();
    const answers = await Promise.all(Array.from({ length: 6 }, () => admin.post(members(admin), { email: person.email, role: 'member' })));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409, 409]);
  });

  it('managers and members do not manage members', async () => {
    const { manager, member, colleague } = await world();
    for (const persona of [manager, member]) {
      expect((await persona.post(members(persona), { email: anEmail(), role: 'member' })).status).toBe(403);
      expect((await persona.patch(members(persona, `/${colleague.userId}`), { role: 'member' })).status).toBe(403);
      expect((await persona.delete(members(persona, `/${colleague.userId}`))).status).toBe(403);
      expect((await persona.get(invitations(persona))).status).toBe(403);
    }
  });

  it('nobody gives or touches a role above his own', async () => {
    const { owner, admin, member } = await world();
    const person = await registered();
    for (const answer of [
      await admin.post(members(admin), { email: person.email, role: 'owner' }),
      await admin.post(members(admin), { email: anEmail(), role: 'owner' }),
      await admin.post(invitations(admin), { email: anEmail(), role: 'owner' }),
      await admin.patch(members(admin, `/${member.userId}`), { role: 'owner' }),
      await admin.patch(members(admin, `/${admin.userId}`), { role: 'owner' }),
      await admin.patch(members(admin, `/${owner.userId}`), { role: 'member' }),
      await admin.delete(members(admin, `/${owner.userId}`)),
    ])
      expect([answer.status, answer.error.code]).toEqual([403, 'member.above_you']);
    expect((await admin.patch(members(admin, `/${member.userId}`), { role: 'admin' })).data.role).toBe('admin');
    expect((await owner.patch(members(owner, `/${member.userId}`), { role: 'owner' })).data.role).toBe('owner');
  });

  it('nobody gives himself a permission set but the owner, who has nobody above him', async () => {
    const { owner, admin, member } = await world();
    const own = await admin.patch(members(admin, `/${admin.userId}`), { permission_sets: ['sales'] });
    expect([own.status, own.error.code]).toEqual([403, 'member.raises_yourself']);
    expect((await admin.patch(members(admin, `/${member.userId}`), { permission_sets: ['sales'] })).data.permission_sets).toEqual([
      'sales',
    ]);
    expect((await owner.patch(members(owner, `/${owner.userId}`), { permission_sets: ['sales'] })).status).toBe(200);
    const unknown = await admin.patch(members(admin, `/${member.userId}`), { permission_sets: ['wizard'] });
    expect([unknown.status, unknown.error.details[0].pointer]).toEqual([400, '/permission_sets/0']);
  });

  it('changes of role act on the next request, also downwards', async () => {
    const { owner, manager, member } = await world();
    const { data } = await member.post('contacts', { name: 'Ada' });
    expect((await manager.patch(`contacts/${data.id}`, { name: 'B' })).status).toBe(200);
    await owner.patch(members(owner, `/${manager.userId}`), { role: 'member' });
    expect((await manager.patch(`contacts/${data.id}`, { name: 'C' })).status).toBe(403);
    expect(await role(manager)).toBe('member');
  });

  it('If-Match guards them', async () => {
    const { owner, member } = await world();
    const url = members(owner, `/${member.userId}`);
    const { headers } = await owner.get(url);
    expect((await owner.patch(url, { role: 'manager' }, { 'if-match': headers.etag! })).status).toBe(200);
    expect((await owner.patch(url, { role: 'member' }, { 'if-match': headers.etag! })).status).toBe(412);
    expect((await owner.delete(url, undefined, { 'if-match': headers.etag! })).status).toBe(412);
  });

  it('see the link to remove only where they may: admins on each, everybody on himself, who leaves', async () => {
    const { owner, admin, member } = await world();
    const linked = async (by: Persona, whom: Persona) => 'remove' in (await by.get(members(by, `/${whom.userId}`))).data._links;
    expect([await linked(member, owner), await linked(member, member), await linked(admin, member)]).toEqual([false, true, true]);
    const { key } = (await admin.post('api-keys', { name: 'k', role: 'member' })).data;
    const { data } = await send('GET', members(admin, `/${admin.userId}`), undefined, bearer(key));
    expect(data._links.remove).toBeUndefined();
  });

  it('removed ones are out at once, their records stay, and they can come back', async () => {
    const { owner, member, manager } = await world();
    const contact = (await member.post('contacts', { name: 'Ada' })).data;
    const gone = await owner.delete(members(owner, `/${member.userId}`));
    expect(gone.data).toMatchObject({ id: member.userId, deleted_at: expect.any(String) });
    expect((await member.get('contacts')).error.code).toBe('organization.forbidden');
    expect((await manager.get(`contacts/${contact.id}`)).data.owner_id).toBe(member.userId);
    expect((await owner.get(members(owner))).body.meta.total).toBe(4);
    expect((await owner.get(members(owner, '?status=left'))).data).toEqual([
      expect.objectContaining({ id: member.userId, status: 'left' }),
    ]);
    expect((await owner.delete(members(owner, `/${member.userId}`))).status).toBe(404);
    expect((await owner.post(members(owner), { email: member.email, role: 'manager' })).data.status).toBe('active');
    expect(await role(member)).toBe('manager');
  });

  it('who came in by another way, or was removed, does not come in by an invitation from before', async () => {
    const { owner } = await world();
    const { email, token } = await confirmed();
    const invite = async (address: string) => {
      const { data } = await owner.post(invitations(owner), { email: address, role: 'admin' });
      return { id: data.id as string, secret: secretIn((await lettersTo(address, owner.organizationId)).at(-1)!) };
    };
    const invited = await invite(email);
    const added = await owner.post(members(owner), { email, role: 'member' });
    expect(added.data).toMatchObject({ status: 'active', role: 'member' });
    expect((await owner.get(invitations(owner, `/${invited.id}`))).data.revoked_at).toEqual(expect.any(String));
    expect((await owner.delete(members(owner, `/${added.data.user_id}`))).status).toBe(200);
    expect((await accept(invited.secret, {}, bearer(token))).error.code).toBe('invitation.ended');
    // With a new one he does, also when his client still names the organization he is not in.
    const again = await invite(email);
    const headers = bearer(token, { 'x-organization-id': owner.organizationId });
    expect((await accept(again.secret, {}, headers)).data.member).toMatchObject({ role: 'admin', status: 'active' });
  });

  it('anybody may leave but the last owner', async () => {
    const { owner, member } = await world();
    expect((await member.delete(members(member, `/${member.userId}`))).status).toBe(200);
    expect((await member.get('contacts')).status).toBe(403);
    const last = await owner.delete(members(owner, `/${owner.userId}`));
    expect([last.status, last.error.code]).toEqual([422, 'organization.last_owner']);
    const lowered = await owner.patch(members(owner, `/${owner.userId}`), { role: 'admin' });
    expect([lowered.status, lowered.error.code]).toEqual([422, 'organization.last_owner']);
  });

  it('whom an import has named becomes active when he is given his real e-mail and chooses a password', async () => {
    const { admin, organization, member } = await world();
    const user = await imported(organization);
    const url = members(admin, `/${user.id}/claim`);
    expect((await admin.get(members(admin))).body.meta.total).toBe(6);
    expect((await admin.post(url, { email: member.email })).error.code).toBe('user.email_taken');
    expect((await admin.post(members(admin, `/${member.userId}/claim`), { email: anEmail() })).error.code).toBe('member.not_imported');
    expect((await member.post(url, { email: anEmail() })).status).toBe(403);
    const email = anEmail('agent');
    expect((await admin.post(url, { email })).data).toMatchObject({ id: user.id, email, status: 'invited' });
    const [letter] = await lettersTo(email, organization.id);
    expect((await send('POST', 'auth/password/reset', { token: secretIn(letter!), password: PASSWORD })).status).toBe(200);
    expect((await logIn(email)).data.organizations).toEqual([expect.objectContaining({ id: organization.id })]);
    expect((await admin.get(members(admin, `/${user.id}`))).data.status).toBe('active');

    await lettersTo(email, organization.id);
    const changes = async (subject: string) =>
      (await admin.get(`audit?action=update&subject=${subject}`)).data.map(({ content }: Json) => content.after);
    expect(await changes('membership')).toEqual([{ status: 'active' }]);
    expect((await changes('user')).map((after: object) => Object.keys(after)[0]).sort()).toEqual([
      'email',
      'email_verified_at',
      'password_hash',
    ]);
  });

  it('whom an import has named gets his first letter again by "forgot password", once he has a real e-mail; nobody can tell', async () => {
    const { admin, organization } = await world();
    const user = await imported(organization);
    const forgotten = async (address: string) => {
      const { status, data } = await send('POST', 'auth/password/forgot', { email: address });
      return [status, data];
    };
    const unknown = await forgotten(anEmail());
    expect(await forgotten(user.email)).toEqual(unknown);
    expect(await lettersTo(user.email)).toEqual([]);

    const email = anEmail('agent');
    await admin.post(members(admin, `/${user.id}/claim`), { email });
    const [first] = await lettersTo(email, organization.id);
    await asOwner(`update one_time_token set expires_at = now() - interval '1 hour' where user_id = $1`, [user.id]);
    const tooLate = await send('POST', 'auth/password/reset', { token: secretIn(first!), password: PASSWORD });
    expect(tooLate.error.code).toBe('link.ended');
    expect(await forgotten(email)).toEqual(unknown);
    const letters = await lettersTo(email);
    expect(letters.map(({ subject }) => subject)).toEqual(['Your Tessera account', 'Your Tessera account']);
    expect((await send('POST', 'auth/password/reset', { token: secretIn(letters[1]!), password: PASSWORD })).status).toBe(200);
    expect((await admin.get(members(admin, `/${user.id}`))).data.status).toBe('active');
  });

  it.each([['demoting'], ['removing'], ['leaving']])('two owners %s each other at once leave an owner', async (how) => {
    const { owner, join } = await world();
    const other = await join('owner');
    const act = (by: Persona, whom: Persona) =>
      how === 'demoting'
        ? by.patch(members(by, `/${whom.userId}`), { role: 'admin' })
        : by.delete(members(by, `/${(how === 'removing' ? whom : by).userId}`));
    const answers = await Promise.all([act(owner, other), act(other, owner)]);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    const remaining = (await Promise.all([owner, other].map(role))).filter((one) => one === 'owner');
    expect(remaining).toHaveLength(1);
  });

  it('a new password, a confirmed e-mail and another name of a member are in the audit log of each of his organizations, without the secret', async () => {
    const { email, token, organization } = await registered();
    const { owner, organization: second } = await world();
    await owner.post(members(owner), { email, role: 'member' });
    // Accepting is the confirmation: the link was sent to the address.
    const [invitation] = await lettersTo(email, second.id);
    expect((await accept(secretIn(invitation!), {}, bearer(token))).data.user.email_verified_at).toEqual(expect.any(String));
    const change = { current_password: PASSWORD, password: 'another good password' };
    const changed = await send('POST', 'auth/password/change', change, bearer(token));
    expect(changed.status).toBe(200);
    expect((await send('PATCH', 'auth/me', { name: 'Ada Lovelace' }, bearer(token))).data.user).toMatchObject({
      email,
      name: 'Ada Lovelace',
    });
    const mine = (headers: object) => send('GET', 'audit?subject=user&page_size=5', undefined, bearer(token, { ...headers }));
    for (const id of [organization.id as string, second.id]) await lettersTo(email, id);
    const first = await mine({ 'x-organization-id': organization.id as string });
    const other = await owner.get('audit?subject=user&page_size=5');
    for (const { data, text } of [first, other]) {
      expect(data.map(({ content }: { content: { after: object } }) => Object.keys(content.after)[0]).sort()).toEqual([
        'email_verified_at',
        'name',
        'password_hash',
      ]);
      expect(data[0]).toMatchObject({ action: 'update', subject: 'user', actor_kind: 'system' });
      expect(text).not.toMatch(/argon|another good/);
    }
  });

  it('every change is in the audit log and tells the outside, secrets nowhere', async () => {
    const { owner, member } = await world();
    await owner.patch(members(owner, `/${member.userId}`), { role: 'manager' });
    await owner.post(invitations(owner), { email: anEmail(), role: 'member' });
    const { data } = await owner.get('audit?subject=membership&action=update');
    expect(data).toEqual([
      expect.objectContaining({ user_id: owner.userId, content: { before: { role: 'member' }, after: { role: 'manager' } } }),
    ]);
    const [invitation] = (await owner.get('audit?subject=invitation')).data;
    expect(invitation.content.after.hash).toBe('***');
    await drain([(await app()).get(Outbox)], owner.organizationId);
  });
});

describe('invitations', () => {
  it('an unknown e-mail gets one; its link makes the account and the membership', async () => {
    const { admin, organization } = await world();
    const email = anEmail('new');
    const added = await admin.post(members(admin), { email, role: 'manager', permission_sets: ['sales'] });
    expect([added.status, added.data.status, added.data.user_id]).toEqual([201, 'invited', null]);
    const listed = await admin.get(invitations(admin));
    expect(listed.data).toEqual([
      expect.objectContaining({ id: added.data.invitation_id, email, role: 'manager', invited_by: admin.userId }),
    ]);
    expect(listed.text).not.toMatch(/hash|tsi_/);
    const [letter] = await lettersTo(email, admin.organizationId);
    expect(letter!.subject).toBe(`Join ${organization.name} on Tessera`);

    const token = secretIn(letter!);
    const needs = await accept(token);
    expect([needs.status, needs.error.code, needs.error.details.map(({ pointer }: Json) => pointer)]).toEqual([
      422,
      'invitation.account_needed',
      ['/name', '/password'],
    ]);
    expect((await accept(token, { name: 'Grace', password: 'short' })).error.code).toBe('user.weak_password');
    const { status, data } = await accept(token, { name: 'Grace', password: PASSWORD });
    expect(status).toBe(200);
    expect(data).toMatchObject({
      user: { email, name: 'Grace', email_verified_at: expect.any(String) },
      organization: { id: organization.id },
      member: { role: 'manager', permission_sets: ['sales'], status: 'active' },
    });
    expect((await send('GET', 'contacts', undefined, bearer(data.access_token))).status).toBe(200);
    expect((await logIn(email)).status).toBe(200);
    expect((await accept(token, { name: 'Again', password: PASSWORD })).error.code).toBe('invitation.ended');
    expect((await admin.get(invitations(admin))).data).toEqual([]);
    expect((await admin.get('audit?subject=membership&action=create&sort=-at')).data[0]).toMatchObject({ actor_kind: 'nobody' });
  });

  it('is accepted once, however many try at once', async () => {
    const { admin } = await world();
    const email = anEmail('new');
    await admin.post(invitations(admin), { email, role: 'member' });
    const token = secretIn((await lettersTo(email, admin.organizationId))[0]!);
    const answers = await Promise.all(Array.from({ length: 5 }, () => accept(token, { name: 'Grace', password: PASSWORD })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 422, 422, 422, 422]);
  });

  it('somebody with an account signs in first, and nobody accepts for another', async () => {
    const { admin, stranger } = await world();
    const email = anEmail('late');
    await admin.post(invitations(admin), { email, role: 'member' });
    const token = secretIn((await lettersTo(email, admin.organizationId))[0]!);
    const { data } = await send('POST', 'auth/register', { email, password: PASSWORD, name: 'Late', organization_name: 'Own' });
    expect((await accept(token)).error.code).toBe('invitation.sign_in');
    expect((await accept(token, {}, bearer(stranger.token))).error.code).toBe('invitation.for_another');
    const accepted = await accept(token, {}, bearer(data.access_token));
    expect([accepted.status, accepted.data.access_token]).toEqual([200, undefined]);
    expect((await send('GET', 'organizations', undefined, bearer(data.access_token))).data).toHaveLength(2);
  });

  it('twice to the same address is 409; sent again it is the same link, good for longer', async () => {
    const { admin } = await world();
    const email = anEmail('new');
    const { data } = await admin.post(invitations(admin), { email, role: 'member' });
    expect(data._links).toMatchObject({ resend: { method: 'POST' }, revoke: { method: 'DELETE' } });
    const again = await admin.post(members(admin), { email, role: 'manager' });
    expect([again.status, again.error.existing]).toEqual([409, { type: 'invitation', id: data.id }]);
    const resent = await admin.post(invitations(admin, `/${data.id}/resend`));
    expect(resent.data.id).toBe(data.id);
    expect(resent.data.expires_at > data.expires_at).toBe(true);
    const letters = await lettersTo(email, admin.organizationId);
    expect(letters.map(secretIn)).toEqual([secretIn(letters[0]!), secretIn(letters[0]!)]);
  });

  it('sent again after SECRET_KEY has changed it has a link that is good', async () => {
    const { admin } = await world();
    const email = anEmail('new');
    const { data } = await admin.post(invitations(admin), { email, role: 'member' });
    await tamper(admin.organizationId, 'update invitation set hash = $2 where id = $1', [data.id, `of another key ${data.id}`]);
    expect((await admin.post(invitations(admin, `/${data.id}/resend`))).status).toBe(200);
    const letter = (await lettersTo(email, admin.organizationId)).at(-1)!;
    expect((await accept(secretIn(letter), { name: 'Grace', password: PASSWORD })).status).toBe(200);
  });

  it('If-Match guards sending again and taking back', async () => {
    const { admin } = await world();
    const { data, headers } = await admin.post(invitations(admin), { email: anEmail('new'), role: 'member' });
    const [url, stale] = [invitations(admin, `/${data.id}`), { 'if-match': headers.etag! }];
    const resent = await admin.post(`${url}/resend`, {}, stale);
    expect([resent.status, resent.headers.etag === headers.etag]).toEqual([200, false]);
    expect((await admin.post(`${url}/resend`, {}, stale)).status).toBe(412);
    expect((await admin.delete(url, undefined, stale)).status).toBe(412);
    expect((await admin.delete(url, undefined, { 'if-match': resent.headers.etag! })).status).toBe(200);
  });

  it('ends after a week, and another can be sent', async () => {
    const { email: owner, organization, token } = await registered();
    const [email, url] = [anEmail('new'), `organizations/${organization.id}/invitations`];
    await send('POST', url, { email, role: 'member' }, bearer(token));
    const secret = secretIn((await lettersTo(email, organization.id))[0]!);
    setClock(() => new Date(Date.now() + 8 * 24 * 3600 * 1000));
    expect((await accept(secret, { name: 'Late', password: PASSWORD })).error.code).toBe('invitation.ended');
    const { access_token } = (await logIn(owner)).data;
    const another = await send('POST', url, { email, role: 'member' }, bearer(access_token));
    expect(another.status).toBe(201);
    expect((await send('GET', url, undefined, bearer(access_token))).data.map(({ id }: Json) => id)).toEqual([another.data.id]);
  });

  it('is taken back', async () => {
    const { admin } = await world();
    const email = anEmail('new');
    const { data } = await admin.post(invitations(admin), { email, role: 'member' });
    const token = secretIn((await lettersTo(email, admin.organizationId))[0]!);
    expect((await admin.delete(invitations(admin, `/${data.id}`))).data.id).toBe(data.id);
    expect((await accept(token, { name: 'Late', password: PASSWORD })).error.code).toBe('invitation.ended');
    expect((await admin.delete(invitations(admin, `/${data.id}`))).status).toBe(404);
    expect((await admin.post(invitations(admin), { email, role: 'member' })).status).toBe(201);
  });

  it('nothing is gained by making a link up, or by naming the organization in one', async () => {
    const { admin } = await world();
    const { data } = await admin.post(invitations(admin), { email: anEmail('new'), role: 'member' });
    const organization = Buffer.from(admin.organizationId.replaceAll('-', ''), 'hex').toString('base64url');
    for (const token of ['x', 'tsi_', `tsi_${organization}${'A'.repeat(43)}`, data.id])
      expect((await accept(token, { name: 'Eve', password: PASSWORD })).error.code).toBe('invitation.ended');
  });

  it("another organization's are out of reach", async () => {
    const { admin, stranger } = await world();
    const { data } = await admin.post(invitations(admin), { email: anEmail('new'), role: 'member' });
    expect((await stranger.delete(invitations(stranger, `/${data.id}`))).status).toBe(404);
    expect((await stranger.get(invitations(stranger, `/${data.id}`))).status).toBe(404);
    expect((await stranger.post(invitations(stranger, `/${data.id}/resend`))).status).toBe(404);
  });
});

describe('API keys', () => {
  it('are shown once, work without a header, and say when they were last used', async () => {
    const { admin } = await world();
    const made = await admin.post('api-keys', { name: 'Website', role: 'member' });
    expect(made.status).toBe(201);
    const { key, id, prefix } = made.data;
    expect(key).toMatch(/^tsk_[\w-]{43}$/);
    expect(key.startsWith(prefix)).toBe(true);
    const contact = await send('POST', 'contacts', { name: 'From the website' }, bearer(key));
    expect([contact.status, contact.data.owner_id]).toEqual([201, admin.userId]);
    const [shown] = (await admin.get('api-keys')).data;
    expect(shown).toMatchObject({ id, name: 'Website', role: 'member', prefix, last_used_at: expect.any(String), revoked_at: null });
    expect((await admin.get('api-keys')).text).not.toContain(key);
    expect(JSON.stringify(shown)).not.toMatch(/hash/);
    const { data: audited } = await admin.get(`audit?api_key_id=${id}`);
    expect(audited).toEqual([expect.objectContaining({ actor_kind: 'api_key', subject: 'contact', action: 'create' })]);
    expect((await admin.get('audit?subject=api_key')).data).toEqual([
      expect.objectContaining({ action: 'create', content: expect.objectContaining({ after: expect.objectContaining({ hash: '***' }) }) }),
    ]);
    expect((await send('GET', 'contacts', undefined, bearer(key, { 'x-organization-id': uuidv7() }))).error.code).toBe(
      'organization.mismatch',
    );
  });

  it('note their use at most once a minute', async () => {
    const { admin } = await world();
    const { key } = (await admin.post('api-keys', { name: 'k', role: 'member' })).data;
    const used = async () => {
      await send('GET', 'contacts', undefined, bearer(key));
      return (await admin.get('api-keys')).data[0];
    };
    const first = await used();
    // Anything that makes the key be looked up again.
    await admin.patch(`organizations/${admin.organizationId}`, { name: 'Renamed' });
    expect(await used()).toEqual(first);
  });

  it('never reach above who made them, also when he is lowered later', async () => {
    const { owner, admin, manager, member } = await world();
    for (const persona of [manager, member]) expect((await persona.post('api-keys', { name: 'k', role: 'member' })).status).toBe(403);
    expect((await admin.post('api-keys', { name: 'k', role: 'owner' })).error.code).toBe('member.above_you');
    expect((await admin.post('api-keys', { name: 'k', role: 'admin', permission_sets: ['sales'] })).error.code).toBe(
      'api_key.sets_above_you',
    );
    const { key } = (await admin.post('api-keys', { name: 'k', role: 'admin' })).data;
    expect((await send('GET', 'audit', undefined, bearer(key))).status).toBe(200);
    await owner.patch(members(owner, `/${admin.userId}`), { role: 'member' });
    expect((await send('GET', 'audit', undefined, bearer(key))).status).toBe(403);
    await owner.delete(members(owner, `/${admin.userId}`));
    expect((await send('GET', 'contacts', undefined, bearer(key))).status).toBe(401);
  });

  it('end when they are revoked or have expired', async () => {
    const { admin, stranger } = await world();
    const past = await admin.post('api-keys', { name: 'k', role: 'member', expires_at: '2020-01-01T00:00:00Z' });
    expect(past.error.code).toBe('api_key.expired');
    const { key, id } = (await admin.post('api-keys', { name: 'k', role: 'member' })).data;
    expect((await stranger.delete(`api-keys/${id}`)).status).toBe(404);
    expect((await send('GET', 'contacts', undefined, bearer(key))).status).toBe(200);
    expect((await admin.delete(`api-keys/${id}`)).data.id).toBe(id);
    expect((await send('GET', 'contacts', undefined, bearer(key))).status).toBe(401);
    expect((await admin.get('api-keys')).data).toEqual([]);
    expect((await admin.get('api-keys?revoked_at[is_null]=false')).data).toHaveLength(1);
    expect((await send('GET', 'contacts', undefined, bearer('tsk_nonsense'))).status).toBe(401);
  });

  it('have no account of their own: what belongs to a person is closed to them', async () => {
    const { owner } = await world();
    const { key } = (await owner.post('api-keys', { name: 'k', role: 'owner' })).data;
    for (const [method, url, body] of [
      ['GET', 'auth/sessions', undefined],
      ['DELETE', 'auth/sessions', undefined],
      ['POST', 'auth/password/change', { current_password: 'x', password: PASSWORD }],
      ['POST', 'auth/email/resend', {}],
      ['POST', 'auth/switch-organization', { organization_id: owner.organizationId }],
      ['POST', 'organizations', { name: 'Mine' }],
      ['POST', 'api-keys', { name: 'k', role: 'member' }],
    ] as const)
      expect([url, (await send(method, url, body, bearer(key))).status]).toEqual([url, 403]);
    expect((await send('GET', 'auth/me', undefined, bearer(key))).data).toMatchObject({ role: 'owner', user: { id: owner.userId } });
  });

  it('tell of their own organization, and of no other of who made them', async () => {
    const { owner, stranger } = await world();
    const { key } = (await owner.post('api-keys', { name: 'k', role: 'owner' })).data;
    const { email } = (await owner.get('auth/me')).data.user;
    await stranger.post(`organizations/${stranger.organizationId}/members`, { email, role: 'member' });
    const told = async (headers: Record<string, string>) => {
      const me = await send('GET', 'auth/me', undefined, headers);
      const mine = await send('GET', 'organizations', undefined, headers);
      return [me.data.memberships, mine.data].map((places: Json[]) => places.map(({ id }) => id).sort());
    };
    const both = [owner.organizationId, stranger.organizationId].sort();
    expect(await told({ ...bearer(owner.token), 'x-organization-id': owner.organizationId })).toEqual([both, both]);
    expect(await told(bearer(key))).toEqual([[owner.organizationId], [owner.organizationId]]);
  });

  it('nobody loses his own organization because others have made him a member of hundreds', async () => {
    const { owner } = await world();
    await tamper(
      owner.organizationId,
      `with made as (insert into organization (id, created_at, updated_at, name, slug, settings)
          select gen_random_uuid(), now(), now(), '0', 'crowd-' || gen_random_uuid(), '{}' from generate_series(1, 250) returning id)
        insert into membership (id, created_at, updated_at, organization_id, user_id, role, permission_sets, custom)
          select gen_random_uuid(), now(), now(), id, '${owner.userId}', 'member', '{}', '{}' from made`,
    );
    const named = { ...bearer(owner.token), 'x-organization-id': owner.organizationId };
    expect((await send('GET', 'contacts', undefined, named)).status).toBe(200);
    const { status } = await send('POST', 'auth/switch-organization', { organization_id: owner.organizationId }, bearer(owner.token));
    expect(status).toBe(200);
  });
});

describe('the audit log', () => {
  it('is for admin and owner, filtered and by cursor, newest first', async () => {
    const { owner, admin, manager, member } = await world();
    const contact = (await member.post('contacts', { name: 'Ada' })).data;
    await member.patch(`contacts/${contact.id}`, { name: 'Bob' });
    for (const persona of [manager, member]) expect((await persona.get('audit')).status).toBe(403);
    const { data } = await admin.get(`audit?subject=contact&subject_id=${contact.id}`);
    expect(data.map(({ action }: Json) => action)).toEqual(['update', 'create']);
    expect(data[0]).toMatchObject({
      user_id: member.userId,
      actor_kind: 'user',
      content: { before: { name: 'Ada' }, after: { name: 'Bob' } },
    });
    expect((await admin.get(`audit?user_id=${member.userId}&action=create`)).data).toHaveLength(1);
    expect((await owner.get(`audit?at[gte]=${encodeURIComponent(data[0].at)}&subject=contact`)).data).toHaveLength(1);
    const first = await owner.get('audit?cursor=&page_size=1&subject=contact');
    const second = await owner.get(`audit?cursor=${first.body.meta.next_cursor}&page_size=1&subject=contact`);
    expect([first.data[0].id, second.data[0].id]).toEqual(data.map(({ id }: Json) => id));
    expect((await owner.get('audit?salt=x')).status).toBe(400);
    const { stranger } = await world();
    expect((await stranger.get(`audit?subject_id=${contact.id}`)).data).toEqual([]);
  });
});
