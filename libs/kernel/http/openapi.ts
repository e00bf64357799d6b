import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { catalogue } from '../errors.ts';
import { type List, wireFilters } from '../list.ts';
import { camel } from '../naming.ts';
import type { Door } from '../use-case.ts';
import { BASE, isList, isView } from './answer.ts';
import { type Route, type Table, tables } from './routes.ts';
import { RAW_TYPES } from './upload.ts';

type Json = Record<string, unknown>;

/** The OpenAPI 3.1 document, made from the route tables: what is served and what is described cannot differ. */
export function openApi(version = '1.0.0'): Json {
  const schemas: Json = { Problem: PROBLEM };
  const paths: Record<string, Json> = {};
  for (const table of [...tables].sort((a, b) => (a.path < b.path ? -1 : 1)))
    for (const [name, route] of Object.entries(table.routes)) {
      const path = `${BASE}/${table.path}${route.path ? `/${route.path}` : ''}`.replace(/:(\w+)/g, '{$1}');
      (paths[path] ??= {})[route.method] = operation(table, name, route, schemas);
    }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Tessera',
      version,
      description: 'A multi-tenant CRM backend. Errors are problem+json whose codes are listed in docs/errors.md.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }],
    tags: [...new Set(tables.map(({ tag }) => tag))].sort().map((name) => ({ name })),
    paths,
    components: {
      schemas,
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', description: 'An access token from /auth/login, or an API key' } },
      parameters: PARAMETERS,
      responses: responses(),
      headers: headerComponents(),
    },
  };
}

function operation(table: Table, name: string, route: Route, schemas: Json): Json {
  const { needs } = route;
  const open = 'welcome' in needs && needs.welcome === 'anyone';
  const status = String(route.status ?? (route.method === 'post' && isView(route.answers) && !route.path.includes(':id') ? 201 : 200));
  const ids = [...table.path.matchAll(/:(\w+)/g), ...route.path.matchAll(/:(\w+)/g)].map(([, id]) => ({
    name: id,
    in: 'path',
    required: true,
    schema: { type: 'string', format: 'uuid' },
  }));
  const parameters = [
    ...ids,
    ...('action' in needs && !table.path.startsWith('organizations') ? [{ $ref: '#/components/parameters/Organization' }] : []),
    ...(route.method === 'post' && !route.secret ? [{ $ref: '#/components/parameters/IdempotencyKey' }] : []),
    ...((route.method === 'patch' || route.method === 'delete') && ids.length ? [{ $ref: '#/components/parameters/IfMatch' }] : []),
    ...(route.method === 'get' && isView(route.answers) ? [{ $ref: '#/components/parameters/IfNoneMatch' }] : []),
    ...(isList(route.list) ? listParameters(route.list, route.answers === 'file') : []),
    ...(route.query ? queryParameters(route.query) : []),
    ...(route.upload && route.body ? queryParameters(route.body, 'For a raw body; in a form it is a field') : []),
  ];
  return {
    operationId: operationId(table, name),
    tags: [table.tag],
    summary: route.does,
    ...(route.deprecated ? { deprecated: true } : {}),
    ...(open ? { security: [] } : {}),
    'x-permission': permissionOf(route.takes ?? needs),
    ...(parameters.length ? { parameters } : {}),
    ...(route.body && !route.upload
      ? {
          requestBody: {
            required: true,
            content: bodies(route, refer(route.shows ?? route.body, schemas, 'input')),
          },
        }
      : {}),
    ...(route.upload ? { requestBody: upload(route) } : {}),
    responses: { ...successes(route, status, schemas), ...failures(route) },
  };
}

export const operationId = (table: Table, name: string) =>
  camel(
    `${table.path.replace(/[/:{}-]+/g, '_')}_${name}`.replace(/_+([a-zA-Z])/g, (_, letter: string) => `_${letter.toLowerCase()}`),
  ).replace(/_/g, '');
export const permissionOf = (needs: Door) => ('welcome' in needs ? needs.welcome : `${needs.action} ${needs.subject.table}`);

