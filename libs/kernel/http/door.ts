import cors from '@fastify/cors';
import formbody from '@fastify/formbody';
import multipart from '@fastify/multipart';
import type { INestApplication } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyPluginCallback, FastifyPluginOptions, FastifyReply, FastifyRequest } from 'fastify';
import helmet from 'helmet';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { organizationMismatch, Refusal, tooMany, unauthenticated, unsupportedMedia } from '../errors.ts';
import { headersOf, Limiter, networkOf } from '../limiter.ts';
import { logRequests } from '../logger.ts';
import { httpDuration } from '../metrics.ts';
import { settings } from '../settings.ts';
import { uuidv7 } from '../uuidv7.ts';
import { BASE } from './answer.ts';
import { type Caller, Callers } from './callers.ts';
import { Problems, sendProblem, sendUnreadable } from './problems.ts';
import { tables } from './routes.ts';
import { FILE_LIMIT, RAW_TYPES } from './upload.ts';

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller | null;
    began: number;
  }
}

const BODY_LIMIT = 1 << 20;
/** Headers are short, whatever follows them. */
const HEADERS_TIMEOUT_MS = 30_000;
/** What a page of another origin may read of an answer. */
const EXPOSED = [
  ...['ETag', 'Location', 'Link', 'X-Request-Id', 'RateLimit', 'RateLimit-Policy', 'Retry-After', 'Idempotency-Replayed'],
  ...['Content-Disposition', 'Deprecation', 'Sunset'],
];
const PACKED = 'Send the body as it is: Content-Encoding is not understood here';
const SANE_ID = /^[\w.:-]{1,100}$/;

/** So many proxies, counted from here. Fastify itself believes nobody when it is given a number: it cannot know that nobody comes past them. */
const believed = (proxies: typeof settings.TRUST_PROXY) =>
  typeof proxies === 'number' ? (_address: string, hop: number) => hop < proxies : proxies;

/** The HTTP server itself: sizes, time-outs, ids. A trailing slash means the same as none. */
export const fastifyAdapter = () =>
  new FastifyAdapter({
    bodyLimit: BODY_LIMIT,
    requestTimeout: settings.REQUEST_TIMEOUT_MS,
    // Whoever sends a request byte by byte is cut off when its time is up, not at the next half minute.
    http: {
      headersTimeout: Math.min(settings.REQUEST_TIMEOUT_MS, HEADERS_TIMEOUT_MS),
      connectionsCheckingInterval: Math.min(settings.REQUEST_TIMEOUT_MS, 5_000),
    },
    keepAliveTimeout: 75_000,
    trustProxy: believed(settings.TRUST_PROXY),
    routerOptions: { ignoreTrailingSlash: true, ignoreDuplicateSlashes: false, maxParamLength: 200 },
    exposeHeadRoutes: false,
    // What still comes by a connection that is open is answered, and the connection closed: the database is left last.
    return503OnClosing: false,
    clientErrorHandler: sendUnreadable,
    // What fails before there is a route, such as an address that cannot be decoded.
    frameworkErrors: (error: unknown, request: FastifyRequest, reply: FastifyReply) => sendProblem(error, request, reply),
    genReqId: ({ headers }: { headers: Record<string, unknown> }) => {
      const sent = headers['x-request-id'];
      return typeof sent === 'string' && SANE_ID.test(sent) ? sent : uuidv7();
    },
  } as ConstructorParameters<typeof FastifyAdapter>[0]);

