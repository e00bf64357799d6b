import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { billingInvariants } from '../../../libs/billing/billing.invariants.ts';
import { subscriptionInvariants } from '../../../libs/billing/subscriptions/subscriptions.invariants.ts';
import { dataOf } from '../hand.ts';
import type { Aftermath } from '../scenario.ts';
import { dayFromNow, DAYS_AFTER, expectedBy, plusDays, type Terms } from './calendar.ts';

const MOST_MISSED = 24;
const STEPS = [3, 10, 20];

/** What is true of billing alone, worked out here and not by the product; and what the product says must hold. */
export async function checkBilling(aftermath: Aftermath) {
  await invariantsHold(aftermath);
  await numbersAreGapless(aftermath);
  await periodsAreBilled(aftermath);
  await linesSayTheirPeriods(aftermath);
  await dealsAreInvoicedOnce(aftermath);
  await ledgerBalances(aftermath);
  await remindersAreSent(aftermath);
  await nothingWasGivenUp(aftermath);
}

const tenantsOf = ({ hands }: Aftermath) => hands.map(({ tenant }) => tenant.id);
/** The workers' today: some days have passed for them. */
const lastDay = () => dayFromNow(DAYS_AFTER);

/** The part of `tessera verify` that is about billing, as the application's role sees it, after every run. */
async function invariantsHold({ arena, ledger, hands }: Aftermath) {
  const session = await arena.session();
  try {
    for (const { tenant } of hands) {
      await session.query('begin read only');
      await session.query('set local role tessera_app');
      await session.query(`select set_config('app.tenant', $1, true)`, [tenant.id]);
      for (const { name, sql } of [...billingInvariants, ...subscriptionInvariants]) {
        const { rows } = await session.query<{ checked: number; wrong: number; examples: string[] }>(sql);
        if (rows[0]!.wrong) ledger.violate(`It does not hold that ${name}`, rows[0]);
      }
      await session.query('rollback');
    }
  } finally {
    await session.end();
  }
}

async function numbersAreGapless(aftermath: Aftermath) {
  const wrong = await aftermath.arena.sql(
    `select tenant_id, billing_entity_id, kind, series, count(*)::int as issued, min(n)::int as first, max(n)::int as last, count(distinct n)::int as different
     from (select *, substring(number from '[0-9]+$')::int as n from invoice where number is not null and tenant_id = any($1)) i
     group by 1, 2, 3, 4 having min(n) <> 1 or max(n) <> count(*) or count(distinct n) <> count(*)`,
    [tenantsOf(aftermath)],
  );
  if (wrong.length) aftermath.ledger.violate('Numbers have gaps or doubles', wrong);
}

interface Row {
  id: string;
  start: string;
  interval: Terms['interval'];
  count: number;
  billing: Terms['billing'];
  pauses: Terms['pauses'];
  cancel_at: string | null;
  catch_up: string;
  parked: boolean;
  periods: { index: number; from: string; until: string; status: string; invoice: string | null }[];
  invoices: number;
}
/** Each period whose day has come has its row, with an invoice of its own where that is wanted; and there are no others. */
async function periodsAreBilled(aftermath: Aftermath) {
  const rows = await aftermath.arena.sql<Row>(
    `select s.id, coalesce(s.trial_end, s.start_date)::text as start, s.interval, s.interval_count as count, s.billing, s.pauses,
       s.cancel_at::text, s.catch_up, s.parked_at is not null as parked,
       coalesce((select json_agg(json_build_object('index', p.index, 'from', p.period_start, 'until', p.period_end, 'status', p.status,
         'invoice', p.invoice_id) order by p.index) from billing_period p where p.tenant_id = s.tenant_id and p.subscription_id = s.id), '[]') as periods,
       (select count(*)::int from invoice i where i.tenant_id = s.tenant_id and i.source = 'subscription' and i.source_id = s.id) as invoices
     from subscription s where s.tenant_id = any($1)`,
    [tenantsOf(aftermath)],
  );
  for (const row of rows) judgePeriods(aftermath, row);
}

