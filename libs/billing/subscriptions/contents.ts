import { type EntityManager, load, today } from '#kernel';
import type { CustomerAccount } from '../customers/customer-account.ts';
import type { BillingEntity } from '../billing-entities/billing-entity.ts';
import { Price } from '../catalog/price.ts';
import { termsOf } from '../invoices/draft.ts';
import { type LineContent, priced } from '../invoices/pricing.ts';
import { adjustmentsOf, saleOf } from './adjustments.ts';
import { BillingPeriod } from './billing-period.ts';
import { periodAt, wholeAt } from './periods.ts';
import { difference } from './schedule.ts';
import { oneRhythm, Subscription, subscriptionOver, tooEarly } from './subscription.ts';
import type { ItemInput } from './subscription-input.ts';
import { SubscriptionItem } from './subscription-item.ts';

/** A subscription with all its items, those that are over too. */
export type Whole = Subscription & { items: SubscriptionItem[] };

/** A subscription a command is about to change: locked, with its items. @throws not_found, version.mismatch, subscription.cancelled */
export async function loadWhole(em: EntityManager, id: string): Promise<Whole> {
  const subscription = await load(em, Subscription, id);
  if (subscription.status === 'cancelled') throw subscriptionOver();
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
  const other = all.findIndex(({ interval, intervalCount }) => interval !== first!.interval || intervalCount !== first!.intervalCount);
  if (other > 0) throw uneven(`/items/${other}/interval`, 'differs from that of the first item');
  const billing = all.find((one) => one.billing)?.billing ?? 'advance';
  const otherwise = all.findIndex((one) => one.billing && one.billing !== billing);
  if (otherwise >= 0) throw uneven(`/items/${otherwise}/price_id`, `is not billed in ${billing}, as an item before it`);
  return { ...first!, billing };
}
const uneven = (pointer: string, message: string) => oneRhythm(undefined, { details: [{ pointer, code: 'interval', message }] });

/** Checks what is to be sold as an invoice would, and says it as it will stand there. @throws what pricing does */
export async function itemsOf(
  em: EntityManager,
  items: readonly ItemInput[],
  terms: Pick<Subscription, 'currency' | 'pricesIncludeTax'>,
  seller: BillingEntity,
  account?: CustomerAccount,
): Promise<readonly LineContent[]> {
  const lines = items.map(({ interval: _, intervalCount: __, ...line }) => line);
  const day = today(seller.timeZone);
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

/** The last period that was billed, where its days are still to come: what a change of terms has to be made up for. */
async function billedAhead(em: EntityManager, { id, nextIndex, billing }: Subscription): Promise<number | null> {
  if (billing === 'arrears' || nextIndex === 0) return null;
  const last = await em.findOne(BillingPeriod, { subscriptionId: id, index: nextIndex - 1, status: 'billed' });
  return last ? nextIndex - 1 : null;
}

/** The first day that a change can have: what lies before is billed and over. */
function changeableFrom(subscription: Subscription): string {
  const { billing, nextIndex } = subscription;
  return periodAt(subscription.rhythm(), billing === 'advance' ? Math.max(0, nextIndex - 1) : nextIndex).start;
}
/** @throws subscription.too_early */
export function mayBegin(subscription: Subscription, day: string, pointer: string): void {
  const first = changeableFrom(subscription);
  if (day < first) throw tooEarly(undefined, { details: [{ pointer, code: 'too_early', message: `is before ${first}` }] });
}

/** What is sold, and on which terms, at one moment: to tell afterwards what a change changed. */
export const stateOf = (subscription: Whole) => ({ items: subscription.items.map(saleOf), terms: subscription.terms() });

/** What a change gives back of the period that is billed ahead, and bills besides: it goes on the next invoice. */
export async function makeUp(em: EntityManager, subscription: Whole, before: ReturnType<typeof stateOf>): Promise<void> {
  const { currency } = subscription;
  const index = await billedAhead(em, subscription);
  if (index === null) return;
  const more = adjustmentsOf(difference(index, before, stateOf(subscription)), wholeAt(subscription.rhythm(), index), currency);
  if (more.length) subscription.adjustments = [...subscription.adjustments, ...more];
}

/** The day after the last of what is billed by now; of the running period where nothing is billed ahead. */
export const endOfBilled = (subscription: Subscription): string => {
  const { billing, nextIndex } = subscription;
  return periodAt(subscription.rhythm(), billing === 'advance' ? Math.max(0, nextIndex - 1) : nextIndex).end;
};

/** The first day from today on that is not billed in advance. */
export function firstUnbilled(subscription: Subscription): string {
  const day = today(subscription.zone);
  const billed = subscription.billing === 'advance' ? endOfBilled(subscription) : day;
  return billed > day ? billed : day;
}
