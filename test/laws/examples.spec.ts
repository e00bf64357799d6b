import { type Answer, send, world } from '../world.ts';
import { bodySchema, exampleOf, Inhabitant, type Operation, operations } from './samples.ts';

const all = operations();

describe('every example', () => {
  const exampled = all.filter((operation) => exampleOf(operation));
  let me: Inhabitant;
  beforeAll(async () => {
    me = new Inhabitant((await world()).owner);
    await me.furnish();
  });

  /** Those whose example needs somebody or something that only it can name. */
  const PREPARED: Record<string, (operation: Operation) => Promise<Answer>> = {
    authLogin: async (operation) => {
      const example = exampleOf(operation)!;
      const email = await me.adapted(example.email);
      await send('POST', 'auth/register', { ...example, email, name: 'Ada', organization_name: 'Engines' });
      return send('POST', 'auth/login', { ...example, email });
    },
    organizationsOrganizationIdMembersUpdate: async (operation) => {
      const { owner, member, organization } = await world();
      return owner.patch(`organizations/${organization.id}/members/${member.userId}`, exampleOf(operation));
    },
    pipelinesReorderStages: async (operation) => {
      const path = (await me.pathOf(operation))!;
      const { data } = await me.persona.get(path.replace('/reorder', ''));
      return me.persona.post(path, { ...exampleOf(operation), stage_ids: (data as { id: string }[]).map(({ id }) => id) });
    },
    dealsInvoice: async (operation) => {
      const { owner } = await world();
      const contact = (await owner.post('contacts', { first_name: 'Ada' })).data;
      const deal = (await owner.post('deals', { title: 'Won', amount: '100.00', contact_id: contact.id })).data;
      await owner.post(`deals/${deal.id}/win`);
      return owner.post(`deals/${deal.id}/invoice`, exampleOf(operation));
    },
  };
  /** What only the operator may is shown in test/http/operator.spec.ts. */
  const sendable = exampled.filter(({ permission, id }) => permission !== 'operator' && !id.startsWith('adminAuth'));

  it.each(sendable.map((operation) => [operation.id, operation] as const))('%s', async (id, operation) => {
    const sent = await (PREPARED[id]?.(operation) ?? me.exemplified(operation));
    // What is unique was made before: it is sent again in an organization of its own.
    const elsewhere = sent?.status === 409 ? new Inhabitant((await world()).owner, all, me) : undefined;
    const answer = elsewhere ? await elsewhere.exemplified(operation) : sent;
    const status = answer?.status;
    expect({ id, status, said: (status ?? 500) < 300 ? '' : answer?.text }).toEqual({ id, status, said: '' });
    expect(status).toBeLessThan(300);
    if (status !== 201) return;
    // What was made is found where the answer says, by whoever made it; who has just come in has a token of his own.
    const { location } = answer!.headers;
    expect({ id, location }).toEqual({ id, location: expect.stringMatching(/^\/api\/v1\//) });
    const { access_token: own } = answer!.data as { access_token?: string };
    const { token, organizationId } = (elsewhere ?? me).persona;
    const named: Record<string, string> = location!.startsWith('/api/v1/organizations') ? {} : { 'x-organization-id': organizationId };
    const read = await send('GET', location!, undefined, { authorization: `Bearer ${own ?? token}`, ...named });
    if (!PREPARED[id]) expect({ id, location, status: read.status }).toEqual({ id, location, status: 200 });
  });

  it('and every creation or change of a record has one', () => {
    const without = all.filter(({ route, name }) => route.body && !route.upload && /^(create|update)$/.test(name) && !route.example);
    expect(without.map(({ id }) => id)).toEqual([]);
  });
});

describe('every change is a merge', () => {
  let me: Inhabitant;
  beforeAll(async () => {
    me = new Inhabitant((await world()).owner);
    await me.furnish();
  });
  const taking = (part: string) =>
    all.flatMap((operation) =>
      operation.name === 'update' && bodySchema(operation)?.properties?.[part] ? [[operation.id, operation] as const] : [],
    );

  it.each(taking('custom'))('%s: keys of custom that are not sent stay, and null takes one away', async (_, operation) => {
    const path = (await me.pathOf(operation, true))!;
    const change = async (custom: object) => (await me.persona.patch(path, { custom })).data.custom;
    await change({ a: 1, b: { c: 2 } });
    expect(await change({ b: { d: 3 }, e: 4 })).toMatchObject({ a: 1, b: { c: 2, d: 3 }, e: 4 });
    expect(await change({ a: null, b: { c: null } })).toEqual(expect.not.objectContaining({ a: 1 }));
    expect((await me.persona.get(path)).data.custom).toMatchObject({ b: { d: 3 }, e: 4 });
  });

  it.each(taking('address'))('%s: lines of an address that are not sent stay, and null takes one away', async (_, operation) => {
    const path = (await me.pathOf(operation, true))!;
    const change = async (address: object | null) => (await me.persona.patch(path, { address })).data.address;
    await change(null);
    await change({ street: '1 Dorset Street', city: 'London' });
    expect(await change({ postal_code: 'W1U 4EF', city: null })).toEqual({ street: '1 Dorset Street', postal_code: 'W1U 4EF' });
    expect(await change({ street: null, postal_code: null })).toBeNull();
    expect((await me.persona.patch(path, { address: { street: 1 } })).error.details).toMatchObject([{ pointer: '/address/street' }]);
  });
});
