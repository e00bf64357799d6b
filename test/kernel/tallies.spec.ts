import { jest } from '@jest/globals';
import { actingAs, NOBODY, setClock } from '#kernel';
import { DealSummary, SummaryQuery } from '../../libs/crm/analytics/deal-summary.ts';
import { Tallies } from '../../libs/kernel/tallies.ts';
import { tamper } from '../database.ts';
import { app, type Persona, type World, world } from '../world.ts';

const newDeals = async (who: Persona, query = ''): Promise<number> =>
  (await who.get(`analytics/deals/summary${query}`)).data.by_status.new.count;
const open = async (who: Persona) => expect((await who.post('deals', { title: 'D' })).status).toBe(201);
async function lookups(outcome: 'hit' | 'miss'): Promise<number> {
  const { body } = await (await app()).getHttpAdapter().getInstance().inject({ url: '/metrics' });
  return Number(new RegExp(`^tally_lookups_total{outcome="${outcome}"} (\\d+)$`, 'm').exec(body)?.[1] ?? 0);
}
afterEach(() => {
  setClock();
  jest.restoreAllMocks();
});

it('the same question is answered from memory, and told as a hit', async () => {
  const { manager } = await world();
  await open(manager);
  const [hits, misses] = [await lookups('hit'), await lookups('miss')];
  for (let i = 0; i < 3; i++) expect(await newDeals(manager)).toBe(1);
  expect([await lookups('hit'), await lookups('miss')]).toEqual([hits + 2, misses + 1]);
  // Another question is another answer.
  expect(await newDeals(manager, '?from=2999-01-01')).toBe(0);
});

/** Writers and readers at once: how often one was answered with less than was there when he asked. */
async function stale({ manager, owner }: World): Promise<number> {
  let [written, found] = [0, 0];
  const asks = async (who: Persona) => {
    const least = written;
    if ((await newDeals(who)) < least) found++;
  };
  const writing = async () => {
    for (let i = 0; i < 15; i++) {
      await open(manager);
      written++;
      await Promise.all([asks(manager), asks(owner)]);
    }
  };
  const reading = async () => {
    for (let i = 0; i < 60; i++) await asks(owner);
  };
  await Promise.all([writing(), writing(), writing(), reading(), reading()]);
  return found;
}

it('whoever wrote and saw success never reads what was before, nor does anybody after him', async () => {
  const here = await world();
  expect(await stale(here)).toBe(0);
  expect([await newDeals(here.manager), await newDeals(here.owner)]).toEqual([45, 45]);
});

it('canary: he would, if what is committed did not outdate what is kept', async () => {
  const here = await world();
  jest.spyOn(Tallies.prototype, 'outdate').mockImplementation(() => {});
  expect(await stale(here)).toBeGreaterThan(0);
});

it('nobody is answered with what another one sees: another organization, role, visibility or owner', async () => {
  const one = await world({ settings: { record_visibility: 'own' } });
  const two = await world();
  await open(one.member);
  await open(one.member);
  await open(one.owner);
  await open(two.owner);
  for (let again = 0; again < 2; again++) {
    const counts = await Promise.all([one.member, one.manager, one.owner, two.owner, two.member].map((who) => newDeals(who)));
    expect(counts).toEqual([2, 3, 3, 1, 1]);
    // Whoever may not ask for another's figures is refused, also when the answer is at hand.
    const of = `?owner_id=${one.member.userId}`;
    expect(await newDeals(one.manager, of)).toBe(2);
    expect((await two.member.get(`analytics/deals/summary?owner_id=${two.owner.userId}`)).status).toBe(403);
    expect((await two.owner.get(`analytics/deals/summary?owner_id=${two.owner.userId}`)).status).toBe(200);
  }
});

it('what another process wrote is seen after five seconds', async () => {
  const { manager, organization } = await world();
  await open(manager);
  expect(await newDeals(manager)).toBe(1);
  await tamper(organization.id, `update deal set deleted_at = now()`);
  const later = Date.now() + 5000;
  setClock(() => new Date(later));
  expect(await newDeals(manager)).toBe(0);
});

it('a question that failed is asked anew', async () => {
  const tallies = new Tallies();
  const me = { ...NOBODY, organization: { id: 'here', currency: 'EUR', timeZone: 'UTC', locale: 'en', settings: {} } };
  const asked = () => actingAs(me, () => tallies.of(new DealSummary(SummaryQuery.parse({})), count));
  let times = 0;
  const count = () => (++times === 1 ? Promise.reject(new Error('busy')) : Promise.resolve({} as never));
  await expect(asked()).rejects.toThrow('busy');
  await asked();
  expect(times).toBe(2);
});
