import { compositeKeys, keyBreaches, keyMutants, policies, policyBreaches, policyMutants } from '../laws/probes.ts';
import { bury, Grave } from './grave.ts';

const [policy, key] = [new Grave('a policy'), new Grave('a composite key')];
afterAll(() => bury('1-schema', [policy, key]));

it('every policy that is dropped, opened, switched off or not forced is noticed', async () => {
  for (const one of await policies())
    for (const [how, sql] of Object.entries(policyMutants(one)))
      policy.lay(`${one.table} ${how}`, (await policyBreaches(one.table, sql)).length ? 'the probe of policies' : undefined);
  expect(policy.survivors).toEqual([]);
});

it('every composite key that is dropped or loses the organization is noticed', async () => {
  for (const one of await compositeKeys())
    for (const [how, sql] of Object.entries(keyMutants(one)))
      key.lay(`${one.name} ${how}`, (await keyBreaches(one, sql)).length ? 'the probe of keys' : undefined);
  expect(key.survivors).toEqual([]);
});
