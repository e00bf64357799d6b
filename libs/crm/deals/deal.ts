import { businessRecord, choice, currency, day, moment, money, organization, problem, ref, text, texts, whole } from '#kernel';
import { Company } from '../companies/company.ts';
import { Contact } from '../contacts/contact.ts';
import { Pipeline, Stage } from '../pipelines/pipeline.ts';
import { DealLost, DealMoved, DealReopened, DealWon } from './deal-events.ts';

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
    probability: whole({ max: 100 })
      .optional()
      .describe('Percent: the default of its stage until it is set to another one; null sets it back', 40),
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
      ['updatedAt', 'id'],
      ['title', 'id'],
      ['stageEnteredAt', 'id'],
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
  /**
   * The one way from a stage and status to others, and nothing when it is there already. Undoing an outcome, going back a stage and back
   * to new take the permission `rollback`. @throws deal.rollback_forbidden
   */
  go({ stage, status }: Target, { backwards, mayRollBack, at }: { backwards: boolean; mayRollBack: boolean; at: Date }): void {
    const { stage: from, status: was } = this;
    if (stage.id === this.stageId && status === was) return;
    const undoes = (!isOpen(this.status) && status !== was) || (was === 'in_progress' && status === 'new');
    if ((backwards || undoes) && !mayRollBack) throw rollbackForbidden();

    if (stage.id !== this.stageId) {
      Object.assign(this, { pipelineId: stage.pipelineId, stageId: stage.id, stage: stage.key, stageEnteredAt: at });
    }
    if (status !== was) this.closedAt = isOpen(status) ? null : at;
    if (status !== was && was === 'lost') this.lostReason = null;
    this.status = status;
    this.weigh(stage);
    this.tell(was, from);
  }

  /** Says in the outbox what became of it. */
  tell(was: Status | null, from: string): void {
    const { id, status, stage, amount, currency } = this;
    if (isOpen(this.status)) {
      if (was === 'won' || was === 'lost') this.record(new DealReopened(id, was, stage));
      else if (from !== stage) this.record(new DealMoved(id, from, stage));
    } else if (status !== was) {
      this.record(status === 'won' ? new DealWon(id, amount, currency) : new DealLost(id, amount, currency));
    }
  }

  /** Certain once it is closed; until then what was set for this deal, else what its stage says. */
  weigh(stage: Pick<Stage, 'probability'>): void {
    this.probability = probabilityOf(this.status, this.ownProbability, stage);
  }

  /** What must hold of a deal whatever was changed. @throws deal.won_requires_amount, deal.lost_requires_reason */
  check({ reasonRequired }: { reasonRequired: boolean }): void {
    if (this.status === 'won' && this.amount <= 0n) {
      throw wonRequiresAmount(undefined, { details: [{ pointer: '/amount', code: 'too_small', message: 'must be more than 0' }] });
    }
    if (this.status === 'lost' && reasonRequired && !this.lostReason) {
      throw lostRequiresReason(undefined, { details: [{ pointer: '/lost_reason', code: 'required', message: 'is required' }] });
    }
  }
}

/** Where a deal is to go. */
export interface Target {
  readonly stage: Stage;
  readonly status: Status;
}

export const isOpen = (status: Status): boolean => status === 'new' || status === 'in_progress';

export const probabilityOf = (status: Status, own: number | null | undefined, stage: Pick<Stage, 'probability'>): number =>
  isOpen(status) ? (own ?? stage.probability) : status === 'won' ? 100 : 0;

export const wonRequiresAmount = problem('deal.won_requires_amount', 422, 'A won deal needs an amount');
export const lostRequiresReason = problem('deal.lost_requires_reason', 422, 'This organization wants to know why a deal was lost');
export const rollbackForbidden = problem('deal.rollback_forbidden', 403, 'Only owners and admins may move a deal back or reopen it');
export const contactDeleted = problem(
  'deal.contact_deleted',
  409,
  'The contact of this deal was deleted: restore it or name another one first',
);
export const stageRequired = problem('deal.stage_required', 422, 'Name the stage of the other pipeline the deal goes to');
export const stageElsewhere = problem('deal.stage_elsewhere', 422, 'The pipeline and the stages that were named do not belong together');
export const outcomeRequired = problem('deal.outcome_required', 422, 'Deals get there by winning or losing: say which');
export const statusContradicts = problem(
  'deal.status_contradicts_stage',
  422,
  'The stage stands for another status than the one that was sent',
);
