import { businessRecord, choice, entity, flag, problem, ref, text, whole } from '#kernel';

/** A way from the first talk to the signature. An organization has at least one, and exactly one that is its default. */
export class Pipeline extends businessRecord(
  'pipeline',
  {
    name: text({ max: 100 }).describe('What people call it', 'Sales'),
    isDefault: flag().or(false).describe('Where deals go that name no pipeline'),
  },
  { unique: [{ on: ['isDefault'], where: 'is_default' }], withParts: true },
) {}

/** `closed` is reached by either outcome; pipelines that tell them apart have one stage `won` and one `lost` instead. */
export const STAGE_KINDS = ['open', 'won', 'lost', 'closed'] as const;
export type StageKind = (typeof STAGE_KINDS)[number];

/**
 * A step of a pipeline. Key and kind never change: the key stands in the deals, and the kind says which status they have there.
 */
export class Stage extends entity(
  'stage',
  {
    pipelineId: ref(() => Pipeline),
    name: text({ max: 100 }),
    key: text({ max: 60 }).describe('How deals and filters name it; unique in its pipeline and unchangeable', 'proposal'),
    position: whole({ min: 1, max: 1000 }),
    kind: choice(STAGE_KINDS, 'open').describe('open, or the outcome it stands for; closed stands for either'),
    probability: whole({ max: 100 }).or(0).describe('Percent; the default of the deals in it', 40),
    rotAfterDays: whole({ min: 1, max: 3650 }).optional().describe('Deals that stay longer are rotting'),
    color: text({ max: 30 }).optional(),
  },
  {
    unique: [{ on: ['pipelineId', 'key'] }],
    index: [['pipelineId', 'position', 'id']],
    checks: { probability: 'probability >= 0 and probability <= 100', key: "key ~ '^[a-z0-9][a-z0-9_-]*$'" },
  },
) {
  /** Whether deals in it can have this status. */
  admits(status: string): boolean {
    if (this.kind === 'open') return status === 'new' || status === 'in_progress';
    return this.kind === 'closed' ? status === 'won' || status === 'lost' : status === this.kind;
  }
}

export const pipelineIncomplete = problem('pipeline.incomplete', 422, 'A pipeline needs an open stage, and stages to win and to lose in');
export const pipelineOrder = problem('pipeline.order', 422, 'The open stages of a pipeline come before those that close');
export const pipelineHasDeals = problem('pipeline.has_deals', 409, 'This pipeline still has deals');
export const pipelineIsDefault = problem('pipeline.is_default', 409, 'The default pipeline stays until another one is the default');
export const stageKeyTaken = problem('stage.key_taken', 409, 'The pipeline has a stage with this key already');
export const stageInUse = problem('stage.in_use', 409, 'Deals are in this stage: name in move_to where they go');
export const moveToUnfit = problem('stage.move_to_unfit', 422, 'The deals of this stage cannot go there');
