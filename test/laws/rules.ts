import { type Actor, NOBODY } from '#kernel';
import { granted, type Permissions } from '../../libs/kernel/permissions.ts';
import '../../libs/contexts.ts';

export type Grant = NonNullable<Permissions['member']>;
export type Can = Parameters<Grant>[0];

/** One line of the list of rules: one action on one subject, for one role or permission set. */
export interface Rule {
  readonly context: number;
  readonly holder: string;
  readonly action: string;
  readonly subject: string;
  /** JSON, with the user's id as $me; undefined for all rows. */
  readonly conditions: string | undefined;
}
export const LADDER = ['member', 'manager', 'admin', 'owner'];
const ME = '00000000-0000-4000-8000-00000000000e';

export const grantOf = (part: Permissions, holder: string): Grant | undefined =>
  LADDER.includes(holder) ? part[holder as 'member'] : part.sets?.[holder];

/** The single rules that a grant makes for somebody, each with what was said. */
export function rulesIn(context: number, holder: string, grant: Grant | undefined, me: Actor): [Rule, Parameters<Can>][] {
  const rules: [Rule, Parameters<Can>][] = [];
  grant?.((actions, subjects, conditions) => {
    for (const action of [actions].flat())
      for (const subject of [subjects].flat()) {
        const said = conditions && JSON.stringify(conditions).replaceAll(me.userId ?? ME, '$me');
        rules.push([{ context, holder, action, subject: subject.table, conditions: said }, [action, subject, conditions]]);
      }
  }, me);
  return rules;
}

/** Every rule of every context, where members see all records or only their own. */
export function rulesWhere(record_visibility: 'all' | 'own'): Rule[] {
  const facts = { id: ME, currency: 'EUR', timeZone: 'UTC', locale: 'en' };
  const me: Actor = { ...NOBODY, kind: 'user', userId: ME, role: 'owner', organization: { ...facts, settings: { record_visibility } } };
  return granted.flatMap((part, context) =>
    [...LADDER, ...Object.keys(part.sets ?? {})].flatMap((holder) =>
      rulesIn(context, holder, grantOf(part, holder), me).map(([rule]) => rule),
    ),
  );
}

/** All rules as one reads them: who may do what, on which rows, and in which organizations. */
export function rulesAsText(): string {
  const where = new Map<string, { rule: Rule; seen: string[] }>();
  for (const visibility of ['all', 'own'] as const)
    for (const rule of rulesWhere(visibility)) {
      const known = where.get(spoken(rule)) ?? { rule, seen: [] };
      where.set(spoken(rule), { rule, seen: [...new Set([...known.seen, visibility])] });
    }
  const lines = new Map<string, Set<string>>();
  for (const { rule, seen } of where.values()) {
    const { holder, action, subject, conditions } = rule;
    const who = LADDER.includes(holder) ? holder : `+ ${holder}`;
    const rows = conditions ? `\`${conditions}\`` : 'all';
    const line = `| ${who} | ${action} | * | ${rows} | ${seen.length > 1 ? 'everywhere' : `\`${seen[0]}\``} |`;
    lines.set(line, (lines.get(line) ?? new Set()).add(subject));
  }
  const said = [...lines].map(([line, subjects]) => line.replace('*', [...subjects].sort().join(', ')));
  return ['| who | may | what | which rows | where `record_visibility` is |', '| --- | --- | --- | --- | --- |', ...said].join('\n');
}

export const spoken = ({ holder, action, subject, conditions }: Rule) =>
  `${holder}: ${action} ${subject}${conditions ? ` where ${conditions}` : ''}`;
