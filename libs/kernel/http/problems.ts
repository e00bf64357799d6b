import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import { OptimisticLockError } from '@mikro-orm/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { FailedItem } from '../bus.ts';
import {
  alreadyExists,
  type Detail,
  headersTooLarge,
  inUse,
  internal,
  invalid,
  lostRace,
  malformed,
  methodNotAllowed,
  missing,
  notFound,
  Refusal,
  tooLarge,
  tooSlow,
  unavailable,
  unsupportedMedia,
} from '../errors.ts';
import { logger } from '../logger.ts';
import { spoken } from '../naming.ts';
import { uuidv7 } from '../uuidv7.ts';

const DOCS = 'https://docs.tessera.dev/errors/';

/** RFC 9457, with the members of the envelope as extensions: one body serves both kinds of client. */
export function problemBody(refusal: Refusal, instance: string | undefined, requestId: string) {
  const { details, existing, retryAfter: _, ...more } = refusal.more;
  return {
    type: DOCS + refusal.code,
    title: refusal.problem.title,
    status: refusal.status,
    detail: refusal.message,
    instance,
    success: false,
    data: null,
    meta: { request_id: requestId },
    error: { code: refusal.code, message: refusal.message, details: details ?? [], ...(existing ? { existing } : {}), ...more },
  };
}

/** Any error as one of the catalogue. What is not known is a defect: logged whole, answered as 500 without a word about it. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof FailedItem) return itemRefusal(error);
  if (error instanceof OptimisticLockError) return lostRace(undefined, { retryAfter: 1 });
  const { code, statusCode, message } = error as { code?: string; statusCode?: number; message?: string };
  const known =
    fromDatabase(error as DatabaseError) ??
    fromNetwork(code, message ?? '') ??
    fromDisk(code) ??
    fromServer(error, statusCode, message ?? '');
  if (known) return known;
  logger.error({ err: error }, 'unexpected error');
  return internal();
}

/** Whether no connection was to be had: nothing was sent, so nothing can have happened. Of one that broke nobody knows. */
export function nothingBegan(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string };
  return code === 'ECONNREFUSED' || /timeout exceeded when trying to connect/i.test(message ?? '');
}

/** A refused item of an atomic batch refuses the batch; the pointers lead into it. */
function itemRefusal({ index, cause }: FailedItem): Refusal {
  const refusal = refusalOf(cause);
  const details = (refusal.more.details ?? []).map((detail) => ({ ...detail, pointer: `/items/${index}${detail.pointer ?? ''}` }));
  const at = { pointer: `/items/${index}`, code: refusal.code, message: refusal.message };
  return new Refusal(refusal.problem, refusal.message, { ...refusal.more, details: details.length ? details : [at] });
}

interface DatabaseError {
  code?: string;
  constraint?: string;
  detail?: string;
  table?: string;
  message?: string;
  cause?: DatabaseError;
}
function fromDatabase(error: DatabaseError): Refusal | undefined {
  const { code = '', constraint = '' } = error.constraint ? error : (error.cause ?? error);
  const state = error.code ?? code;
  if (!/^[0-9A-Z]{5}$/.test(state)) return undefined;
  if (state === '23503') return brokenReference(error.detail ?? error.cause?.detail ?? error.message ?? '', constraint);
  if (state === '23505')
    return alreadyExists(undefined, {
      details: columnsOf(error).map((name) => ({ pointer: `/${name}`, code: 'taken', message: 'is taken' })),
    });
  // What is wrong with a request is said before it comes so far: this may be our own mistake. Neither message nor detail: they hold values.
  if (state === '23514' || state === '23502' || state.startsWith('22'))
    logger.warn({ state, constraint, table: error.table ?? error.cause?.table }, 'the database refused a value');
  if (state === '23514' || state === '23502')
    return invalid('A value is not allowed there', { details: [{ code: 'check', message: constraint }] });
  if (state === '23P01') return alreadyExists();
  if (state.startsWith('22')) return invalid('A value could not be understood by the database');
  if (state === '40001' || state === '40P01' || state === '55P03') return lostRace(undefined, { retryAfter: 1 });
  if (state === '57014' || state.startsWith('53') || state.startsWith('08') || state.startsWith('57P') || state === '25P03')
    return unavailable(undefined, { retryAfter: 1 });
  return undefined;
}
function brokenReference(detail: string, constraint: string): Refusal {
  if (/is still referenced/.test(detail)) return inUse();
  const column = /Key \((?:tenant_id, )?(\w+)\)/.exec(detail)?.[1] ?? constraint.replace(/^[a-z]+_|_foreign$/g, '');
  const refusal = missing(spoken(column.replace(/_id$/, '')));
  refusal.more.details = [{ pointer: `/${column}`, code: 'not_found', message: refusal.message }];
  return refusal;
}
const columnsOf = ({ detail = '', cause }: DatabaseError): string[] =>
  (/Key \(([^)]*)\)/.exec(detail || (cause?.detail ?? ''))?.[1] ?? '')
    .split(', ')
    .filter((name) => /^\w+$/.test(name) && name !== 'tenant_id');

