// npm run bench -- ageing: GET /billing/reports/ageing over a million ledger entries of one organization: 400,000 invoices, half of them paid
// in full. Prepared once, in a database of its own. Prints medians and how PostgreSQL goes about it, as the app role under row security.
import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import pg from 'pg';
import { lift } from './prepare.ts';
import { report } from './report.ts';
import { apiToken, cpu, median, start, stop } from './servers.ts';

const DATABASE = 'tessera_bench_ageing';
const PORT = 4131;
const INVOICES = 400_000;
const CUSTOMERS = 5_000;
const ROUNDS = 7;
const ORGANIZATION = '000000b1-0000-7000-8000-000000000001';
const SESSION = '000000d1-0000-7000-8000-000000000001';
const QUESTIONS = { today: '', 'a past day': '?as_of=2026-03-31', 'by customer': '?by=customer' };

const id = (kind: string, n: string) => `(lpad('${kind}', 8, '0') || '-0000-7000-8000-' || lpad((${n})::text, 12, '0'))::uuid`;
const COMMON = 'tenant_id, created_at, updated_at';
const common = `'${ORGANIZATION}'::uuid, now(), now()`;
const day = (n: string) => `date '2025-06-01' + (${n}) % 500`;
const entries = (kind: string, which: string, document: string, amount: string, entry: string) =>
  `insert into ledger_entry (id, ${COMMON}, customer_account_id, kind, amount_e4, currency, ${document}, day)
   select ${id(entry, 'n')}, ${common}, ${id('e5', `n % ${CUSTOMERS}`)}, '${kind}', ${amount}, 'EUR', ${id(document === 'invoice_id' ? 'e6' : 'e7', 'n')},
     ${day('n')} + ${kind === 'invoice' ? 0 : 20} from generate_series(1, ${INVOICES}) n where ${which}`;
const PAID = 'n % 2 = 0';
const AMOUNT = '(1 + n % 900) * 10000::bigint';
const STATEMENTS = [
  `insert into "user" (id, created_at, updated_at, email, name) values ('${ORGANIZATION}', now(), now(), 'ageing@bench.example', 'Bench')`,
  `insert into organization (id, created_at, updated_at, name, slug, settings) values ('${ORGANIZATION}', now(), now(), 'Bench', 'ageing', '{"record_visibility":"all"}')`,
  `insert into membership (id, created_at, updated_at, organization_id, user_id, role, permission_sets, custom)
   values ('${ORGANIZATION}', now(), now(), '${ORGANIZATION}', '${ORGANIZATION}', 'owner', '{}', '{}')`,
  `insert into session (id, created_at, updated_at, user_id, last_used_at, expires_at) values ('${SESSION}', now(), now(), '${ORGANIZATION}', now(), now() + interval '7 days')`,
  `insert into billing_entity (id, ${COMMON}, name, is_default, currency, time_zone, custom) values (${id('e3', '1')}, ${common}, 'Bench', true, 'EUR', 'UTC', '{}')`,
  `insert into contact (id, ${COMMON}, custom, name, emails, phones, kinds, tags, consent)
   select ${id('e4', 'n')}, ${common}, '{}', 'Customer ' || n, '[]', '[]', '{customer}', '{}', '{}' from generate_series(0, ${CUSTOMERS - 1}) n`,
  `insert into customer_account (id, ${COMMON}, custom, contact_id, currency)
   select ${id('e5', 'n')}, ${common}, '{}', ${id('e4', 'n')}, 'EUR' from generate_series(0, ${CUSTOMERS - 1}) n`,
  `insert into invoice (id, ${COMMON}, custom, billing_entity_id, customer_account_id, contact_id, kind, number, series, sequence, status, issue_date, due_date,
     currency, time_zone, prices_include_tax, allowances, charges, lines_total_e4, allowances_total_e4, charges_total_e4, net_e4, tax_e4, gross_e4,
     rounding_e4, prepaid_e4, payable_e4, einvoice_tax_e4, einvoice_rounding_e4, paid_e4, credited_e4, written_off_e4, due_e4, customer, seller,
     issued_at, content_hash)
   select ${id('e6', 'n')}, ${common}, '{}', ${id('e3', '1')}, ${id('e5', `n % ${CUSTOMERS}`)}, ${id('e4', `n % ${CUSTOMERS}`)}, 'invoice', 'INV-' || n, '', n,
     case when ${PAID} then 'paid' else 'issued' end, ${day('n')}, ${day('n')} + 30, 'EUR', 'UTC', false, '[]', '[]', a, 0, 0, a, 0, a, 0, 0, a, 0, 0,
     case when ${PAID} then a else 0 end, 0, 0, case when ${PAID} then 0 else a end,
     jsonb_build_object('name', 'Customer ' || n % ${CUSTOMERS}, 'email', null, 'address', null, 'tax_id', null), '{"name":"Bench"}', now(), 'none'
   from (select n, ${AMOUNT} as a from generate_series(1, ${INVOICES}) n) rows`,
  `insert into payment (id, ${COMMON}, custom, customer_account_id, status, method, amount_e4, currency, received_on, allocated_e4, refunded_e4, credit_e4)
   select ${id('e7', 'n')}, ${common}, '{}', ${id('e5', `n % ${CUSTOMERS}`)}, 'succeeded', 'bank_transfer', ${AMOUNT}, 'EUR', ${day('n')} + 20, ${AMOUNT}, 0, 0
   from generate_series(1, ${INVOICES}) n where ${PAID}`,
  entries('invoice', 'true', 'invoice_id', AMOUNT, 'f1'),
  entries('payment', PAID, 'payment_id', `-(${AMOUNT})`, 'f2'),
  entries('allocation', PAID, 'payment_id', AMOUNT, 'f3'),
  entries('allocation', PAID, 'invoice_id', `-(${AMOUNT})`, 'f4'),
];
const TABLES = ['contact', 'customer_account', 'invoice', 'payment', 'ledger_entry', 'billing_entity'];

