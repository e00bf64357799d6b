import type { Hand } from '../hand.ts';
import type { Aftermath } from '../scenario.ts';
import { patch, perhaps, pick } from './records.ts';

/** Where a deal stands that was won or lost. */
const CLOSED = 'closed';
const OPEN_STAGES = ['qualification', 'proposal', 'negotiation'];
const amount = (hand: Hand) => `${hand.random.int(1, 90_000)}.${hand.random.int(10, 99)}`;

export async function createDeal(hand: Hand) {
  const contact = hand.random.chance(0.5) ? pick(hand, 'contacts') : undefined;
  await hand.ask({
    what: 'create deal',
    method: 'POST',
    path: 'deals',
    body: { title: `deal ${hand.word()}`, amount: amount(hand), ...(contact ? { contact_id: contact.id } : {}) },
    leaves: { 'deal create': 1, 'stage_history create': 1 },
    allowed: contact ? perhaps(contact, 201) : [201],
    shows: 'deals',
    once: hand.random.chance(0.5),
  });
}

/** Forth and back, out of an outcome too: its owner may. */
export const moveDeal = (hand: Hand) =>
  patch(hand, 'deals', 'deal', { stage: hand.random.pick(OPEN_STAGES), next_step: `step ${hand.word()}` });
export const priceDeal = (hand: Hand) => patch(hand, 'deals', 'deal', { amount: amount(hand), next_step: `step ${hand.word()}` });

export async function closeDeal(hand: Hand) {
  const deal = pick(hand, 'deals');
  if (!deal) return;
  const [verb, body] = hand.random.chance(0.6) ? ['win', {}] : ['lose', { lost_reason: `why ${hand.word()}` }];
  // What is closed otherwise already is changed all the same; what holds already changes nothing.
  await hand.ask({
    what: `${verb} deal`,
    method: 'POST',
    path: `deals/${deal.id}/${verb}`,
    body,
    changes: [{ id: deal.id, fields: { stage: CLOSED } }],
    allowed: [200, 409],
    shows: 'deals',
    once: hand.random.chance(0.5),
  });
}

/** Rule 6 of deals, counted: an activity for each change of status, stage and amount that was audited, a chapter for each change. */
export async function checkDeals({ arena, ledger, hands }: Aftermath) {
  const wrong = await arena.sql(
    `select d.id, told.kind, told.noted, told.audited from deal d cross join lateral (
       select kind,
         (select count(*)::int from activity a where a.tenant_id = d.tenant_id and a.deal_id = d.id and a.kind = kinds.kind) as noted,
         (select count(*)::int from audit_entry e where e.tenant_id = d.tenant_id and e.subject = 'deal' and e.subject_id = d.id
            and e.action = 'update' and e.content::jsonb -> 'after' ? kinds.field) as audited
       from (values ('status_changed', 'status'), ('stage_changed', 'stage_id'), ('amount_changed', 'amount')) kinds (kind, field)) told
     where d.tenant_id = any($1) and told.noted <> told.audited limit 5`,
    [hands.map(({ tenant }) => tenant.id)],
  );
  if (wrong.length) ledger.violate('Changes of deals and what was noted of them do not match', wrong);
  const chapters = await arena.sql(
    `select d.id, d.changes, count(h.id)::int as chapters, max(h.position) as last
     from deal d left join stage_history h on h.tenant_id = d.tenant_id and h.deal_id = d.id
     where d.tenant_id = any($1) group by d.id having count(h.id) <> d.changes or max(h.position) <> d.changes limit 5`,
    [hands.map(({ tenant }) => tenant.id)],
  );
  if (chapters.length) ledger.violate('The history of deals has gaps or doubles', chapters);
}
