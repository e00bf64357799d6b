import { Handles, missing, organization, Read, Tally } from '#kernel';
import { sql } from 'kysely';
import { z } from 'zod';
import { Deal, STATUSES } from '../deals/deal.ts';
import { StageHistory } from '../deals/stage-history.ts';
import { type Exchange, exchangeInto, MissingRate, UsedRate } from '../exchange-rates/exchange.ts';
import { Pipeline, STAGE_KINDS } from '../pipelines/pipeline.ts';
import { type PipelineRow, PipelineView, type StageRow } from '../pipelines/pipeline-view.ts';
import { conversion, type Group } from './funnel.ts';
import { dealsOf, rateDay, spanOf, which } from './which.ts';

export const FunnelQuery = z
  .strictObject({
    ...which,
    method: z
      .enum(['snapshot', 'cohort'])
      .default('snapshot')
      .meta({ description: 'where deals stand now, or what those created in the span ever reached' }),
  })
  .meta({ id: 'FunnelQuery' });
type Asked = z.output<typeof FunnelQuery>;

const part = z.object({ count: z.int(), total_amount: z.string() });
const FunnelStage = z
  .object({
    stage_id: z.guid(),
    key: z.string(),
    name: z.string(),
    kind: z.enum(STAGE_KINDS),
    position: z.int(),
    count: z.int(),
    total_amount: z.string(),
    by_status: z.object({ new: part, in_progress: part, won: part, lost: part }),
    conversion: z.number().min(0).max(100).nullable().meta({
      description: 'Percent of the deals of the stage before that came here or further; of closing stages only winning counts',
      example: 57.1,
    }),
    median_days_in_stage: z.number().nullable().meta({ description: 'Over the stays that have ended', example: 6.5 }),
  })
  .meta({ id: 'FunnelStage' });
export const Funnel = z
  .object({
    method: z.enum(['snapshot', 'cohort']),
    pipeline_id: z.guid(),
    currency: z.string(),
    stages: z.array(FunnelStage),
    rates: z.array(UsedRate),
    missing_rates: z.array(MissingRate),
  })
  .meta({ id: 'DealFunnel' });

/** How deals go through the stages of one pipeline, the default one unless named. */
export class DealFunnel extends Tally<z.output<typeof Funnel>> {
  constructor(readonly asked: Asked) {
    super();
  }
}

@Handles(DealFunnel, 'read', Deal)
class Handler {
  constructor(private readonly read: Read) {}

  async execute({ asked }: DealFunnel) {
    const { id, stages } = await this.pipeline(asked.pipeline_id);
    const ids = stages.map((stage) => stage.id);
    const [groups, stays] = await Promise.all([
      asked.method === 'cohort' ? this.reached(asked, ids) : this.standing(asked, ids),
      this.stays(asked, ids),
    ]);
    const exchange = await exchangeInto(
      this.read,
      organization().currency,
      groups.map(({ currency }) => currency),
      rateDay(asked),
    );
    const medians = new Map(stays.map(({ stage_id, days }) => [stage_id, days]));
    return {
      method: asked.method,
      pipeline_id: id,
      currency: exchange.currency,
      stages: stages.map((stage, index) => ({
        ...figures(stage, groups, exchange),
        conversion: conversion(stages, index, groups, asked.method),
        median_days_in_stage: medians.get(stage.id) ?? null,
      })),
      rates: exchange.rates,
      missing_rates: exchange.missing,
    };
  }

  private async pipeline(id?: string): Promise<PipelineRow> {
    const found = id
      ? id
      : (await this.read.some(this.read.from(Pipeline).where('pipeline.is_default', '=', true).select('pipeline.id')))[0]?.id;
    if (!found) throw missing(Pipeline.label);
    return this.read.one(PipelineView, found);
  }

  private standing(asked: Asked, stages: string[]): Promise<Group[]> {
    const deals = dealsOf(this.read, { owner_id: asked.owner_id }, spanOf(asked))
      .where('deal.stage_id', 'in', stages)
      .groupBy(['deal.stage_id', 'deal.status', 'deal.currency']);
    return this.read.all(
      deals.select([
        'deal.status',
        'deal.currency',
        sql<string[]>`array[deal.stage_id::text]`.as('reached'),
        sql<number>`count(*)::int`.as('count'),
        sql<string>`sum(deal.amount_e4)::text`.as('total'),
      ]),
    );
  }

  /** Deals that have left the pipeline since count too: they have been there. */
  private reached(asked: Asked, stages: string[]): Promise<Group[]> {
    const each = this.visits(asked, stages)
      .groupBy(['deal.id', 'deal.status', 'deal.currency', sql`deal.amount_e4`])
      .select([
        'deal.status',
        'deal.currency',
        sql<string>`deal.amount_e4`.as('amount'),
        sql<string[]>`array_agg(distinct visit.to_stage_id::text)`.as('reached'),
      ]);
    const alike = this.read.union<{ status: Group['status']; currency: string; amount: string; reached: string[] }>([each as never]);
    return this.read.all(
      alike
        .groupBy(['part.reached', 'part.status', 'part.currency'])
        .select([
          'part.reached',
          'part.status',
          'part.currency',
          sql<number>`count(*)::int`.as('count'),
          sql<string>`sum(part.amount)::text`.as('total'),
        ]),
    );
  }

  private stays(asked: Asked, stages: string[]): Promise<{ stage_id: string; days: number }[]> {
    const each = this.visits(asked)
      .where(sql<boolean>`visit.from_stage_id is distinct from visit.to_stage_id`)
      .select([
        'visit.to_stage_id as stage_id',
        sql<number>`extract(epoch from lead(visit.at) over (partition by visit.deal_id order by visit.position) - visit.at)`.as('seconds'),
      ]);
    const all = this.read.union<{ stage_id: string; seconds: number }>([each as never]);
    return this.read.all(
      all
        .where('part.seconds', 'is not', null)
        .where('part.stage_id', 'in', stages)
        .groupBy('part.stage_id')
        .select([
          'part.stage_id',
          sql<number>`round((percentile_cont(0.5) within group (order by part.seconds) / 86400)::numeric, 1)::float`.as('days'),
        ]),
    );
  }

  private visits(asked: Asked, stages?: string[]) {
    const visits = dealsOf(this.read, { owner_id: asked.owner_id }, spanOf(asked)).innerJoin(
      this.read.gated(StageHistory).as('visit'),
      'visit.deal_id',
      'deal.id',
    );
    return stages ? visits.where('visit.to_stage_id', 'in', stages) : visits;
  }
}

function figures({ id, key, name, kind, position }: StageRow, all: readonly Group[], exchange: Exchange) {
  const here = all.filter(({ reached }) => reached.includes(id));
  const sum = (groups: readonly Group[]) => ({
    count: groups.reduce((n, { count }) => n + count, 0),
    total_amount: exchange.say(groups.map(({ currency, total }) => ({ currency, e4: BigInt(total) }))),
  });
  const [fresh, in_progress, won, lost] = STATUSES.map((status) => sum(here.filter((group) => group.status === status)));
  return {
    stage_id: id,
    key,
    name,
    kind,
    position,
    ...sum(here),
    by_status: { new: fresh!, in_progress: in_progress!, won: won!, lost: lost! },
  };
}
