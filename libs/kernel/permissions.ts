import { createMongoAbility, type MongoAbility, type RawRuleOf } from '@casl/ability';
import { rulesToCondition } from '@casl/ability/extra';
import { type Actor, actor, organization, type Role, ROLES } from './actor.ts';
import type { Source } from './entity.ts';
import { forbidden, unauthenticated } from './errors.ts';
import { snake } from './naming.ts';
import { errand } from './transaction.ts';
import type { Door } from './use-case.ts';

/** What a rule speaks about: an entity, or a named capability such as 'audit'. */
export type Subject = Pick<Source, 'table' | 'label'>;
type Can = (actions: string | string[], subjects: Subject | readonly Subject[], conditions?: Condition) => void;
type Grant = (can: Can, me: Actor) => void;
export type Condition = { [key: string]: unknown };

/**
 * The rows whose reference leads to a living row that fulfils a condition of its own: `can('read', Note, { contactId: through(Contact, { ownerId }) })`.
 * For reading only: what a row may be changed by must be seen from the row itself.
 */
export const through = (to: Subject, condition: Condition = {}): Condition => ({ $of: { [to.table]: condition } });

/** Who may do what: each role names what it adds to the one below; permission sets add to any role. */
export type Permissions = Partial<Record<Role, Grant>> & {
  sets?: Record<string, Grant>;
  /** Whoever runs the deployment: reads platform tables, and nothing of what an organization keeps. */
  operator?: Grant;
};

/** What the contexts have granted. Exported for the tests, which take away one rule after the other. */
export const granted: Permissions[] = [];
export const grant = (permissions: Permissions) => void granted.push(permissions);
export const permissionSets = () => [...new Set(granted.flatMap(({ sets }) => Object.keys(sets ?? {})))].sort();

/** A thing to do that no table stands for. */
export const capability = (name: string): Subject => ({ table: name, label: name });

type Rule = RawRuleOf<MongoAbility>;
/** Abilities live as long as the remembered actor; see callers.ts. */
const abilities = new WeakMap<Actor, MongoAbility>();

export function rulesOf(me: Actor): Rule[] {
  if (me.kind === 'system') return [{ action: 'manage', subject: 'all' }];
  const rules: Rule[] = [];
  const can: Can = (action, subjects, conditions) =>
    void rules.push({ action, subject: [subjects].flat().map(({ table }) => table), ...(conditions ? { conditions } : {}) } as Rule);
  if (me.kind === 'operator') for (const { operator } of granted) operator?.(can, me);
  const rank = me.role ? ROLES.indexOf(me.role) : -1;
  for (const role of ROLES.slice(0, rank + 1)) for (const part of granted) part[role]?.(can, me);
  for (const name of me.permissionSets) for (const part of granted) part.sets?.[name]?.(can, me);
  return rules;
}

export function abilityOf(me: Actor): MongoAbility {
  const known = abilities.get(me);
  if (known) return known;
  const ability = createMongoAbility(rulesOf(me), { detectSubjectType: (row) => (row.constructor as unknown as Source).table });
  abilities.set(me, ability);
  return ability;
}

/** The door: may this actor ever do this to such a thing? */
export function knock(action: string, to: Subject) {
  const me = actor();
  if (me.kind === 'nobody') throw unauthenticated();
  if (me.kind !== 'operator') organization();
  if (!abilityOf(me).can(action, to.table)) throw forbidden(`You may not ${action} ${to.label.toLowerCase()}`);
}

/** The row: may this actor do it to this one, in this state? */
export const permits = (action: string, row: object): boolean => abilityOf(actor()).can(action, row as never);
/** The same, or 403. */
export function must(action: string, row: object, of: Subject = row.constructor as unknown as Source) {
  if (!permits(action, row)) throw forbidden(`You may not ${action} this ${of.label.toLowerCase()}`);
}

/**
 * The row a command is about, as it is found: whoever may not do this to it is told so, whether or not anything would change. Of a row
 * without an owner that cannot be said yet, for the command may be the one by which its caller takes it.
 */
