import { jest } from '@jest/globals';
import { type Json, send, world } from '../world.ts';
import { exampleOf, Inhabitant, type Operation, operations } from './samples.ts';

jest.setTimeout(180_000);
const all = operations();

describe('every example', () => {
  const exampled = all.filter((operation) => exampleOf(operation));
  let me: Inhabitant;
  beforeAll(async () => {
    me = new Inhabitant((await world()).owner);
    await me.furnish();
  });

  /** Those whose example needs somebody or something that only it can name. */
  const PREPARED: Record<string, (operation: Operation) => Promise<number>> = {
    authLogin: async (operation) => {
      const example = exampleOf(operation) as Json;
      const email = await me.adapted(example.email ?? example.username);
      await send('POST', 'auth/register', { ...example, email, username: undefined, name: 'Ada', organization_name: 'Engines' });
      return (await send('POST', 'auth/login', { ...example, email })).status;
    },
  };
  /** What only the operator may is shown in test/http/operator.spec.ts. */
  const sendable = exampled.filter(({ permission, id }) => permission !== 'operator' && !id.startsWith('adminAuth'));

  it.each(sendable.map((operation) => [operation.id, operation] as const))('%s', async (id, operation) => {
    const prepared = PREPARED[id];
    const answer = prepared ? undefined : await me.exemplified(operation);
    const status = prepared ? await prepared(operation) : answer?.status;
    expect({ id, status, said: (status ?? 500) < 300 ? '' : answer?.text }).toEqual({ id, status, said: '' });
    expect(status).toBeLessThan(300);
  });

  it('and every creation or change of a record has one', () => {
    const without = all.filter(({ route, name }) => route.body && !route.upload && /^(create|update)$/.test(name) && !route.example);
    expect(without.map(({ id }) => id)).toEqual([]);
  });
});
