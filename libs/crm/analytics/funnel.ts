import type { Line } from '../pipelines/line.ts';
import type { Status } from '../deals/deal.ts';
import { percent } from './which.ts';

/** Deals that are alike: the stages they stand in or have reached, their status, their currency. */
export interface Group {
  readonly reached: readonly string[];
  readonly status: Status;
  readonly currency: string;
  readonly count: number;
  /** The sum of their amounts in ten-thousandths, as text. */
  readonly total: string;
}
export type Method = 'snapshot' | 'cohort';
type Steps = readonly { readonly id: string; readonly kind: Line[number]['kind'] }[];

const count = (groups: readonly Group[]) => groups.reduce((all, group) => all + group.count, 0);

/**
 * Percent of the deals of the stage before that came to this stage or went beyond it; null for the first one and for stages that stand for
 * losing. Of the stages that close, only winning counts. A cohort says what deals went through; of a snapshot it is taken that a deal went
 * through all open stages before the one it stands in.
 */
export function conversion(line: Steps, index: number, groups: readonly Group[], method: Method): number | null {
  const stage = line[index]!;
  const open = line.filter(({ kind }) => kind === 'open');
  const previous = stage.kind === 'open' ? open[open.indexOf(stage) - 1] : open.at(-1);
  if (!previous || stage.kind === 'lost') return null;
  const place = open.indexOf(previous);
  const paths = groups.map((group) => ({ group, path: pathOf(open, line, group, method) }));
  const base = paths.filter(({ path }) => path.includes(place));
  const further = base.filter(({ group, path }) => group.status === 'won' || path.some((step) => step > place));
  return percent(count(further.map(({ group }) => group)), count(base.map(({ group }) => group)), 1);
}

/** The open stages of a deal's way, by their place among them. */
function pathOf(open: Steps, line: Steps, { reached }: Group, method: Method): number[] {
  const places = open.flatMap(({ id }, place) => (reached.includes(id) ? [place] : []));
  if (method === 'cohort') return places;
  const closed = line.some(({ id, kind }) => kind !== 'open' && reached.includes(id));
  const last = closed ? open.length - 1 : Math.max(-1, ...places);
  return open.slice(0, last + 1).map((_, place) => place);
}
