import { perhaps, pick } from '../core/records.ts';
import { dataOf, type Hand } from '../hand.ts';
import { type Json, type Known, newest } from '../ledger.ts';
import { dayFromNow } from './calendar.ts';

/** As it was acknowledged last: it may be otherwise by now. */
export const said = (known: Known): Json => known.states.get(newest(known))!.data;
/** One of those that fit, as far as anybody was told. */
export function pickOf(hand: Hand, resource: string, fits: (data: Json) => boolean): Known | undefined {
  const known = hand.ledger.of(hand.tenant, resource).filter((one) => fits(said(one)));
  return known.length ? hand.random.pick(known) : undefined;
}
export const isDraft = ({ status, kind }: Json) => status === 'draft' && kind === 'invoice';
export const isOut = ({ status, kind }: Json) => status !== 'draft' && kind === 'invoice';

export const priceOf = (hand: Hand) => `${hand.random.int(1, 900)}.${hand.random.int(10, 99)}`;
const lineOf = (hand: Hand): Json => ({
  description: `line ${hand.word()}`,
  quantity: hand.random.pick(['1', '2.5', '3', '0.333']),
  unit_price: priceOf(hand),
  tax_percent: hand.random.pick(['0', '7', '19', '25']),
});
export const bodyOf = (hand: Hand, more: Json = {}): Json => ({
  contact_id: pick(hand, 'contacts')!.id,
  currency: 'EUR',
  lines: Array.from({ length: hand.random.int(1, 3) }, () => lineOf(hand)),
  ...more,
});

/** @returns the id of the draft, when it was acknowledged */
export async function createInvoice(hand: Hand, more: Json = {}): Promise<string | undefined> {
  const answer = await hand.ask({
    what: 'create invoice',
    method: 'POST',
    path: 'invoices',
    body: bodyOf(hand, more),
    leaves: { 'invoice create': 1 },
    allowed: [201, 409],
    shows: 'invoices',
    once: hand.random.chance(0.5),
  });
  return answer && String(dataOf(answer).id);
}

/** One that others issue meanwhile stays as it is, and so does its version. */
export async function issue(hand: Hand, id: string, body: Json = {}, allowed: readonly number[] = [200, 404, 409, 422]) {
  await hand.ask({
    what: 'issue invoice',
    method: 'POST',
    path: `invoices/${id}/issue`,
    body,
    allowed,
    shows: 'invoices',
    once: hand.random.chance(0.5),
  });
}

export async function issueInvoice(hand: Hand) {
  const draft = pickOf(hand, 'invoices', isDraft);
  if (!draft) return void (await createInvoice(hand));
  // What is dated before the last one issued is refused by the counter itself.
  await issue(hand, draft.id, hand.random.chance(0.2) ? { issue_date: dayFromNow(-1) } : {});
}

const REVERSE_CHARGE = 'AE';
/** Reverse charge without the buyer's tax id: refused when everything but the number is written. */
export async function refusedInvoice(hand: Hand) {
  const lines = [{ description: `line ${hand.word()}`, unit_price: priceOf(hand), tax_category: REVERSE_CHARGE, tax_percent: '0' }];
  const id = await createInvoice(hand, { lines });
  // Somebody may have deleted it.
  if (id) await issue(hand, id, {}, [404, 409, 422]);
}

/** One that is overdue when it is issued: a step of dunning has come already, and another comes when some days have passed. */
export async function lateInvoice(hand: Hand) {
  const books = pickOf(hand, 'billing-entities', ({ is_default }) => !is_default);
  if (!books) return;
  const dates = { issue_date: dayFromNow(-60), due_date: dayFromNow(-hand.random.int(1, 24)) };
  const id = await createInvoice(hand, { billing_entity_id: books.id, ...dates });
  if (id) await issue(hand, id);
}

const isRefused = ({ lines = [] }: Json) => (lines as Json[]).some(({ tax_category }) => tax_category === REVERSE_CHARGE);

/** What only the lines say, or the head as well. One that is to be refused keeps its lines, or it would not be. */
export async function patchDraft(hand: Hand) {
  const draft = pickOf(hand, 'invoices', (data) => isDraft(data) && !isRefused(data));
  if (!draft) return;
  const fields = hand.random.pick([{ lines: [lineOf(hand)] }, { reference: `order ${hand.word()}` }]);
  await hand.ask({
    what: 'patch draft',
    method: 'PATCH',
    path: `invoices/${draft.id}`,
    body: fields,
    changes: [{ id: draft.id, fields }],
    allowed: perhaps(draft, 200, 409),
    shows: 'invoices',
  });
}

export async function deleteDraft(hand: Hand) {
  const draft = pickOf(hand, 'invoices', isDraft);
  if (!draft) return;
  draft.deletable = true;
  await hand.ask({ what: 'delete draft', method: 'DELETE', path: `invoices/${draft.id}`, allowed: [200, 404, 409] });
}

export async function endInvoice(hand: Hand) {
  const invoice = pickOf(hand, 'invoices', isOut);
  if (!invoice) return;
  const verb = hand.random.pick(['void', 'write-off']);
  await hand.ask({
    what: `${verb} invoice`,
    method: 'POST',
    path: `invoices/${invoice.id}/${verb}`,
    body: { reason: `why ${hand.word()}` },
    allowed: [200, 409],
    shows: 'invoices',
    once: hand.random.chance(0.5),
  });
}

/** All that is left of it, or a part of a line. */
export async function creditInvoice(hand: Hand) {
  const invoice = pickOf(hand, 'invoices', isOut);
  if (!invoice) return;
  const lines = hand.random.chance(0.5) ? [{ position: 1, amount: '1.00' }] : undefined;
  await hand.ask({
    what: 'credit invoice',
    method: 'POST',
    path: `invoices/${invoice.id}/credit`,
    body: { reason: `why ${hand.word()}`, lines },
    leaves: { 'invoice create': 1 },
    allowed: [201, 409, 422],
    shows: 'invoices',
    once: hand.random.chance(0.5),
  });
}

/** A deal is won and invoiced, now and then by two at once. */
export async function invoiceDeal(hand: Hand) {
  const contact_id = pick(hand, 'contacts')!.id;
  const body = { title: `deal ${hand.word()}`, amount: priceOf(hand), contact_id };
  const made = await hand.ask({ what: 'create deal', method: 'POST', path: 'deals', body, allowed: [201], shows: 'deals', once: true });
  if (!made) return;
  const { id } = dataOf(made);
  const won = await hand.ask({ what: 'win deal', method: 'POST', path: `deals/${id}/win`, body: {}, allowed: [200, 409], once: true });
  if (!won) return;
  const invoiced = () =>
    hand.ask({
      what: 'invoice deal',
      method: 'POST',
      path: `deals/${id}/invoice`,
      body: { tax_percent: '19' },
      leaves: { 'invoice create': 1 },
      allowed: [201, 409],
      shows: 'invoices',
      once: hand.random.chance(0.5),
    });
  const answers = await Promise.all(hand.random.chance(0.4) ? [invoiced(), invoiced()] : [invoiced()]);
  const drafts = new Set(answers.flatMap((answer) => (answer ? [String(dataOf(answer).id)] : [])));
  for (const draft of drafts) await issue(hand, draft);
}

export async function lookAtInvoice(hand: Hand) {
  const known = pick(hand, hand.random.pick(['invoices', 'payments', 'subscriptions']));
  if (known) await hand.look(known);
}
