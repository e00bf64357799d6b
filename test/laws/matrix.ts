import { actingAs, Bus, permissionSets, setClock, system } from '#kernel';
import { CreateOperator, Sessions } from '#identity';
import '../../libs/contexts.ts';
import { anEmail, bearer, PASSWORD, type Registered, registered } from '../people.ts';
import { type Answer, app, Client, type Persona, send, type World, world } from '../world.ts';
import { rulesAsText } from './rules.ts';
import { bodySchema, type Body, Inhabitant, type Operation } from './samples.ts';

/**
 * Who is let in where. A cell says what somebody in that column gets for a valid request: `yes` when he is let in, whatever the state of
 * the record then says; otherwise the status that keeps him out, or says that the request was none. `own` is a member with a record of his
 * own, `+ sales` a member with that permission set, `stranger` the owner of another organization, `operator` whoever runs the deployment.
 */
const SETS = permissionSets().map((set) => `+ ${set}`);
export type Column = string;
const ABOVE = ['manager', 'admin', 'owner'];
export const COLUMNS: readonly Column[] = ['nobody', 'expired', 'operator', 'stranger', 'member', 'own', ...SETS, ...ABOVE];
/** API keys that open nothing here: past their end, revoked, of somebody who is a member no longer, of another organization. */
export const DEAD_KEYS: readonly Column[] = ['key expired', 'key revoked', 'key of who left', 'key of a stranger'];
/** API keys by what they were made with; `lowered`: an admin's, who has become a member since. */
export const KEYS: readonly Column[] = [...DEAD_KEYS, ...['lowered', 'member', ...SETS, ...ABOVE].map((role) => `key ${role}`)];
/** Where the record of somebody else is, and where naming another owner is tried. */
export const PLAIN: readonly Column[] = ['member', ...SETS, 'manager', 'admin', 'owner'];
export const OWNING: readonly Column[] = ['own', ...PLAIN];
export type Matrix = Record<string, Record<Column, string>>;

const KEPT_OUT = [400, 401, 403, 404];
const cellOf = ({ status }: Answer) => (status >= 500 ? `broke ${status}` : KEPT_OUT.includes(status) ? String(status) : 'yes');

/** Ends the session of who plays it, or the organization: played in a world of its own, the most powerful last. */
const ENDS = /^auth\/(logout|sessions|password)|^organizations\/\{id\}(\/transfer)?$|\/members\/\{id\}$/;
const ends = ({ method, path }: Operation) => method !== 'GET' && ENDS.test(path);
const HOUR = 3_600_000;
const OUTSIDE = ['nobody', 'expired', 'operator', 'stranger', ...DEAD_KEYS];

export interface Stage extends World {
  maker: Inhabitant;
  ownMaker: Inhabitant;
  /** A member with each permission set. */
  withSet: Record<Column, Persona>;
  expired: string;
  /** These take their time to make, and most stages do without. */
  keys: () => Promise<Record<Column, string>>;
  operator: () => Promise<{ email: string; token: string }>;
  /** Somebody with a password, and an organization that the operator may do with as he likes. */
  account: () => Promise<Registered>;
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
  const [keys, operator, account] = [once(() => keysOf(here)), once(anOperator), once(registered)];
  return { ...here, maker, ownMaker, withSet, expired: await expiredToken(here), keys, operator, account };
}
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

/** Somebody who runs the deployment: made at the terminal only, as by `tessera operator create`. */
export async function anOperator(): Promise<{ email: string; token: string }> {
  const bus = (await app()).get(Bus);
  const email = anEmail('operator');
  await actingAs(system(null), () => bus.run(new CreateOperator({ email, name: 'Op', password: PASSWORD })));
  return { email, token: await operatorToken(email) };
}
const operatorToken = async (email: string): Promise<string> =>
  (await send('POST', 'admin/auth/login', { email, password: PASSWORD })).data.access_token as string;

