// npm run bench -- billing [--subscriptions n] [--organizations n] [--rounds n] [--against folder] [--profile]: recurring billing by two
// real workers on a real PostgreSQL, from the first commit to the last, everything checked afterwards. `--against` names the folder of
// another build (its dist, package.json and node_modules), which takes turns with this one, each on a database of its own.
import { fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { cpus } from 'node:os';
import { resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { hottest } from './hottest.ts';
import { report } from './report.ts';
import { cpu, median, type Server, stop } from './servers.ts';

const { values: options } = parseArgs({
  allowPositionals: true,
  options: {
    subscriptions: { type: 'string', default: '20000' },
    organizations: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '1' },
    against: { type: 'string' },
    profile: { type: 'boolean', default: false },
  },
});
const [SUBSCRIPTIONS, ORGANIZATIONS] = [Number(options.subscriptions), Number(options.organizations)];
const WORKERS = 2;
const LOOK_MS = 100;
const PROFILE = resolve('.tessera/profile');
const TICKS_PER_SECOND = 100;

interface Build {
  readonly name: string;
  readonly folder: string;
  /** Connection strings. */
  readonly app: string;
  readonly owner: string;
}
interface Figures {
  readonly perSecond: number;
  /** Microseconds of CPU per invoice, user and system, up to the last invoice; of both workers, and of PostgreSQL. */
  readonly worker: number;
  readonly postgres: number;
  /** The same up to the moment when everything that follows from the invoices is done: reactions, promises. */
  readonly workerInAll: number;
  readonly postgresInAll: number;
}

function table(builds: readonly Build[], figures: ReadonlyMap<string, Figures[]>): string {
  const of = (name: string, figure: keyof Figures) => median((figures.get(name) ?? []).map((one) => one[figure]));
  const line = ({ name }: Build) =>
    `| ${name} | ${(['perSecond', 'worker', 'postgres', 'workerInAll', 'postgresInAll'] as const).map((figure) => Math.round(of(name, figure))).join(' | ')} |`;
  return [
    `${cpus().length} cores shared by ${WORKERS} workers and PostgreSQL; medians of ${options.rounds} interleaved rounds; µs of CPU per invoice, up to the last invoice and until everything that follows from them is done.`,
    '',
    '| build | invoices/s | workers | PostgreSQL | workers, in all | PostgreSQL, in all |',
    '| --- | --- | --- | --- | --- | --- |',
    ...builds.map(line),
  ].join('\n');
}

/** A database of its own for a build, migrated by it. */
async function made(name: string, folder: string): Promise<Build> {
  const database = `tessera_bench_billing_${name}`;
  const owner = new pg.Client({ connectionString: process.env.DATABASE_OWNER_URL });
  await owner.connect();
  // Fresh: what an earlier run left behind would be swept, sealed and purged in between.
  await owner.query(`drop database if exists ${database}`);
  await owner.query(`create database ${database}`);
  const app = decodeURIComponent(new URL(process.env.DATABASE_URL!).username);
  await owner.query(`grant connect, temporary on database ${database} to ${owner.escapeIdentifier(app)}`);
  await owner.end();
  const at = (text: string) => Object.assign(new URL(text), { pathname: `/${database}` }).href;
  const build = { name, folder, app: at(process.env.DATABASE_URL!), owner: at(process.env.DATABASE_OWNER_URL!) };
  terminal(build, 'db', 'migrate');
  return build;
}

function environment({ app, owner }: Build): NodeJS.ProcessEnv {
  return { ...process.env, DATABASE_URL: app, DATABASE_OWNER_URL: owner, LOG_LEVEL: 'warn', NODE_ENV: 'development' };
}
function terminal(build: Build, ...args: string[]): string {
  const ran = spawnSync(process.execPath, ['dist/apps/cli/main.js', ...args], {
    cwd: build.folder,
    env: environment(build),
    encoding: 'utf8',
    maxBuffer: 100_000_000,
  });
  // Violations are told on standard output as well, for the caller to judge.
  if (ran.status !== 0 && !ran.stdout.startsWith('[')) throw new Error(ran.stderr || ran.stdout);
  return ran.stdout;
}

async function measured(build: Build): Promise<Figures> {
  const client = new pg.Client({ connectionString: build.app });
  await client.connect();
  const organizations = await subscribed(client);
  if (options.profile) {
    rmSync(PROFILE, { recursive: true, force: true });
    mkdirSync(PROFILE, { recursive: true });
  }
  const workers = await Promise.all(Array.from({ length: WORKERS }, () => worker(build)));
  try {
    const spent = await spending(client, workers);
    for (const id of organizations)
      await client.query(
        `insert into due (id, organization_id, kind, key, payload, request_id, due_at) values ($1::uuid, $2, 'BillDue', $1::text, '{"helping":false}', 'bench', now())`,
        [crypto.randomUUID(), id],
      );
    const before = spent();
    await until(() => oneOf(organizations, (id) => begun(client, id)));
    const first = performance.now();
    await until(async () => !(await oneOf(organizations, (id) => unfinished(client, id))));
    const seconds = (performance.now() - first) / 1000;
    const last = spent();
    await until(async () => settled(client));
    const end = spent();
    await checked(client, build, organizations);
    const per = (from: number, to: number) => (to - from) / SUBSCRIPTIONS;
    return {
      perSecond: SUBSCRIPTIONS / seconds,
      worker: per(before.workers, last.workers),
      postgres: per(before.postgres, last.postgres),
      workerInAll: per(before.workers, end.workers),
      postgresInAll: per(before.postgres, end.postgres),
    };
  } finally {
    await Promise.all(workers.map(stop));
    await client.end();
  }
}

async function worker(build: Build): Promise<Server> {
  const child = fork('dist/apps/worker/main.js', {
    cwd: build.folder,
    env: environment(build),
    execArgv: options.profile ? ['--cpu-prof', `--cpu-prof-dir=${PROFILE}`, '--cpu-prof-interval', '500'] : [],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  await Promise.race([once(child, 'message'), once(child, 'exit').then(() => Promise.reject(new Error('A worker did not start')))]);
  return { name: 'worker', port: 0, process: child, token: '' };
}

/** New organizations with their sellers, customers and monthly subscriptions, of which one period each is due since midnight. */
async function subscribed(client: pg.Client): Promise<string[]> {
  const each = Math.ceil(SUBSCRIPTIONS / ORGANIZATIONS);
  const organizations = Array.from({ length: ORGANIZATIONS }, () => crypto.randomUUID());
  for (const id of organizations)
    await within(
      client,
      id,
      SUBSCRIBING.map((sql) => sql.replaceAll('$organization', `'${id}'::uuid`).replaceAll('$each', String(each))),
    );
  return organizations;
}

const COMMON = 'id, tenant_id, created_at, updated_at';
const common = 'gen_random_uuid(), $organization, now(), now()';
const SUBSCRIBING = [
  // Its first user has the id of the organization.
  `insert into "user" (id, created_at, updated_at, email, name) values ($organization, now(), now(), $organization || '@bench.example', 'Bench')`,
  `insert into organization (id, created_at, updated_at, name, slug, settings) values ($organization, now(), now(), 'Bench', $organization::text, '{}')`,
  `insert into membership (id, created_at, updated_at, organization_id, user_id, role, permission_sets, custom)
   values (gen_random_uuid(), now(), now(), $organization, $organization, 'owner', '{}', '{}')`,
  `insert into billing_entity (${COMMON}, name, is_default, currency, time_zone, custom) values (${common}, 'Bench', true, 'EUR', 'UTC', '{}')`,
  `insert into dunning_policy (${COMMON}, name, is_default, steps)
   values (${common}, 'Standard', true, '[{"days": 3}, {"days": 10}, {"days": 20}]')`,
  `insert into contact (${COMMON}, owner_id, custom, name, emails, phones, kinds, tags, consent)
   select ${common}, $organization, '{}', 'Customer ' || n, '[]', '[]', '{customer}', '{}', '{}'
   from generate_series(1, $each) n`,
  `insert into customer_account (${COMMON}, owner_id, custom, contact_id, currency)
   select ${common}, owner_id, '{}', id, 'EUR' from contact`,
  `insert into subscription (${COMMON}, owner_id, custom, billing_entity_id, customer_account_id, contact_id, currency, prices_include_tax,
     start_date, zone, interval, interval_count, pauses, adjustments, next_billing_on, wake_at)
   select ${common}, a.owner_id, '{}', e.id, a.id, a.contact_id, 'EUR', false, current_date, 'UTC', 'month', 1, '[]', '[]', current_date, current_date
   from customer_account a cross join billing_entity e`,
  `insert into subscription_item (${COMMON}, subscription_id, position, description, quantity, unit_price, tax_category, tax_percent, valid_from)
   select ${common}, id, position, 'Plan ' || position, position, 9.99, 'S', 19, start_date
   from subscription cross join generate_series(1, 2) position`,
];

async function within<T extends object>(client: pg.Client, organization: string, statements: readonly string[]): Promise<T[]> {
  await client.query('begin');
  await client.query(`select set_config('app.tenant', $1, true)`, [organization]);
  const answers: T[][] = [];
  for (const sql of statements) answers.push((await client.query<T>(sql)).rows);
  await client.query('commit');
  return answers.at(-1)!;
}

// Small questions that indexes answer: whoever looks must not be what is measured.
const begun = async (client: pg.Client, id: string) => (await within(client, id, ['select from number_series limit 1'])).length > 0;
const unfinished = async (client: pg.Client, id: string) =>
  (
    await within(client, id, [
      'select from subscription where tenant_id = current_setting($$app.tenant$$)::uuid and wake_at <= now() limit 1',
    ])
  ).length > 0;
/** Whether nothing is left to be told or kept now. */
async function settled(client: pg.Client): Promise<boolean> {
  const { rowCount } = await client.query(
    `(select 1 from outbox where done_at is null limit 1) union all
     (select 1 from due where done_at is null and failed_at is null and due_at <= now() limit 1)`,
  );
  return rowCount === 0;
}
async function oneOf(ids: readonly string[], holds: (id: string) => Promise<boolean>): Promise<boolean> {
  for (const id of ids) if (await holds(id)) return true;
  return false;
}
async function until(holds: () => Promise<boolean>) {
  while (!(await holds())) await wait(LOOK_MS);
}

/** What SQL prepared left no audit entries, and has nothing to do with deals. */
const UNTOLD =
  /one default pipeline|^(contact|billing_entity|dunning_policy|customer_account|subscription|subscription_item): one audit entry/;

/** Each period has exactly one invoice, numbers have no gaps, and everything holds that `tessera verify` knows of. */
async function checked(client: pg.Client, build: Build, organizations: readonly string[]) {
  const each = Math.ceil(SUBSCRIPTIONS / ORGANIZATIONS);
  for (const id of organizations) {
    const [found] = await within<{ n: number; last: number; periods: number; twice: number }>(client, id, [
      `select count(*)::int as n, max(sequence) as last, (select count(distinct (subscription_id, index))::int from billing_period) as periods,
         (select count(*)::int - count(distinct invoice_id)::int from billing_period) as twice from invoice`,
    ]);
    if (found!.n !== each || found!.last !== each || found!.periods !== each || found!.twice !== 0)
      throw new Error(`${build.name}: wanted ${each} invoices, got ${JSON.stringify(found)}`);
    const verdicts = JSON.parse(terminal(build, 'verify', '--json', '--organization', id)) as { invariant: string; wrong: number }[];
    const wrong = verdicts.filter(({ invariant, wrong }) => wrong && !UNTOLD.test(invariant));
    if (wrong.length) throw new Error(`${build.name}: ${JSON.stringify(wrong)}`);
  }
}

/** Reads how much CPU the workers and PostgreSQL have used, in microseconds: its postmaster, its children, and those it has buried. */
async function spending(client: pg.Client, workers: readonly Server[]) {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  const postmaster = parentOf(rows[0]!.pid);
  const own = rows[0]!.pid;
  return () => {
    const children = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && parentOf(Number(pid)) === postmaster && Number(pid) !== own);
    const postgres = children.reduce((sum, pid) => sum + ticks(Number(pid), [11, 12]), ticks(postmaster, [11, 12, 13, 14]));
    return { workers: workers.reduce((sum, one) => sum + cpu(one), 0), postgres: (postgres / TICKS_PER_SECOND) * 1_000_000 };
  };
}
/** What follows the name in /proc/pid/stat; nothing when the process has just ended. */
function statOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  } catch {
    return [];
  }
}
const parentOf = (pid: number) => Number(statOf(pid)[1]);
const ticks = (pid: number, places: readonly number[]) => {
  const fields = statOf(pid);
  return places.reduce((sum, place) => sum + Number(fields[place] ?? 0), 0);
};

const builds = [await made('now', '.'), ...(options.against ? [await made('before', options.against)] : [])];
const figures = new Map<string, Figures[]>(builds.map(({ name }) => [name, []]));
for (let round = 1; round <= Number(options.rounds); round++)
  for (const build of builds) {
    const found = await measured(build);
    figures.get(build.name)!.push(found);
    const { perSecond, worker, postgres, workerInAll, postgresInAll } = found;
    console.log(
      `${round}/${options.rounds} ${build.name}: ${Math.round(perSecond)} invoices/s; ` +
        `CPU per invoice: workers ${Math.round(worker)} µs, PostgreSQL ${Math.round(postgres)} µs; ` +
        `with all that follows: ${Math.round(workerInAll)} and ${Math.round(postgresInAll)} µs`,
    );
  }
if (options.profile) console.log(hottest(PROFILE));
else
  report('billing', `recurring billing: ${SUBSCRIPTIONS.toLocaleString('en')} subscriptions in ${ORGANIZATIONS} organizations`, [
    table(builds, figures),
  ]);
