import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Hand } from '../hand.ts';
import type { Aftermath } from '../scenario.ts';
import { perhaps, pick } from './records.ts';

const REMINDERS = 'core reminder';

/** With a reminder whose moment has come already: a promise that a worker has to keep, once. */
export async function createTask(hand: Hand) {
  const contact = hand.random.chance(0.5) ? pick(hand, 'contacts') : undefined;
  const reminded = hand.random.chance(0.5);
  await hand.ask({
    what: 'create task',
    method: 'POST',
    path: 'tasks',
    body: {
      title: reminded ? `${REMINDERS} ${hand.word()}` : `task ${hand.word()}`,
      ...(contact ? { contact_id: contact.id } : {}),
      ...(reminded ? { remind_at: new Date().toISOString() } : {}),
    },
    leaves: { 'task create': 1 },
    allowed: contact ? perhaps(contact, 201) : [201],
    shows: 'tasks',
    once: hand.random.chance(0.5),
  });
}

export async function completeTask(hand: Hand) {
  const task = pick(hand, 'tasks');
  if (!task) return;
  const follow_up = { title: `after ${hand.word()}` };
  const body = hand.random.chance(0.5) ? {} : { follow_up };
  // A follow-up of what is done already is refused.
  await hand.ask({
    what: 'complete task',
    method: 'POST',
    path: `tasks/${task.id}/complete`,
    body,
    allowed: [200, 409, 422],
    shows: 'tasks',
  });
}

/** A reminder is a letter: exactly one for each task that was still open when its moment came, none for the others. */
export async function checkReminders({ arena, ledger, hands }: Aftermath) {
  const tasks = await arena.sql<{ id: string; reminded: boolean; open: boolean; marks: number }>(
    `select t.id, t.reminded_at is not null as reminded, t.status in ('todo', 'in_progress') as open,
       (select count(*)::int from audit_entry a where a.subject_id = t.id and a.content::jsonb -> 'after' ? 'reminded_at' and a.action = 'update'
          and a.content::jsonb -> 'after' ->> 'reminded_at' is not null) as marks
     from task t where t.remind_at is not null and t.tenant_id = any($1)`,
    [hands.map(({ tenant }) => tenant.id)],
  );
  const letters = new Map<string, number>();
  const folder = join(arena.folder, 'mail');
  for (const name of tasks.length ? readdirSync(folder) : []) {
    if (!name.endsWith('.json')) continue;
    const { key } = JSON.parse(readFileSync(join(folder, name), 'utf8')) as { key: string };
    const id = /^task reminder (\S+)/.exec(key)?.[1];
    if (id) letters.set(id, (letters.get(id) ?? 0) + 1);
  }
  for (const { id, reminded, open, marks } of tasks) {
    const sent = letters.get(id) ?? 0;
    if (open && !reminded) ledger.violate('A task was not reminded of', { id });
    if (marks > 1 || sent > 1) ledger.violate('A task was reminded of more than once', { id, marks, letters: sent });
    if (reminded && !sent) ledger.violate('A reminder was marked as sent, and there is no letter', { id });
  }
}
