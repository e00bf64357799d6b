import { unzipped } from '../unzipped.ts';
import { type Json, type Persona, type World, world } from '../world.ts';
import { rowsOf } from '../database.ts';
import { ownedTables, stateOf } from './sweep.ts';

/** What only the other organization has ever said: where it turns up, something came through. */
const PROOF = 'quagga';
const SOURCE = 'their CRM';
const MATCHES = ['external_id', 'email', 'name'];
const POLICIES = ['skip', 'update', 'create'];

interface Theirs {
  world: World;
  /** Records they have, by resource. */
  ids: Record<string, string>;
}
let them: Theirs;
let tables: Awaited<ReturnType<typeof ownedTables>>;

beforeAll(async () => {
  tables = await ownedTables();
  const there = await world();
  const { owner } = there;
  const pipeline = {
    name: 'Savanna',
    stages: [
      { name: 'Grazing', kind: 'open' },
      { name: 'Caught', kind: 'won' },
      { name: 'Gone', kind: 'lost' },
    ],
  };
  expect(await owner.post('pipelines', pipeline)).toMatchObject({ status: 201 });
  const files: [string, string][] = [
    ['company', `External ID,Name,Industry\nco-1,Zebra Works,${PROOF}\n`],
    ['contact', `External ID,First Name,Last Name,Email,Company,Job Title\np-1,Zoe,Zebra,zoe@zebra.example,Zebra Works,${PROOF}\n`],
    ['deal', `External ID,Title,Pipeline,Stage,Company,Contact\nd-1,Stripes,Savanna,Grazing,Zebra Works,zoe@zebra.example\n`],
  ];
  const ids: Record<string, string> = {};
  for (const [resource, file] of files) {
    expect(await imported(there, owner, resource, file, {})).toMatchObject({ status: 'done', created: 1, failed: 0 });
    const path = resource === 'company' ? 'companies' : `${resource}s`;
    ids[resource] = (await owner.get(path)).data[0].id as string;
  }
  them = { world: there, ids };
});

/** Imports a file to the end, and answers what became of it. */
async function imported(here: World, who: Persona, resource: string, file: string, more: Record<string, string>): Promise<Json> {
  const asked = new URLSearchParams({ resource, source: SOURCE, ...more });
  const { status, data, text } = await who.post(`imports?${asked}`, file, { 'content-type': 'text/csv' });
  if (status !== 202) throw new Error(text);
  await here.drain();
  return (await who.get(`imports/${data.id}`)).data;
}

/** Files that name what is theirs in every column that names something: by word, or by id. */
const files = ({ world: { manager }, ids }: Theirs): Record<string, [resource: string, file: string][]> => {
  const named = (owner: string): [string, string][] => [
    ['company', `External ID,Name,Parent Company,Owner\nco-1,Zebra Works,,${owner}\nco-2,Daughter,Zebra Works,${owner}\n`],
    ['contact', `External ID,First Name,Last Name,Email,Company,Owner\np-1,Zoe,Zebra,zoe@zebra.example,Zebra Works,${owner}\n`],
    ['deal', `External ID,Title,Pipeline,Stage,Company,Contact,Owner\nd-1,Stripes,,,Zebra Works,zoe@zebra.example,${owner}\n`],
  ];
  const { company, contact, deal } = ids;
  return {
    'by its name': named(''),
    'by the e-mail of a member': named(manager.email),
    'by id': [
      ['company', `External ID,Name,Parent Company,Owner\n${company},${company},${company},\nx,A,,${manager.userId}\n`],
      ['contact', `External ID,Last Name,Company,Owner\n${contact},${contact},${company},\nx,A,,${manager.userId}\n`],
      ['deal', `External ID,Title,Company,Contact,Owner\n${deal},${deal},${company},${contact},\nx,A,,,${manager.userId}\n`],
    ],
    'by the pipeline': [['deal', 'External ID,Title,Pipeline,Stage\nd-1,Stripes,Savanna,Grazing\n']],
  };
};

/** Everything that this organization can read of what it imported. */
async function told(who: Persona, importId: string): Promise<string> {
  const texts: string[] = [];
  for (const path of [
    `imports/${importId}`,
    `imports/${importId}/errors`,
    'companies',
    'contacts',
    'deals',
    'pipelines',
    'imports',
    'audit',
  ])
    texts.push((await who.get(path)).text);
  for (const path of ['companies', 'contacts', 'deals', 'imports'])
    for (const format of ['csv', 'json', 'xlsx']) {
      const { status, bytes, text } = await who.get(`${path}/export?format=${format}`);
      expect(status).toBe(200);
      texts.push(format === 'xlsx' ? [...unzipped(bytes).values()].join('\n') : text);
    }
  return texts.join('\n');
}

/** The ids that stand in some column of a row of this organization as an id, not within a text. */
async function pointers(organizationId: string): Promise<Set<string>> {
  const ids = new Set<string>();
  const all = tables.map(({ name, owner }) => `select to_jsonb(t) as row from ${name} t where ${owner}::text = $1`).join(' union all ');
  for (const { row } of await rowsOf<{ row: Record<string, unknown> }>(organizationId, all, [organizationId]))
    for (const [column, value] of Object.entries(row)) if (/(^|_)id$/.test(column) && column !== 'external_id') ids.add(String(value));
  return ids;
}

describe.each(['by its name', 'by the e-mail of a member', 'by id', 'by the pipeline'])(
  'a file that names what is another organization’s %s',
  (how) => {
    // Only contacts are matched by e-mail.
    const matches = MATCHES.filter((match) => match !== 'email' || how !== 'by the pipeline');
    it.each(matches.flatMap((match) => POLICIES.map((policy) => [match, policy])))(
      'reaches, changes and tells nothing of it, matched on %s, duplicates: %s',
      async (match_on, duplicate_policy) => {
        const before = await stateOf(them.world.organization.id, tables);
        for (const [resource, file] of files(them)[how]!) {
          if (match_on === 'email' && resource !== 'contact') continue;
          const here = await world();
          const done = await imported(here, here.owner, resource, file, { match_on, duplicate_policy });
          expect(done).toMatchObject({ status: 'done', updated: 0, skipped: 0 });
          if (how === 'by the e-mail of a member' || how === 'by the pipeline') expect(done.created).toBe(0);
          else expect(done.created).toBeGreaterThan(0);
          expect(await told(here.owner, done.id as string)).not.toContain(PROOF);
          const mine = await pointers(here.organization.id);
          const foreign = [...Object.values(them.ids), them.world.manager.userId, them.world.organization.id];
          expect(foreign.filter((id) => mine.has(id))).toEqual([]);
        }
        expect(await stateOf(them.world.organization.id, tables)).toEqual(before);
      },
    );
  },
);

it('canary: the organization whose they are reaches all of it with the same files', async () => {
  const { world: there } = them;
  for (const [resource, file] of files(them)['by the e-mail of a member']!) {
    const done = await imported(there, there.owner, resource, file, { match_on: 'external_id', duplicate_policy: 'update' });
    expect(done.updated).toBe(1);
    expect(await told(there.owner, done.id as string)).toContain(PROOF);
  }
  expect([...(await pointers(there.organization.id))]).toEqual(expect.arrayContaining([...Object.values(them.ids), there.manager.userId]));
});
