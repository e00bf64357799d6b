import fc from 'fast-check';
import { Refusal, setClock } from '#kernel';
import { type Line } from '../pipelines/line.ts';
import { Stage, type StageKind } from '../pipelines/pipeline.ts';
import { TEMPLATES } from '../pipelines/templates.ts';
import { aim, begin, isBehind } from './aim.ts';
import { Deal, isOpen, type Status, STATUSES } from './deal.ts';

const at = new Date('2026-11-20T12:00:00Z');
afterEach(() => setClock());

const lineOf = (pipelineId: string, steps: readonly { key: string; kind: StageKind; probability: number }[]): Line =>
  steps.map((step, index) => Object.assign(new Stage(), { ...step, id: `${pipelineId} ${step.key}`, pipelineId, position: index + 1 }));

const sales = lineOf('sales', TEMPLATES.standard);
const split = lineOf('split', [
  { key: 'prospecting', kind: 'open', probability: 20 },
  { key: 'engaging', kind: 'open', probability: 50 },
  { key: 'won', kind: 'won', probability: 100 },
  { key: 'lost', kind: 'lost', probability: 0 },
]);
const stage = (key: string, line: Line = sales) => line.find((one) => one.key === key)!;

function dealIn(key: string, status: Status, more: Partial<Deal> = {}, line: Line = sales): Deal {
  const { id: stageId, pipelineId, probability } = stage(key, line);
  const closedAt = isOpen(status) ? null : at;
  return Object.assign(new Deal(), {
    id: 'd',
    pipelineId,
    stageId,
    stage: key,
    status,
    amount: 10_0000n,
    currency: 'EUR',
    ownProbability: null,
    lostReason: null,
    probability,
    closedAt,
    ...more,
  });
}
const codeOf = (work: () => unknown) => {
  try {
    work();
  } catch (error) {
    return (error as Refusal).code;
  }
  return undefined;
};
/** What a PATCH does, without a database. */
function ask(
  deal: Deal,
  wish: { status?: Status; stage?: string },
  { mayRollBack = false, line = sales, lastOpen = undefined as Stage | undefined } = {},
) {
  const here = [...sales, ...split].find(({ id }) => id === deal.stageId)!;
  const named = wish.stage === undefined ? undefined : stage(wish.stage, line);
  const target = aim({ stage: here, status: deal.status }, { status: wish.status, stage: named }, line, lastOpen);
  deal.go(target, { backwards: isBehind(line, target.stage, isOpen(deal.status) ? here : undefined), mayRollBack, at });
  return deal;
}

describe('winning and losing', () => {
  it('sets the closed stage, the time and what is certain', () => {
    expect(ask(dealIn('proposal', 'in_progress'), { status: 'won' })).toMatchObject({
      stage: 'closed',
      status: 'won',
      probability: 100,
      closedAt: at,
    });
    expect(ask(dealIn('proposal', 'in_progress'), { status: 'lost' })).toMatchObject({
      stage: 'closed',
      status: 'lost',
      probability: 0,
      closedAt: at,
    });
    const [won, lost] = (['won', 'lost'] as const).map((status) =>
      ask(dealIn('engaging', 'in_progress', {}, split), { status }, { line: split }),
    );
    expect([won!.stage, lost!.stage]).toEqual(['won', 'lost']);
  });

  it('is the same as being moved to a stage that stands for it', () => {
    expect(ask(dealIn('engaging', 'in_progress', {}, split), { stage: 'lost' }, { line: split })).toMatchObject({
      status: 'lost',
      probability: 0,
    });
    expect(codeOf(() => ask(dealIn('proposal', 'in_progress'), { stage: 'closed' }))).toBe('deal.outcome_required');
    expect(ask(dealIn('proposal', 'in_progress'), { stage: 'closed', status: 'lost' })).toMatchObject({ status: 'lost' });
  });

  it('needs an amount, or a reason once the organization says so', () => {
    expect(codeOf(() => dealIn('closed', 'won', { amount: 0n }).check({ reasonRequired: false }))).toBe('deal.won_requires_amount');
    expect(codeOf(() => dealIn('closed', 'won', { amount: 1n }).check({ reasonRequired: true }))).toBeUndefined();
    expect(codeOf(() => dealIn('closed', 'lost').check({ reasonRequired: true }))).toBe('deal.lost_requires_reason');
    expect(codeOf(() => dealIn('closed', 'lost').check({ reasonRequired: false }))).toBeUndefined();
    expect(codeOf(() => dealIn('closed', 'lost', { lostReason: 'price' }).check({ reasonRequired: true }))).toBeUndefined();
  });
});

