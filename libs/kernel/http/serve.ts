import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { type Actor, actingAs, type Call } from '../actor.ts';
import { admit, Bus } from '../bus.ts';
import { invalid, malformed, stale, unsupportedMedia } from '../errors.ts';
import { type Once, Replay, type Stored } from '../idempotency.ts';
import type { QueryString } from '../list.ts';
import { Storage } from '../storage.ts';
import { isUuid } from '../uuidv7.ts';
import { answer, Download } from './answer.ts';
import { isKnown, versionOf } from './etag.ts';
import { detailsOf, nothingBegan, refusalOf, sendProblem } from './problems.ts';
import { type Route, Server, type Table } from './routes.ts';
import { received } from './upload.ts';

/** One request on its way through a route. */
export interface Request {
  readonly table: Table;
  readonly route: Route;
  readonly ids: string[];
  readonly http: FastifyRequest;
  readonly reply: FastifyReply;
  readonly bus: Bus;
}
/** Serves what is more than one message; answers itself or returns what is to be sent. */
export type Handles = (request: Request) => Promise<Stored | Download>;

/** What HTTP adds around a use case: ids, body and query checked, preconditions, idempotency, envelope, problems. */
@Injectable()
export class HttpServer extends Server {
  constructor(
    private readonly bus: Bus,
    private readonly storage: Storage,
  ) {
    super();
  }

  async serve(table: Table, name: string, http: FastifyRequest, reply: FastifyReply): Promise<void> {
    const route = table.routes[name]!;
    if (route.deprecated) announce(route.deprecated, reply);
    try {
      const ids = idsOf(table, route, http);
      const sent = await actingAs(actorOf(http), () => this.answered({ table, route, ids, http, reply, bus: this.bus }), callOf(http, ids));
      if (sent instanceof Download) return sendFile(reply, sent);
      sendStored(reply, sent, http);
    } catch (error) {
      if (error instanceof Replay) return sendStored(reply.header('idempotency-replayed', 'true'), error.stored, http);
      sendProblem(error, http, reply);
    }
  }

  private async answered(request: Request): Promise<Stored | Download> {
    const { table, route, ids, http } = request;
    // Who may not come in is not told what is wrong with his request.
    admit(route.needs);
    if (route.handle) return route.handle(request);
    if (route.upload) return this.uploaded(request);
    const input = inputOf(route, http, ids);
    const message = route.message(ids, input, http);
    const render = (result: unknown) => (result instanceof Download ? result : answer(table, route, result, http.url));
    return rendered(request, input === undefined ? null : http.body, render, (once) => this.bus.run<unknown>(message, once));
  }

  /** The file is kept when the message has been accepted; refused, or answered before, it goes. */
  private async uploaded(request: Request): Promise<Stored> {
    const { table, route, ids, http } = request;
    const sent = await received(request, this.storage);
    try {
      const fields = checked(route.body!, sent.fields);
      const message = route.message(ids, { fields, file: sent.file }, http);
      const render = (result: unknown) => answer(table, route, result, http.url);
      return await rendered(request, [sent.fields, sent.file.sha256], render, (once) => this.bus.run<unknown>(message, once));
    } catch (error) {
      // A connection that broke may have broken after the commit: then the file belongs to a record.
      if (error instanceof Replay || refusalOf(error).status < 500 || nothingBegan(error)) await this.storage.delete(sent.file.key);
      throw error;
    }
  }
}

/** RFC 9745 and RFC 8594: since when, until when, and what comes instead. */
function announce({ since, sunset, successor }: NonNullable<Route['deprecated']>, reply: FastifyReply) {
  void reply.header('deprecation', `@${Math.floor(since.valueOf() / 1000)}`).header('sunset', sunset.toUTCString());
  void reply.header('link', `<${successor}>; rel="successor-version"`);
}

const NOT_ASKED: Actor = { kind: 'nobody', userId: null, role: null, permissionSets: [], organization: null };
export const actorOf = (http: FastifyRequest): Actor => (http as { caller?: { actor: Actor } | null }).caller?.actor ?? NOT_ASKED;

const idNames = new WeakMap<Route, string[]>();
/** Those of the table's own path first: `organizations/:organization_id/members`, then `:id`. */
function idNamesOf(table: Table, route: Route): string[] {
  let known = idNames.get(route);
  if (!known) idNames.set(route, (known = [...`${table.path}/${route.path}`.matchAll(/:(\w+)/g)].map(([, name]) => name!)));
  return known;
}

function idsOf(table: Table, route: Route, http: FastifyRequest): string[] {
  const parameters = http.params as Record<string, string>;
  return idNamesOf(table, route).map((name) => {
    const id = parameters[name]!;
    if (!isUuid(id))
      throw invalid(`${name} is not a UUID`, { details: [{ parameter: name, code: 'invalid_format', message: 'is not a UUID' }] });
    return id.toLowerCase();
  });
}

