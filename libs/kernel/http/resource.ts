import { z } from 'zod';
import { actingAs, actor, call } from '../actor.ts';
import { GetOne, ListPage, ListUnder, RemoveOne, RestoreOne } from '../crud.ts';
import type { Source, TenantRow } from '../entity.ts';
import { Row } from '../entity.ts';
import type { Asked, List } from '../list.ts';
import type { Outcome } from '../bus.ts';
import type { Door, Message } from '../use-case.ts';
import { doorOfClass } from '../use-case.ts';
import type { View } from '../view.ts';
import { BASE, envelope } from './answer.ts';
import { exportRoute } from './export.ts';
import { problemBody, refusalOf } from './problems.ts';
import type { Route, RouteOptions } from './routes.ts';
import { checked, rendered, type Request } from './serve.ts';

type TenantSource = Source & (new () => TenantRow);

interface Crud<R, C, U> {
  of: TenantSource;
  view: View<R>;
  list: List<R>;
  create?: [use: new (input: C) => Message, body: z.ZodType<C>, example?: object];
  update?: [use: new (id: string, input: U) => Message, body: z.ZodType<U>, example?: object];
  /** A rule of its own before deleting; the plain one unless given, none at all when false. */
  remove?: (new (id: string) => Message) | false;
  /** How the thing is called in sentences: "a contact". */
  called: string;
}

const BATCH_LIMIT = 100;

/** The route of a list that has no use case of its own; reading what it lists is all it needs. */
export const listing = <R>(path: string, list: List<R>, does: string): Route => ({
  method: 'get',
  path,
  needs: { action: 'read', subject: list.of },
  list: list as never,
  answers: list as never,
  does,
  message: (_, asked) => new ListPage(list, asked as never),
});

/** The route of one record by its id, the last in the path, without a use case of its own. */
export const single = <R>(path: string, view: View<R>, does: string): Route => ({
  method: 'get',
  path,
  needs: { action: 'read', subject: view.of },
  answers: view as never,
  does,
  message: (ids) => new GetOne(view, ids.at(-1)!),
});

/** The standard routes of a resource: list, get, create, update, delete, restore, batch, export. */
export function crud<R, C = never, U = never>({ of, view, list, create, update, remove, called }: Crud<R, C, U>): Record<string, Route> {
  const reading: Door = { action: 'read', subject: of };
  const deleting: Door = { action: 'delete', subject: of };
  const removes = (id: string): Message => (remove ? new remove(id) : new RemoveOne(of, id));
  const several = called.replace(/^an? /, '').replace(/y$/, 'ie') + 's';
  const routes: Record<string, Route> = {
    list: {
      method: 'get',
      path: '',
      needs: reading,
      list: list as never,
      answers: list as never,
      does: `List ${several}`,
      message: (_, asked) => new ListPage(list, asked as never),
    },
  };
  if (create) {
    const [use, body, example] = create;
    const needs = doorOfClass(use)!;
    routes.create = {
      method: 'post',
      path: '',
      needs,
      body,
      answers: view as never,
      does: `Create ${called}`,
      example,
      message: (_, input) => new use(input as C),
    };
    routes.createBatch = batchRoute(
      'post',
      of,
      needs,
      { does: `Create up to ${BATCH_LIMIT} ${several}` },
      z.record(z.string(), z.unknown()),
      (item) => [undefined, new use(checked(body, item))],
      view,
      body,
    );
  }
  if (update) {
    const [use, body] = update;
    const needs = doorOfClass(use)!;
    const one = z.looseObject({ id: z.guid().toLowerCase(), version: z.int().min(1).optional() });
    routes.updateBatch = batchRoute(
      'patch',
      of,
      needs,
      { does: `Change up to ${BATCH_LIMIT} ${several}` },
      one,
      ({ id, version, ...rest }) => [{ id, version }, new use(id, checked(body, rest))],
      view,
      body instanceof z.ZodObject ? z.strictObject({ ...one.shape, ...(body as z.ZodObject).shape }) : one,
    );
  }
  if (remove !== false) {
    routes.deleteBatch = batchRoute(
      'delete',
      of,
      deleting,
      { does: `Delete up to ${BATCH_LIMIT} ${several}` },
      z.guid().toLowerCase(),
      (id) => [{ id }, removes(id)],
      view,
      z.guid(),
    );
  }
  routes.export = exportRoute(of, list, several);
  routes.get = {
    method: 'get',
    path: ':id',
    needs: reading,
    answers: view as never,
    does: `Read ${called}`,
    message: ([id]) => new GetOne(view, id!),
  };
  if (update) {
    const [use, body, example] = update;
    routes.update = {
      method: 'patch',
      path: ':id',
      needs: doorOfClass(use)!,
      body,
      answers: view as never,
      does: `Change ${called}`,
      example,
      message: ([id], input) => new use(id!, input as U),
    };
  }
  if (remove !== false) {
    const needs = remove ? doorOfClass(remove)! : deleting;
    routes.delete = {
      method: 'delete',
      path: ':id',
      needs,
      answers: 'deleted',
      does: `Delete ${called}; it can be restored`,
      message: ([id]) => removes(id!),
    };
    routes.restore = {
      method: 'post',
      path: ':id/restore',
      needs: deleting,
      answers: view as never,
      does: `Restore ${called}`,
      message: ([id]) => new RestoreOne(of, id!),
    };
  }
  return routes;
}

