import { closingOf, firstOf, lastOpenOf, type Line, placeOf } from '../pipelines/line.ts';
import type { Stage } from '../pipelines/pipeline.ts';
import { isOpen, outcomeRequired, stageRequired, type Status, statusContradicts, type Target } from './deal.ts';

/** Where somebody wants a deal to be: a status, a stage or both. */
export interface Wish {
  readonly status?: Status;
  readonly stage?: Stage;
}
/** Where a deal is. */
export interface Place {
  readonly stage: Stage;
  readonly status: Status;
}

/**
 * Stage and status at once from whatever was sent of them, so that the two never disagree: a stage of kind won or lost is that status, one
 * of kind closed is either, and the way to it. `line` is the pipeline that was asked for; `lastOpen` where the deal stood in it when it was
 * open, if it did.
 * @throws deal.status_contradicts_stage, deal.outcome_required, deal.stage_required
 */
export function aim(from: Place, { status, stage }: Wish, line: Line, lastOpen?: Stage): Target {
  if (!stage && from.stage.pipelineId !== line[0]?.pipelineId) throw stageRequired();
  if (stage) return { stage, status: statusIn(stage, status, from, line) };
  if (!status || status === from.status) return from;
  if (status === 'won' || status === 'lost') return { stage: closingOf(line, status), status };
  return { stage: isOpen(from.status) ? from.stage : (lastOpen ?? lastOpenOf(line)), status };
}

function statusIn(stage: Stage, wanted: Status | undefined, from: Place, line: Line): Status {
  const status = wanted ?? impliedBy(stage, from);
  if (!stage.admits(status)) throw statusContradicts(`${stage.key} stands for ${stage.kind}, not for ${status}`);
  // The first move beyond the first stage ends a deal's being new, also when the whole record is sent back with it.
  const goesOn = status === 'new' && stage.id !== from.stage.id && placeOf(line, stage.id) > 0;
  return goesOn ? 'in_progress' : status;
}

function impliedBy(stage: Stage, from: Place): Status {
  if (stage.kind === 'won' || stage.kind === 'lost') return stage.kind;
  if (stage.kind === 'open') return isOpen(from.status) ? from.status : 'in_progress';
  if (stage.admits(from.status)) return from.status;
  throw outcomeRequired();
}

/** Where a new deal begins: new in the first stage, in progress beyond it, unless something else was sent. */
export function begin({ status, stage }: Wish, line: Line): Target {
  const first = firstOf(line);
  if (!stage) return { stage: status === 'won' || status === 'lost' ? closingOf(line, status) : first, status: status ?? 'new' };
  const implied = stage.kind === 'open' ? (stage.id === first.id ? 'new' : 'in_progress') : stage.kind;
  const found = status ?? (implied === 'closed' ? undefined : implied);
  if (!found) throw outcomeRequired();
  if (!stage.admits(found)) throw statusContradicts(`${stage.key} stands for ${stage.kind}, not for ${found}`);
  return { stage, status: found };
}

/** Whether a stage lies before another of the same line; one of another pipeline lies nowhere. */
export const isBehind = (line: Line, stage: Stage, than: Stage | undefined): boolean =>
  stage.kind === 'open' && than !== undefined && placeOf(line, stage.id) < placeOf(line, than.id);
