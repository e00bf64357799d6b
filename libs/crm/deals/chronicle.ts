import { actingUser, formatAmount, now, type Scribe } from '#kernel';
import { Activity, type SystemKind, systemActivity } from '../activities/activity.ts';
import { Deal } from './deal.ts';
import { StageHistory } from './stage-history.ts';

type Told = Pick<Deal, 'pipelineId' | 'stageId' | 'stage' | 'status' | 'ownerId' | 'amount' | 'currency'>;
type Payload = Record<string, unknown>;

/** What a deal is before it is changed, for {@link chronicle}. */
export const remember = ({ pipelineId, stageId, stage, status, ownerId, amount, currency }: Deal): Told => ({
  pipelineId,
  stageId,
  stage,
  status,
  ownerId,
  amount,
  currency,
});

/**
 * Rule 6, its only place: a change of status, stage, owner or amount writes an activity for each of them and one row of history; a creation
 * writes its own. `before` is null for a new deal.
 */
export function chronicle(em: Scribe, deal: Deal, before: Told | null, at = now()): void {
  const notes = before ? differences(before, deal) : [creation(deal)];
  if (!notes.length) return;
  if (before) deal.changes += 1;
  em.create(StageHistory, chapter(deal, before, at));
  for (const [kind, payload] of notes) em.create(Activity, { ...systemActivity(kind, { dealId: deal.id }, payload), occurredAt: at });
}

/** The row of history that says what a deal has become. */
export const chapter = (deal: Deal, before: Told | null, at: Date) => ({
  dealId: deal.id,
  position: deal.changes,
  at,
  fromStageId: before?.stageId ?? null,
  fromStage: before?.stage ?? null,
  fromStatus: before?.status ?? null,
  toStageId: deal.stageId,
  toStage: deal.stage,
  toStatus: deal.status,
  amount: deal.amount,
  currency: deal.currency,
  probability: deal.probability ?? 0,
  forecastCategory: deal.forecastCategory,
  expectedCloseDate: deal.expectedCloseDate,
  ownedBy: deal.ownerId,
  changedBy: actingUser(),
});

export const creation = ({ stage, status, amount, currency }: Deal): [SystemKind, Payload] => [
  'created',
  { stage, status, amount: formatAmount(amount, currency), currency },
];

function differences(from: Told, to: Told): [SystemKind, Payload][] {
  const notes: [SystemKind, Payload][] = [];
  if (from.status !== to.status) notes.push(['status_changed', { from: from.status, to: to.status }]);
  if (from.stageId !== to.stageId) {
    const across = from.pipelineId === to.pipelineId ? {} : { from_pipeline_id: from.pipelineId, to_pipeline_id: to.pipelineId };
    notes.push(['stage_changed', { from: from.stage, to: to.stage, from_stage_id: from.stageId, to_stage_id: to.stageId, ...across }]);
  }
  if (from.ownerId !== to.ownerId) notes.push(['owner_changed', { from: from.ownerId, to: to.ownerId }]);
  if (from.amount !== to.amount || from.currency !== to.currency) {
    const amounts = { from: formatAmount(from.amount, from.currency), to: formatAmount(to.amount, to.currency) };
    notes.push(['amount_changed', { ...amounts, from_currency: from.currency, to_currency: to.currency }]);
  }
  return notes;
}