function bodies({ example, form }: Route, schema: Json): Json {
  const content = { schema, ...(example ? { example } : {}) };
  return { 'application/json': content, ...(form ? { 'application/x-www-form-urlencoded': { schema } } : {}) };
}

function successes(route: Route, status: string, schemas: Json): Json {
  return {
    ...(route.again ? { '200': success(route, '200', schemas) } : {}),
    [status]: success(route, status, schemas),
    ...(route.path === 'batch' ? { '207': { ...success(route, '207', schemas), description: 'Some of the items did not go well' } } : {}),
    ...(route.method === 'get' && isView(route.answers) ? { '304': { $ref: '#/components/responses/Unchanged' } } : {}),
  };
}

function success(route: Route, status: string, schemas: Json): Json {
  const { answers, method, secret } = route;
  if (answers === 'file')
    return {
      description: 'The file',
      content: { 'text/csv': { schema: { type: 'string' } }, 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } },
    };
  const named = [
    ...ALWAYS,
    ...(isView(answers) ? ['ETag'] : []),
    ...(status === '201' || status === '202' ? ['Location'] : []),
    ...(isList(answers) ? ['Link'] : []),
    ...(method === 'post' && !secret ? ['Idempotency-Replayed'] : []),
  ];
  return {
    description: 'Done',
    headers: headers(named),
    content: { 'application/json': { schema: enveloped(dataSchema(answers, schemas), isList(answers)) } },
  };
}
function dataSchema(answers: Route['answers'], schemas: Json): Json {
  if (answers === 'deleted')
    return {
      type: 'object',
      required: ['id', 'deleted_at'],
      properties: { id: { type: 'string', format: 'uuid' }, deleted_at: { type: 'string', format: 'date-time' } },
    };
  if (isList(answers)) return { type: 'array', items: refer(answers.view.schema, schemas, 'output') };
  if (isView(answers))
    return { allOf: [refer(answers.schema, schemas, 'output'), { type: 'object', properties: { _links: { type: 'object' } } }] };
  if (answers && typeof answers === 'object') return refer(answers as z.ZodType, schemas, 'output');
  return {};
}
const enveloped = (data: Json, paged: boolean): Json => ({
  type: 'object',
  required: ['success', 'data', 'meta', 'error'],
  properties: {
    success: { const: true },
    data,
    meta: {
      type: 'object',
      required: ['request_id'],
      properties: {
        request_id: { type: 'string' },
        warnings: { type: 'array', items: { type: 'object' } },
        ...(paged
          ? {
              page: { type: 'integer' },
              page_size: { type: 'integer' },
              total: { type: 'integer' },
              total_is_capped: { type: 'boolean' },
              next_cursor: { type: ['string', 'null'] },
              has_more: { type: 'boolean' },
              links: { type: 'object' },
            }
          : {}),
      },
    },
    error: { type: 'null' },
  },
});

/** A schema with an id becomes a component; what it refers to comes along. */
function refer(schema: z.ZodType, schemas: Json, io: 'input' | 'output'): Json {
  const {
    $schema: _,
    $defs,
    ...made
  } = z.toJSONSchema(schema, { io, unrepresentable: 'any', target: 'draft-2020-12' }) as Json & { $defs?: Json };
  // One name may stand for what is sent and for what is said, where the two differ: the second gets a name of its own.
  const names: Record<string, string> = {};
  for (const [name, definition] of Object.entries($defs ?? {})) {
    const alike = !schemas[name] || isDeepStrictEqual(schemas[name], rewritten(definition));
    names[name] = alike ? name : `${name}${io === 'input' ? 'Input' : 'Output'}`;
  }
  for (const [name, definition] of Object.entries($defs ?? {})) schemas[names[name]!] = rewritten(definition, names);
  return rewritten(made, names) as Json;
}
const rewritten = (value: unknown, names: Record<string, string> = {}): unknown => {
  if (Array.isArray(value)) return value.map((one) => rewritten(one, names));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => {
      if (key === 'id' && typeof inner === 'string') return [];
      if (key !== '$ref' || typeof inner !== 'string') return [[key, rewritten(inner, names)]];
      const name = inner.replace('#/$defs/', '');
      return [[key, `#/components/schemas/${names[name] ?? name}`]];
    }),
  );
};

