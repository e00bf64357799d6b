import { actor, dayBounds, divideRounded, forbidden, isDay, may, now, organization, Read, dayOf } from '#kernel';
import { z } from 'zod';
import { Deal } from '../deals/deal.ts';

const instant = z
  .union([z.iso.date(), z.iso.datetime({ offset: true })])
  .refine((text) => text >= '1000' && text < '3000', 'lies outside of the years 1000 to 2999');
/** What every figure can be narrowed by. */
export const which = {
  pipeline_id: z.guid().toLowerCase().optional(),
  owner_id: z.guid().toLowerCase().optional().meta({ description: 'of others: for those who may reassign' }),
  from: instant.optional().meta({ description: 'created on this day or at this instant, or later' }),
  to: instant.optional().meta({ description: 'created on this day or earlier, or before this instant' }),
};
export const Which = z.strictObject(which);
export type Which = z.output<typeof Which>;

/** From the first instant to just before the last; days are those of the organization. */
export interface Span {
  readonly from?: Date;
  readonly until?: Date;
}
export function spanOf({ from, to }: Pick<Which, 'from' | 'to'>): Span {
  const { timeZone } = organization();
  return {
    ...(from ? { from: isDay(from) ? dayBounds(from, timeZone).from : new Date(from) } : {}),
    ...(to ? { until: isDay(to) ? dayBounds(to, timeZone).until : new Date(to) } : {}),
  };
}

/** The day whose exchange rates count: the last one of the span, or today. */
export function rateDay({ to }: Pick<Which, 'to'>): string {
  const { timeZone } = organization();
  return to ? (isDay(to) ? to : dayOf(new Date(to), timeZone)) : dayOf(now(), timeZone);
}

/** The deals a figure is about, as far as the caller may read them. @throws permission.denied for the deals of another owner */
export function dealsOf(
  read: Read,
  { pipeline_id: pipeline, owner_id: owner }: Pick<Which, 'pipeline_id' | 'owner_id'>,
  { from, until }: Span = {},
) {
  if (owner && owner !== actor().userId && !may('reassign', Deal)) throw forbidden('You may not ask for the figures of another owner');
  let deals = read.from(Deal);
  if (pipeline) deals = deals.where('deal.pipeline_id', '=', pipeline);
  if (owner) deals = deals.where('deal.owner_id', '=', owner);
  if (from) deals = deals.where('deal.created_at', '>=', from.toISOString());
  if (until) deals = deals.where('deal.created_at', '<', until.toISOString());
  return deals;
}

/** A part of a whole in percent, rounded half up to so many decimals; null of nothing. */
export function percent(part: number, whole: number, decimals: 1 | 2): number | null {
  const scale = 10 ** decimals;
  return whole ? Number(divideRounded(BigInt(part) * 100n * BigInt(scale), BigInt(whole))) / scale : null;
}

const TENTH_OF_A_DAY = 8_640_000n;
/** Milliseconds, divided by a count, in days with one decimal; null of nothing. */
export const daysEach = (milliseconds: bigint, count: number): number | null =>
  count ? Number(divideRounded(milliseconds, BigInt(count) * TENTH_OF_A_DAY)) / 10 : null;
