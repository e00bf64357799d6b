import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Writable } from 'node:stream';
import type { Params } from 'nestjs-pino';
import { pino, stdSerializers, stdTimeFunctions, type Logger, type LoggerOptions } from 'pino';
import pretty from 'pino-pretty';
import { callIfAny } from './actor.ts';
import { settings, type Settings } from './settings.ts';

export type { Logger } from 'pino';

type Fastify = ReturnType<NestFastifyApplication['getHttpAdapter']>['getInstance'] extends () => infer Instance ? Instance : never;
type Wanted = Pick<Settings, 'LOG_FORMAT' | 'LOG_LEVEL'>;

/** Names whose values are never written. */
const SECRET = /^(authorization|(set-)?cookie|.*(password|token|secret|(api|secret|access)[-_]?keys?))$/i;
const DEEPEST = 6;

/** What Nest says about its own wiring is noise at every start; its warnings and errors are not. */
const WIRING = new Set(['NestFactory', 'InstanceLoader', 'RoutesResolver', 'RouterExplorer', 'NestApplication']);
const WARN = 40;
const BUSY = 503;

/** Probes come every few seconds and say nothing. */
const PROBES = /^\/(health|metrics)\b/;

let to: NodeJS.WritableStream = process.stdout;
/** Where this process logs; a program whose output is what was asked for does so elsewhere. */
export const logTo = (stream: NodeJS.WritableStream) => void (to = stream);

/** A logger by these settings: lines of JSON, or pretty ones, with colours when somebody watches. Every line says on whose behalf it was written. */
export function createLogger({ LOG_FORMAT, LOG_LEVEL }: Wanted, destination: NodeJS.WritableStream = to): Logger {
  const options: LoggerOptions = {
    level: LOG_LEVEL,
    base: undefined,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }), log: (line) => withoutSecrets(line) },
    serializers: { err: (error: Error) => withoutSecrets(stdSerializers.err(error)) },
    mixin: situation,
    hooks: {
      logMethod(given, write, level) {
        if (level >= WARN || !isWiring(given[0])) write.apply(this, given);
      },
    },
  };
  if (LOG_FORMAT === 'json') return pino(options, destination);
  const coloured = process.env.FORCE_COLOR ? process.env.FORCE_COLOR !== '0' : process.stdout.isTTY && !process.env.NO_COLOR;
  const told = 'method,path,route,status,ms'; // by the message already
  return pino(
    options,
    pretty({
      destination: apart(destination),
      colorize: coloured,
      sync: true,
      singleLine: true,
      translateTime: 'SYS:HH:MM:ss.l',
      ignore: told,
    }),
  );
}

/** pino-pretty listens to its stream for good; the process has one stdout, and may make many loggers (a test file makes its own). */
const apart = (stream: NodeJS.WritableStream) =>
  new Writable({
    write(chunk: Buffer, _, done) {
      stream.write(chunk);
      done();
    },
  });

let made: Logger | undefined;
const own = () => (made ??= createLogger(settings));

/** The logger of this process, for code without Nest. Made at its first use, when the settings are known. */
export const logger = new Proxy<Logger>(Object.create(null), {
  get: (_, name) => {
    const member: unknown = Reflect.get(own(), name);
    return typeof member === 'function' ? member.bind(own()) : member;
  },
});

/** For nestjs-pino's LoggerModule: Nest logs through the same logger. Requests are logged by `logRequests`, not by a middleware on every route. */
export const logging = (wanted: Wanted = settings): Params => ({
  pinoHttp: { logger: wanted === settings ? own() : createLogger(wanted), autoLogging: false },
  forRoutes: [],
});

/**
 * One line for each answered request, with its id, organization and user as the HTTP door left them on the request, and the milliseconds it took.
 * Without the query string, which may hold a token.
 */
export function logRequests(fastify: Fastify, to: Logger = own()) {
  fastify.addHook('onResponse', (request, reply, done) => {
    const { statusCode: status, elapsedTime } = reply;
    // Busy is no defect, and an overloaded process has thousands to tell of.
    const level = status === BUSY ? 'warn' : status >= 500 ? 'error' : PROBES.test(request.url) ? 'debug' : 'info';
    if (!to.isLevelEnabled(level)) return done();
    const [path = ''] = request.url.split('?');
    const line = { request_id: request.id, ...callerOf(request), method: request.method, path, route: request.routeOptions.url, status };
    const ms = Math.round(elapsedTime * 10) / 10;
    to[level]({ ...line, ms }, `${request.method} ${path} ${status} ${ms} ms`);
    done();
  });
}

/** Left there by the HTTP door once it knows who asks. */
function callerOf(request: object) {
  const caller: unknown = Reflect.get(request, 'caller');
  return isObject(caller) ? { organization: caller.organizationId ?? undefined, user: caller.userId ?? undefined } : {};
}

function situation() {
  const call = callIfAny();
  return call ? { request_id: call.requestId, organization: call.actor.organization?.id, user: call.actor.userId ?? undefined } : {};
}

const isWiring = (line: unknown) => isObject(line) && typeof line.context === 'string' && WIRING.has(line.context);
const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** A copy with the secrets taken out, or the same when there is nothing to look into. Errors and whatever writes itself are left to do so. */
function withoutSecrets(line: object): Record<string, unknown>;
function withoutSecrets(value: unknown, depth?: number): unknown;
function withoutSecrets(value: unknown, depth = 0): unknown {
  if (!isObject(value) || value instanceof Error || typeof value.toJSON === 'function' || ArrayBuffer.isView(value)) return value;
  if (depth > DEEPEST) return '[deep]';
  if (Array.isArray(value)) return value.map((item) => withoutSecrets(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, SECRET.test(name) ? '[redacted]' : withoutSecrets(item, depth + 1)]),
  );
}
