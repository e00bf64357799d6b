import { type EntityManager, invalid, latest, load, today } from '#kernel';
import type { CustomerAccount } from '../customers/customer-account.ts';
import type { BillingEntity } from '../billing-entities/billing-entity.ts';
import { Price } from '../catalog/price.ts';
import { termsOf } from '../invoices/draft.ts';
import { type LineContent, priced } from '../invoices/pricing.ts';
import { indexOn, periodAt, type Rhythm } from './periods.ts';
import { oneRhythm, Subscription, subscriptionOver, tooEarly } from './subscription.ts';
import type { ItemInput } from './subscription-input.ts';
import { SubscriptionItem } from './subscription-item.ts';

/** A subscription with all its items, those that are over too. */
export type Whole = Subscription & { items: SubscriptionItem[] };

/**
 * A subscription a command is about to change: locked, with its items. One that is over is not changed any more, but for where it may be.
 * @throws not_found, version.mismatch, subscription.cancelled
 */
export async function loadWhole(em: EntityManager, id: string, mayBeOver: (one: Subscription) => boolean = () => false): Promise<Whole> {
  const subscription = await load(em, Subscription, id);
  if (subscription.status === 'cancelled' && !mayBeOver(subscription)) throw subscriptionOver();
  const items = await em.find(SubscriptionItem, { subscriptionId: id }, { orderBy: { position: 'asc' } });
  return Object.assign(subscription, { items });
}

/**
 * The one interval of items, theirs or that of their prices; and whether they are billed in advance or arrears, where that is not asked for.
 * @throws subscription.one_interval
 */
export async function rhythmOf(
  em: EntityManager,
  items: readonly ItemInput[],
  asked?: Subscription['billing'],
): Promise<Pick<Subscription, 'interval' | 'intervalCount' | 'billing'>> {
  const ids = items.flatMap(({ priceId }) => priceId ?? []);
  const prices = new Map((ids.length ? await em.find(Price, { id: { $in: ids } }) : []).map((price) => [price.id, price]));
  const all = items.map(({ interval, intervalCount, priceId }, i) => {
    const price = priceId ? prices.get(priceId) : undefined;
    if (price && price.kind !== 'recurring' && !interval) throw uneven(`/items/${i}/price_id`, 'is not recurring');
    return {
      interval: interval ?? price?.interval ?? 'month',
      intervalCount: intervalCount ?? (interval ? 1 : (price?.intervalCount ?? 1)),
      billing: asked ?? (price?.kind === 'recurring' ? price.billing : undefined),
    };
  });
  const [first] = all;
  const endless = all.findIndex(({ interval, intervalCount }) => interval === 'year' && intervalCount > MOST_YEARS);
  if (endless >= 0) throw tooLong(`/items/${endless}/interval_count`);
  const other = all.findIndex(({ interval, intervalCount }) => interval !== first!.interval || intervalCount !== first!.intervalCount);
  if (other > 0) throw uneven(`/items/${other}/interval`, 'differs from that of the first item');
  const billing = all.find((one) => one.billing)?.billing ?? 'advance';
  const otherwise = all.findIndex((one) => one.billing && one.billing !== billing);
  if (otherwise >= 0) throw uneven(`/items/${otherwise}/price_id`, `is not billed in ${billing}, as an item before it`);
  return { ...first!, billing };
}
/** A period ends within the calendar. */
const MOST_YEARS = 100;
const tooLong = (pointer: string) =>
  invalid(`The request does not fit: ${pointer} is more than ${MOST_YEARS} years`, {
    details: [{ pointer, code: 'too_big', message: `is more than ${MOST_YEARS} years` }],
  });
const uneven = (pointer: string, message: string) => oneRhythm(undefined, { details: [{ pointer, code: 'interval', message }] });

/** Checks what is to be sold from a day on as an invoice would, and says it as it will stand there. @throws what pricing does */
export async function itemsOf(
  em: EntityManager,
  items: readonly ItemInput[],
  day: string,
  terms: Pick<Subscription, 'currency' | 'pricesIncludeTax'>,
  seller: BillingEntity,
  account?: CustomerAccount,
): Promise<readonly LineContent[]> {
  const lines = items.map(({ interval: _, intervalCount: __, ...line }) => line);
  return (await priced(em, { lines }, { ...termsOf({ ...terms, issueDate: day }, seller, account) })).lines;
}

export const itemFields = ({ description, quantity, unit, unitPrice, taxCategory, taxPercent, taxRateId, priceId }: LineContent) => ({
  description,
  quantity,
  unit,
  unitPrice,
  taxCategory,
  taxPercent,
  taxRateId,
  priceId,
});

/** The first day that a change can have, where there is one: what lies before is billed and over. */
function changeableFrom(subscription: Subscription): string | null {
  const { billing, nextIndex } = subscription;
  return nextIndex === 0 ? null : periodAt(subscription.rhythm(), billing === 'advance' ? nextIndex - 1 : nextIndex).start;
}
/** @throws subscription.too_early */
export function mayBegin(subscription: Subscription, day: string, pointer: string): void {
  const first = changeableFrom(subscription);
  if (first !== null && day < first)
    throw tooEarly(undefined, { details: [{ pointer, code: 'too_early', message: `is before ${first}` }] });
}

/** The day after the last that is billed in advance, where any is. */
const endOfBilled = ({ billing, nextIndex }: Subscription, rhythm: Rhythm) =>
  billing === 'arrears' || nextIndex === 0 ? rhythm.start : periodAt(rhythm, nextIndex - 1).end;

/** The day after the running period, or after what is billed in advance where that is longer. Before its first, the day it is to be billed from. */
export function endOfRunning(subscription: Subscription): string {
  const rhythm = subscription.rhythm();
  const index = indexOn(rhythm, today(subscription.zone));
  return latest(index < 0 ? rhythm.start : periodAt(rhythm, index).end, endOfBilled(subscription, rhythm));
}

/** The first day from today on that is not billed in advance. */
export const firstUnbilled = (subscription: Subscription): string =>
  latest(today(subscription.zone), endOfBilled(subscription, subscription.rhythm()));
