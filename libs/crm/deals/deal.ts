import { businessRecord, choice, currency, day, moment, money, organization, ref, text, texts, whole } from '#kernel';
import { Company } from '../companies/company.ts';
import { Contact } from '../contacts/contact.ts';
import { Pipeline, Stage } from '../pipelines/pipeline.ts';

export const STATUSES = ['new', 'in_progress', 'won', 'lost'] as const;
export type Status = (typeof STATUSES)[number];
export const CATEGORIES = ['pipeline', 'best_case', 'commit', 'omitted'] as const;

/** A sale that may come about. */
export class Deal extends businessRecord(
  'deal',
  {
    title: text({ max: 200 }),
    contactId: ref(() => Contact).optional(),
    companyId: ref(() => Company).optional(),
    pipelineId: ref(() => Pipeline),
    stageId: ref(() => Stage),
    stage: text({ max: 60 }).describe('The key of its stage', 'proposal'),
    status: choice(STATUSES, 'new'),
    amount: money({ min: 0n }).or(0n),
    currency: currency().unlessGiven(() => organization().currency),
    probability: whole({ max: 100 }).optional().describe('Percent: the default of its stage unless set; null sets it back', 40),
    ownProbability: whole({ max: 100 }).optional(),
    forecastCategory: choice(CATEGORIES, 'pipeline'),
    expectedCloseDate: day().optional(),
    closedAt: moment().optional(),
    stageEnteredAt: moment(),
    lostReason: text({ max: 500 }).optional(),
    source: text({ max: 100 }).optional(),
    nextStep: text({ max: 500 }).optional(),
    tags: texts(),
    // How many rows of stage history there are: each takes the next number, under the lock of the deal.
    changes: whole().or(0),
  },
  {
    index: [
      ['status', 'createdAt', 'id'],
      ['stage', 'createdAt', 'id'],
      ['expectedCloseDate', 'id'],
      ['closedAt', 'id'],
      ['amount', 'id'],
    ],
    checks: {
      won_amount: "status <> 'won' or amount_e4 > 0",
      amount: 'amount_e4 >= 0',
      closed: "(status in ('won', 'lost')) = (closed_at is not null)",
      probability: 'probability >= 0 and probability <= 100 and probability is not null',
      outcome: "case status when 'won' then probability = 100 when 'lost' then probability = 0 else true end",
    },
    search: ['new.title'],
  },
) {
  get isOpen(): boolean {
    return isOpen(this.status);
  }
}

export const isOpen = (status: Status): boolean => status === 'new' || status === 'in_progress';
