import {
  cell,
  type Column,
  furnished,
  giving,
  names,
  OWNING,
  type Play,
  played,
  prepared,
  private_,
  reads,
  sight,
  type Stage,
} from '../laws/matrix.ts';
import { type Operation, operations } from '../laws/samples.ts';
import { bury, Grave } from './grave.ts';
import { rulesAsText, spoken } from '../laws/rules.ts';
import { asked, below, during, type Mutation, mutationsOf, rules, under } from './rules.ts';

/** ONLY=contacts: what concerns these paths alone, which takes half a minute instead of two. */
const only = new RegExp(process.env.ONLY ?? '');
const all = operations().filter(({ path }) => only.test(path));
const graves = {
  dropped: new Grave('a rule of permission'),
  widened: new Grave("a rule's condition"),
  lowered: new Grave('the height of a rule'),
};
afterAll(() => bury('2-rules', Object.values(graves)));

/** One cell of the matrix, which can be played again. */
interface Cell {
  readonly sort: 'the matrix' | 'who sees records of others' | 'who decides who owns';
  readonly operation: Operation;
  readonly column: Column;
  readonly play: () => Promise<Play>;
  readonly said: (play: Play) => (answer: Parameters<typeof cell>[0]) => string;
  value: string;
  asks: ReadonlySet<string>;
}
const cells: Cell[] = [];

/** What ends the session or the organization of who plays it cannot be played twice. */
const ONCE = /^auth|^admin|^organizations\/\{id\}|^organizations$|\/members\/\{id\}/;

beforeAll(async () => {
  const [open, closed] = [await furnished(all), await furnished(all, private_)];
  const add = async (sort: Cell['sort'], operation: Operation, column: Column, play: () => Promise<Play>, said: Cell['said']) => {
    const made = await play();
    const [answer, asks] = await asked(() => played(made));
    cells.push({ sort, operation, column, play, said, value: said(made)(answer), asks });
  };
  const at = (stage: Stage, operation: Operation, column: Column) => () => prepared(operation, stage, column);
  for (const operation of all.filter(({ path }) => !ONCE.test(path)))
    for (const column of OWNING) {
      await add('the matrix', operation, column, at(open, operation, column), () => cell);
      if (reads(operation)) await add('who sees records of others', operation, column, at(closed, operation, column), sight);
      if (names(operation))
        await add(
          'who decides who owns',
          operation,
          column,
          () => giving(operation, open, column),
          () => cell,
        );
    }
});

const now = async ({ play, said }: Cell, mutation: Mutation | undefined) => {
  const made = await play();
  return said(made)(await under(mutation, () => played(made)));
};
/** Whether the cell says something else; what says something else by itself is no witness. */
const notices = async (one: Cell, mutation: Mutation) =>
  (await now(one, mutation)) !== one.value && (await now(one, undefined)) === one.value;

async function killer({ rule, how }: Mutation): Promise<string | undefined> {
  const holder = how === 'lowered' ? below(rule.holder)! : rule.holder;
  const columns = holder === 'member' ? ['member', 'own'] : ['manager', 'admin', 'owner'].includes(holder) ? [holder] : [`+ ${holder}`];
  const key = `${rule.action} ${rule.subject}`;
  const asking = new Set(cells.flatMap(({ operation, asks }) => (asks.has(key) ? [operation.id] : [])));
  const near = ({ operation }: Cell) => (operation.permission === key ? 0 : operation.permission.endsWith(` ${rule.subject}`) ? 1 : 2);
  const witnesses = cells
    .filter(({ operation, column }) => columns.includes(column) && asking.has(operation.id))
    .sort((a, b) => near(a) - near(b));
  for (const one of witnesses.slice(0, MOST)) if (await notices(one, { rule, how })) return one.sort;
  // What nothing that is played shows is still seen by whoever reviews the list.
  return during({ rule, how }, rulesAsText) === LIST ? undefined : 'the list of rules';
}
const MOST = 40;
const LIST = rulesAsText();

it('every rule that is dropped, widened or lowered is noticed', async () => {
  const subjects = new Set(all.map(({ table }) => table.of));
  const known = rules();
  for (const rule of known.filter(({ subject }) => !process.env.ONLY || subjects.has(subject)))
    for (const mutation of mutationsOf(rule, known)) graves[mutation.how].lay(`${spoken(rule)} ${mutation.how}`, await killer(mutation));
  expect(Object.values(graves).flatMap(({ survivors }) => survivors)).toEqual([]);
});
