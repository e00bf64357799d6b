import { pick } from '../core/records.ts';
import type { Hand } from '../hand.ts';
import type { Json } from '../ledger.ts';
import { dayFromNow, plusMonths, ZONE } from './calendar.ts';
import { pickOf, priceOf } from './invoices.ts';

/** More than the two dozen that are caught up without asking: it is parked until somebody resumes it. */
const TOO_MANY_DAYS = 30;

/** The last day of a long month, up to eight months ago. */
function aThirtyFirst(hand: Hand): string {
  const months = Array.from({ length: 8 }, (_, i) => `${plusMonths(`${dayFromNow().slice(0, 7)}-01`, -i - 1).slice(0, 7)}-31`);
  return hand.random.pick(months.filter((day) => day.slice(5, 7) !== '02' && new Date(`${day}T00:00Z`).getUTCDate() === 31));
}
const aLeapDay = () => {
  const year = Number(dayFromNow().slice(0, 4)) - 1;
  return `${year - (year % 4)}-02-29`;
};

const KINDS: readonly { weight: number; of: (hand: Hand) => { interval: string; start_date: string; more?: Json } }[] = [
  { weight: 6, of: (hand) => ({ interval: 'month', start_date: aThirtyFirst(hand) }) },
  { weight: 2, of: (hand) => ({ interval: 'month', start_date: aThirtyFirst(hand), more: { billing: 'arrears' } }) },
  { weight: 4, of: (hand) => ({ interval: 'week', start_date: dayFromNow(-hand.random.int(0, 70)) }) },
  { weight: 2, of: () => ({ interval: 'year', start_date: aLeapDay() }) },
  { weight: 2, of: (hand) => ({ interval: 'day', start_date: dayFromNow(-hand.random.int(0, 14)) }) },
  { weight: 2, of: (hand) => ({ interval: 'week', start_date: dayFromNow(-50), more: { trial_days: hand.random.int(5, 30) } }) },
  { weight: 1, of: () => ({ interval: 'day', start_date: dayFromNow(-TOO_MANY_DAYS) }) },
];
const itemOf = (hand: Hand, interval?: unknown): Json => ({
  description: `plan ${hand.word()}`,
  quantity: hand.random.pick(['1', '3']),
  unit_price: priceOf(hand),
  tax_percent: hand.random.pick(['0', '19']),
  ...(interval ? { interval } : {}),
});

/** Begun in the past, so that several periods are due when it is made. */
export async function createSubscription(hand: Hand) {
  const { interval, start_date, more } = hand.random.weighted(KINDS).of(hand);
  await hand.ask({
    what: 'create subscription',
    method: 'POST',
    path: 'subscriptions',
    body: {
      contact_id: pick(hand, 'contacts')!.id,
      currency: 'EUR',
      zone: ZONE,
      start_date,
      catch_up: hand.random.pick(['each_period', 'each_period', 'each_period', 'single_invoice', 'skip']),
      items: Array.from({ length: hand.random.int(1, 2) }, () => itemOf(hand, interval)),
      ...more,
    },
    leaves: { 'subscription create': 1 },
    allowed: [201, 409],
    shows: 'subscriptions',
    once: hand.random.chance(0.5),
  });
}

const VERBS: readonly { weight: number; verb: string; body: (hand: Hand) => Json }[] = [
  { weight: 2, verb: 'pause', body: () => ({}) },
  { weight: 2, verb: 'pause', body: () => ({ from: dayFromNow(1), until: dayFromNow(4) }) },
  { weight: 4, verb: 'change', body: (hand) => ({ items: [itemOf(hand)] }) },
  { weight: 2, verb: 'cancel', body: (hand) => (hand.random.chance(0.5) ? {} : { at_period_end: true }) },
];
const isStopped = ({ pauses, parked_at }: Json) =>
  parked_at !== null || (pauses as { until: string | null }[]).some(({ until }) => until === null);

/** What is stopped is resumed as often as not. */
export async function moveSubscription(hand: Hand) {
  const stopped = hand.random.chance(0.4) ? pickOf(hand, 'subscriptions', isStopped) : undefined;
  const subscription = stopped ?? pick(hand, 'subscriptions');
  if (!subscription) return;
  const { verb, body } = stopped ? { verb: 'resume', body: () => undefined } : hand.random.weighted(VERBS);
  await hand.ask({
    what: `${verb} subscription`,
    method: 'POST',
    path: `subscriptions/${subscription.id}/${verb}`,
    body: body(hand),
    allowed: [200, 409, 422],
    shows: 'subscriptions',
    once: hand.random.chance(0.5),
  });
}

/** By hand, beside the worker that does the same. */
export async function runBilling(hand: Hand) {
  await hand.ask({
    what: 'run billing',
    method: 'POST',
    path: 'billing-runs',
    body: hand.random.chance(0.2) ? { dry_run: true } : {},
    leaves: { 'billing_run create': 1 },
    allowed: [201, 409],
    shows: 'billing-runs',
    once: hand.random.chance(0.5),
  });
}
