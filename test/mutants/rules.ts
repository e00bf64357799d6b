import { createMongoAbility } from '@casl/ability';
import { type Actor, Callers } from '#kernel';
import { granted } from '../../libs/kernel/permissions.ts';
import { type Grant, grantOf, LADDER, type Rule, rulesIn, rulesWhere } from '../laws/rules.ts';
import { app } from '../world.ts';

/** `dropped`: gone. `widened`: without its conditions. `lowered`: given to whoever stands one below as well. */
export interface Mutation {
  readonly rule: Rule;
  readonly how: 'dropped' | 'widened' | 'lowered';
}
/** Who gets a rule that is lowered: the role below; a member without the permission set. */
export const below = (holder: string) => (LADDER.includes(holder) ? LADDER[LADDER.indexOf(holder) - 1] : 'member');

/** What whoever stands below has anyway is not lowered. */
export function mutationsOf(rule: Rule, all: readonly Rule[]): Mutation[] {
  const lower = below(rule.holder);
  const lowers = lower !== undefined && rule.holder !== 'member' && !all.some((one) => same(one, { ...rule, holder: lower }));
  return [
    { rule, how: 'dropped' },
    ...(rule.conditions === undefined ? [] : [{ rule, how: 'widened' } as const]),
    ...(lowers ? [{ rule, how: 'lowered' } as const] : []),
  ];
}

let current: Mutation | undefined;

const originals = granted.map((part) => ({ ...part, sets: { ...part.sets } }));
const original = (context: number, holder: string, me: Actor) => rulesIn(context, holder, grantOf(originals[context]!, holder), me);
const same = (one: Rule, other: Rule) => JSON.stringify(one) === JSON.stringify(other);

/** Every rule of every context, whatever the organization's settings make of it. */
export const rules = (): Rule[] => [
  ...new Map([...rulesWhere('all'), ...rulesWhere('own')].map((rule) => [JSON.stringify(rule), rule])).values(),
];

function mutated(context: number, holder: string): Grant {
  return (can, me) => {
    for (const [rule, said] of original(context, holder, me)) {
      const mine = current && same(rule, current.rule);
      if (mine && current!.how === 'dropped') continue;
      if (mine && current!.how === 'widened') can(said[0], said[1]);
      else can(...said);
    }
    // To a member it comes by his role; what he has by a permission set is not looked at.
    const lowered = current?.how === 'lowered' && current.rule.context === context && below(current.rule.holder) === holder;
    if (lowered) for (const [rule, said] of original(context, current!.rule.holder, me)) if (same(rule, current!.rule)) can(...said);
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

/** Says something while a rule is changed. */
export function during<T>(mutation: Mutation, work: () => T): T {
  current = mutation;
  try {
    return work();
  } finally {
    current = undefined;
  }
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