function callOf(http: FastifyRequest, ids: string[]): Partial<Call> {
  const userAgent = http.headers['user-agent'];
  const known = { requestId: http.id, origin: { address: http.ip, ...(userAgent ? { userAgent } : {}) } };
  const condition = http.method === 'PATCH' || http.method === 'DELETE' || http.method === 'POST' ? http.headers['if-match'] : undefined;
  if (condition === undefined || condition === '*' || !ids.length) return known;
  const version = versionOf(condition);
  if (version === undefined) throw stale('If-Match must be an ETag this API gave');
  return { ...known, expects: { id: ids.at(-1)!, version } };
}

export function checked<T>(schema: z.ZodType<T>, value: unknown, at = ''): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const details = detailsOf(result.error.issues, at);
  throw invalid(`The request does not fit: ${details.map(({ pointer, message }) => `${pointer || 'body'} ${message}`).join('; ')}`, {
    details,
  });
}

/** What is sent where nothing is asked for is refused like any unknown field. */
const NOTHING = z.strictObject({});

function inputOf(route: Route, http: FastifyRequest, ids: readonly string[]): unknown {
  // Files come as they are, to routes that take them.
  if (http.body instanceof Readable) throw unsupportedMedia('Send JSON here');
  if (route.body) return checked(route.body, http.body ?? {});
  if (http.body) checked(NOTHING, http.body);
  if (route.list)
    return route.list.ask(http.query as QueryString, route.under === undefined ? undefined : { field: route.under, id: ids[0]! });
  if (route.query) return checkedQuery(route, http.query as QueryString);
  return undefined;
}
function checkedQuery(route: Route, query: QueryString): unknown {
  const result = route.query!.safeParse(query);
  if (result.success) return result.data;
  const details = detailsOf(result.error.issues).map(({ pointer = '', ...rest }) => ({
    parameter: pointer.split('/')[1] ?? '',
    ...rest,
  }));
  throw invalid(`The query does not fit: ${details.map(({ parameter, message }) => `${parameter} ${message}`).join('; ')}`, { details });
}

/** Runs something once and renders its result once: within its transaction, where the answer is kept under a key. */
export async function rendered<R, A extends Stored | Download>(
  request: Request,
  body: unknown,
  render: (result: R) => A,
  run: (once: Once<R> | undefined) => Promise<R>,
): Promise<A> {
  let kept: A | undefined;
  const result = await run(onceOf(request, body, (one) => stored((kept = render(one)))));
  return kept ?? render(result);
}
function stored(answered: Stored | Download): Stored {
  if (answered instanceof Download) throw new Error('A file is not kept under a key');
  return answered;
}

/** A batch of records with metadata, and room. What is as deep as a body allows overflows the stack of whoever walks through it. */
const DEEPEST = 32;
const isShallow = (value: unknown, depth = DEEPEST): boolean =>
  typeof value !== 'object' || value === null || (depth > 0 && Object.values(value).every((inner) => isShallow(inner, depth - 1)));

/** Present when the caller asked for one effect; answers with secrets are not kept. */
function onceOf<R>({ route, table, ids, http }: Request, body: unknown, render: (result: R) => Stored): Once<R> | undefined {
  const key = http.headers['idempotency-key'];
  if (http.method !== 'POST' || key === undefined || route.secret) return undefined;
  if (typeof key !== 'string' || !/^[\x20-\x7e]{1,255}$/.test(key))
    throw malformed('Idempotency-Key must be 1 to 255 printable characters', {
      details: [{ header: 'Idempotency-Key', code: 'invalid', message: 'is not a key' }],
    });
  // Items of a batch are checked one by one, and later.
  if (!isShallow(body)) throw malformed('The body is nested too deep');
  const fingerprint = createHash('sha256')
    .update(JSON.stringify([ids, body]))
    .digest('base64url');
  return { key, route: `${http.method} ${table.path}/${route.path}`, anywhere: 'welcome' in route.needs, fingerprint, render };
}

function sendStored(reply: FastifyReply, { status, headers, body }: Stored, http: FastifyRequest) {
  const known = http.headers['if-none-match'];
  if (known && http.method === 'GET' && headers.etag && isKnown(headers.etag, known)) return void reply.code(304).headers(headers).send();
  void reply.code(status).headers(headers).header('content-type', 'application/json; charset=utf-8').send(body);
}

function sendFile(reply: FastifyReply, { name, type, content }: Download) {
  const plain = name.replace(/[^\w.-]/g, '_');
  void reply
    .code(200)
    .header('content-type', type)
    .header('content-disposition', `attachment; filename="${plain}"; filename*=UTF-8''${encodeURIComponent(name)}`)
    .header('x-content-type-options', 'nosniff')
    .send(content);
}