function fromNetwork(code = '', message: string): Refusal | undefined {
  const down = ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND'].includes(code);
  const full =
    /timeout exceeded when trying to connect|Connection terminated|connection timeout|Client has encountered a connection error/i.test(
      message,
    );
  return down || full ? unavailable(undefined, { retryAfter: 1 }) : undefined;
}

/** Of the disk that keeps files. */
const fromDisk = (code = ''): Refusal | undefined =>
  ['ENOSPC', 'EDQUOT', 'EIO', 'EROFS'].includes(code) ? unavailable('Files cannot be kept or read now', { retryAfter: 5 }) : undefined;

function fromServer(error: unknown, statusCode: number | undefined, message: string): Refusal | undefined {
  const status = error instanceof HttpException ? error.getStatus() : (statusCode ?? 0);
  if (status === 404) return notFound();
  if (status === 405) return methodNotAllowed();
  if (status === 413) return tooLarge();
  if (status === 415 || status === 406) return unsupportedMedia();
  // busboy's errors carry no status.
  if ((status >= 400 && status < 500) || /^(Multipart: |Unexpected end of (form|file|multipart data)|Malformed )/.test(message))
    return malformed(message);
  return status === 503 ? unavailable(undefined, { retryAfter: 1 }) : undefined;
}

export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply) {
  const refusal = refusalOf(error);
  if (refusal.status === 401) void reply.header('www-authenticate', 'Bearer');
  if (refusal.more.retryAfter !== undefined) void reply.header('retry-after', String(refusal.more.retryAfter));
  const body = problemBody(refusal, request.url.split('?')[0]!, request.id);
  void reply.code(refusal.status).header('content-type', 'application/problem+json; charset=utf-8').send(JSON.stringify(body));
}

/** What is no HTTP, too slow or too long to be a request: nothing but a socket to answer on, and then to close. */
export function sendUnreadable({ code = '' }: NodeJS.ErrnoException, socket: Socket) {
  if (socket.writable && code !== 'ECONNRESET') {
    const refusal = code === 'ERR_HTTP_REQUEST_TIMEOUT' ? tooSlow() : code === 'HPE_HEADER_OVERFLOW' ? headersTooLarge() : malformed();
    const id = uuidv7();
    const body = JSON.stringify(problemBody(refusal, undefined, id));
    const head = [
      `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status]}`,
      'content-type: application/problem+json; charset=utf-8',
      `content-length: ${Buffer.byteLength(body)}`,
      `x-request-id: ${id}`,
      'connection: close',
    ];
    socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
  }
  socket.destroySoon();
}

/** Errors that reach Nest: unknown routes, bodies that cannot be read, and whatever a route threw. */
@Catch()
export class Problems implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost) {
    const http = host.switchToHttp();
    const reply = http.getResponse<FastifyReply>();
    if (!reply.sent) sendProblem(error, http.getRequest<FastifyRequest>(), reply);
  }
}

interface Issue {
  readonly path: PropertyKey[];
  readonly code: string;
  readonly message: string;
  readonly keys?: string[];
  /** Of a union: what is wrong for each of its branches. */
  readonly errors?: Issue[][];
}

/** What zod found wrong, with a JSON pointer each; of a union, what keeps the value from the branch that it is nearest to. */
export const detailsOf = (issues: readonly Issue[], at = ''): Detail[] =>
  issues.flatMap(({ path, code, message, keys, errors }) => {
    const pointer = at + path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
    if (code === 'unrecognized_keys')
      return (keys ?? []).map((key) => ({ pointer: `${pointer}/${key}`, code: 'unknown', message: 'is not a field here' }));
    const nearest = errors?.length ? errors.reduce((one, other) => (farness(other) < farness(one) ? other : one)) : undefined;
    return nearest ? detailsOf(nearest, pointer) : [{ pointer, code, message }];
  });
/** A branch of another type is farther than any of the value's own. */
const farness = (issues: readonly Issue[]) =>
  issues.some(({ path, code }) => !path.length && code === 'invalid_type')
    ? Infinity
    : issues.reduce((sum, { keys }) => sum + (keys?.length ?? 1), 0);
