import { actingAs, Bus, permissionSets, setClock, system } from '#kernel';
import { Sessions } from '#identity';
import '../../libs/contexts.ts';
import { type Answer, app, type Persona, send, type World, world } from '../world.ts';
import { bodySchema, type Body, Inhabitant, type Operation } from './samples.ts';

/**
 * Who is let in where. A cell says what somebody in that column gets for a valid request: `yes` when he is let in, whatever the state of
 * the record then says; otherwise the status that keeps him out. `own` is a member with a record of his own, `+ sales` a member with that
 * permission set, `key` an API key with the role of a manager, `stranger` the owner of another organization.
 */
const SETS = permissionSets().map((set) => `+ ${set}`);
export type Column = string;
export const COLUMNS: readonly Column[] = ['nobody', 'expired', 'stranger', 'member', 'own', ...SETS, 'key', 'manager', 'admin', 'owner'];
/** Where the record of somebody else is, and where naming another owner is tried. */
export const PLAIN: readonly Column[] = ['member', ...SETS, 'manager', 'admin', 'owner'];
export const OWNING: readonly Column[] = ['own', ...PLAIN];
export type Matrix = Record<string, Record<Column, string>>;

const KEPT_OUT = [401, 403, 404];
const cellOf = ({ status }: Answer) => (status >= 500 ? `broke ${status}` : KEPT_OUT.includes(status) ? String(status) : 'yes');

/** Ends the session of who plays it, or the organization: played in a world of its own, the most powerful last. */
const ENDS = /^auth\/(logout|sessions|password)|^organizations\/\{id\}(\/transfer)?$|\/members\/\{id\}$/;
const ends = ({ method, path }: Operation) => method !== 'GET' && ENDS.test(path);
const HOUR = 3_600_000;
const OUTSIDE = ['nobody', 'expired', 'stranger'];

export interface Stage extends World {
  maker: Inhabitant;
  ownMaker: Inhabitant;
  /** A member with each permission set. */
  withSet: Record<Column, Persona>;
  credentials: { expired: string; key: string };
}
export async function stage(
  operations: readonly Operation[],
  recipes?: Inhabitant,
  given: Parameters<typeof world>[0] = {},
): Promise<Stage> {
  const here = await world(given);
  const withSet: Record<Column, Persona> = {};
  for (const set of permissionSets()) withSet[`+ ${set}`] = await here.join('member', [set]);
  const [maker, ownMaker] = [new Inhabitant(here.owner, operations, recipes), new Inhabitant(here.member, operations, recipes)];
  const key = (await here.owner.post('api-keys', { name: 'Matrix', role: 'manager' })).data?.key as string;
  return { ...here, maker, ownMaker, withSet, credentials: { expired: await expiredToken(here), key } };
}
/** Where members see only what is theirs. */
export const private_ = { settings: { record_visibility: 'own' as const } };

async function expiredToken({ organization, owner }: World): Promise<string> {
  const instance = await app();
  setClock(() => new Date(Date.now() - 2 * HOUR));
  try {
    const opened = await actingAs(system(organization.facts()), () => openSession(instance, organization, owner.userId));
    return opened.access_token;
  } finally {
    setClock();
  }
}
async function openSession(instance: Awaited<ReturnType<typeof app>>, organization: World['organization'], userId: string) {
  return instance.get(Bus).asSystem(organization.facts(), () => instance.get(Sessions, { strict: false }).open(userId));
}

/** A request that is about to be sent in some column. */
export interface Play {
  readonly operation: Operation;
  readonly column: Column;
  readonly at: Stage;
  readonly path: string | undefined;
  readonly body: Body | undefined;
}

/** Makes what it takes to play an operation in a column: a record that it may be done to, a body that is accepted. */
export async function prepared(operation: Operation, at: Stage, column: Column): Promise<Play> {
  // What is done once can be tried on one record by all who are kept out; who may be let in gets a new one.
  const writes = operation.method !== 'GET' && operation.ids.length > 0 && !OUTSIDE.includes(column);
  const maker = makerOf(at, column);
  const path =
    (writes ? await targetOf(operation, at, maker, column) : undefined) ??
    (await makerOf(at, OUTSIDE.includes(column) ? '' : column).pathOf(operation)) ??
    (await at.maker.pathOf(operation));
  return { operation, column, at, path, body: await bodyOf(operation, at, maker, column) };
}

const makerOf = (at: Stage, column: Column) => (column === 'own' ? at.ownMaker : at.maker);

/** Sends it. Undefined where there is nothing to send it to. */
export async function played({ operation, column, at, path, body }: Play): Promise<Answer | undefined> {
  if (path === undefined) return undefined;
  if (column === 'nobody' || column === 'expired' || column === 'key') {
    const headers: Record<string, string> = { 'x-organization-id': at.organization.id };
    if (column !== 'nobody') headers.authorization = `Bearer ${at.credentials[column]}`;
    return send(operation.method, path, operation.method === 'GET' ? undefined : (body ?? {}), headers);
  }
  return new Inhabitant(personaOf(at, column), []).send(operation, path, body);
}
const personaOf = (at: Stage, column: Column): Persona =>
  at.withSet[column] ?? (column === 'own' ? at.member : at[column as 'member' | 'manager' | 'admin' | 'owner' | 'stranger']);

export const cell = (answer: Answer | undefined): string => (answer ? cellOf(answer) : '-');

/** What somebody sees of records that are the owner's, or in the column `own` of his own: a text of theirs is marked. */
export const sight =
  ({ at, column }: Play) =>
  (answer: Answer | undefined): string =>
    !answer || answer.status >= 300 ? cell(answer) : answer.text.includes(makerOf(at, column).mark.proof) ? 'sees' : 'nothing';

