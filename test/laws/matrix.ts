import { actingAs, Bus, setClock, system } from '#kernel';
import { Sessions } from '#identity';
import { type Answer, app, type Persona, send, type World, world } from '../world.ts';
import { type Body, Inhabitant, type Operation } from './samples.ts';

/**
 * Who is let in where. A cell says what somebody in that column gets for a valid request: `yes` when he is let in, whatever the state of
 * the record then says; otherwise the status that keeps him out. `own` is a member with a record of his own, `key` an API key with the role
 * of a manager, `stranger` the owner of another organization.
 */
export const COLUMNS = ['nobody', 'expired', 'stranger', 'member', 'own', 'key', 'manager', 'admin', 'owner'] as const;
export type Column = (typeof COLUMNS)[number];
export type Matrix = Record<string, Record<Column, string>>;

const KEPT_OUT = [401, 403, 404];
const cellOf = ({ status }: Answer) => (status >= 500 ? `broke ${status}` : KEPT_OUT.includes(status) ? String(status) : 'yes');

/** Ends the session of who plays it, or the organization: played in a world of its own, the most powerful last. */
const ENDS = /^auth\/(logout|sessions|password)|^organizations\/\{id\}(\/transfer)?$|\/members\/\{id\}$/;
const HOUR = 3_600_000;

interface Stage extends World {
  maker: Inhabitant;
  ownMaker: Inhabitant;
  credentials: { expired: string; key: string };
}
async function stage(operations: readonly Operation[], recipes?: Inhabitant): Promise<Stage> {
  const here = await world();
  const [maker, ownMaker] = [new Inhabitant(here.owner, operations, recipes), new Inhabitant(here.member, operations, recipes)];
  const key = (await here.owner.post('api-keys', { name: 'Matrix', role: 'manager' })).data?.key as string;
  return { ...here, maker, ownMaker, credentials: { expired: await expiredToken(here), key } };
}
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

/** Plays every operation in every column. */
export async function matrixOf(operations: readonly Operation[]): Promise<Matrix> {
  const here = await stage(operations);
  await here.maker.furnish();
  const matrix: Matrix = {};
  for (const operation of operations) {
    const ends = operation.method !== 'GET' && ENDS.test(operation.path);
    matrix[operation.id] = await rowOf(operation, ends ? await stage(operations, here.maker) : here);
  }
  return matrix;
}

async function rowOf(operation: Operation, at: Stage): Promise<Record<Column, string>> {
  const cells: [Column, string][] = [];
  // What is done once can be tried on one record by all who are kept out; who may be let in gets a new one.
  const writes = operation.method !== 'GET' && operation.ids.length > 0;
  const shared = await at.maker.pathOf(operation);
  for (const column of COLUMNS) {
    const outside = ['nobody', 'expired', 'stranger'].includes(column);
    const maker = column === 'own' ? at.ownMaker : at.maker;
    const path = (writes && !outside ? await targetOf(operation, at, maker, column) : undefined) ?? shared;
    const body = await bodyOf(operation, at, maker, column);
    cells.push([column, path === undefined ? '-' : cellOf(await sentAs(column, at, operation, path, body))]);
  }
  return Object.fromEntries(cells) as Record<Column, string>;
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

async function sentAs(column: Column, at: Stage, operation: Operation, path: string, body: Body | undefined): Promise<Answer> {
  if (column === 'nobody' || column === 'expired' || column === 'key') {
    const headers: Record<string, string> = { 'x-organization-id': at.organization.id };
    if (column !== 'nobody') headers.authorization = `Bearer ${at.credentials[column]}`;
    return send(operation.method, path, operation.method === 'GET' ? undefined : (body ?? {}), headers);
  }
  const persona: Persona = column === 'own' ? at.member : at[column];
  return new Inhabitant(persona, []).send(operation, path, body);
}

/** As it is committed: docs/permission-matrix.md. */
export function asText(matrix: Matrix, operations: readonly Operation[]): string {
  const lines = operations.map(
    (one) => `| ${one.method} | \`${one.path}\` | ${one.permission} | ${COLUMNS.map((column) => matrix[one.id]![column]).join(' | ')} |`,
  );
  return `# Who is let in where

Every operation of the OpenAPI document in every role, as it was played by \`test/laws/permissions.spec.ts\`, which writes this file with \`UPDATE=1\`
and fails when it says something else. \`yes\`: let in, whatever the state of the record then says; otherwise the status that keeps out. \`own\`: a member with a
record of his own; \`key\`: an API key with the role of a manager; \`stranger\`: the owner of another organization.

| | path | needs | ${COLUMNS.join(' | ')} |
| --- | --- | --- |${COLUMNS.map(() => ' --- |').join('')}
${lines.join('\n')}
`;
}
