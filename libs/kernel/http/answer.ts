import type { Readable } from 'node:stream';
import { actor, call } from '../actor.ts';
import { deletedAnswer, wasThere } from '../crud.ts';
import { fieldsOf, Row, type TenantRow } from '../entity.ts';
import type { Stored } from '../idempotency.ts';
import { COUNT_CAP, List, Page } from '../list.ts';
import { snake } from '../naming.ts';
import { allows, may } from '../permissions.ts';
import type { View } from '../view.ts';
import { etagOf } from './etag.ts';
import { homes, type Route, type Table } from './routes.ts';

export const BASE = '/api/v1';

/** A file as an answer: outside the envelope, never shown inline. */
export class Download {
  constructor(
    readonly name: string,
    readonly type: string,
    readonly content: Readable,
  ) {}
}

const isView = (answers: unknown): answers is View<Record<string, unknown>> =>
  typeof answers === 'object' && answers !== null && 'finish' in answers;

/** The body, status and headers of a result, in the envelope of the contract. */
export function answer(table: Table, route: Route, result: unknown, url: string): Stored {
  const created = route.method === 'post' && isView(route.answers) && !route.path.includes(':id') && !(route.again && wasThere(result));
  const status = route.status ?? (created ? 201 : 200);
  const headers: Record<string, string> = {};
  const { answers } = route;
  if (result instanceof Page) return { status, headers, body: pageBody(result, url, headers) };
  if (answers === 'deleted') return { status, headers, body: envelope(JSON.stringify(deletedAnswer(result as TenantRow))) };
  if (isView(answers)) {
    const row = result instanceof Row ? answers.show(result) : (result as Record<string, unknown>);
    const home = table.of === answers.of.table ? table : (homes.get(answers.of.table) ?? lodging(table, url, row));
    if (status === 201 || status === 202) headers.location = placeOf(home, row);
    row._links = linksOf(home, answers, row);
    const shown = JSON.stringify(row);
    if (typeof row.version === 'number') headers.etag = etagOf(row.version, shown);
    return { status, headers, body: envelope(shown) };
  }
  // What is not described is not said: a schema strips the rest, and a result that does not fit it is a defect.
  const shown = (answers && typeof answers === 'object' && 'safeParse' in answers ? answers.parse(result) : {}) as Record<string, unknown>;
  const place = route.place ? `${BASE}/${route.place(shown)}` : shown?.id ? placeOf(table, shown) : undefined;
  if (place && (status === 201 || status === 202)) headers.location = place;
  return { status, headers, body: envelope(JSON.stringify(shown)) };
}

/** What has no home of its own lives where it was asked for: /pipelines/{id}/stages, say. */
function lodging(table: Table, url: string, row: Record<string, unknown>): Table {
  const [path] = url.slice(BASE.length + 1).split('?');
  const [collection] = path!.split(`/${row.id as string}`);
  return collection === table.path ? table : { path: collection!, tag: table.tag, routes: {} };
}

/** `meta` last, so that the data may be spliced in as text. */
export function envelope(data: string, meta: object = {}): string {
  const { requestId, warnings } = call();
  const all = { request_id: requestId, ...meta, ...(warnings.length ? { warnings } : {}) };
  return `{"success":true,"data":${data},"meta":${JSON.stringify(all)},"error":null}`;
}

function pageBody(page: Page<unknown>, url: string, headers: Record<string, string>) {
  const links = pageLinks(page, url);
  headers.link = Object.entries(links)
    .map(([rel, href]) => `<${href}>; rel="${rel}"`)
    .join(', ');
  return envelope(JSON.stringify(page.items), { ...page.meta, links });
}

function pageLinks({ meta }: Page<unknown>, url: string): Record<string, string> {
  const [path, query] = url.split('?');
  const to = (change: Record<string, string | null>) => {
    const parameters = new URLSearchParams(query);
    for (const [name, value] of Object.entries(change)) {
      if (value === null) parameters.delete(name);
      else parameters.set(name, value);
    }
    const text = parameters.toString();
    return text ? `${path}?${text}` : path!;
  };
  const links: Record<string, string> = { self: url };
  const { page, page_size: size } = meta;
  if (page === undefined) {
    if (meta.next_cursor) links.next = to({ cursor: meta.next_cursor });
    return links;
  }
  if (meta.has_more && (page + 1) * size <= COUNT_CAP) links.next = to({ page: String(page + 1) });
  if (page > 1) links.prev = to({ page: String(page - 1) });
  return links;
}

/** Where a record is found; a home below a parent (`organizations/:organization_id/members`) takes the parent's id from the row. */
const placeOf = ({ path }: Table, row: Record<string, unknown>) =>
  `${BASE}/${path.includes(':') ? path.replace(/:(\w+)/g, (_, name: string) => row[name] as string) : path}/${row.id as string}`;

/** self, relations, and each action this caller may do now: a client needs no copy of the rules. */
export function linksOf(
  home: Table,
  view: View<never> | View<Record<string, unknown>>,
  row: Record<string, unknown>,
): Record<string, object> {
  const self = placeOf(home, row);
  const links: Record<string, object> = { self: { href: self } };
  for (const { name, link, path } of relationsOf(view)) if (row[name]) links[link] = { href: `${BASE}/${path}/${row[name] as string}` };
  const me = actor();
  for (const { name, suffix, method, needs, when } of actionsOf(home)) {
    if (when && !when(row)) continue;
    if (
      'action' in needs &&
      !(needs.subject.table === view.of.table ? allows(me, needs.action, needs.subject, row) : may(needs.action, needs.subject))
    )
      continue;
    links[name] = { href: self + suffix, method };
  }
  return links;
}

interface Action extends Pick<Route, 'needs' | 'when'> {
  readonly name: string;
  /** What follows the address of the record. */
  readonly suffix: string;
  readonly method: string;
}
const actions = new WeakMap<Table, Action[]>();
/** The routes of a home that do something with one living record. */
function actionsOf(home: Table): Action[] {
  let known = actions.get(home);
  if (!known) {
    known = Object.entries(home.routes).flatMap(([name, { method, path, needs, takes, when }]) => {
      const acts = path.startsWith(':id') && method !== 'get' && path.split(':').length === 2 && name !== 'restore';
      return acts
        ? [{ name, suffix: path.slice(':id'.length), method: method.toUpperCase(), needs: takes ?? needs, ...(when ? { when } : {}) }]
        : [];
    });
    actions.set(home, known);
  }
  return known;
}

interface Relation {
  readonly name: string;
  readonly link: string;
  /** The home of the records it leads to. */
  readonly path: string;
}
const relations = new WeakMap<object, Relation[]>();
/** The reference fields a view shows whose records have a home. */
function relationsOf(view: View<never> | View<Record<string, unknown>>): Relation[] {
  let known = relations.get(view);
  if (!known) {
    const shown = new Set(view.columns.map(({ wire }) => wire));
    known = Object.entries(fieldsOf(view.of)).flatMap(([fieldName, { column }]) => {
      const name = snake(fieldName);
      if (!column.to || !shown.has(name)) return [];
      const home = homes.get(typeof column.to === 'string' ? column.to : column.to().table);
      return home ? [{ name, link: name.replace(/_id$/, ''), path: home.path }] : [];
    });
    relations.set(view, known);
  }
  return known;
}
export const isList = (answers: unknown): answers is List<unknown> => answers instanceof List;
export { isView };