describe('moving', () => {
  it('beyond the first stage ends being new', () => {
    expect(ask(dealIn('qualification', 'new'), { stage: 'proposal' })).toMatchObject({ status: 'in_progress', probability: 40 });
    expect(ask(dealIn('qualification', 'new'), { stage: 'proposal', status: 'new' })).toMatchObject({ status: 'in_progress' });
    expect(ask(dealIn('qualification', 'new'), { status: 'in_progress' })).toMatchObject({ stage: 'qualification', status: 'in_progress' });
  });

  it.each([
    ['a stage back', dealIn('negotiation', 'in_progress'), { stage: 'proposal' }],
    ['back to new', dealIn('qualification', 'in_progress'), { status: 'new' }],
    ['out of a won deal', dealIn('closed', 'won'), { stage: 'negotiation' }],
    ['out of a lost deal', dealIn('closed', 'lost'), { status: 'in_progress' }],
    ['from won to lost', dealIn('closed', 'won'), { status: 'lost' }],
  ] as const)('%s takes the permission', (_, deal, wish) => {
    expect(codeOf(() => ask(deal, wish))).toBe('deal.rollback_forbidden');
    expect(codeOf(() => ask(deal, wish, { mayRollBack: true }))).toBeUndefined();
  });

  it('opens a closed deal where it was open last, without its reason and its time', () => {
    const lost = dealIn('closed', 'lost', { lostReason: 'price', ownProbability: 33 });
    const reopened = ask(lost, { status: 'in_progress' }, { mayRollBack: true, lastOpen: stage('proposal') });
    expect(reopened).toMatchObject({ stage: 'proposal', status: 'in_progress', closedAt: null, lostReason: null, probability: 33 });
    expect(ask(dealIn('closed', 'won'), { status: 'in_progress' }, { mayRollBack: true })).toMatchObject({ stage: 'negotiation' });
  });

  it('to where it is changes nothing', () => {
    const deal = dealIn('closed', 'won', { stageEnteredAt: at });
    const before = { ...deal };
    expect({ ...ask(deal, { status: 'won' }) }).toEqual(before);
    expect({ ...ask(deal, { stage: 'closed' }) }).toEqual(before);
  });

  it('between pipelines names the stage', () => {
    expect(codeOf(() => ask(dealIn('proposal', 'in_progress'), {}, { line: split }))).toBe('deal.stage_required');
    expect(codeOf(() => ask(dealIn('proposal', 'in_progress'), { status: 'won' }, { line: split }))).toBe('deal.stage_required');
    expect(ask(dealIn('proposal', 'in_progress'), { stage: 'engaging' }, { line: split })).toMatchObject({
      pipelineId: 'split',
      probability: 50,
    });
  });
});

describe('a deal begins', () => {
  it.each([
    [{}, 'qualification', 'new'],
    [{ stage: 'proposal' }, 'proposal', 'in_progress'],
    [{ status: 'in_progress' }, 'qualification', 'in_progress'],
    [{ status: 'won' }, 'closed', 'won'],
    [{ stage: 'closed', status: 'lost' }, 'closed', 'lost'],
  ] as const)('%j: %s, %s', (wish: { stage?: string; status?: Status }, key, status) => {
    const begun = begin({ status: wish.status, stage: wish.stage ? stage(wish.stage) : undefined }, sales);
    expect([begun.stage.key, begun.status]).toEqual([key, status]);
  });

  it('not with a contradiction', () => {
    expect(codeOf(() => begin({ stage: stage('closed') }, sales))).toBe('deal.outcome_required');
    expect(codeOf(() => begin({ stage: stage('proposal'), status: 'won' }, sales))).toBe('deal.status_contradicts_stage');
    expect(codeOf(() => begin({ stage: stage('won', split), status: 'lost' }, split))).toBe('deal.status_contradicts_stage');
  });
});

it('stage and status never disagree, whatever is sent in whatever order', () => {
  const wish = fc.record(
    { status: fc.constantFrom(...STATUSES), stage: fc.constantFrom(...sales.map(({ key }) => key)) },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.array(wish, { maxLength: 12 }), fc.boolean(), (wishes, mayRollBack) => {
      const deal = dealIn('qualification', 'new');
      for (const one of wishes) {
        const before = { ...deal };
        const refused = codeOf(() => ask(deal, one, { mayRollBack }));
        const here = stage(deal.stage);
        expect(refused ? { ...deal } : before).toEqual(before);
        expect(here.id).toBe(deal.stageId);
        expect(here.admits(deal.status)).toBe(true);
        expect(deal.closedAt !== null).toBe(!isOpen(deal.status));
        expect(deal.probability).toBe(deal.status === 'won' ? 100 : deal.status === 'lost' ? 0 : here.probability);
        const undone = !mayRollBack && !isOpen(before.status) && deal.status !== before.status;
        const ignored = !refused && ((one.status ?? deal.status) !== deal.status || (one.stage ?? deal.stage) !== deal.stage);
        // Being new ends with the first move, also when it was sent along.
        expect([undone, ignored && !(one.status === 'new' && one.stage)]).toEqual([false, false]);
      }
    }),
  );
});