function judgePeriods({ ledger }: Aftermath, row: Row) {
  const { periods, catch_up: catchUp, parked, cancel_at: cancelAt } = row;
  const expected = expectedBy({ ...row, cancelAt }, lastDay());
  // Before it was cancelled, which takes back what was not billed yet, more was missed.
  const missed = expectedBy({ ...row, cancelAt: null }, lastDay()).length - periods.length;
  const complain = (what: string, more: object = {}) => ledger.violate(what, { ...row, ...more });
  if (parked) {
    if (missed <= MOST_MISSED) complain('A subscription is parked without need');
    return;
  }
  if (periods.length < expected.length) complain('Periods were forgotten', { expected: expected.slice(periods.length) });
  // What was billed already when it was paused or cancelled stays billed.
  const rest = periods.slice(expected.length);
  const changed = cancelAt !== null || row.pauses.length > 0;
  if (rest.some(({ from, status }) => !changed || status !== 'billed' || from > dayFromNow()))
    complain('Periods were billed before their time', { expected: expected.length });
  periods.forEach(({ index, from, until, status }, i) => {
    const due = expected[i];
    // What was billed before it was cancelled or paused stays as it is.
    const ends = due && (until === due.until || cancelAt !== null);
    if (index !== i || (due && (from !== due.from || !ends))) complain('A period is not the one that was due', { period: periods[i], due });
    const rested = status === 'paused' && due?.served;
    const billed = status === 'billed' && due && !due.served && !row.pauses.length;
    const passed = status === 'skipped' && catchUp !== 'skip';
    if (rested || billed || passed) complain('A period has the wrong end', { period: periods[i], due });
  });
  const named = periods.flatMap(({ invoice }) => invoice ?? []);
  const different = new Set(named).size;
  if (catchUp !== 'single_invoice' && different !== named.length) complain('One invoice is for several periods');
  // When it is over, one more may be over what a change had left.
  if (row.invoices < different || row.invoices > different + (cancelAt === null ? 0 : 1)) complain('Invoices are not one for each period');
}

/** What each invoice says it is for is the period that it was made for. */
async function linesSayTheirPeriods(aftermath: Aftermath) {
  const wrong = await aftermath.arena.sql(
    `select p.id, p.period_start, p.period_end, l.period_start as said_start, l.period_end as said_end
     from billing_period p
     join subscription s on s.tenant_id = p.tenant_id and s.id = p.subscription_id and s.version = 1 and s.catch_up = 'each_period'
     join invoice_line l on l.tenant_id = p.tenant_id and l.invoice_id = p.invoice_id
     where p.tenant_id = any($1) and (l.period_start, l.period_end) is distinct from (p.period_start, p.period_end) limit 5`,
    [tenantsOf(aftermath)],
  );
  if (wrong.length) aftermath.ledger.violate('An invoice is for other days than its period', wrong);
}

/** Another invoice of a deal is there only where the one before it had been deleted or voided; the messages are in that order. */
async function dealsAreInvoicedOnce(aftermath: Aftermath) {
  const wrong = await aftermath.arena.sql(
    `with made as (select i.id, i.source_id, m.id as at from invoice i join outbox m on m.subject_id = i.id and m.name = 'invoice.created'
       where i.tenant_id = any($1) and i.source = 'deal')
     select one.id, another.id as another from made one join made another on another.source_id = one.source_id and another.at > one.at
     where not exists (select from outbox gone where gone.subject_id = one.id and gone.name in ('invoice.deleted', 'invoice.voided')
       and gone.id < another.at) limit 5`,
    [tenantsOf(aftermath)],
  );
  if (wrong.length) aftermath.ledger.violate('A deal has two invoices', wrong);
}