export function mustOnErrand(row: object, of: Subject) {
  const { door, doubtful } = errand() ?? {};
  if (!door || !('action' in door) || door.subject.table !== of.table || permits(door.action, row)) return;
  if ((row as { ownerId?: string | null }).ownerId !== null) throw forbidden(`You may not ${door.action} this ${of.label.toLowerCase()}`);
  doubtful?.push(row);
}
/** Those that stayed without an owner were not taken. */
export function settled(door: Door, doubtful: readonly object[]) {
  for (const row of doubtful) if ((row as { ownerId?: string | null }).ownerId === null && 'action' in door) must(door.action, row);
}
export const may = (action: string, to: Subject) => abilityOf(actor()).can(action, to.table);

const NOTHING: Condition = { id: null };
const reaches = new WeakMap<MongoAbility, Map<string, Condition>>();

/** The rows an actor reaches, as a condition both MikroORM and the read path understand. {} is everything. */
export function reach(me: Actor, action: string, table: string): Condition {
  const ability = abilityOf(me);
  let known = reaches.get(ability);
  if (!known) reaches.set(ability, (known = new Map()));
  const key = `${action} ${table}`;
  let found = known.get(key);
  if (!found) known.set(key, (found = conditionOf(ability, action, table)));
  return found;
}

function conditionOf(ability: MongoAbility, action: string, table: string): Condition {
  const rules = ability.rulesFor(action, table);
  if (rules.some((rule) => !rule.conditions)) return {};
  const condition = rulesToCondition(rules, (rule): Condition => plainly(rule.conditions as Condition), {
    and: ($and: Condition[]): Condition => ({ $and }),
    or: ($or: Condition[]): Condition => ($or.length === 1 ? $or[0]! : { $or }),
    empty: (): Condition => ({}),
  });
  return condition ?? NOTHING;
}

/**
 * The same condition in words that mean in SQL what they mean to CASL: there a missing value is a value like others, here every comparison
 * with NULL is unknown.
 */
function plainly(condition: Condition): Condition {
  const parts = Object.entries(condition).flatMap(([key, want]): Condition[] => {
    if (key === '$and' || key === '$or') return [{ [key]: (want as Condition[]).map(plainly) }];
    if (key.startsWith('$')) throw new Error(`Permission rules cannot use ${key}`);
    if (want === null || typeof want !== 'object') return [{ [key]: want }];
    return Object.entries(want as Condition).map(([op, operand]) => plainWord(key, op, operand));
  });
  return parts.length === 1 ? parts[0]! : { $and: parts };
}
function plainWord(key: string, op: string, operand: unknown): Condition {
  if (op === '$of') {
    const inner = Object.entries(operand as Record<string, Condition>).map(([table, condition]) => [table, plainly(condition)]);
    return { [key]: { $of: Object.fromEntries(inner) } };
  }
  if (!['$eq', '$ne', '$in', '$nin'].includes(op)) throw new Error(`Permission rules cannot use ${op}`);
  const values = [operand].flat().filter((value) => value !== null);
  const withNull = [operand].flat().includes(null);
  const positive = op === '$eq' || op === '$in';
  const none: Condition = { [key]: null };
  const some: Condition = { [key]: { $ne: null } };
  const compared: Condition = { [key]: positive ? { $in: values } : { $nin: values } };
  if (positive) return values.length ? (withNull ? { $or: [compared, none] } : compared) : withNull ? none : NOTHING;
  if (withNull) return values.length ? { $and: [some, compared] } : some;
  return values.length ? { $or: [compared, none] } : {};
}

/** Whether a row in wire form lies within a condition: the same few words the read path turns into SQL. */
export function matches(condition: Condition, row: Record<string, unknown>): boolean {
  return Object.entries(condition).every(([key, want]) => {
    if (key === '$or') return (want as Condition[]).some((part) => matches(part, row));
    if (key === '$and') return (want as Condition[]).every((part) => matches(part, row));
    if (key.startsWith('$')) throw new Error(`Permission rules cannot use ${key}`);
    const value = row[snake(key)] ?? null;
    if (want === null || typeof want !== 'object') return value === want;
    return Object.entries(want as Condition).every(([op, operand]) => {
      if (op === '$eq') return value === operand;
      if (op === '$ne') return value !== operand;
      if (op === '$in') return (operand as unknown[]).includes(value);
      if (op === '$nin') return !(operand as unknown[]).includes(value);
      throw new Error(`Permission rules cannot use ${op}`);
    });
  });
}

/** What the caller may do to this row now. */
export const allows = (me: Actor, action: string, of: Subject, row: Record<string, unknown>) => {
  const condition = reach(me, action, of.table);
  return condition !== NOTHING && matches(condition, row);
};
