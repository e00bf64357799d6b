export interface Detail {
  /** JSON pointer into the body, or the name of a query parameter or header. */
  pointer?: string;
  parameter?: string;
  header?: string;
  code: string;
  message: string;
}
export interface More {
  details?: Detail[];
  /** What stands in the way of a 409: a record the caller may see. */
  existing?: { type: string; id: string };
  /** Seconds after which trying again makes sense. */
  retryAfter?: number;
  /** Further members of `error`, such as the allowed next states. */
  [member: string]: unknown;
}
export interface Problem {
  readonly code: string;
  readonly status: number;
  readonly title: string;
}

/** How a use case says no. The HTTP door turns it into problem+json, the terminal into a sentence. */
export class Refusal extends Error {
  constructor(
    readonly problem: Problem,
    message: string,
    readonly more: More = {},
  ) {
    super(message);
  }
  get status() {
    return this.problem.status;
  }
  get code() {
    return this.problem.code;
  }
}

/** Every code there is; docs/errors.md is generated from it. */
export const catalogue = new Map<string, Problem>();
export type Refuse = ((message?: string, more?: More) => Refusal) & { readonly problem: Problem };

/** Declares one stable code and returns how to refuse with it: `throw wonRequiresAmount()`. */
export function problem(code: string, status: number, title: string): Refuse {
  if (catalogue.has(code)) throw new Error(`The problem ${code} is declared twice`);
  const declared = { code, status, title };
  catalogue.set(code, declared);
  return Object.assign((message = title, more: More = {}) => new Refusal(declared, message, more), { problem: declared });
}

export const malformed = problem('request.malformed', 400, 'The request could not be read');
export const invalid = problem('request.invalid', 400, 'The request does not fit its description');
export const badCursor = problem('cursor.invalid', 400, 'This cursor belongs to another list, order, filter or organization');
export const tooDeep = problem('page.too_deep', 400, 'Pages end at 10,000 rows; go on with the cursor');
export const organizationRequired = problem('organization.required', 400, 'Name the organization in X-Organization-Id');
export const unauthenticated = problem('auth.required', 401, 'Sign in first');
export const forbidden = problem('permission.denied', 403, 'You may see this, but not do that');
export const notYourOrganization = problem('organization.forbidden', 403, 'You are not a member of this organization');
export const organizationSuspended = problem('organization.suspended', 403, 'This organization is suspended; ask whoever runs Tessera');
export const organizationMismatch = problem('organization.mismatch', 403, 'Token, path and header name different organizations');
export const notFound = problem('not_found', 404, 'There is nothing here that you may see');
export const methodNotAllowed = problem('request.method', 405, 'This method is not served here');
export const tooSlow = problem('request.timeout', 408, 'The request did not arrive whole in time');
export const alreadyExists = problem('already_exists', 409, 'Such a record exists already');
export const inUse = problem('in_use', 409, 'Other records still refer to this one');
export const lostRace = problem('lost_race', 409, 'Somebody else changed this at the same moment; try again');
export const stale = problem('version.mismatch', 412, 'This has been changed since you read it');
export const tooLarge = problem('request.too_large', 413, 'The request is too large');
export const unsupportedMedia = problem('request.media_type', 415, 'This content type is not accepted here');
export const ruleBroken = problem('rule.broken', 422, 'A rule of the domain says no');
export const keyReused = problem('idempotency.reused', 422, 'This Idempotency-Key was used with another request');
export const keyRunning = problem('idempotency.running', 409, 'A request with this Idempotency-Key is still running');
export const tooMany = problem('rate_limited', 429, 'Too many requests');
export const headersTooLarge = problem('request.headers_too_large', 431, 'The headers of the request are too large');
export const internal = problem('internal', 500, 'Something went wrong on our side');
export const unavailable = problem('unavailable', 503, 'The service is busy or a part of it is down; try again shortly');

/** The record was not found, is deleted, belongs to somebody else or may not be seen: nobody can tell which. */
export const missing = (what: string) => notFound(`${what} not found`);
