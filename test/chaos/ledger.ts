import { isDeepStrictEqual } from 'node:util';
import type { Reply } from './door.ts';

export type Json = Record<string, unknown>;
/**
 * What became of a request. `refused`: it was told so, and must have had no effect; `never`: it cannot have arrived whole; `unknown`: no
 * answer, or one that leaves it open (503): everything or nothing.
 */
export type Outcome = 'acknowledged' | 'refused' | 'never' | 'unknown';

/** One thing somebody wanted, sent once or, under an Idempotency-Key, several times. */
export interface Wish {
  /** For people: "create contact". */
  readonly what: string;
  readonly key?: string;
  /** Audit entries that its one effect leaves, by "subject action", at least and exactly of these; undefined: perhaps none. */
  readonly leaves?: Readonly<Record<string, number>>;
  /** Records that it changes, with the fields that were sent for each. */
  readonly changes: readonly { readonly id: string; readonly fields: Json }[];
  readonly attempts: Attempt[];
}
export interface Attempt {
  readonly requestId: string;
  readonly reply: Reply;
  readonly outcome: Outcome;
}

/** A record somebody was told about: every state that was acknowledged, by version. */
export interface Known {
  readonly resource: string;
  readonly id: string;
  readonly tenant: Tenant;
  readonly states: Map<number, { readonly data: Json; readonly requestId: string }>;
  /** Somebody tried to delete it, with whatever success. */
  deletable: boolean;
}
export const newest = ({ states }: Known): number => Math.max(0, ...states.keys());

/** An organization of this run, with the token of its owner. */
export interface Tenant {
  readonly id: string;
  readonly slug: string;
  readonly token: string;
  readonly name: string;
}

export interface Violation {
  readonly what: string;
  readonly details: unknown;
}

/** Everything that was sent in a run, and what was said to it. */
export class Ledger {
  readonly wishes: Wish[] = [];
  readonly known = new Map<string, Known>();
  readonly violations: Violation[] = [];
  readonly statuses = new Map<string, number>();
  private requests = 0;
  /** Milliseconds that somebody waited for an answer, at most. */
  slowest = 0;
  /** Requests that nobody took. */
  lost = 0;
  readonly run: string;

  private readonly derived: readonly string[];

  /**
   * @param run a name that no other run of this database has; every request id begins with it
   * @param derived fields that change without a new version
   */
  constructor(run: string, derived: readonly string[] = []) {
    this.run = run;
    this.derived = ['_links', ...derived];
  }

  nextRequestId = () => `${this.run}-${++this.requests}`;

  violate(what: string, details: unknown = {}) {
    this.violations.push({ what, details });
  }

  /** @throws when two answers claim to be the same version of a record and are not the same */
  acknowledge(tenant: Tenant, resource: string, data: Json, requestId: string): Known {
    const state: Json = Object.fromEntries(Object.entries(data).filter(([field]) => !this.derived.includes(field)));
    const { id, version } = state as { id: string; version: number };
    let known = this.known.get(id);
    if (!known) this.known.set(id, (known = { resource, id, tenant, states: new Map(), deletable: false }));
    const before = known.states.get(version);
    if (before && !isDeepStrictEqual(before.data, state))
      this.violate(`Two answers are version ${version} of one ${resource}, and differ`, {
        ...differences(before.data, state),
        requestIds: [before.requestId, requestId],
      });
    if (!before) known.states.set(version, { data: state, requestId });
    return known;
  }

  of(tenant: Tenant, resource: string): Known[] {
    return [...this.known.values()].filter((one) => one.tenant === tenant && one.resource === resource);
  }
}

const differences = (one: Json, other: Json): Json =>
  Object.fromEntries(
    Object.keys({ ...one, ...other }).flatMap((field) =>
      isDeepStrictEqual(one[field], other[field]) ? [] : [[field, [one[field], other[field]]]],
    ),
  );
