import { type EntityManager, missing, type Refusal } from '#kernel';
import type { Line } from '../pipelines/line.ts';
import { Pipeline, Stage } from '../pipelines/pipeline.ts';
import { lineOf } from '../pipelines/structure.ts';
import { type Deal, stageElsewhere } from './deal.ts';
import { StageHistory } from './stage-history.ts';

/** How a pipeline and a stage are named from outside. */
export interface Names {
  readonly pipelineId?: string;
  readonly stageId?: string;
  readonly stage?: string;
}
/** The pipeline that was meant, and the stage of it if one was named. */
export interface Way {
  readonly line: Line;
  readonly stage?: Stage;
}

/**
 * Finds what was named; a key counts in the pipeline that is named, else in `present`, else in the default one.
 * @throws not_found for an unknown one, deal.stage_elsewhere when the names do not belong together
 */
export async function find(em: EntityManager, { pipelineId, stageId, stage: key }: Names, present?: string): Promise<Way> {
  const byId = stageId ? await em.findOne(Stage, { id: stageId }) : null;
  if (stageId && !byId) throw unknown(Stage.label, 'stage_id');
  if (byId && pipelineId && byId.pipelineId !== pipelineId) throw stageElsewhere();
  const line = await lineOf(em, byId?.pipelineId ?? pipelineId ?? present ?? (await defaultOf(em)));
  if (!line.length) throw unknown(Pipeline.label, 'pipeline_id');
  if (key === undefined) return byId ? { line, stage: byId } : { line };
  const byKey = line.find((one) => one.key === key);
  if (!byKey) throw unknown(Stage.label, 'stage');
  if (byId && byId !== byKey) throw stageElsewhere();
  return { line, stage: byKey };
}

const defaultOf = async (em: EntityManager): Promise<string> => (await em.findOneOrFail(Pipeline, { isDefault: true })).id;

function unknown(what: string, name: string): Refusal {
  const refusal = missing(what);
  refusal.more.details = [{ pointer: `/${name}`, code: 'not_found', message: refusal.message }];
  return refusal;
}

/** The open stage of a line a deal stood in last, if it ever did. */
export async function lastOpenIn(em: EntityManager, deal: Deal, line: Line): Promise<Stage | undefined> {
  const open = line.filter(({ kind }) => kind === 'open').map(({ id }) => id);
  const last = await em.findOne(StageHistory, { dealId: deal.id, toStageId: { $in: open } }, { orderBy: { position: 'desc' } });
  return line.find(({ id }) => id === last?.toStageId);
}
