import { setTimeout as wait } from 'node:timers/promises';
import { type Answered, type Door, type Manner, OVERDUE, type Reply, type Sent } from './door.ts';
import { type Attempt, type Json, type Known, type Ledger, newest, type Outcome, type Tenant, type Wish } from './ledger.ts';
import type { Random } from './random.ts';

/** Always allowed: the service is busy or a part of it is down, or a token is not accepted because somebody's clock is wrong. */
const BUSY = 503;
const TRIES = 4;

export interface Asked {
  readonly what: string;
  readonly method: Sent['method'];
  readonly path: string;
  readonly body?: Json | string;
  readonly headers?: Record<string, string>;
  readonly leaves?: Wish['leaves'];
  readonly changes?: Wish['changes'];
  /** Statuses that are right when the answer comes, besides 503 and lost connections. */
  readonly allowed: readonly number[] | (() => readonly number[]);
  /** The resource that the answer shows, when it shows one. */
  readonly shows?: string;
  /** Under an Idempotency-Key: sent again until it is answered, now and then twice at the same time. */
  readonly once?: boolean;
}

/** Somebody of an organization who uses the API, and writes down what he was told. */
export class Hand {
  readonly tenant: Tenant;
  readonly random: Random;
  readonly ledger: Ledger;
  private readonly door: Door;
  /** Whether some clock is wrong: then a token may be refused. */
  private readonly excused: () => boolean;
  private keys = 0;

  constructor(tenant: Tenant, random: Random, ledger: Ledger, door: Door, excused: () => boolean) {
    this.tenant = tenant;
    this.random = random;
    this.ledger = ledger;
    this.door = door;
    this.excused = excused;
  }

  /** A word nobody else uses: it makes each change a real one, and is found by search. */
  word = () => `${this.ledger.run.replaceAll('-', '')}x${this.random.int(0, 1e9).toString(36)}`;

  /** Does what was asked, and remembers it. Answers the last answer that acknowledges it, or nothing. */
  async ask(asked: Asked): Promise<Answered | undefined> {
    const key = asked.once ? `key ${this.word()} ${++this.keys}` : undefined;
    const wish: Wish = { what: asked.what, key, leaves: asked.leaves, changes: asked.changes ?? [], attempts: [] };
    this.ledger.wishes.push(wish);
    if (!key) return this.attempt(wish, asked);
    if (this.random.chance(0.3)) await Promise.all([this.attempt(wish, asked), this.attempt(wish, asked)]);
    let answer = acknowledgedOf(wish);
    for (let tries = 0; !answer && tries < TRIES && goesOn(wish); tries++) {
      if (tries) await wait(60 * 2 ** tries);
      answer = await this.attempt(wish, asked);
    }
    // A client that lost the answer asks again later, when everything is long done.
    if (answer && this.random.chance(0.2)) await this.attempt(wish, asked);
    return answer;
  }

  private async attempt(wish: Wish, asked: Asked, manner?: Manner): Promise<Answered | undefined> {
    const sent = this.dressed(asked, wish.key);
    const requestId = sent.headers['x-request-id']!;
    const reply = manner ? await this.door.misbehave(sent, manner, this.random.int(5, 60)) : await this.door.send(sent);
    const outcome = outcomeOf(reply);
    wish.attempts.push({ requestId, reply, outcome });
    this.judge(asked, reply, requestId, wish.key);
    if (outcome !== 'acknowledged' || reply.kind !== 'answered') return undefined;
    if (asked.shows) this.ledger.acknowledge(this.tenant, asked.shows, dataOf(reply), requestId);
    return reply;
  }

  /** The same with bad manners; nothing is sent again. */
  async askBadly(asked: Asked, manner: Manner): Promise<void> {
    const wish: Wish = { what: `${asked.what}, ${manner}`, leaves: asked.leaves, changes: asked.changes ?? [], attempts: [] };
    this.ledger.wishes.push(wish);
    await this.attempt(wish, { ...asked, once: false }, manner);
  }

