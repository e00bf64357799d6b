// Everything that can be asked of the application, with values that rows have.
import { fieldsOf, type List } from '#kernel';
import { rowsOf } from '../database.ts';
import { FEW_VALUES, RANGES, SEARCH, WITHOUT_INDEX, WORDS } from './known.ts';
import { SMALL } from './large.ts';
import type { Inhabitant } from '../laws/samples.ts';
import { columnOf } from '../../libs/kernel/entity.ts';
import { wireFilters } from '../../libs/kernel/list.ts';
import { snake } from '../../libs/kernel/naming.ts';

/** What is about to be asked; for a filter or an order that is known to read much, why it may. */
export type Say = (what: string, excuse?: string) => void;

/** Sends every GET, each list with each filter and sort, then every write and what follows from it; says before each what is coming. */
export async function everything(me: Inhabitant, say: Say): Promise<void> {
  const send = async (path: string, query: Record<string, string> = {}, excuse?: string) => {
    const asked = Object.keys(query).length ? `${path}?${new URLSearchParams(query)}` : path;
    say(`GET ${decodeURIComponent(asked.replace(UUID, '…'))}`, excuse);
    return me.persona.get(asked);
  };
  const gets = me.all.filter(({ method, permission }) => method === 'GET' && permission !== 'operator');
  for (const operation of gets) {
    const path = await me.pathOf(operation);
    if (!path) continue;
    await send(path);
    const list = operation.route.list as List<unknown> | undefined;
    // An export reads the pages of its list, and of a small table every plan is a good one.
    if (!list || operation.route.answers === 'file' || list.of.table in SMALL) continue;
    const pages = async (query: Record<string, string>, excuse?: string) => {
      const { body } = await send(path, { ...query, cursor: '' }, excuse);
      if (!body.meta?.next_cursor) return;
      await send(path, { ...query, cursor: body.meta.next_cursor }, excuse);
      const deep = await send(path, { ...query, ...DEEP }, 'by its number: whoever goes that far has the cursor');
      if (deep.body.meta?.next_cursor) await send(path, { ...query, cursor: deep.body.meta.next_cursor }, excuse);
    };
    await pages({});
    for (const name of list.options.sorts) {
      const excuse = WITHOUT_INDEX[`${list.of.table}.${columnOf(name, fieldsOf(list.of)[name]!)}`];
      for (const sort of [snake(name), `-${snake(name)}`]) await pages({ sort }, excuse);
    }
    // What is asked below one record is a filter more on its index.
    if (operation.route.under) continue;
    for (const { query, excuse } of await filters(me, list)) await send(path, { ...query, count: 'none' }, excuse);
    if (list.options.search) await send(path, { search: await words(me, list), count: 'none' }, SEARCH);
  }
  for (const operation of me.all.filter(({ method, permission }) => method !== 'GET' && permission !== 'operator')) {
    say(operation.id);
    await me.reached(operation);
  }
}
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

interface Filter {
  readonly query: Record<string, string>;
  readonly excuse?: string;
}
const DEEP = { page: '8', page_size: '100', count: 'none' };
/** One query for each filter of a list: the value is one that rows have; of ranges, one that few rows are beyond. */
async function filters(me: Inhabitant, list: List<unknown>): Promise<Filter[]> {
  const queries: Filter[] = [];
  for (const { name, field, operator } of wireFilters(list)) {
    // What is not equal to one value, and what has any, is nearly everything: the order alone finds it.
    if (['ne', 'is_null', 'gt', 'lt'].includes(operator)) continue;
    const property = Object.entries(fieldsOf(list.of)).find(([, one]) => one === field)![0];
    const column = columnOf(property, field);
    const range = ['gte', 'lte'].includes(operator) ? RANGES : undefined;
    const excuse = WORDS[operator] ?? range ?? FEW_VALUES[field.kind] ?? WITHOUT_INDEX[`${list.of.table}.${column}`];
    const value = await valueOf(me, list, column, operator, field.kind);
    if (value !== undefined) queries.push({ query: { [name]: value }, ...(excuse ? { excuse } : {}) });
  }
  return queries;
}

/** The longest number of some row: what somebody looks for who knows what he looks for. */
async function words(me: Inhabitant, { of }: List<unknown>): Promise<string> {
  const [row] = await rowsOf<{ words: string }>(
    me.organizationId,
    'select words from search.document where organization_id = $1 and subject = $2 order by md5(id::text) limit 1',
    [me.organizationId, of.table],
  );
  return (row?.words.match(/\d+/g) ?? []).sort((one, other) => other.length - one.length)[0] ?? 'nobody';
}

async function valueOf(me: Inhabitant, list: List<unknown>, column: string, operator: string, kind: string): Promise<string | undefined> {
  if (list.of.from || list.of.scope === 'platform') return undefined;
  const order = /^[gl]t/.test(operator) ? `"${column}" ${operator.startsWith('g') ? 'desc' : ''}` : `md5(id::text)`;
  const alive = fieldsOf(list.of).deletedAt ? 'and deleted_at is null' : '';
  const [row] = await rowsOf<{ value: unknown }>(
    me.organizationId,
    `select "${column}" as value from "${list.of.table}" where tenant_id = $1 ${alive} and "${column}" is not null order by ${order} offset 5 limit 1`,
    [me.organizationId],
  );
  if (row === undefined) return undefined;
  const { value } = row;
  if (kind === 'money') return (Number(value) / 10_000).toFixed(2);
  if (value instanceof Date) return kind === 'day' ? value.toISOString().slice(0, 10) : value.toISOString();
  return Array.isArray(value) ? String(value[0]) : String(value);
}
