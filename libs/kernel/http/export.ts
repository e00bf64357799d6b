import { Readable } from 'node:stream';
import { z } from 'zod';
import { actingAs, type Call, call } from '../actor.ts';
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
  if (format === 'csv') return csvStream(columns, rows);
  if (format === 'json') return Readable.from(jsonText(rows));
  if (underWay >= WORKBOOKS) throw unavailable('Other workbooks are being made: try again in a moment, or ask for csv', { retryAfter: 5 });
  underWay++;
  return workbook(columns, rows).finally(() => underWay--);
}

async function* jsonText(rows: AsyncGenerator<Line>) {
  let before = '[';
  for await (const row of rows) {
    yield `${before}\n${JSON.stringify(row)}`;
    before = ',';
  }
  yield before === '[' ? '[]\n' : '\n]\n';
}

/** A workbook is made in memory, as a whole: so many rows of so many at once. */
const WORKBOOK_ROWS = 50_000;
const WORKBOOKS = 2;
let underWay = 0;
const tooLarge = () => {
  const message = `a workbook takes at most ${WORKBOOK_ROWS} rows: narrow the list, or ask for csv`;
  return invalid(message, { details: [{ parameter: 'format', code: 'too_large', message }] });
};

async function workbook(columns: string[], rows: AsyncGenerator<Line>): Promise<Readable> {
  const { default: writeExcel } = await import('write-excel-file/node');
  const text = (value: unknown) =>
    value === null || value === undefined ? null : typeof value === 'object' ? JSON.stringify(value) : String(value as string | number);
  const sheet = [columns.map((value) => ({ value, fontWeight: 'bold' as const }))] as object[][];
  for await (const row of rows) {
    if (sheet.length > WORKBOOK_ROWS) throw tooLarge();
    sheet.push(columns.map((name) => ({ type: String, value: text(row[name]) })));
  }
  const made = await (
    writeExcel as unknown as (data: object[][], options: object) => { toStream(): Promise<Readable> } | Promise<Readable>
  )(sheet, { buffer: true });
  return 'toStream' in made ? made.toStream() : Readable.from(await (made as unknown as Promise<Buffer>));
}