/** Everything HTTP adds around the use cases, in Fastify hooks instead of guards and interceptors (docs/adr). */
export async function openDoor(app: NestFastifyApplication): Promise<INestApplication> {
  app.setGlobalPrefix(BASE.slice(1), { exclude: ['health', 'health/live', 'health/ready', 'metrics', 'docs', 'redoc', 'openapi.json'] });
  app.useGlobalFilters(new Problems());
  const fastify = app.getHttpAdapter().getInstance();
  const callers = app.get(Callers);
  const limiter = app.get(Limiter);

  const secure = securityHeaders();
  // What the API answers is somebody's: no browser or proxy keeps it. ETags are for clients that keep it themselves.
  const unkept = { ...secure, 'cache-control': 'no-store' };
  fastify.decorateRequest('caller', null);
  fastify.decorateRequest('began', 0);
  fastify.addHook('onRequest', (request: FastifyRequest, reply: FastifyReply, done: () => void) => {
    request.began = performance.now();
    void reply.headers(isApi(request) ? unkept : secure).header('x-request-id', request.id);
    done();
  });
  // Answers the questions of browsers by itself, and so stands between the headers that all answers have and what asks for a caller.
  if (settings.CORS_ORIGINS.length)
    await app.register(cors, {
      origin: settings.CORS_ORIGINS,
      credentials: true,
      methods: ['GET', 'HEAD', 'POST', 'PATCH', 'PUT', 'DELETE'],
      exposedHeaders: EXPOSED,
    });
  fastify.addHook('onRequest', (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) => {
    // A body that is small on the way may be huge in memory: none is unpacked.
    const packed = request.headers['content-encoding'];
    if (packed !== undefined && packed !== 'identity') return sendProblem(unsupportedMedia(PACKED), request, reply);
    if (!isApi(request)) return done();
    const caller = knownCaller(callers, request);
    if (caller !== undefined && settings.RATE_LIMITS === 'off') {
      request.caller = caller;
      return done();
    }
    void introduced(callers, limiter, request, reply, caller).then(
      () => done(),
      (error: unknown) => sendProblem(error, request, reply),
    );
  });
  await app.register(formbody, { bodyLimit: BODY_LIMIT });
  await app.register(withoutHooks(multipart), { limits: { fileSize: FILE_LIMIT, files: 1, fields: 50, fieldSize: 64 << 10, parts: 60 } });
  // Uploads are read by the use case itself, piece by piece.
  fastify.addContentTypeParser(
    RAW_TYPES,
    { bodyLimit: FILE_LIMIT },
    (_request: FastifyRequest, payload: unknown, done: (error: null, body: unknown) => void) => done(null, payload),
  );

  logRequests(fastify);
  fastify.addHook('onResponse', (request: FastifyRequest, reply: FastifyReply, done: () => void) => {
    httpDuration.observe(
      { method: request.method, route: request.routeOptions.url ?? 'none', status: String(reply.statusCode) },
      (performance.now() - request.began) / 1000,
    );
    done();
  });
  return app;
}

/**
 * A plugin without its hooks. Those of multipart tidy up, after every request of any kind, files that it was asked to save; here it saves none
 * (upload.ts reads the parts).
 */
const withoutHooks = <O extends FastifyPluginOptions>(plugin: FastifyPluginCallback<O>): FastifyPluginCallback<O> => {
  const hookless = (fastify: FastifyInstance) =>
    new Proxy(fastify, { get: (of, name) => (name === 'addHook' ? () => of : (Reflect.get(of, name) as unknown)) });
  return Object.assign<FastifyPluginCallback<O>, object>((fastify, options, done) => plugin(hookless(fastify), options, done), {
    [Symbol.for('skip-override')]: true,
  });
};

/**
 * What helmet says, asked once: its headers do not depend on the request, and setting them one by one on the raw response costs Node its
 * fast path. Pages (/docs, /redoc) need scripts and styles of this origin, so the content policy is theirs to bear, not the API's.
 */
const DIRECTIVES = {
  'base-uri': ["'none'"],
  'frame-ancestors': ["'none'"],
  'script-src': ["'self'", "'unsafe-inline'"],
  'worker-src': ["'self'", 'blob:'],
  'upgrade-insecure-requests': null,
};
function securityHeaders(): Record<string, string> {
  const response = new ServerResponse(new IncomingMessage(new Socket()));
  helmet({ contentSecurityPolicy: { directives: DIRECTIVES } })(response.req, response, () => {});
  const headers = Object.entries(response.getHeaders()).map(([name, value]) => [name.toLowerCase(), String(value)]);
  return { ...Object.fromEntries(headers), vary: 'Authorization, X-Organization-Id' } as Record<string, string>;
}

/** What was routed to, not what was written: `/%61pi/v1` and a whole URL lead there as well. */
const pathOf = ({ routeOptions, url }: FastifyRequest): string => routeOptions.url ?? url;
const isApi = (request: FastifyRequest) => pathOf(request).startsWith(BASE);
const realmOf = (request: FastifyRequest) => (pathOf(request).startsWith(`${BASE}/admin`) ? 'operator' : 'tenant');
const ORGANIZATIONS = `${BASE}/organizations/:`;
const UUID = /^[0-9a-fA-F-]{36}$/;

