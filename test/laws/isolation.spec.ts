import { bearer } from '../people.ts';
import { alsoServe, Client, world } from '../world.ts';
import { isLeaky, LeakyModule } from './leaky.ts';
import { Inhabitant, type Operation, operations } from './samples.ts';
import { compositeKeys, keyBreaches, keyMutants, policies, policiesOpened, policyBreaches, policyMutants } from './probes.ts';
import { rewriting } from './statements.ts';
import { ownedTables, Sweep, throughPolicy, UNCONTROLLED } from './sweep.ts';

alsoServe(LeakyModule);

const all = operations();
const real = all.filter((operation) => !isLeaky(operation));
let me: Inhabitant;
let them: Inhabitant;
const failures: Record<string, string> = {};

beforeAll(async () => {
  const [mine, theirs] = await Promise.all([world(), world()]);
  them = new Inhabitant(theirs.owner, real);
  me = new Inhabitant(mine.owner, real, them);
  for (const one of [them, me]) {
    const { persona, mark } = one;
    await persona.patch(`organizations/${persona.organizationId}`, { name: `${mark.proof} ${mark.seek}` });
    Object.assign(failures, await one.furnish());
    await one.worked();
  }
});

it('both organizations have rows of everything that can be created, and of what a worker makes of it', async () => {
  // A route whose body cannot be guessed from its schema needs an `example`.
  expect(failures).toEqual({});
  for (const { persona, mark } of [me, them]) {
    const [order] = (await persona.get('imports')).data;
    expect(order).toMatchObject({ status: 'done', created: 1, failed: 1 });
    expect((await persona.get(`imports/${order.id}/errors`)).text).toContain(mark.proof);
    expect((await persona.get('dunning-runs')).data).toHaveLength(1);
  }
});

it('no operation of the document lets anything of another organization through', async () => {
  const sweep = await new Sweep(me, them).over(real);
  expect(sweep.findings).toEqual([]);
  expect(await sweep.kept()).toEqual([]);
  expect(sweep.unplayed).toEqual([]);
  const seldom = Object.entries(LEAST).filter(([way, least]) => (sweep.plays.get(way) ?? 0) < least);
  expect(seldom).toEqual([]);
  // Each could have been found: 404 is said of the foreign record and not of every one, files of each format hold what is one's own, answers
  // were kept under the keys.
  expect(sweep.uncontrolled).toEqual([]);
  expect(sweep.exported).toEqual({ csv: expect.any(Number), json: sweep.exported.csv, xlsx: sweep.exported.csv });
  expect(sweep.exported.csv).toBeGreaterThan(10);
  const verbs = real.filter(
    ({ method, ids, path, id }) => method === 'POST' && ids.length && !path.startsWith('admin') && !(id in UNCONTROLLED),
  );
  expect(verbs.filter(({ id, route }) => !route.secret && !sweep.keyed.has(id)).map(({ id }) => id)).toEqual(Object.keys(UNKEPT));
});
/** So often each way in was tried, at least: none has become nothing. */
const LEAST = { path: 150, header: 250, query: 1500, body: 100, batch: 50, cursor: 20, export: 200, idempotency: 130 };
/** Verbs that answered no success which could have been kept under a key, with what it would take. */
const UNKEPT: Record<string, string> = {
  organizationsOrganizationIdMembersClaim: 'a member whom an import at the terminal has named',
  importsRevert: 'an import that a worker has run',
  dealsInvoice: 'a won deal of a customer with an account',
  paymentsFail: 'a payment that is not there yet',
  paymentsCancel: 'as above',
};

it('no operation lets anything of another organization through to an API key', async () => {
  const { data } = await me.persona.post('api-keys', { name: 'Sweep', role: 'owner' });
  // Once it is known whose it is, a key goes the way of a person: what reads and what lists will do.
  const played = real.filter(({ method }) => method === 'GET');
  const sweep = await new Sweep(me, them, new Client(bearer(data.key as string))).over(played);
  expect(sweep.findings).toEqual([]);
  expect(await sweep.kept()).toEqual([]);
  expect(sweep.uncontrolled).toEqual([]);
  expect(sweep.played).toBeGreaterThan(played.length);
});

describe('somebody who is a member of two organizations', () => {
  let there: Inhabitant;
  beforeAll(async () => {
    const { persona } = me;
    const { data } = await persona.post('organizations', { name: `Second of ${persona.email}` }, { 'x-organization-id': '' });
    there = new Inhabitant(persona.at(data.id as string), real, me);
    await there.furnish();
  });
  it('finds no answer of one behind a key that he used in the other', async () => {
    // What is done in no organization has one key, wherever he stands.
    const sweep = await new Sweep(me, there).keysOver(real.filter(({ route }) => !('welcome' in route.needs)));
    expect(sweep.findings).toEqual([]);
    expect(sweep.keyed.size).toBeGreaterThan(40);
  });
  it('canary: he would, if a key did not carry the organization', async () => {
    const some = real.filter(({ id }) => ['contactsCreate', 'dealsWin'].includes(id));
    const found = await rewriting(
      (sql) => sql.replace(/i on organization_id = (\$\d+|'[^']*') and/, (_, id: string) => `i on ${id}::text is not null and`),
      () => new Sweep(me, there).keysOver(some),
    );
    expect(found.findings.map(({ operation, what }) => `${operation} ${what}`).sort()).toEqual([
      'contactsCreate told of a foreign key',
      'dealsWin a foreign answer replayed',
      'dealsWin answered 200',
      'dealsWin foreign id',
      'dealsWin told of a foreign key',
    ]);
  });
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
  const later = ['audit_seal', 'billing_period'];
  expect(empty.map(([name]) => name).sort()).toEqual(later);
});