function listParameters(list: List<unknown>, exported: boolean): Json[] {
  const { sorts, aliases = {}, own = {}, include = {}, search } = list.options;
  const text = (name: string, description: string): Json => ({ name, in: 'query', description, schema: { type: 'string' } });
  const whole = (name: string, description: string, maximum?: number): Json => ({
    name,
    in: 'query',
    description,
    schema: { type: 'integer', minimum: 1, ...(maximum ? { maximum } : {}) },
  });
  const wire = sorts.map((name) => name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`));
  return [
    ...(exported
      ? [{ name: 'format', in: 'query', schema: { enum: ['csv', 'xlsx', 'json'], default: 'csv' } }]
      : [
          whole('page', 'Page mode: the page, from 1'),
          whole('page_size', 'Rows per page', 100),
          text('cursor', 'Cursor mode: empty starts, then next_cursor'),
          { name: 'count', in: 'query', schema: { enum: ['exact', 'none'] } },
        ]),
    text('sort', `Keys, comma separated, - for descending: ${wire.join(', ')}`),
    { name: 'order_by', in: 'query', schema: { enum: wire } },
    { name: 'order', in: 'query', schema: { enum: ['asc', 'desc'] } },
    text('fields', 'Only these fields, comma separated'),
    ...(Object.keys(include).length ? [text('include', `Embeds, comma separated: ${Object.keys(include).join(', ')}`)] : []),
    ...(search ? [text('search', 'Words and parts of them, case- and accent-insensitive')] : []),
    ...wireFilters(list).map(({ name, field, operator }) => {
      const { $schema: _, ...schema } = z.toJSONSchema(field.kind === 'list' ? z.string() : field.spoken, {
        io: 'input',
        unrepresentable: 'any',
      }) as Json;
      return {
        name,
        in: 'query',
        schema:
          operator === 'is_null'
            ? { type: 'boolean' }
            : operator === 'in' || operator === 'contains' || operator === 'starts_with' || field.kind === 'moment'
              ? { type: 'string' }
              : rewritten(schema),
      };
    }),
    ...Object.entries(aliases).map(([name, meaning]) => text(name, `The same as ${meaning}`)),
    ...Object.entries(own).map(([name, { schema }]) => {
      const { $schema: _, ...made } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Json;
      return { name, in: 'query', schema: made };
    }),
  ];
}
function queryParameters(query: z.ZodType, description?: string): Json[] {
  const { properties = {}, required = [] } = fieldsOf(query);
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    ...(description ? { description } : required.includes(name) ? { required: true } : {}),
    schema: rewritten(schema),
  }));
}
/** The fields of an object, also where it has a name of its own. */
function fieldsOf(schema: z.ZodType): { properties?: Json; required?: string[] } {
  const { $ref, $defs, ...made } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as { $ref?: string; $defs?: Json };
  return $ref ? ($defs![$ref.replace('#/$defs/', '')] as object) : made;
}
/** The file in a form beside its fields, or as the body itself. */
function upload({ upload: accepts, body }: Route): Json {
  const binary = { type: 'string', format: 'binary' };
  const { properties = {}, required = [] } = body ? fieldsOf(body) : {};
  const form = { type: 'object', required: [...required, 'file'], properties: { ...(rewritten(properties) as Json), file: binary } };
  const raw = Object.fromEntries(accepts!.types.filter((type) => RAW_TYPES.includes(type)).map((type) => [type, { schema: binary }]));
  return { required: true, content: { 'multipart/form-data': { schema: form }, ...raw } };
}

const PROBLEM: Json = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'instance', 'success', 'data', 'meta', 'error'],
  properties: {
    type: { type: 'string', format: 'uri' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    instance: { type: 'string' },
    success: { const: false },
    data: { type: 'null' },
    meta: { type: 'object', required: ['request_id'], properties: { request_id: { type: 'string' } } },
    error: {
      type: 'object',
      required: ['code', 'message', 'details'],
      properties: {
        code: { type: 'string' },
        message: { type: 'string' },
        details: {
          type: 'array',
          items: {
            type: 'object',
            properties: {
              pointer: { type: 'string' },
              parameter: { type: 'string' },
              header: { type: 'string' },
              code: { type: 'string' },
              message: { type: 'string' },
            },
          },
        },
        existing: { type: 'object', properties: { type: { type: 'string' }, id: { type: 'string', format: 'uuid' } } },
      },
    },
  },
};
const FAILURES: Record<string, string> = {
  '400': 'Malformed, unknown or missing',
  '401': 'No or a bad token',
  '403': 'You may see it but not do it',
  '404': 'Nothing here that you may see',
  '409': 'In conflict with the present state',
  '412': 'If-Match names an old version',
  '413': 'Too large',
  '415': 'Wrong content type',
  '422': 'A rule of the domain says no',
  '429': 'Too many requests',
  '503': 'Busy or down; try again after Retry-After',
};
const responses = () => ({
  Unchanged: { description: 'What you have is what is', headers: headers([...ALWAYS, 'ETag']) },
  ...Object.fromEntries(
    Object.entries(FAILURES).map(([status, description]) => [
      `Problem${status}`,
      {
        description,
        headers: headers([...ALWAYS, ...(TOLD_BESIDE[status] ?? [])]),
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    ]),
  ),
});
const HEADERS: Record<string, string> = {
  'X-Request-Id': 'As you sent it, or made here; it stands in the logs',
  ETag: 'The record as it is shown: for If-Match and If-None-Match',
  Location: 'Where what was made is found',
  Link: 'The pages beside this one',
  RateLimit: 'What is left of the limits, and when they begin anew',
  'RateLimit-Policy': 'The limits that count here',
  'Retry-After': 'Seconds to wait',
  'WWW-Authenticate': 'Bearer',
  'Idempotency-Replayed': 'true: the answer is that of the first request with this key',
};
const ALWAYS = ['X-Request-Id', 'RateLimit', 'RateLimit-Policy'];
const TOLD_BESIDE: Record<string, string[]> = {
  '401': ['WWW-Authenticate'],
  '409': ['Retry-After'],
  '429': ['Retry-After'],
  '503': ['Retry-After'],
};
const headers = (names: readonly string[]): Json =>
  Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name.replaceAll('-', '')}` }]));