/** The organization that the path is about. */
function organizationIn({ routeOptions: { url }, params }: FastifyRequest): string | undefined {
  if (!url?.startsWith(ORGANIZATIONS)) return undefined;
  const id = (params as Record<string, string | undefined>)[url.slice(ORGANIZATIONS.length).split('/')[0]!];
  return id && UUID.test(id) ? id.toLowerCase() : undefined;
}

/** The organization a request names: by its path where it is about one, else by the header. They may not differ. */
function namedIn(request: FastifyRequest): { organization: string | undefined; agreed: boolean } {
  const sent = request.headers['x-organization-id'];
  const header = typeof sent === 'string' && sent ? sent.toLowerCase() : undefined;
  const path = organizationIn(request);
  return { organization: path ?? header, agreed: !path || !header || path === header };
}

const credentialOf = (request: FastifyRequest): string | undefined => {
  const { authorization } = request.headers;
  if (!authorization) return undefined;
  const [scheme, credential] = authorization.split(' ');
  if (scheme?.toLowerCase() !== 'bearer' || !credential) throw unauthenticated('Send "Authorization: Bearer <token>"');
  return credential;
};

/** null: nobody in particular. undefined: has to be asked about. */
function knownCaller(callers: Callers, request: FastifyRequest): Caller | null | undefined {
  if (!request.headers.authorization) return null;
  const [scheme, credential] = request.headers.authorization.split(' ');
  if (!credential || scheme?.toLowerCase() !== 'bearer') return undefined;
  const { organization, agreed } = namedIn(request);
  return agreed ? callers.known(credential, organization, realmOf(request)) : undefined;
}

async function introduced(
  callers: Callers,
  limiter: Limiter,
  request: FastifyRequest,
  reply: FastifyReply,
  known: Caller | null | undefined,
) {
  const caller =
    known === undefined ? await learned(callers, request).catch((error: unknown) => turnedAway(limiter, request, error)) : known;
  request.caller = caller;
  if (settings.RATE_LIMITS === 'off') return;
  const key = caller ? budgetOf(caller) : networkOf(request.ip);
  const own = await limiter.take('caller', key, settings.LIMIT_CALLER, 60);
  const shared =
    own.allowed && caller?.organizationId
      ? await limiter.take('organization', caller.organizationId, settings.LIMIT_ORGANIZATION, 60)
      : own;
  void reply.headers(shared === own ? headersOf(own) : headersOf(own, shared));
  if (!shared.allowed) throw tooMany(undefined, { retryAfter: shared.resetSeconds });
}

/** An API key is a caller of its own: it does not use up what its maker may ask. */
const budgetOf = ({ actor: { apiKeyId, userId, operatorId } }: Caller) => apiKeyId ?? userId ?? operatorId ?? 'nobody';

/** Who is refused is counted by his address, apart from others who come from there: guessing is not for nothing. */
async function turnedAway(limiter: Limiter, { ip }: FastifyRequest, error: unknown): Promise<never> {
  if (settings.RATE_LIMITS === 'off') throw error;
  const { allowed, resetSeconds } = await limiter.take('refused', networkOf(ip), settings.LIMIT_CALLER, 60);
  throw allowed ? error : tooMany(undefined, { retryAfter: resetSeconds });
}

/**
 * Where anybody may come in, a credential that is not good (any more) is none: whoever refreshes or signs in may well send an old one. Nor does
 * it matter there for which organization: whoever is out of one may still log out, or come back.
 */
async function learned(callers: Callers, request: FastifyRequest): Promise<Caller | null> {
  try {
    const credential = credentialOf(request);
    if (!credential) return null;
    const { organization, agreed } = namedIn(request);
    if (isOpen(request)) return await callers.learn(credential, null, realmOf(request), request);
    if (!agreed) throw organizationMismatch();
    return await callers.learn(credential, organization, realmOf(request), request);
  } catch (error) {
    if (error instanceof Refusal && error.status < 500 && isOpen(request)) return null;
    throw error;
  }
}

let open: Set<string> | undefined;
function isOpen({ method, routeOptions: { url } }: FastifyRequest): boolean {
  open ??= new Set(
    tables.flatMap(({ path, routes }) =>
      Object.values(routes).flatMap((route) =>
        'welcome' in route.needs && route.needs.welcome === 'anyone'
          ? [`${route.method.toUpperCase()} ${BASE}/${path}${route.path ? `/${route.path}` : ''}`]
          : [],
      ),
    ),
  );
  return open.has(`${method} ${url}`);
}