const at = (url: string) => Object.assign(new URL(url), { pathname: `/${DATABASE}` }).href;
const [app, owner] = [at(process.env.DATABASE_URL!), at(process.env.DATABASE_OWNER_URL!)];

await prepared();
const prepared_ = { organizationId: ORGANIZATION, userId: ORGANIZATION, sessionId: SESSION };
const server = await start({ app }, { name: 'Tessera', port: PORT, file: 'dist/apps/api/main.js', token: await apiToken(prepared_, PORT) });
try {
  const lines: string[] = [];
  for (const [name, query] of Object.entries(QUESTIONS)) {
    const [times, before] = [[] as number[], cpu(server)];
    let body = '';
    for (let round = 0; round < ROUNDS; round++) {
      const began = performance.now();
      const answer = await fetch(`http://127.0.0.1:${PORT}/api/v1/billing/reports/ageing${query}`, {
        headers: { authorization: `Bearer ${server.token}` },
      });
      body = await answer.text();
      if (answer.status !== 200) throw new Error(body);
      times.push(performance.now() - began);
    }
    console.log(`${name}: ${body.slice(0, 300)}`);
    lines.push(
      `| ${name} | ${Math.round(Math.min(...times))} | ${Math.round(median(times))} | ${Math.round((cpu(server) - before) / ROUNDS / 1000)} |`,
    );
  }
  report('ageing', 'ageing: a million ledger entries of one organization', [
    `${cpus().length} cores shared by Node and PostgreSQL; ${ROUNDS} requests each, one after the other; milliseconds.`,
    '',
    '| question | fastest | median | CPU of the API |',
    '| --- | --- | --- | --- |',
    ...lines,
  ]);
} finally {
  await stop(server);
}

async function prepared() {
  const maintenance = new pg.Client({ connectionString: process.env.DATABASE_OWNER_URL });
  await maintenance.connect();
  const { rowCount } = await maintenance.query('select from pg_database where datname = $1', [DATABASE]);
  if (!rowCount) await maintenance.query(`create database ${DATABASE}`);
  await maintenance.query(
    `grant connect, temporary on database ${DATABASE} to ${maintenance.escapeIdentifier(decodeURIComponent(new URL(app).username))}`,
  );
  await maintenance.end();
  const env = { ...process.env, DATABASE_URL: app, DATABASE_OWNER_URL: owner };
  const { status, stderr } = spawnSync(process.execPath, ['dist/apps/cli/main.js', 'db', 'migrate'], { env, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  const client = new pg.Client({ connectionString: owner });
  await client.connect();
  const { rows } = await client.query<{ n: number }>('select count(*)::int as n from organization');
  if (!rows[0]!.n) {
    await client.query(`select set_config('app.tenant', '${ORGANIZATION}', false)`);
    const lifted = await lift(client, TABLES);
    for (const sql of [...STATEMENTS, ...lifted]) {
      const began = performance.now();
      await client.query(sql);
      if (performance.now() - began > 2000) console.log(`${sql.slice(0, 60)}: ${Math.round((performance.now() - began) / 1000)} s`);
    }
  }
  await client.query('vacuum (analyze) invoice, ledger_entry');
  await client.end();
}
