import {
  actingAs,
  answer,
  call,
  checked,
  type Handle,
  type HttpRequest,
  problem,
  type Route,
  type RouteOptions,
  settings,
  system,
} from '#kernel';
import { parseCookie, stringifySetCookie } from 'cookie';
import type { z } from 'zod';
import { DerivedSecrets } from '../tokens.ts';
import { AUTH_PATH, type Issued, REFRESH_DAYS } from './sessions.ts';

export const csrfFailed = problem('auth.csrf', 403, 'A cookie alone is not enough: send X-CSRF-Token with the token that came with it');

const REFRESH_COOKIE = 'tessera_refresh';
const CSRF_COOKIE = 'tessera_csrf';
const CSRF_HEADER = 'x-csrf-token';
const WEEK_SECONDS = REFRESH_DAYS * 24 * 60 * 60;

let made: DerivedSecrets | undefined;
const csrfOf = (refresh: string) => (made ??= new DerivedSecrets(settings.SECRET_KEY)).of('csrf', refresh);

/**
 * The refresh token of a request: in the body, or in the cookie when X-CSRF-Token carries what belongs to exactly this cookie. A page of
 * another origin can make a browser send the cookie, but not read the token; one that plants cookies of its own cannot make a fitting pair.
 */
export function refreshTokenOf({ http }: HttpRequest, sent: string | undefined): { secret: string; cookie: boolean } | undefined {
  if (sent !== undefined) return { secret: sent, cookie: false };
  const cookies = cookiesOf(http);
  const secret = cookies[REFRESH_COOKIE];
  if (!secret) return undefined;
  const header = http.headers[CSRF_HEADER];
  made ??= new DerivedSecrets(settings.SECRET_KEY);
  if (typeof header !== 'string' || header !== cookies[CSRF_COOKIE] || !made.fits(header, 'csrf', secret)) throw csrfFailed();
  return { secret, cookie: true };
}

type Answered = object & Partial<Issued>;
type Options<B> = Omit<RouteOptions, 'body'> & { body: z.ZodType<B>; needs?: Route['needs'] };

/**
 * A POST that may hand out tokens, and is more than one message: it proves something before, or puts the refresh token into a cookie
 * after. `run` says with its answer whether it does: `cookie: true` in the body asks for one.
 */
export function tokenRoute<B>(
  path: string,
  options: Options<B>,
  run: (input: B, request: HttpRequest) => Promise<{ result: Answered; cookie?: boolean }>,
): Route {
  const handle: Handle = async (request) => {
    const input = checked(options.body, request.http.body ?? {});
    const { result, cookie = (input as { cookie?: boolean }).cookie === true } = await run(input, request);
    return answer(request.table, route, cookie ? inCookie(request, result) : result, request.http.url);
  };
  const message = () => {
    throw new Error('This route is handled as a whole');
  };
  const route: Route = { ...options, method: 'post', path, needs: options.needs ?? { welcome: 'anyone' }, secret: true, message, handle };
  return route;
}

/** Out of the reach of scripts: the page keeps the access token, the browser the refresh token. */
function inCookie({ reply }: HttpRequest, { refresh_token: secret, ...result }: Answered): Answered {
  if (!secret) return result;
  const csrf = csrfOf(secret);
  setCookies(reply, secret, csrf);
  return { ...result, csrf_token: csrf } as Answered;
}

/** The session is over: the browser forgets. */
export function clearCookies({ reply, http }: HttpRequest): void {
  if (cookiesOf(http)[REFRESH_COOKIE]) setCookies(reply, '', '', 0);
}

const cookiesOf = ({ headers }: HttpRequest['http']) => parseCookie(headers.cookie ?? '');
/** With an age of 0 the browser forgets them. */
function setCookies(reply: HttpRequest['reply'], refresh: string, csrf: string, maxAge = WEEK_SECONDS) {
  const guarded = { secure: true, sameSite: 'strict', maxAge } as const;
  void reply.header('set-cookie', [
    stringifySetCookie({ ...guarded, name: REFRESH_COOKIE, value: refresh, httpOnly: true, path: AUTH_PATH }),
    stringifySetCookie({ ...guarded, name: CSRF_COOKIE, value: csrf, path: '/' }),
  ]);
}

/** Runs on as Tessera itself: for what only follows from a proof, such as opening a session. */
export const proven = <T>(work: () => Promise<T>): Promise<T> => {
  const { warnings, expects: _, actor: __, ...rest } = call();
  return actingAs(system(null), work, { ...rest, warnings });
};
