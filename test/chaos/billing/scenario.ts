import { contactOf } from '../core/records.ts';
import type { Hand } from '../hand.ts';
import { dataOf } from '../hand.ts';
import type { Json } from '../ledger.ts';
import type { Scenario } from '../scenario.ts';
import { DAYS_AFTER, ZONE } from './calendar.ts';
import { checkBilling } from './checks.ts';
import {
  bodyOf,
  createInvoice,
  creditInvoice,
  deleteDraft,
  endInvoice,
  invoiceDeal,
  isDraft,
  isOut,
  issue,
  issueInvoice,
  lateInvoice,
  lookAtInvoice,
  patchDraft,
  refusedInvoice,
  said,
} from './invoices.ts';
import { movePayment, pay, payCrosswise, payTwice } from './payments.ts';
import { STRIKES } from './strikes.ts';
import { createSubscription, moveSubscription, runBilling } from './subscriptions.ts';

const CUSTOMERS = 3;

/** Invoices, payments, subscriptions and reminders of several organizations at once. */
export const billing: Scenario = {
  name: 'billing',
  faults: STRIKES,
  daysAfter: DAYS_AFTER,
  derived: ['next_billing_on'],

  async furnish(hand) {
    const made = async (what: string, path: string, body: Json) =>
      hand.ask({ what, method: 'POST', path, body, allowed: [201], shows: path, once: true });
    for (let i = 0; i < CUSTOMERS; i++) await made('create contact', 'contacts', contactOf(hand));
    await moveSeller(hand);
    // Its invoices are all of one day long ago, so that none is dated before another.
    await made('create billing entity', 'billing-entities', { name: 'Old books', currency: 'EUR', time_zone: ZONE });
    for (let i = 0; i < 2; i++) await createSubscription(hand);
    await lateInvoice(hand);
  },

  actions: [
    { weight: 10, do: createInvoice },
    { weight: 16, do: issueInvoice },
    { weight: 5, do: refusedInvoice },
    { weight: 7, do: lateInvoice },
    { weight: 5, do: patchDraft },
    { weight: 2, do: deleteDraft },
    { weight: 5, do: endInvoice },
    { weight: 5, do: creditInvoice },
    { weight: 3, do: invoiceDeal },
    { weight: 14, do: pay },
    { weight: 4, do: payTwice },
    { weight: 8, do: movePayment },
    { weight: 9, do: createSubscription },
    { weight: 7, do: moveSubscription },
    { weight: 5, do: runBilling },
    { weight: 12, do: lookAtInvoice },
  ],

  async storm(hands) {
    await Promise.all(
      hands.flatMap((hand) => {
        const invoices = hand.ledger.of(hand.tenant, 'invoices').filter(({ deletable }) => !deletable);
        const drafts = invoices.filter((one) => isDraft(said(one))).slice(0, 4);
        const [first] = invoices.filter((one) => isOut(said(one)));
        const one = invoices
          .filter((other) => isOut(said(other)) && said(other).contact_id === said(first!).contact_id)
          .slice(0, 4)
          .map(({ id }) => id);
        const ways = [one, one.toReversed(), one, one.toReversed()].filter(({ length }) => length);
        return [
          ...ways.map((ids) => payCrosswise(hand, ids)),
          ...drafts.map(({ id }) => issue(hand, id)),
          runBilling(hand),
          runBilling(hand),
        ];
      }),
    );
  },

  rude: (hand) => ({
    what: 'create invoice',
    method: 'POST',
    path: 'invoices',
    body: bodyOf(hand),
    leaves: { 'invoice create': 1 },
    allowed: [201, 409],
    shows: 'invoices',
  }),

  records: {
    contacts: 'contact',
    invoices: 'invoice',
    payments: 'payment',
    subscriptions: 'subscription',
    'billing-runs': 'billing_run',
  },
  audited: [
    'contact',
    'billing_entity',
    'customer_account',
    'payment',
    'payment_allocation',
    'refund',
    'subscription_item',
    'billing_run',
    'dunning_step_run',
  ],
  quieter: ['invoice', 'subscription'],
  busy: 'select 0 as open',
  check: checkBilling,
};

/** To where it is the middle of the morning. */
async function moveSeller(hand: Hand) {
  const listed = await hand.read('list billing entities', 'billing-entities');
  const [standard] = (listed ? dataOf(listed) : []) as unknown as { id: string }[];
  if (!standard) throw new Error('An organization has no billing entity');
  const path = `billing-entities/${standard.id}`;
  const body = { time_zone: ZONE };
  await hand.ask({ what: 'move billing entity', method: 'PATCH', path, body, allowed: [200], shows: 'billing-entities' });
}
