import type { Hand } from '../hand.ts';
import type { Aftermath } from '../scenario.ts';

/** A small file of people nobody else has; its name says what must become of it. */
export async function importContacts(hand: Hand) {
  const word = hand.word();
  const rows = hand.random.int(5, 60);
  const lines = Array.from({ length: rows }, (_, i) => `${word}-${i},${word} ${i},${word}.${i}@example.com`);
  await hand.ask({
    what: 'import contacts',
    method: 'POST',
    path: 'imports?resource=contact',
    body: `${['Record ID,Name,Email', ...lines].join('\n')}\n`,
    headers: { 'content-type': 'text/csv', 'content-disposition': `attachment; filename="${word}_${rows}.csv"` },
    leaves: { 'import create': 1 },
    allowed: [202],
    shows: 'imports',
    once: hand.random.chance(0.5),
  });
}

/** Every row of every file became one contact, however often its job ran and whoever died over it. */
export async function checkImports({ arena, ledger, hands }: Aftermath) {
  const tenants = hands.map(({ tenant }) => tenant.id);
  const imports = await arena.sql<{
    id: string;
    file_name: string;
    status: string;
    created: number;
    failure: string | null;
    found: number;
    people: number;
  }>(
    `select i.id, i.file_name, i.status, i.created, i.failure, people.found, people.people from import i cross join lateral (
       select count(*)::int as found, count(distinct c.email)::int as people from contact c
       where c.tenant_id = i.tenant_id and c.email like split_part(i.file_name, '_', 1) || '.%') people
     where i.tenant_id = any($1)`,
    [tenants],
  );
  for (const one of imports) {
    const rows = Number(/_(\d+)\.csv$/.exec(one.file_name)?.[1]);
    if (one.status !== 'done') ledger.violate(`An import is ${one.status} and not done`, one);
    else if (one.created !== rows || one.found !== rows || one.people !== rows)
      ledger.violate('An import did not make one contact of each row', { rows, ...one });
  }
}
