import type { Hand } from '../hand.ts';
import type { Scenario } from '../scenario.ts';
import { checkDeals, closeDeal, createDeal, moveDeal, priceDeal } from './deals.ts';
import { checkImports, importContacts } from './imports.ts';
import { comment, contactOf, createContact, createMany, patch, patchMany, pick, removeOrRestore } from './records.ts';
import { checkReminders, completeTask, createTask } from './tasks.ts';

const KEPT = 6;

/** Contacts, activities, tasks, deals and imports of several organizations at once. */
export const core: Scenario = {
  name: 'core',

  async furnish(hand) {
    for (let i = 0; i < KEPT; i++) await createContact(hand);
  },

  actions: [
    { weight: 20, do: createContact },
    { weight: 20, do: (hand) => patch(hand, 'contacts', 'contact', { job_title: `title ${hand.word()}` }) },
    { weight: 6, do: createMany },
    { weight: 6, do: (hand) => patchMany(hand, hand.random.some(hand.ledger.of(hand.tenant, 'contacts'), hand.random.int(2, 6))) },
    { weight: 6, do: removeOrRestore },
    { weight: 10, do: comment },
    { weight: 10, do: createTask },
    { weight: 6, do: (hand) => patch(hand, 'tasks', 'task', { description: `more ${hand.word()}` }) },
    { weight: 6, do: completeTask },
    { weight: 12, do: createDeal },
    { weight: 12, do: moveDeal },
    { weight: 6, do: priceDeal },
    { weight: 8, do: closeDeal },
    { weight: 1, do: importContacts },
    { weight: 20, do: look },
    { weight: 6, do: (hand) => hand.read('list contacts', 'contacts?page_size=50&sort=-created_at') },
  ],

  async storm(hands, random) {
    const storms = hands.flatMap((hand) => {
      const records = hand.ledger.of(hand.tenant, 'contacts').filter(({ deletable }) => !deletable);
      const few = random.some(records, 4);
      return Array.from({ length: 6 }, (_, i) => patchMany(hand, i % 2 ? few : few.toReversed()));
    });
    await Promise.all(storms);
  },

  rude: (hand) => ({
    what: 'create contact',
    method: 'POST',
    path: 'contacts',
    body: contactOf(hand),
    leaves: { 'contact create': 1 },
    allowed: [201],
    shows: 'contacts',
  }),

  records: { contacts: 'contact', activities: 'activity', tasks: 'task', deals: 'deal', imports: 'import' },
  audited: ['contact', 'activity', 'task', 'deal', 'stage_history', 'pipeline', 'stage', 'import'],
  busy: `select count(*)::int as open from import where status in ('pending', 'running')`,
  async check(aftermath) {
    await checkReminders(aftermath);
    await checkDeals(aftermath);
    await checkImports(aftermath);
  },
};

async function look(hand: Hand) {
  const known = pick(hand, hand.random.pick(['contacts', 'tasks', 'deals']));
  if (known) await hand.look(known);
}
