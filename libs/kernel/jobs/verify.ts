import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import type { OrganizationFacts } from '../actor.ts';
import { Bus } from '../bus.ts';
import { entities, invariants } from '../context.ts';
import { NO_ORGANIZATION } from '../due.ts';
import { columnOf, entityOf, extrasOf, fieldsOf, type Source, TenantRow } from '../entity.ts';
import type { Invariant } from '../invariants.ts';
import { takingTime } from '../transaction.ts';
import { outside } from './backlog.ts';

/** Milliseconds for one invariant of one organization. */
const PATIENCE = 600_000;

/** What became of an invariant in one place. */
export interface Verdict {
  readonly name: string;
  readonly checked: number;
  readonly wrong: number;
  /** Ids of a few rows that are wrong, or why there is nothing to check. */
  readonly examples: readonly string[];
}
interface Counted {
  checked: number;
  wrong: number;
  examples: string[];
}

/** Looks at what must hold at any time: the contexts' invariants and the kernel's own, inside one organization after the other. */
@Injectable()
export class Verifier {
  constructor(
    private readonly bus: Bus,
    private readonly em: EntityManager,
  ) {}

  /** Everything that must hold inside an organization, as the application's role sees it. */
  async organization(organization: OrganizationFacts, each: () => void = () => {}): Promise<Verdict[]> {
    const verdicts: Verdict[] = [];
    for (const invariant of this.all()) {
      verdicts.push(await this.check(organization, invariant));
      each();
    }
    return verdicts;
  }

  /** What must hold of the deployment as a whole. */
  async deployment(): Promise<Verdict[]> {
    const verdicts: Verdict[] = [];
    for (const invariant of DEPLOYMENT) verdicts.push(await this.check(null, invariant));
    return verdicts;
  }

  all(): readonly Invariant[] {
    const rows = entities.filter((of) => of.prototype instanceof TenantRow);
    return [...rows.flatMap((of) => [...audited(of), ...related(of)]), ...KERNEL, ...invariants];
  }

  private check(organization: OrganizationFacts | null, { name, sql, mayBeEmpty }: Invariant): Promise<Verdict> {
    return outside(() =>
      this.bus.asSystem(organization, async () => {
        await this.em.execute('set local transaction_read_only = on');
        await takingTime(this.em, PATIENCE);
        const [found] = await this.em.execute<Counted[]>(sql);
        const { checked, wrong, examples } = found!;
        const missing = !checked && !mayBeEmpty;
        return { name, checked, wrong: missing ? 1 : wrong, examples: missing ? ['nothing to check'] : examples };
      }),
    );
  }
}

const counted = (rows: string, wrong: string, example = 'id'): string =>
  `select count(*)::int as checked, (count(*) filter (where ${wrong}))::int as wrong,
     coalesce((array_agg(${example}::text) filter (where ${wrong}))[1:5], '{}') as examples
   from (${rows}) row`;

/**
 * A row's version is the number of times it was written: each time left one entry, the first of them of its creation. Where it keeps track
 * of something in quiet columns, some of these times left none.
 */
function audited(of: Source): Invariant[] {
  const { quiet, withParts } = extrasOf(of);
  if (quiet) return [];
  const rows = `select r.id, r.version, count(e.id) as entries, count(e.id) filter (where e.action = 'create') as creations
    from "${of.table}" r left join audit_entry e on e.tenant_id = r.tenant_id and e.subject = '${of.table}' and e.subject_id = r.id
    group by r.id, r.version`;
  const silent = withParts || Object.values(fieldsOf(of)).some(({ column }) => column.quiet);
  const wrong = `creations <> 1 or entries ${silent ? '>' : '<>'} version`;
  return [{ name: `${of.table}: one audit entry per change`, mayBeEmpty: true, sql: counted(rows, wrong) }];
}

/** The keys are composite, so that this cannot be; a constraint that somebody dropped would show here. */
function related(of: Source): Invariant[] {
  const wrong = Object.entries(fieldsOf(of)).flatMap(([name, field]) => {
    if (!field.column.to) return [];
    const table = typeof field.column.to === 'string' ? field.column.to : field.column.to().table;
    const column = `r.${columnOf(name, field)}`;
    if (table === 'membership')
      return [
        `${column} is not null and not exists (select from membership t where t.organization_id = r.tenant_id and t.user_id = ${column})`,
      ];
    if (entityOf(table)?.scope !== 'tenant') return [];
    return [`${column} is not null and not exists (select from "${table}" t where t.tenant_id = r.tenant_id and t.id = ${column})`];
  });
  if (!wrong.length) return [];
  const rows = `select r.id, (${wrong.map((one) => `(${one})`).join(' or ')}) as astray from "${of.table}" r`;
  return [{ name: `${of.table}: refers to its own organization only`, mayBeEmpty: true, sql: counted(rows, 'astray') }];
}

const MINE = `nullif(current_setting('app.tenant', true), '')::uuid`;
const OPEN = `not exists (select from organization o where o.id = ${MINE} and o.suspended_at is not null)`;
const overdue = (organization: string) =>
  counted(
    `select id, due_at, done_at, failed_at, leased_until from due where organization_id = ${organization}`,
    `done_at is null and ${organization === MINE ? OPEN : 'true'}
   and (failed_at is not null or (due_at < now() - interval '5 minutes' and coalesce(leased_until < now(), true)))`,
  );

const KERNEL: readonly Invariant[] = [
  {
    name: 'audit entries: sealed after five minutes',
    mayBeEmpty: true,
    sql: counted(
      `select e.id, e.at, exists (select from audit_seal s where s.tenant_id = e.tenant_id and s.entry_id = e.id) as sealed from audit_entry e`,
      `not sealed and at < now() - interval '5 minutes'`,
    ),
  },
  {
    name: 'messages: delivered after five minutes',
    mayBeEmpty: true,
    sql: counted(
      `select id, created_at, done_at from outbox where organization_id = ${MINE}`,
      `done_at is null and created_at < now() - interval '5 minutes' and ${OPEN}`,
    ),
  },
  { name: 'promises: none overdue or given up', mayBeEmpty: true, sql: overdue(MINE) },
];

const DEPLOYMENT: readonly Invariant[] = [
  {
    name: 'no transaction older than 30 seconds',
    sql: counted(
      `select pid as id, xact_start from pg_stat_activity where datname = current_database() and usename = current_user`,
      `xact_start < now() - interval '30 seconds'`,
    ),
  },
  { name: 'promises of the deployment: none overdue or given up', mayBeEmpty: true, sql: overdue(`'${NO_ORGANIZATION}'`) },
];
