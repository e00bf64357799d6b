import { dataOf, type Hand } from '../hand.ts';
import type { Json, Known } from '../ledger.ts';

/** Verbs on records of the core, as clients use them. */
export const contactOf = (hand: Hand): Json => {
  const word = hand.word();
  return { first_name: word, last_name: 'Chaos', email: `${word}@example.com`, source: `made ${word}` };
};

export const pick = (hand: Hand, resource: string): Known | undefined => {
  const known = hand.ledger.of(hand.tenant, resource);
  return known.length ? hand.random.pick(known) : undefined;
};
/** A missing record is nothing to worry about where somebody may have deleted it. */
export const perhaps =
  (known: Known, ...allowed: number[]) =>
  () =>
    known.deletable ? [...allowed, 404] : allowed;

export async function createContact(hand: Hand) {
  const body = contactOf(hand);
  const leaves = { 'contact create': 1 };
  const once = hand.random.chance(0.5);
  const answer = await hand.ask({
    what: 'create contact',
    method: 'POST',
    path: 'contacts',
    body,
    leaves,
    allowed: [201],
    shows: 'contacts',
    once,
  });
  if (answer && hand.random.chance(0.3)) await find(hand, 'contacts', String(body.first_name), String(dataOf(answer).id));
}

/** What was acknowledged is found at once. */
async function find(hand: Hand, resource: string, word: string, id: string) {
  const found = await hand.read(`search ${resource}`, `${resource}?search=${word}&count=none`);
  if (!found || hand.ledger.known.get(id)?.deletable) return;
  const rows = dataOf(found) as unknown as { id: string }[];
  if (!rows.some((row) => row.id === id)) hand.ledger.violate(`A search does not find a ${resource} that was acknowledged`, { id, word });
}

/** With a precondition now and then: then somebody may have been quicker. */
export async function patch(hand: Hand, resource: string, subject: string, fields: Json) {
  const known = pick(hand, resource);
  if (!known) return;
  const strict = hand.random.chance(0.3);
  await hand.ask({
    what: `patch ${subject}`,
    method: 'PATCH',
    path: `${resource}/${known.id}`,
    body: fields,
    headers: strict ? { 'if-match': `"v${Math.max(...known.states.keys())}"` } : {},
    leaves: { [`${subject} update`]: 1 },
    changes: [{ id: known.id, fields }],
    allowed: perhaps(known, 200, 409, ...(strict ? [412] : [])),
    shows: resource,
  });
}

export async function createMany(hand: Hand) {
  const items = Array.from({ length: hand.random.int(2, 8) }, () => contactOf(hand));
  const answer = await hand.ask({
    what: 'create contacts, a batch',
    method: 'POST',
    path: 'contacts/batch',
    body: { mode: 'atomic', items },
    leaves: { 'contact create': items.length },
    allowed: [200],
    once: hand.random.chance(0.5),
  });
  if (!answer) return;
  const results = dataOf(answer) as unknown as { data: Json }[];
  for (const { data } of results) hand.ledger.acknowledge(hand.tenant, 'contacts', data, requestOf(answer.text));
}
const requestOf = (text: string) => (JSON.parse(text) as { meta: { request_id: string } }).meta.request_id;

/** All or nothing, in the order that was drawn: two of these with the same records in another order are a deadlock. */
export async function patchMany(hand: Hand, records: readonly Known[]) {
  if (!records.length) return;
  const fields = { job_title: `batch ${hand.word()}` };
  await hand.ask({
    what: 'patch contacts, a batch',
    method: 'PATCH',
    path: 'contacts/batch',
    body: { mode: 'atomic', items: records.map(({ id }) => ({ id, ...fields })) },
    leaves: { 'contact update': records.length },
    changes: records.map(({ id }) => ({ id, fields })),
    allowed: () => (records.some(({ deletable }) => deletable) ? [200, 409, 404] : [200, 409]),
  });
}

export async function removeOrRestore(hand: Hand) {
  const known = pick(hand, 'contacts');
  if (!known) return;
  const restores = known.deletable && hand.random.chance(0.5);
  known.deletable = true;
  await hand.ask(
    restores
      ? { what: 'restore contact', method: 'POST', path: `contacts/${known.id}/restore`, allowed: [200, 404, 409], shows: 'contacts' }
      : {
          what: 'delete contact',
          method: 'DELETE',
          path: `contacts/${known.id}`,
          leaves: { 'contact delete': 1 },
          allowed: [200, 404, 409],
        },
  );
}

export async function comment(hand: Hand) {
  const contact = pick(hand, 'contacts');
  if (!contact) return;
  await hand.ask({
    what: 'comment on contact',
    method: 'POST',
    path: `contacts/${contact.id}/activities`,
    body: { text: `said ${hand.word()}` },
    leaves: { 'activity create': 1 },
    allowed: perhaps(contact, 201),
    shows: 'activities',
    once: hand.random.chance(0.5),
  });
}
