import { alsoServe, world } from '../world.ts';
import { isLeaky, LeakyModule } from './leaky.ts';
import { Inhabitant, type Operation, operations } from './samples.ts';
import { compositeKeys, keyBreaches, keyMutants, policies, policiesOpened, policyBreaches, policyMutants } from './probes.ts';
import { ownedTables, Sweep, throughPolicy } from './sweep.ts';

alsoServe(LeakyModule);

const all = operations();
const real = all.filter((operation) => !isLeaky(operation));
let me: Inhabitant;
let them: Inhabitant;
const failures: Record<string, string> = {};

beforeAll(async () => {
  const [mine, theirs] = await Promise.all([world(), world()]);
  me = new Inhabitant(mine.owner, real);
  them = new Inhabitant(theirs.owner, real);
  for (const one of [them, me]) {
    const { persona, mark } = one;
    await persona.patch(`organizations/${persona.organizationId}`, { name: `${mark.proof} ${mark.seek}` });
    Object.assign(failures, await one.furnish());
  }
});

it('both organizations have rows of everything that can be created', async () => {
  // A route whose body cannot be guessed from its schema needs an `example`.
  expect(failures).toEqual({});
});

it('no operation of the document lets anything of another organization through', async () => {
  const sweep = await new Sweep(me, them).over(real);
  expect(sweep.findings).toEqual([]);
  expect(await sweep.kept()).toEqual([]);
  expect(sweep.unplayed).toEqual([]);
  expect(sweep.plays).toBeGreaterThan(real.length);
});

describe('canary', () => {
  const planted = async (id: string): Promise<string[]> => {
    const operation = all.find((one): one is Operation => isLeaky(one) && one.name === id)!;
    const sweep = await new Sweep(me, them).over([operation]);
    return sweep.findings.map(({ what }) => what);
  };
  it('a route that reads what its path names is found', async () => {
    expect(await planted('read')).toEqual(expect.arrayContaining(['foreign text', 'answered 200']));
  });
  it('a route that lists too much is found', async () => {
    expect(await planted('list')).toEqual(expect.arrayContaining(['foreign text', 'foreign id']));
  });
  it('a route that takes any reference is found', async () => {
    expect(await planted('pick')).toEqual(['answered 200']);
  });
  it('a route that changes what its path names is found', async () => {
    expect(await planted('rename')).toEqual(expect.arrayContaining(['changed rows of the organization']));
  });
});

describe('each guard by itself (npm run mutants takes all of them away, one after the other)', () => {
  it('every policy shows, takes, changes and deletes rows of one organization, and fails without one', async () => {
    const all = await policies();
    const breaches: Record<string, string[]> = {};
    for (const { table } of all) breaches[table] = await policyBreaches(table);
    expect(all.length).toBeGreaterThan(20);
    expect(Object.entries(breaches).filter(([, found]) => found.length)).toEqual([]);
  });
  it('canary: a policy that has lost something is noticed', async () => {
    const [policy] = (await policies()).filter(({ table }) => table === 'contact');
    for (const [how, sql] of Object.entries(policyMutants(policy!)))
      expect([how, (await policyBreaches('contact', sql)).length > 0]).toEqual([how, true]);
  });
  it('every key that carries the organization refuses a row of another', async () => {
    const all = await compositeKeys();
    const breaches: Record<string, string[]> = {};
    for (const key of all) breaches[key.name] = await keyBreaches(key);
    expect(all.length).toBeGreaterThan(40);
    expect(Object.entries(breaches).filter(([, found]) => found.length)).toEqual([]);
  });
  it('canary: a key that has lost the organization is noticed', async () => {
    const [key] = (await compositeKeys()).filter(({ table }) => table === 'deal');
    for (const [how, sql] of Object.entries(keyMutants(key!)))
      expect([how, (await keyBreaches(key!, sql)).length > 0]).toEqual([how, true]);
  });
  it('the predicates hold where the policies are open', async () => {
    const some = real.filter(({ path }) => /^(contacts|deals)(\/\{id\})?$/.test(path));
    const found = await policiesOpened(await policies(), () => new Sweep(me, them).over(some));
    expect(found.findings).toEqual([]);
  });
});

it('it is the policy that hides the rows: without a predicate, none is seen; with the policy opened, all are; with none, none', async () => {
  const tenanted = (await ownedTables()).filter(({ owner }) => owner === 'tenant_id');
  const seen: Record<string, object> = {};
  for (const { name } of tenanted) seen[name] = await throughPolicy(name, them.organizationId, me.organizationId);
  const empty = Object.entries(seen).filter(([, counts]) => (counts as { open: number }).open === 0);
  for (const [name, counts] of Object.entries(seen)) expect({ name, counts }).toMatchObject({ name, counts: { closed: 0, none: 0 } });
  // Tables that a worker fills, later. Their policies are held to by the sweep over all tables all the same.
  const later = ['audit_seal', 'billing_period', 'dunning_step_run', 'external_reference', 'import_batch', 'import_row'];
  expect(empty.map(([name]) => name).sort()).toEqual(later);
});