  /** Asks for something many times and never listens, so that answers pile up where they are made. */
  askInVain(path: string, times: number): Promise<void> {
    const asked: Asked = { what: 'ask in vain', method: 'GET', path, allowed: [] };
    return this.door.neverListen(this.dressed(asked, undefined), times, this.random.int(200, 1500));
  }

  /** Reads something; the answer, unless there was none. */
  async read(what: string, path: string, allowed: Asked['allowed'] = [200]): Promise<Answered | undefined> {
    const asked: Asked = { what, method: 'GET', path, allowed };
    const sent = this.dressed(asked, undefined);
    const reply = await this.door.send(sent);
    this.judge(asked, reply, sent.headers['x-request-id']!, undefined);
    return reply.kind === 'answered' && reply.status < 300 ? reply : undefined;
  }

  /** Reads a record: what was acknowledged before must be seen, or something later. */
  async look(known: Known): Promise<void> {
    const version = newest(known);
    const answer = await this.read(`get ${known.resource}`, `${known.resource}/${known.id}`, () => (known.deletable ? [200, 404] : [200]));
    if (!answer) return;
    const seen = dataOf(answer) as { version: number };
    if (seen.version < version)
      this.ledger.violate(
        `A read shows version ${seen.version} of a ${known.resource} after version ${version} was acknowledged`,
        known.id,
      );
  }

  private dressed({ method, path, body, headers = {} }: Asked, key: string | undefined): Sent {
    const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
    return {
      method,
      path,
      headers: {
        authorization: `Bearer ${this.tenant.token}`,
        'x-organization-id': this.tenant.id,
        'x-request-id': this.ledger.nextRequestId(),
        ...(text === undefined ? {} : { 'content-type': 'application/json' }),
        ...(key ? { 'idempotency-key': key } : {}),
        ...headers,
      },
      body: text,
    };
  }

  private judge({ what, path, allowed }: Asked, reply: Reply, requestId: string, key: string | undefined) {
    const { statuses } = this.ledger;
    this.ledger.slowest = Math.max(this.ledger.slowest, reply.ms);
    const sign = reply.kind === 'answered' ? String(reply.status) : reply.why;
    statuses.set(sign, (statuses.get(sign) ?? 0) + 1);
    if (reply.kind === 'lost') {
      if (reply.never) this.ledger.lost++;
      if (reply.why === OVERDUE) this.ledger.violate(`${what} had no answer after ${Math.round(reply.ms)} ms`, { path, requestId });
      return;
    }
    const { status } = reply;
    if (status === BUSY && !Number(reply.headers['retry-after']))
      this.ledger.violate(`${what} was answered with 503, and not when to come back`, { path, requestId });
    const right = typeof allowed === 'function' ? allowed() : allowed;
    if (status === BUSY || right.includes(status) || (key && status === 409) || (status === 401 && this.excused())) return;
    this.ledger.violate(`${what} was answered with ${status}`, { path, requestId, body: reply.text.slice(0, 600) });
  }
}

export const dataOf = ({ text }: Answered): Json => (JSON.parse(text) as { data: Json }).data;

function outcomeOf(reply: Reply): Outcome {
  if (reply.kind === 'lost') return reply.never ? 'never' : 'unknown';
  if (reply.status < 300) return 'acknowledged';
  return reply.status >= 500 ? 'unknown' : 'refused';
}

const acknowledgedOf = ({ attempts }: Wish) =>
  attempts.find((attempt): attempt is Attempt & { reply: Answered } => attempt.outcome === 'acknowledged')?.reply;

/** Worth another try: nothing was said, or that it is still running or busy; a refusal stands. */
const goesOn = ({ attempts }: Wish) =>
  attempts.every(({ outcome, reply }) => outcome !== 'refused' || (reply.kind === 'answered' && [409, 401].includes(reply.status)));