/** One API key of each sort, all made the way a client makes them. */
async function keysOf({ organization, owner, stranger, join }: World): Promise<Record<Column, string>> {
  const keys: Record<Column, string> = {};
  const make = async (column: Column, by: Persona, given: object): Promise<string> => {
    const { data, status, text } = await by.post('api-keys', { name: column, ...given });
    if (status !== 201) throw new Error(`${column}: ${text}`);
    keys[column] = data.key as string;
    return data.id as string;
  };
  // Whose records are played on is the owner: a key of his own would be the owner of them as well.
  const [maker, leaver, falling] = await Promise.all([join('admin', permissionSets()), join('admin'), join('admin')]);
  for (const role of ['member', 'manager', 'admin']) await make(`key ${role}`, maker, { role });
  for (const set of permissionSets()) await make(`key + ${set}`, maker, { role: 'member', permission_sets: [set] });
  await make('key owner', owner, { role: 'owner' });
  await make('key of a stranger', stranger, { role: 'owner' });
  await make('key of who left', leaver, { role: 'admin' });
  await make('key lowered', falling, { role: 'admin' });
  const done = [
    await owner.delete(`api-keys/${await make('key revoked', owner, { role: 'owner' })}`),
    await owner.delete(`organizations/${organization.id}/members/${leaver.userId}`),
    await owner.patch(`organizations/${organization.id}/members/${falling.userId}`, { role: 'member' }),
  ];
  for (const { status, text } of done) if (status >= 300) throw new Error(text);
  const yesterday = new Date(Date.now() - 24 * HOUR);
  setClock(() => yesterday);
  try {
    // The owner's session is younger than the key.
    const token = await sessionOf(organization, owner.userId);
    const given = { name: 'key expired', role: 'owner', expires_at: new Date(yesterday.valueOf() + HOUR).toISOString() };
    const { data } = await send('POST', 'api-keys', given, bearer(token, { 'x-organization-id': organization.id }));
    keys['key expired'] = data.key as string;
  } finally {
    setClock();
  }
  return keys;
}
/** Where members see only what is theirs. */
export const private_ = { settings: { record_visibility: 'own' as const } };

async function expiredToken({ organization, owner }: World): Promise<string> {
  setClock(() => new Date(Date.now() - 2 * HOUR));
  try {
    return await sessionOf(organization, owner.userId);
  } finally {
    setClock();
  }
}
const opened = async (organization: World['organization'], userId: string) => {
  const instance = await app();
  const open = () => instance.get(Bus).asSystem(organization.facts(), () => instance.get(Sessions, { strict: false }).open(userId));
  return actingAs(system(organization.facts()), open);
};
const sessionOf = async (organization: World['organization'], userId: string) => (await opened(organization, userId)).access_token;

/** A request that is about to be sent in some column. */
export interface Play {
  readonly operation: Operation;
  readonly column: Column;
  readonly at: Stage;
  readonly path: string | undefined;
  readonly body: Body | undefined;
}

/**
 * Makes what it takes to play an operation in a column: a record that it may be done to, a body that is accepted. `spare`: a path whose
 * record nothing has been done to.
 */
export async function prepared(operation: Operation, at: Stage, column: Column, spare?: string): Promise<Play> {
  // What is done once can be tried on one record by all who are kept out; who may be let in gets a new one.
  const writes = operation.method !== 'GET' && operation.ids.length > 0 && !OUTSIDE.includes(column);
  const maker = makerOf(at, column);
  const path =
    (column === 'operator' && operation.path.startsWith('admin/') ? await customerOf(operation, at) : undefined) ??
    (column === 'own' ? undefined : spare) ??
    (writes ? await targetOf(operation, at, maker, column) : undefined) ??
    (await makerOf(at, OUTSIDE.includes(column) ? '' : column).pathOf(operation)) ??
    (await at.maker.pathOf(operation));
  return { operation, column, at, path, body: await bodyOf(operation, at, maker, column, path ?? '') };
}

const customerOf = async ({ path }: Operation, { account }: Stage) =>
  path.includes('{id}') ? path.replace('{id}', (await account()).organization.id as string) : path;
const makerOf = (at: Stage, column: Column) => (column === 'own' ? at.ownMaker : at.maker);

