/** firstName -> first_name, in types and in values: the wire and the table share one spelling. */
export type Snake<S extends string> = S extends `${infer Head}${infer Tail}`
  ? Head extends Lowercase<Head>
    ? `${Head}${Snake<Tail>}`
    : `_${Lowercase<Head>}${Snake<Tail>}`
  : S;

const snakes = new Map<string, string>();
const MOST = 10_000;
/** Remembered: every change spells the names of its fields. */
export function snake<S extends string>(name: S): Snake<S> {
  let known = snakes.get(name);
  if (known === undefined) {
    known = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    if (snakes.size < MOST) snakes.set(name, known);
  }
  return known as Snake<S>;
}
export const camel = (name: string) => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
/** DealWon -> deal.won, Contact -> contact: how events and problems are called outside the code. */
export const dotted = (name: string) => name.replace(/(?<!^)[A-Z]/g, (letter) => `.${letter.toLowerCase()}`).toLowerCase();
/** stage_history -> Stage history. */
export const spoken = (name: string) => name.charAt(0).toUpperCase() + name.slice(1).replaceAll('_', ' ');
export const pascal = (name: string) => name.replace(/(^|_)(.)/g, (_, __, letter: string) => letter.toUpperCase());
