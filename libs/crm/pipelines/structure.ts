import { type EntityManager, invalid, organization, slugify } from '#kernel';
import type { Line } from './line.ts';
import { Pipeline, Stage, type StageKind } from './pipeline.ts';

/**
 * Changes of an organization's pipelines and stages queue up behind each other until the commit: rules that span rows (one default, an
 * order without gaps, an end for every outcome) then need no further thought about what happens at the same moment.
 */
export async function oneAtATime(em: EntityManager): Promise<void> {
  await em.execute('select pg_advisory_xact_lock(hashtextextended(?, 0))', [`pipelines of ${organization().id}`]);
}

/** The stages of a pipeline in their order, as they are committed or were changed in this transaction. */
export async function lineOf(em: EntityManager, pipelineId: string): Promise<Stage[]> {
  return em.find(Stage, { pipelineId }, { orderBy: { position: 'asc', id: 'asc' } });
}

/** Numbers the stages from 1, in this order. */
export function number(line: Line): void {
  for (const [index, stage] of line.entries()) stage.position = index + 1;
}

/** A key made of a name ("Closed won" → `closed_won`), unless it is taken. */
export function keyFrom(name: string, taken: readonly string[]): string {
  const key = slugify(name, 'stage').replaceAll('-', '_');
  for (let n = 1; ; n++) {
    const candidate = n === 1 ? key : `${key.slice(0, 55)}_${n}`;
    if (!taken.includes(candidate)) return candidate;
  }
}

/** What is certain in a stage: 100 where deals are won, 0 where they are lost. Undefined where it is for people to say. */
const certainty: Partial<Record<StageKind, number>> = { won: 100, closed: 100, lost: 0 };

/** The probability of a stage. @throws request.invalid when it contradicts what the stage stands for */
export function probabilityOf(kind: StageKind, given: number | undefined): number {
  const certain = certainty[kind];
  if (certain === undefined || given === undefined || given === certain) return given ?? certain ?? 0;
  const message = `is ${certain} in a stage of kind ${kind}`;
  throw invalid(`probability ${message}`, { details: [{ pointer: '/probability', code: 'contradiction', message }] });
}

/** Makes room for a new default: at most one may be there at any statement. */
export async function undefault(em: EntityManager): Promise<void> {
  const present = await em.findOne(Pipeline, { isDefault: true });
  if (!present) return;
  present.isDefault = false;
  await em.flush();
}

/** The pipeline reads differently when its stages do: its version, and so its ETag, moves on. */
export const touch = (pipeline: Pipeline, at: Date): void => void (pipeline.updatedAt = at);
