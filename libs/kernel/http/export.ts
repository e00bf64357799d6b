import { Readable } from 'node:stream';
import { z } from 'zod';
import { actingAs, type Call, call, organization } from '../actor.ts';
import { csvStream } from '../csv.ts';
import { ListPage } from '../crud.ts';
import type { Source } from '../entity.ts';
import { invalid, notFound, unavailable } from '../errors.ts';
import { knock, type Subject } from '../permissions.ts';
import type { List, Page, QueryString } from '../list.ts';
import type { Bus } from '../bus.ts';
import { Download } from './answer.ts';
import { type Route, tables } from './routes.ts';
import type { Request } from './serve.ts';
import { workbook } from './workbook.ts';

type Line = Record<string, unknown>;
const FORMATS = {
  csv: 'text/csv; charset=utf-8',
  json: 'application/json; charset=utf-8',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
} as const;

/** Streams what the list would show, page after page by cursor: the same filters, the same permissions. */
export function exportRoute<R>(of: Source, list: List<R>, several: string): Route {
  const handle = ({ http, bus }: Request) => exported(bus, of, list, several, http.query as QueryString);
  const never = () => {
    throw new Error('An export is handled as a whole');
  };
  return {
    method: 'get',
    path: 'export',
    needs: { action: 'export', subject: of },
    list: list as never,
    answers: 'file',
    does: `Export ${several} as CSV, XLSX or JSON`,
    message: never,
    handle,
  };
}

/** The same file without HTTP, for a resource as the API calls it. @throws not_found */
export function exportOf(bus: Bus, resource: string, query: QueryString): Promise<Download> {
  const route = tables.find(({ path }) => path === resource)?.routes.export;
  if (!route?.list) throw notFound(`There is no resource ${resource} to export`);
  const list = route.list as unknown as List<unknown>;
  return exported(bus, list.of, list, resource, query);
}

async function exported<R>(bus: Bus, of: Subject, list: List<R>, several: string, given: QueryString): Promise<Download> {
  knock('export', of);
  const { format = 'csv', ...query } = given;
  if (typeof format !== 'string' || !Object.hasOwn(FORMATS, format))
    throw invalid('format is csv, xlsx or json', { details: [{ parameter: 'format', code: 'invalid', message: 'csv, xlsx or json' }] });
  const type = FORMATS[format as keyof typeof FORMATS];
  const asked = list.ask({ ...query, ...paging('') });
  const columns = Object.keys((list.view.schema as unknown as z.ZodObject).shape).filter((name) => asked.fields?.includes(name) ?? true);
  // The first page now, so that what is wrong with the request is said before the download begins.
  const first = await bus.run(new ListPage(list, asked));
  const rows = allRows(bus, list, query, first as Page<Line>, call());
  return new Download(`${several.replaceAll(' ', '-')}.${format}`, type, await written(format as keyof typeof FORMATS, columns, rows));
}

const paging = (cursor: string) => ({ page: undefined, count: undefined, page_size: '100', cursor });

async function* allRows<R>(bus: Bus, list: List<R>, query: QueryString, first: Page<Line>, asked: Call): AsyncGenerator<Line> {
  const { actor: me, ...rest } = asked;
  for (let page = first; ;) {
    yield* page.items;
    const next = page.meta.next_cursor;
    if (!next) return;
    // The stream is read outside the request's own context.
    page = (await actingAs(me, () => bus.run(new ListPage(list, list.ask({ ...query, ...paging(next) }))), rest)) as Page<Line>;
  }
}

async function written(format: keyof typeof FORMATS, columns: string[], rows: AsyncGenerator<Line>): Promise<Readable> {
  if (format === 'xlsx') return workbook(columns, rows);
  const release = enter(organization().id);
  const stream = format === 'csv' ? csvStream(columns, rows) : Readable.from(jsonText(rows));
  return stream.once('close', release);
}

async function* jsonText(rows: AsyncGenerator<Line>) {
  let before = '[';
  for await (const row of rows) {
    yield `${before}\n${JSON.stringify(row)}`;
    before = ',';
  }
  yield before === '[' ? '[]\n' : '\n]\n';
}

/** Each export is page after page on connections that all share: so many are read at once for one organization, and so many for all. */
const [OF_ONE, OF_ALL] = [4, 16];
const open = new Map<string, number>();
function enter(organizationId: string): () => void {
  const own = open.get(organizationId) ?? 0;
  const all = [...open.values()].reduce((sum, one) => sum + one, 0);
  if (own >= OF_ONE || all >= OF_ALL) throw unavailable('Other exports are being read: try again in a moment', { retryAfter: 5 });
  open.set(organizationId, own + 1);
  return () => {
    const left = open.get(organizationId)! - 1;
    if (left) open.set(organizationId, left);
    else open.delete(organizationId);
  };
}