/** The list of what belongs to one record: `activities: listUnder(':id/activities', ContactView, 'contactId', activityList, '…')`. */
export function listUnder<P, R>(path: string, parent: View<P>, field: string, list: List<R>, does: string): Route {
  const needs: Door = { action: 'read', subject: list.of };
  const message: Route['message'] = ([id], asked) => new ListUnder(list, parent as View<unknown>, id!, asked as Asked);
  return { method: 'get', path, needs, list: list as never, under: field, answers: list as never, does, message };
}

/** What became of one item of a batch, by its place in the request. */
const BatchResult = z
  .object({
    index: z.int(),
    status: z.int().meta({ description: 'As if it had been sent alone' }),
    id: z.guid().optional(),
    href: z.string().optional().meta({ description: 'Where a new record is found' }),
    error: z.looseObject({ code: z.string(), message: z.string(), details: z.array(z.looseObject({})) }).optional(),
  })
  .meta({ id: 'BatchResult' });

type Expected = { id: string; version?: number } | undefined;

/** One request for many: a result per item, in order; 207 when some did not go well. */
function batchRoute<I>(
  method: 'post' | 'patch' | 'delete',
  of: TenantSource,
  needs: Door,
  options: RouteOptions,
  item: z.ZodType<I>,
  message: (item: I) => [Expected, Message],
  view: View<unknown> | View<never>,
  shown: z.ZodType,
): Route {
  const items = z.array(z.unknown()).min(1).max(BATCH_LIMIT);
  const mode = z.enum(['atomic', 'partial']).default('atomic');
  const bodyOf = (each: z.ZodType) => z.strictObject({ mode, [method === 'delete' ? 'ids' : 'items']: each });
  const body = bodyOf(items);
  const shows = bodyOf(z.array(shown).min(1).max(BATCH_LIMIT));
  const answers = z.array(method === 'post' ? BatchResult.and(z.object({ data: view.schema.optional() })) : BatchResult);
  const handle = async (request: Request) => {
    const sent = checked(body, request.http.body ?? {}) as { mode: 'atomic' | 'partial'; items?: unknown[]; ids?: unknown[] };
    const works = (sent.items ?? sent.ids ?? []).map((raw) => () => {
      const [expected, made] = message(checked(item, raw));
      return within(expected, () => request.bus.run(made));
    });
    const render = (outcomes: Outcome<unknown>[]) => {
      const good = method === 'post' ? 201 : 200;
      const results = outcomes.map((outcome, index) => itemAnswer(outcome, index, good, request, view, of));
      const status = results.every(({ status: one }) => one < 400) ? 200 : 207;
      return { status, headers: {}, body: envelope(JSON.stringify(results)) };
    };
    return rendered(request, request.http.body, render, (once) => request.bus.each(works, sent.mode === 'atomic', once));
  };
  const never = () => {
    throw new Error('A batch is handled as a whole');
  };
  return { ...options, method, path: 'batch', needs, body, shows, answers, status: 200, message: never, handle };
}

/** The item's own version counts for it, as If-Match does for a single request. */
const within = <T>(expected: Expected, work: () => Promise<T>): Promise<T> =>
  expected?.version === undefined
    ? work()
    : actingAs(actor(), work, { ...call(), expects: { id: expected.id, version: expected.version } });

function itemAnswer(
  outcome: Outcome<unknown>,
  index: number,
  good: number,
  { table, http }: Request,
  view: View<unknown> | View<never>,
  of: Source,
) {
  if ('error' in outcome) {
    const refusal = refusalOf(outcome.error);
    return { index, status: refusal.status, error: problemBody(refusal, http.url, http.id).error };
  }
  const row = outcome.result as { id: string };
  const data = row instanceof Row && row.constructor === of && good === 201 ? (view as View<unknown>).show(row) : undefined;
  return { index, status: good, id: row.id, ...(data ? { data, href: `${BASE}/${table.path}/${row.id}` } : {}) };
}