/** Sends it. Undefined where there is nothing to send it to. */
export async function played({ operation, column, at, path, body }: Play): Promise<Answer | undefined> {
  if (path === undefined) return undefined;
  return at.maker.send(operation, path, body, {}, await clientOf(operation, at, column));
}
async function clientOf(operation: Operation, at: Stage, column: Column): Promise<Client> {
  const usual = { 'x-organization-id': at.organization.id };
  if (column === 'nobody') return new Client(usual);
  const credential = await credentialOf(operation, at, column);
  return credential ? new Client(bearer(credential, usual)) : personaOf(at, column);
}
async function credentialOf(operation: Operation, at: Stage, column: Column): Promise<string | undefined> {
  if (column === 'expired') return at.expired;
  if (column.startsWith('key ')) return (await at.keys())[column];
  if (column !== 'operator') return undefined;
  const { email, token } = await at.operator();
  // What ends the session that it is played with gets one of its own.
  return operation.id === 'adminAuthLogout' ? operatorToken(email) : token;
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
export async function matrixOf(operations: readonly Operation[], here: Stage, columns = COLUMNS): Promise<Matrix> {
  const matrix: Matrix = {};
  for (const operation of operations) {
    const at = ends(operation) ? await stage(operations, here.maker) : here;
    const row: Record<Column, string> = {};
    let spare: string | undefined;
    for (const column of columns) {
      const play = await prepared(operation, at, column, spare);
      row[column] = cell(await played(play));
      // The record of who was kept out will do for the next one.
      spare = row[column] !== 'yes' && !['own', ...OUTSIDE].includes(column) ? play.path : undefined;
    }
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

async function bodyOf(operation: Operation, at: Stage, maker: Inhabitant, column: Column, path: string): Promise<Body | undefined> {
  const known = await KNOWN[operation.id]?.(at, path);
  if (known) return known;
  // In a batch it is the body that names the records.
  const own = column === 'own' || operation.name.endsWith('Batch') ? maker : at.maker;
  return withoutOwners(await own.valid(operation));
}
/** What no schema tells: passwords, secrets, and all stages of a pipeline. */
const KNOWN: Record<string, (at: Stage, path: string) => Body | Promise<Body>> = {
  organizationsTransfer: ({ colleague }) => ({ user_id: colleague.userId }),
  organizationsOrganizationIdMembersUpdate: () => ({ role: 'manager' }),
  authLogin: async ({ account }) => ({ email: (await account()).email, password: PASSWORD }),
  adminAuthLogin: async ({ operator }) => ({ email: (await operator()).email, password: PASSWORD }),
  authRefresh: async ({ organization, owner }) => ({ refresh_token: (await opened(organization, owner.userId)).refresh_token }),
  pipelinesReorderStages: async ({ owner }, path) => {
    const { data } = await owner.get(path.replace(/\/reorder$/, ''));
    return { stage_ids: ((data ?? []) as { id: string }[]).map(({ id }) => id).toReversed() };
  },
};
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
export function asText(matrices: { matrix: Matrix; keys: Matrix; seen: Matrix; owners: Matrix }, operations: readonly Operation[]): string {
  const { matrix, keys, seen, owners } = matrices;
  return `# Who is let in where

Every operation of the OpenAPI document in every role, as it was played by \`test/laws/permissions.spec.ts\`, which writes this file with \`UPDATE=1\`
and fails when it says something else. \`yes\`: let in, whatever the state of the record then says; otherwise the status that keeps out. \`own\`: a member with a
record of his own; \`+ sales\`: a member with that permission set; \`stranger\`: the owner of another organization; \`operator\`: whoever runs the deployment, who
is made at the terminal only (\`tessera operator create\`), logs in by a door of his own, and is nobody to everything outside \`admin/\`.

${tableOf(matrix, operations, COLUMNS)}

## What an API key opens

By the role and permission sets that it was made with; there are no others, and no scopes beside them. \`key lowered\`: made with the role of an admin by an admin who has become
a member since. \`key expired\`, \`key revoked\`, \`key of who left\` (its maker is a member no longer) had the role of an owner or admin.

${tableOf(keys, operations, KEYS)}

## Who sees records of others, where members see only their own

With \`record_visibility: own\`: whether an answer holds anything of the owner's records, or under \`own\` of a member's own. \`sees\`: it does; \`nothing\`: let in, and nothing of them is there.

${tableOf(seen, operations, OWNING)}

## Who decides who owns a record

The same operations, naming a colleague as the owner.

${tableOf(owners, operations, OWNING)}

## The rules behind it

As the contexts grant them; each role has those of the roles below it, and \`+ sales\` is the permission set of that name. \`$me\` is the caller, \`$of\` a living row of that table which
the reference leads to.

${rulesAsText()}
`;
}
