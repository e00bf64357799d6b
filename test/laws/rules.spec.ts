import { readFileSync } from 'node:fs';
import { during, mutationsOf, rules } from '../mutants/rules.ts';
import { rulesAsText, spoken } from './rules.ts';

it('every rule that is dropped, widened or given to whoever stands one below is seen in the list of rules', () => {
  const before = rulesAsText();
  expect(readFileSync('docs/permission-matrix.md', 'utf8')).toContain(before);
  const all = rules();
  const mutations = all.flatMap((rule) => mutationsOf(rule, all));
  expect(mutations.length).toBeGreaterThan(500);
  const unseen = mutations.filter((mutation) => during(mutation, rulesAsText) === before);
  expect(unseen.map(({ rule, how }) => `${spoken(rule)} ${how}`)).toEqual([]);
  expect(rulesAsText()).toBe(before);
});
