import { asOwner } from '../database.ts';
import { Inhabitant, type Operation, operations } from '../laws/samples.ts';
import { policies, policiesOpened } from '../laws/probes.ts';
import { rewriting, statementsOf } from '../laws/statements.ts';
import { Sweep } from '../laws/sweep.ts';
import { world } from '../world.ts';
import { bury, Grave } from './grave.ts';

/** ONLY=contacts: what concerns these paths alone, which takes minutes and not an hour. */
const only = new RegExp(process.env.ONLY ?? '');
const all = operations().filter(({ path }) => only.test(path));
const [layers, gate] = [new Grave('all policies, or all predicates'), new Grave('the predicate of a table, where its policy is open')];
afterAll(() => bury('3-gates', [layers, gate]));

let me: Inhabitant;
let them: Inhabitant;
/** The statements of each operation's sweep. */
const texts = new Map<Operation, string[]>();

beforeAll(async () => {
  const [mine, theirs] = await Promise.all([world(), world()]);
  [me, them] = [new Inhabitant(mine.owner, all), new Inhabitant(theirs.owner, all)];
  for (const one of [them, me]) {
    await one.persona.patch(`organizations/${one.organizationId}`, { name: `${one.mark.proof} ${one.mark.seek}` });
    await one.furnish();
    await one.worked();
  }
});

const VALUE = String.raw`(\$\d+|'[0-9a-f-]{36}')`;
const opened = (_: string, value: string) => (value.startsWith('$') ? `(${value}::uuid is not null)` : 'true');
/** Takes the predicate on the organization out of a statement, of one table or of all. */
export function unscoped(sql: string, table?: string): string {
  if (!/^\s*(select|with|update|delete)/i.test(sql)) return sql;
  if (!table) return sql.replace(new RegExp(String.raw`(?:"\w+"\.|\w+\.)?"?tenant_id"? = ${VALUE}`, 'g'), opened);
  let out = sql;
  const aliases = [...sql.matchAll(new RegExp(String.raw`(?:from|join|update) "?${table}"?(?: as)?(?: "?(\w+)"?)?`, 'g'))];
  const words = new Set(['where', 'join', 'left', 'inner', 'on', 'order', 'group', 'set', 'for', 'limit']);
  for (const [, alias] of aliases) {
    const name = alias && !words.has(alias) ? alias : table;
    out = out.replace(new RegExp(String.raw`"?\b${name}\b"?\."?tenant_id"? = ${VALUE}`, 'g'), opened);
  }
  return aliases.length === 1 ? out.replace(new RegExp(String.raw`(?<![".\w])"?tenant_id"? = ${VALUE}`, 'g'), opened) : out;
}

const findings = async (operation: Operation) => (await new Sweep(me, them).over([operation])).findings;

/**
 * Without a row of another organization that could be seen: they are asked for by the id of a record that was asked for before, with all its
 * gates, or not at all from outside. Their policies are tried one by one all the same (schema.mutants.ts).
 */
const REACHED_BY_PARENT: Record<string, string> = {
  billing_period: 'of a subscription',
  deal_contact: 'of a deal',
  document_design: 'of a template or an invoice',
  invoice_delivery: 'of an invoice',
  invoice_line: 'of an invoice',
  invoice_tax: 'of an invoice',
  ledger_entry: 'of a customer account, an invoice or a payment',
  number_series: 'of a billing entity; never shown',
  payment_allocation: 'of a payment',
  refund: 'of a payment',
  stage: 'of a pipeline',
  stage_history: 'of a deal',
  subscription_item: 'of a subscription',
  write_off: 'of an invoice',
};

it('the policies alone let nothing through: no statement has a predicate on the organization', async () => {
  const found = await rewriting(
    (sql) => unscoped(sql),
    () => new Sweep(me, them).over(all),
  );
  expect(found.findings).toEqual([]);
});

it('the predicates alone let nothing through: every policy is open', async () => {
  await policiesOpened(await policies(), async () => {
    const found: unknown[] = [];
    for (const operation of all) {
      const [findingsOfOne, said] = await statementsOf(() => findings(operation));
      texts.set(operation, said);
      found.push(...findingsOfOne);
    }
    expect(found).toEqual([]);
  });
});

it('with neither, the sweep finds foreign rows', async () => {
  const found = await policiesOpened(await policies(), () =>
    rewriting(
      (sql) => unscoped(sql),
      () => new Sweep(me, them).over(all.filter(({ path }) => /^(contacts|deals)\b/.test(path))),
    ),
  );
  layers.lay('both', found.findings.length ? 'the sweep' : undefined);
  expect(found.findings.length).toBeGreaterThan(20);
});

it('the predicate of each table is missed where its policy is open', async () => {
  const tables = await asOwner<{ name: string }>(
    `select relname as name from pg_class where relforcerowsecurity and relkind = 'r' order by 1`,
  );
  await policiesOpened(await policies(), async () => {
    for (const { name } of tables) {
      const concerned = all.filter((operation) => texts.get(operation)?.some((sql) => unscoped(sql, name) !== sql));
      if (!concerned.length) continue;
      let by: string | undefined;
      for (const operation of concerned.sort((a, b) => Number(b.table.of === name) - Number(a.table.of === name))) {
        const found = await rewriting(
          (sql) => unscoped(sql, name),
          () => findings(operation),
        );
        if (found.length) by = 'the sweep';
        if (by) break;
      }
      gate.lay(name, by);
    }
  });
  // All others are noticed.
  expect(gate.survivors.filter((name) => !(name in REACHED_BY_PARENT))).toEqual([]);
});
