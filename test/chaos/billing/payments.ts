import { pick } from '../core/records.ts';
import { dataOf, type Hand } from '../hand.ts';
import type { Json } from '../ledger.ts';
import { isOut, pickOf, priceOf, said } from './invoices.ts';

const METHODS = ['bank_transfer', 'card', 'cash', 'direct_debit'];

const paymentOf = (hand: Hand, more: Json = {}): Json => ({
  contact_id: pick(hand, 'contacts')!.id,
  amount: priceOf(hand),
  currency: 'EUR',
  method: hand.random.pick(METHODS),
  reference: `paid ${hand.word()}`,
  ...more,
});

/** Of one invoice, as it was last said to be due: too little, the whole, or too much. Otherwise whatever is open, the oldest first. */
export async function pay(hand: Hand) {
  const invoice = pickOf(hand, 'invoices', (data) => isOut(data) && /[1-9]/.test(String(data.due)));
  const named = invoice && hand.random.chance(0.7);
  const due = invoice ? Number(said(invoice).due) : 0;
  const amount = hand.random.pick([due, due / 2 + 0.01, due + 10]).toFixed(2);
  await hand.ask({
    what: 'pay',
    method: 'POST',
    path: 'payments',
    body: paymentOf(hand, {
      ...(named ? { contact_id: said(invoice).contact_id, invoice_ids: [invoice.id], amount } : {}),
      ...(hand.random.chance(0.5) ? { external_id: `bank ${hand.word()}` } : {}),
    }),
    leaves: { 'payment create': 1 },
    allowed: [201, 409],
    shows: 'payments',
    once: hand.random.chance(0.5),
  });
}

/** A bank tells of one payment several times at once, each time without an Idempotency-Key: it is one payment. */
export async function payTwice(hand: Hand) {
  const body = paymentOf(hand, { external_id: `bank ${hand.word()}` });
  const told = () =>
    hand.ask({ what: 'pay, one external id', method: 'POST', path: 'payments', body, allowed: [200, 201, 409], shows: 'payments' });
  const answers = await Promise.all(Array.from({ length: hand.random.int(2, 4) }, told));
  const ids = new Set(answers.flatMap((answer) => (answer ? [dataOf(answer).id] : [])));
  if (ids.size > 1) hand.ledger.violate('One external id became several payments', [...ids]);
}

const VERBS: readonly { weight: number; verb: string; body: (hand: Hand) => Json }[] = [
  { weight: 4, verb: 'refund', body: (hand) => (hand.random.chance(0.5) ? { amount: '1.00' } : {}) },
  { weight: 2, verb: 'allocate', body: () => ({}) },
  { weight: 2, verb: 'dispute', body: () => ({}) },
  { weight: 3, verb: 'resolve', body: (hand) => ({ outcome: hand.random.pick(['won', 'lost']) }) },
];
/** Much of it is refused, as the payment is not in a state for it. */
export async function movePayment(hand: Hand) {
  const payment = pick(hand, 'payments');
  if (!payment) return;
  const { verb, body } = hand.random.weighted(VERBS);
  await hand.ask({
    what: `${verb} payment`,
    method: 'POST',
    path: `payments/${payment.id}/${verb}`,
    body: body(hand),
    allowed: [200, 409, 422],
    shows: 'payments',
    once: hand.random.chance(0.5),
  });
}

/** Invoices of one customer are paid at once, named in crossing order. */
export const payCrosswise = (hand: Hand, ids: readonly string[]) => {
  const { contact_id } = said(hand.ledger.known.get(ids[0]!)!);
  return hand.ask({
    what: 'pay several',
    method: 'POST',
    path: 'payments',
    body: paymentOf(hand, { contact_id, invoice_ids: ids, amount: '3.00' }),
    leaves: { 'payment create': 1 },
    allowed: [201, 409, 422],
    shows: 'payments',
  });
};
