// npm run bench -- import [--rows n] [--rounds n]: a file of contacts through the whole import (reading, checking, permission, references, audit, outbox,
// search), in this process.
// Writes to docs/benchmarks.md: rows per second, the CPU of Node and of PostgreSQL for a row, and how the memory went.
import 'reflect-metadata';
import { createHash, randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { built } from './built.ts';
import { parseArgs } from 'node:util';
import { report, table } from './report.ts';
import { median, type Place, place } from './servers.ts';

const TICKS_PER_SECOND = 100;
const FIRST = ['Ada', 'Grace', 'Alan', 'Edsger', 'Barbara', 'Donald', 'Radia', 'Tim', 'Margaret', 'Ken'];
const LAST = ['Lovelace', 'Hopper', 'Turing', 'Dijkstra', 'Liskov', 'Knuth', 'Perlman', 'Lee', 'Hamilton', 'Thompson'];

interface Imported {
  readonly perSecond: number;
  /** Microseconds of CPU for a row. */
  readonly node: number;
  readonly postgres: number;
  /** Highest resident memory of the second half of the file, against that of the first: flat is 1. */
  readonly growth: number;
  readonly megabytes: number;
}

async function importContacts(where: Pick<Place, 'app' | 'owner'>, rows: number): Promise<Imported> {
  const { application } = await built<typeof import('../apps/cli/application.ts')>('apps/cli/application');
  const { FolderImport } = await built<typeof import('../libs/crm/imports/import-folder.ts')>('libs/crm/imports/import-folder');
  const { MappingFile } = await built<typeof import('../libs/crm/imports/mapping-file.ts')>('libs/crm/imports/mapping-file');
  const owner = new pg.Client({ connectionString: where.owner });
  await owner.connect();
  const [organizationId, userId] = [randomUUID(), randomUUID()];
  await owner.query(`insert into "user" (id, created_at, updated_at, email, name) values ($1, now(), now(), $2, 'Importer')`, [
    userId,
    `${userId}@bench.example`,
  ]);
  await owner.query(
    `insert into organization (id, created_at, updated_at, name, slug, settings) values ($1, now(), now(), 'Import', $2, '{"record_visibility":"all"}')`,
    [organizationId, `import-${organizationId}`],
  );
  await owner.query(
    `insert into membership (id, created_at, updated_at, organization_id, user_id, role, permission_sets, custom)
     values ($1, now(), now(), $2, $3, 'owner', '{}', '{}')`,
    [randomUUID(), organizationId, userId],
  );
  const file = join(folder, 'contacts.csv');
  writeFileSync(file, contacts(rows));
  const mapping = MappingFile.parse({
    source: 'bench',
    files: [{ file: 'contacts.csv', resource: 'contact', columns: {} }],
  });
  const organization = { id: organizationId, currency: 'EUR', timeZone: 'UTC', locale: 'en', settings: {} };
  const me = { kind: 'user', userId, role: 'owner', permissionSets: [], organization } as const;
  const { rows: pids } = await owner.query<{ pid: number }>('select pg_backend_pid() as pid');
  const postmaster = parentOf(pids[0]!.pid);
  const memory: number[] = [];
  const watch = setInterval(() => memory.push(process.memoryUsage().rss), 100);
  try {
    return await application(async (app) => {
      const [began, node, postgres] = [performance.now(), process.cpuUsage(), cpuOf(postmaster)];
      const [done] = await app.get(FolderImport, { strict: false }).run(file, mapping, me);
      if (done?.created !== rows) throw new Error(`Not all of it went in: ${JSON.stringify(done)}`);
      const seconds = (performance.now() - began) / 1000;
      const { user, system } = process.cpuUsage(node);
      const half = memory.length >> 1;
      const [first, second] = [Math.max(...memory.slice(0, half)), Math.max(...memory.slice(half))];
      return {
        perSecond: rows / seconds,
        node: (user + system) / rows,
        postgres: (cpuOf(postmaster) - postgres) / rows,
        growth: second / first,
        megabytes: second / 1024 / 1024,
      };
    });
  } finally {
    clearInterval(watch);
    await owner.end();
  }
}

/** Every person once, with the columns that a list of customers usually has. */
function contacts(rows: number): string {
  const lines = ['external_id,first_name,last_name,email,phone,job_title,source,tags,city,created_at'];
  for (let n = 0; n < rows; n++) {
    const [first, last] = [
      FIRST[n % 10]!,
      `${LAST[Math.floor(n / 10) % 10]!}${createHash('md5').update(String(n)).digest('hex').slice(0, 4)}`,
    ];
    lines.push(
      `c-${n},${first},${last},${first}.${last}.${n}@example.com,+4420${String(n % 100_000_000).padStart(8, '0')},Engineer,fair,new;eu,London,2026-0${1 + (n % 9)}-1${n % 10}`,
    );
  }
  return `${lines.join('\n')}\n`;
}

const statOf = (pid: number | string) => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
const parentOf = (pid: number) => Number(statOf(pid)[1]);
/** Microseconds of CPU of a whole PostgreSQL: those that run, and those that have ended. */
function cpuOf(postmaster: number): number {
  let ticks = 0;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const fields = statOf(pid);
      if (Number(pid) === postmaster) ticks += Number(fields[11]) + Number(fields[12]) + Number(fields[13]) + Number(fields[14]);
      else if (Number(fields[1]) === postmaster) ticks += Number(fields[11]) + Number(fields[12]);
    } catch {
      // Ended meanwhile.
    }
  }
  return (ticks / TICKS_PER_SECOND) * 1_000_000;
}

const { values: options } = parseArgs({
  options: { rows: { type: 'string', default: '100000' }, rounds: { type: 'string', default: '3' } },
});
const where = await place('small');
const folder = mkdtempSync(join(tmpdir(), 'tessera-import-'));
Object.assign(process.env, { DATABASE_URL: where.app, STORAGE_DIR: folder, LOG_LEVEL: 'warn' });
const measured: Imported[] = [];
for (let round = 0; round < Number(options.rounds); round++) {
  measured.push(await importContacts(where, Number(options.rows)));
  console.log(measured.at(-1));
}
const of = (figure: keyof Imported) => median(measured.map((one) => one[figure]));
report('import', 'Import', [
  `${Number(options.rows).toLocaleString('en')} contacts of ten columns into an empty organization, in one process; medians of ${options.rounds}.`,
  '',
  ...table(
    ['rows per second', 'CPU of Node for a row', 'CPU of PostgreSQL for a row', 'highest memory', 'second half against the first'],
    [
      [
        `${Math.round(of('perSecond'))} (goal 10,000)`,
        `${Math.round(of('node'))} µs`,
        `${Math.round(of('postgres'))} µs`,
        `${Math.round(of('megabytes'))} MB`,
        `× ${of('growth').toFixed(2)} (flat is 1)`,
      ],
    ],
  ),
]);
rmSync(folder, { recursive: true, force: true });
process.exit();