const headerComponents = (): Json =>
  Object.fromEntries(
    Object.entries(HEADERS).map(([name, description]) => [name.replaceAll('-', ''), { description, schema: { type: 'string' } }]),
  );
function failures(route: Route): Json {
  const open = 'welcome' in route.needs && route.needs.welcome === 'anyone';
  const writes = route.method !== 'get';
  const named = (route.problems ?? []).map((code) => String(catalogue.get(code)?.status ?? 400));
  const statuses = [
    '400',
    ...(open ? [] : ['401', '403']),
    ...(route.path.includes(':') || writes ? ['404'] : []),
    ...(writes ? ['409', '412', '413', '415', '422'] : []),
    '429',
    '503',
    ...named,
  ];
  return Object.fromEntries([...new Set(statuses)].sort().map((status) => [status, { $ref: `#/components/responses/Problem${status}` }]));
}
const PARAMETERS: Json = {
  Organization: {
    name: 'X-Organization-Id',
    in: 'header',
    description: 'Needed when you belong to several organizations and the token is not bound to one',
    schema: { type: 'string', format: 'uuid' },
  },
  IdempotencyKey: {
    name: 'Idempotency-Key',
    in: 'header',
    description: 'The same key has one effect; kept for 24 hours',
    schema: { type: 'string', maxLength: 255 },
  },
  IfMatch: { name: 'If-Match', in: 'header', description: 'The ETag you read; 412 when it is an old one', schema: { type: 'string' } },
  IfNoneMatch: { name: 'If-None-Match', in: 'header', description: 'Answers 304 when nothing changed', schema: { type: 'string' } },
};
