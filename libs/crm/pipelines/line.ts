import type { Stage } from './pipeline.ts';
import { pipelineIncomplete, pipelineOrder } from './pipeline.ts';

/** The stages of one pipeline in their order. */
export type Line = readonly Stage[];

type Step = Pick<Stage, 'kind'>;

/** Where deals begin. */
export const firstOf = (line: Line): Stage => demanded(line.find(({ kind }) => kind === 'open'));
/** The last stage before the end. */
export const lastOpenOf = (line: Line): Stage => demanded(line.findLast(({ kind }) => kind === 'open'));
/** Where a deal goes that is won or lost: the stage of that kind, else the one for either outcome. */
export const closingOf = (line: Line, outcome: 'won' | 'lost'): Stage =>
  demanded(line.find(({ kind }) => kind === outcome) ?? line.find(({ kind }) => kind === 'closed'));
/** The place of a stage in its line, from 0; -1 when it is none of it. */
export const placeOf = (line: Line, stageId: string): number => line.findIndex(({ id }) => id === stageId);

function demanded(stage: Stage | undefined): Stage {
  if (!stage) throw pipelineIncomplete();
  return stage;
}

/**
 * Deals can begin, be won and be lost in every pipeline, and what closes them comes last.
 * @throws pipeline.incomplete, pipeline.order
 */
export function checkLine(steps: readonly Step[]): void {
  const has = (...kinds: Step['kind'][]) => steps.some(({ kind }) => kinds.includes(kind));
  if (!has('open') || !has('won', 'closed') || !has('lost', 'closed')) throw pipelineIncomplete();
  const closing = steps.findIndex(({ kind }) => kind !== 'open');
  if (steps.slice(closing).some(({ kind }) => kind === 'open')) throw pipelineOrder();
}
