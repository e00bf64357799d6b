import { createMongoAbility } from '@casl/ability';
import { type Actor, Callers, NOBODY } from '#kernel';
import { granted, type Permissions } from '../../libs/kernel/permissions.ts';
import '../../libs/contexts.ts';
import { app } from '../world.ts';

type Grant = NonNullable<Permissions['member']>;
type Can = Parameters<Grant>[0];

/** One line of the list of rules: one action on one subject, for one role or permission set. */
export interface Rule {
  readonly context: number;
  readonly holder: string;
  readonly action: string;
  readonly subject: string;
  /** JSON, with the user's id as $me; undefined for all rows. */
  readonly conditions: string | undefined;
}
export const spoken = ({ holder, action, subject, conditions }: Rule) =>
  `${holder}: ${action} ${subject}${conditions ? ` where ${conditions}` : ''}`;

/** `dropped`: gone. `widened`: without its conditions. `lowered`: given to whoever stands one below as well. */
export interface Mutation {
  readonly rule: Rule;
  readonly how: 'dropped' | 'widened' | 'lowered';
}
const LADDER = ['member', 'manager', 'admin', 'owner'];
/** Who gets a rule that is lowered: the role below; a member without the permission set. */
export const below = (holder: string) => (LADDER.includes(holder) ? LADDER[LADDER.indexOf(holder) - 1] : 'member');

const ME = '00000000-0000-4000-8000-00000000000e';
let current: Mutation | undefined;

const originals = granted.map((part) => ({ ...part, sets: { ...part.sets } }));
const grantOf = (context: number, holder: string): Grant | undefined =>
  LADDER.includes(holder) ? originals[context]![holder as 'member'] : originals[context]!.sets[holder];

/** The single rules that a grant makes for somebody. */
function rulesIn(context: number, holder: string, me: Actor): [Rule, Parameters<Can>][] {
  const rules: [Rule, Parameters<Can>][] = [];
  grantOf(context, holder)?.((actions, subjects, conditions) => {
    for (const action of [actions].flat())
      for (const subject of [subjects].flat()) {
        const said = conditions && JSON.stringify(conditions).replaceAll(me.userId ?? ME, '$me');
        rules.push([{ context, holder, action, subject: subject.table, conditions: said }, [action, subject, conditions]]);
      }
  }, me);
  return rules;
}
const same = (one: Rule, other: Rule) => JSON.stringify(one) === JSON.stringify(other);

/** Every rule of every context, whatever the organization's settings make of it. */
export function rules(): Rule[] {
  const found = new Map<string, Rule>();
  const facts = { id: ME, currency: 'EUR', timeZone: 'UTC', locale: 'en' };
  for (const record_visibility of ['all', 'own']) {
    const me: Actor = { ...NOBODY, kind: 'user', userId: ME, role: 'owner', organization: { ...facts, settings: { record_visibility } } };
    for (const [context, part] of originals.entries())
      for (const holder of [...LADDER, ...Object.keys(part.sets)])
        for (const [rule] of rulesIn(context, holder, me)) found.set(JSON.stringify(rule), rule);
  }
  return [...found.values()];
}

function mutated(context: number, holder: string): Grant {
  return (can, me) => {
    for (const [rule, said] of rulesIn(context, holder, me)) {
      const mine = current && same(rule, current.rule);
      if (mine && current!.how === 'dropped') continue;
      if (mine && current!.how === 'widened') can(said[0], said[1]);
      else can(...said);
    }
    // To a member it comes by his role; what he has by a permission set is not looked at.
    const lowered = current?.how === 'lowered' && current.rule.context === context && below(current.rule.holder) === holder;
    if (lowered) for (const [rule, said] of rulesIn(context, current!.rule.holder, me)) if (same(rule, current!.rule)) can(...said);
  };
}
for (const [context, part] of granted.entries()) {
  for (const holder of LADDER) part[holder as 'member'] = mutated(context, holder);
  for (const holder of Object.keys(part.sets ?? {})) part.sets![holder] = mutated(context, holder);
}

/** Nobody is remembered, so that abilities are made anew. */
async function forgotten() {
  const callers = (await app()).get(Callers, { strict: false }) as unknown as { remembered: Map<string, unknown> };
  callers.remembered.clear();
}

/** Does something while a rule is changed. */
export async function under<T>(mutation: Mutation | undefined, work: () => Promise<T>): Promise<T> {
  current = mutation;
  await forgotten();
  try {
    return await work();
  } finally {
    current = undefined;
    await forgotten();
  }
}

/** The class of all abilities, which casl does not export. */
interface Asked {
  possibleRulesFor(action: string, subject?: unknown): unknown;
}
function classOfAbilities(): Asked {
  let found = createMongoAbility([]) as object;
  while (!Object.hasOwn(found, 'possibleRulesFor')) found = Object.getPrototypeOf(found) as object;
  return found as Asked;
}

/** What is asked of the rules while something is done: "update deal". */
export async function asked<T>(work: () => Promise<T>): Promise<[T, Set<string>]> {
  const heard = new Set<string>();
  const abilities = classOfAbilities();
  const { possibleRulesFor } = abilities;
  abilities.possibleRulesFor = function (this: Asked, action, subject) {
    heard.add(`${action} ${String(subject)}`);
    return possibleRulesFor.call(this, action, subject);
  };
  try {
    return [await under(undefined, work), heard];
  } finally {
    abilities.possibleRulesFor = possibleRulesFor;
  }
}
