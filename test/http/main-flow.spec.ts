import { uuidv7 } from '#kernel';
import { lettersTo, secretIn } from '../people.ts';
import { send, world } from '../world.ts';

/** What a new user does in the first ten minutes, from the front door. */
describe('the main flow', () => {
  it('from registration to a won deal, with everything that is refused on the way', async () => {
    const email = `ada-${uuidv7()}@example.com`;
    const registered = await send('POST', 'auth/register', {
      email,
      password: 'a quite long password',
      name: 'Ada',
      organization_name: 'Analytical Engines',
    });
    expect(registered.status).toBe(201);
    expect(Object.keys(registered.data).sort()).toEqual([
      'access_token',
      'expires_in',
      'organization',
      'refresh_token',
      'token_type',
      'user',
    ]);

    const login = await send('POST', 'auth/login', { email, password: 'a quite long password' });
    expect(login.status).toBe(200);
    const organizationId = login.data.organizations[0].id as string;
    expect(login.data.organizations).toEqual([expect.objectContaining({ id: organizationId, name: 'Analytical Engines', role: 'owner' })]);
    const owner = caller(login.data.access_token as string, organizationId);

    const manager = await joined(owner, organizationId, 'manager');
    const admin = await joined(owner, organizationId, 'admin');

    const contact = await owner('POST', 'contacts', { first_name: 'Charles', last_name: 'Babbage' });
    expect(contact.status).toBe(201);
    const deal = await owner('POST', 'deals', { title: 'Difference engine', contact_id: contact.data.id });
    expect(deal.data).toMatchObject({ stage: 'qualification', status: 'new', amount: expect.anything() });
    const at = `deals/${deal.data.id as string}`;

    expect((await owner('PATCH', at, { stage: 'proposal' })).data).toMatchObject({ stage: 'proposal', status: 'in_progress' });
    const back = await manager('PATCH', at, { stage: 'qualification' });
    expect([back.status, back.error.code]).toEqual([403, 'deal.rollback_forbidden']);
    expect((await admin('PATCH', at, { stage: 'qualification' })).status).toBe(200);

    await owner('PATCH', at, { amount: '0' });
    const early = await owner('PATCH', at, { status: 'won' });
    expect([early.status, early.error.code]).toEqual([422, 'deal.won_requires_amount']);
    const won = await owner('PATCH', at, { status: 'won', amount: '1054.00' });
    expect([won.status, won.data.status, won.data.stage, won.data.probability]).toEqual([200, 'won', 'closed', 100]);

    const activities = (await owner('GET', `${at}/activities?page_size=100`)).data as { kind: string }[];
    const kinds = activities.map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'status_changed').length).toBeGreaterThanOrEqual(2);
    expect(kinds.filter((kind) => kind === 'stage_changed').length).toBeGreaterThanOrEqual(2);

    await owner('POST', 'deals', { title: 'Analytical engine', contact_id: contact.data.id });
    const kept = await owner('DELETE', `contacts/${contact.data.id as string}`);
    expect([kept.status, kept.error.code]).toEqual([409, 'contact.has_open_deals']);

    const { stranger } = await world();
    for (const path of [`contacts/${contact.data.id as string}`, at, `${at}/activities`])
      expect((await stranger.get(path)).status).toBe(404);
    for (const list of ['contacts', 'deals', 'activities']) expect((await stranger.get(list)).data).toEqual([]);
  });
});

type Send = (method: string, path: string, body?: unknown) => ReturnType<typeof send>;
const caller =
  (token: string, organizationId: string): Send =>
  (method, path, body) =>
    send(method, path, body, { authorization: `Bearer ${token}`, 'x-organization-id': organizationId });

/** Registers somebody, who confirms his e-mail, and takes him into the organization. */
async function joined(owner: Send, organizationId: string, role: string): Promise<Send> {
  const email = `${role}-${uuidv7()}@example.com`;
  const { data } = await send('POST', 'auth/register', {
    email,
    password: 'a quite long password',
    name: role,
    organization_name: `Of ${role}`,
  });
  const [letter] = await lettersTo(email, data.organization.id as string);
  expect((await send('POST', 'auth/email/verify', { token: secretIn(letter!) })).status).toBe(200);
  const taken = await owner('POST', `organizations/${organizationId}/members`, { email, role });
  expect([taken.status, taken.data.status]).toEqual([201, 'active']);
  return caller(data.access_token as string, organizationId);
}