/** What a customer is told he owes is what is due on his invoices, less his credit, and the sum of the ledger. */
async function ledgerBalances({ arena, ledger, hands }: Aftermath) {
  for (const hand of hands) {
    const accounts = await arena.sql<{ id: string; owed: string; entered: string }>(
      `select a.id,
         (coalesce((select sum(i.due_e4) from invoice i where i.tenant_id = a.tenant_id and i.customer_account_id = a.id), 0)
           - coalesce((select sum(p.credit_e4) from payment p where p.tenant_id = a.tenant_id and p.customer_account_id = a.id), 0))::text as owed,
         coalesce((select sum(e.amount_e4) from ledger_entry e where e.tenant_id = a.tenant_id and e.customer_account_id = a.id), 0)::text as entered
       from customer_account a where a.tenant_id = $1`,
      [hand.tenant.id],
    );
    for (const { id, owed, entered } of accounts) {
      // Something may be entered for a later day.
      const answer = await hand.read('read balance', `customer-accounts/${id}/balance?as_of=2999-12-31`);
      const balance = answer && String(dataOf(answer).balance);
      const told = balance === undefined ? undefined : String(BigInt(balance.replace('.', '')) * 100n);
      if (owed !== entered || told !== owed) ledger.violate('What a customer owes does not add up', { id, owed, entered, told });
    }
  }
  const gone = await arena.sql(
    `select external_id, count(*)::int as n from payment where tenant_id = any($1) and external_id is not null group by tenant_id, external_id having count(*) > 1`,
    [hands.map(({ tenant }) => tenant.id)],
  );
  if (gone.length) ledger.violate('One external id is several payments', gone);
}

interface Letter {
  key: string;
  to: string;
  subject: string;
  message_id: string;
}
const lettersIn = (folder: string): Letter[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Letter);

/** No letter leaves twice, of whatever kind; each step of dunning is run once, and has its letter. */
async function remindersAreSent({ arena, ledger, hands }: Aftermath) {
  const letters = lettersIn(join(arena.folder, 'mail'));
  // The kind is what the key says before it names anything.
  for (const sign of [
    ({ message_id }: Letter) => message_id,
    ({ key, to, subject }: Letter) => `${key.split(/[ :/]/)[0]} ${to} ${subject}`,
  ]) {
    const found = new Map<string, Letter[]>();
    for (const letter of letters) found.set(sign(letter), [...(found.get(sign(letter)) ?? []), letter]);
    for (const twice of found.values()) if (twice.length > 1) ledger.violate('A letter left twice', { keys: twice.map(({ key }) => key) });
  }
  const known = new Set(letters.map(({ key }) => key.split(' ').slice(0, 2).join(' ')));
  const runs = await arena.sql<{ id: string; invoice_id: string; step: number; status: string }>(
    `select id, invoice_id, step, status from dunning_step_run where tenant_id = any($1) order by step`,
    [hands.map(({ tenant }) => tenant.id)],
  );
  const steps = new Map<string, number[]>();
  for (const { id, invoice_id, step, status } of runs) {
    steps.set(invoice_id, [...(steps.get(invoice_id) ?? []), step]);
    if (status === 'planned') ledger.violate('A reminder was planned and never left', { id });
    if (status === 'sent' && !known.has(`dunning ${id}`)) ledger.violate('A reminder is said to be sent, and there is no letter', { id });
  }
  for (const [invoice, run] of steps)
    if (new Set(run).size < run.length) ledger.violate('A step of dunning was run twice', { invoice, run });
  const owed = await arena.sql<{ id: string; due_date: string }>(
    `select id, due_date::text from invoice where tenant_id = any($1) and kind = 'invoice' and due_e4 > 0`,
    [hands.map(({ tenant }) => tenant.id)],
  );
  for (const { id, due_date } of owed) {
    const come = STEPS.filter((days) => plusDays(due_date, days) <= lastDay()).length;
    if (come && Math.max(0, ...(steps.get(id) ?? [])) !== come)
      ledger.violate('Nobody was reminded of an invoice', { id, due_date, come, run: steps.get(id) });
  }
}

/** Whatever failed for a while was tried until it worked. */
async function nothingWasGivenUp({ arena, ledger, hands }: Aftermath) {
  const left = await arena.sql(
    `select kind, attempts, error from due where organization_id = any($1) and failed_at is not null and done_at is null limit 5`,
    [hands.map(({ tenant }) => tenant.id)],
  );
  if (left.length) ledger.violate('Promises were given up', left);
}