/** A stage with records of the owner's, and of a member's. */
export async function furnished(operations: readonly Operation[], given: Parameters<typeof world>[0] = {}): Promise<Stage> {
  const here = await stage(operations, undefined, given);
  await here.maker.furnish();
  await here.ownMaker.furnish();
  return here;
}

/** Plays every operation in every column. */
export async function matrixOf(operations: readonly Operation[], here: Stage): Promise<Matrix> {
  const matrix: Matrix = {};
  for (const operation of operations) {
    const at = ends(operation) ? await stage(operations, here.maker) : here;
    const row: Record<Column, string> = {};
    for (const column of COLUMNS) row[column] = cell(await played(await prepared(operation, at, column)));
    matrix[operation.id] = row;
  }
  return matrix;
}

/** What of an owner's records is seen in each column by what only reads, where members see only their own. */
export async function sightOf(operations: readonly Operation[], here: Stage): Promise<Matrix> {
  const matrix: Matrix = {};
  for (const operation of operations.filter(reads)) {
    const row: Record<Column, string> = {};
    for (const column of OWNING) {
      const play = await prepared(operation, here, column);
      row[column] = sight(play)(await played(play));
    }
    matrix[operation.id] = row;
  }
  return matrix;
}
export const reads = ({ method, path }: Operation) => method === 'GET' && !/^(auth|admin|organizations)\b/.test(path);

/** Whether somebody may name a colleague as the owner of a record, a new one or one that is there. */
export async function ownersOf(operations: readonly Operation[], here: Stage): Promise<Matrix> {
  const matrix: Matrix = {};
  for (const operation of operations.filter(names)) {
    const row: Record<Column, string> = {};
    for (const column of OWNING) row[column] = cell(await played(await giving(operation, here, column)));
    matrix[operation.id] = row;
  }
  return matrix;
}
/** What takes the name of an owner. */
export const names = (operation: Operation) =>
  ['POST', 'PATCH'].includes(operation.method) &&
  !operation.route.upload &&
  !/^(auth|admin|organizations)\b/.test(operation.path) &&
  Object.hasOwn(bodySchema(operation)?.properties ?? {}, 'owner_id');

export async function giving(operation: Operation, at: Stage, column: Column): Promise<Play> {
  const play = await prepared(operation, at, column);
  const body = operation.method === 'PATCH' ? {} : play.body;
  return { ...play, body: { ...body, owner_id: at.colleague.userId } };
}

/** A record to do it to: new, deleted where it is to be restored, another person where it is about one. */
async function targetOf(operation: Operation, at: Stage, maker: Inhabitant, column: Column): Promise<string | undefined> {
  if (MEMBER.test(operation.path)) {
    const who = column === 'own' ? at.member : await at.join('member');
    return operation.path.replace('{organization_id}', at.organization.id).replace('{id}', who.userId);
  }
  const path = (await maker.pathOf(operation, true)) ?? (await at.maker.pathOf(operation, true));
  if (operation.name === 'restore' && path) await at.owner.delete(path.replace(/\/restore$/, ''));
  return path;
}
const MEMBER = /^organizations\/\{organization_id\}\/members\/\{id\}/;

async function bodyOf(operation: Operation, at: Stage, maker: Inhabitant, column: Column): Promise<Body | undefined> {
  if (operation.id === 'organizationsTransfer') return { user_id: at.colleague.userId };
  // In a batch it is the body that names the records.
  const own = column === 'own' || operation.name.endsWith('Batch') ? maker : at.maker;
  return withoutOwners(await own.valid(operation));
}
/** Naming an owner or an assignee is a right of its own. */
function withoutOwners<T>(body: T): T {
  if (Array.isArray(body)) return body.map(withoutOwners) as T;
  if (typeof body !== 'object' || body === null) return body;
  const kept = Object.entries(body).filter(([name]) => !/^(owner|assignee|author|reviewer)_id$/.test(name));
  return Object.fromEntries(kept.map(([name, value]) => [name, withoutOwners(value)])) as T;
}

const tableOf = (matrix: Matrix, operations: readonly Operation[], columns: readonly Column[]) =>
  `| | path | needs | ${columns.join(' | ')} |
| --- | --- | --- |${columns.map(() => ' --- |').join('')}
${operations
  .filter(({ id }) => matrix[id])
  .map((one) => `| ${one.method} | \`${one.path}\` | ${one.permission} | ${columns.map((column) => matrix[one.id]![column]).join(' | ')} |`)
  .join('\n')}`;

/** As it is committed: docs/permission-matrix.md. */
export function asText(matrix: Matrix, seen: Matrix, owners: Matrix, operations: readonly Operation[]): string {
  return `# Who is let in where

Every operation of the OpenAPI document in every role, as it was played by \`test/laws/permissions.spec.ts\`, which writes this file with \`UPDATE=1\`
and fails when it says something else. \`yes\`: let in, whatever the state of the record then says; otherwise the status that keeps out. \`own\`: a member with a
record of his own; \`+ sales\`: a member with that permission set; \`key\`: an API key with the role of a manager; \`stranger\`: the owner of another organization.

${tableOf(matrix, operations, COLUMNS)}

## Who sees records of others, where members see only their own

With \`record_visibility: own\`: whether an answer holds anything of the owner's records, or under \`own\` of a member's own. \`sees\`: it does; \`nothing\`: let in, and nothing of them is there.

${tableOf(seen, operations, OWNING)}

## Who decides who owns a record

The same operations, naming a colleague as the owner.

${tableOf(owners, operations, OWNING)}
`;
}
