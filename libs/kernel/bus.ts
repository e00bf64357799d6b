import { MikroORM, OptimisticLockError, TransactionContext } from '@mikro-orm/core';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { actingAs, actor, call, type OrganizationFacts, system } from './actor.ts';
import { forbidden, lostRace, Refusal, unauthenticated } from './errors.ts';
import { failpoint } from './failpoint.ts';
import { scheduleLater, type Later } from './due.ts';
import { type Once, remembered } from './idempotency.ts';
import { knock, settled } from './permissions.ts';
import { Tallies } from './tallies.ts';
import { committed, inTransaction, inUnit, onErrand, unit } from './transaction.ts';
import { Command, type Door, doorOf, type Message, Process, Query, Tally, type Welcome } from './use-case.ts';

const TRIES = 4;
/** Serialization failure, deadlock: PostgreSQL asks for another try. */
const RETRYABLE = new Set(['40001', '40P01']);

/** One item refused, and with it the whole of an atomic batch. */
export class FailedItem extends Error {
  constructor(
    readonly index: number,
    override readonly cause: unknown,
  ) {
    super(`Item ${index} was refused`);
  }
}
/** Whose action the system carries on, and under which request id it began. */
export interface Begun {
  readonly onBehalfOf?: string | null;
  readonly requestId?: string;
}
/** What became of one item of a batch. */
export type Outcome<R> = { result: R } | { error: unknown };

/** The one way in. Knock, then: a query reads through the lane; a command gets one transaction, and nested commands join it. */
@Injectable()
export class Bus {
  private readonly tallies = new Tallies();

  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly orm: MikroORM,
  ) {}

  /** Runs a use case. With `once` its answer is stored with its effect, and a repetition gets the stored one. */
  async run<R>(message: Message<R>, once?: Once<R>): Promise<R> {
    const door = doorOf(message);
    admit(door);
    if (message instanceof Tally) return this.tallies.of(message, () => this.queries.execute(message));
    if (message instanceof Query) return this.queries.execute(message);
    if (message instanceof Process) return this.inSteps(message);
    if (inTransaction()) return this.executed(message, door);
    return this.inTransaction(() => this.executed(message as Command<R>, door), once, (message as Command<R>).inside);
  }

  private async executed<R>(command: Command<R>, door: Door): Promise<R> {
    const doubtful: object[] = [];
    const result = await onErrand({ door, doubtful }, () => this.commands.execute(command));
    settled(door, doubtful);
    return result;
  }

  /** Promises a command for later, in this transaction; it runs as the system, on behalf of who acts now, once per key. */
  async later(command: Command<unknown>, when: Later = {}): Promise<void> {
    const em = TransactionContext.getEntityManager();
    if (!em) return this.inTransaction(() => this.later(command, when));
    await scheduleLater(em as unknown as SqlEntityManager, command, when);
  }

  /** Runs pieces of work one by one in one transaction: all or nothing, or each in a savepoint of its own. */
  async each<R>(works: readonly (() => Promise<R>)[], atomic: boolean, once?: Once<Outcome<R>[]>): Promise<Outcome<R>[]> {
    return this.inTransaction(async () => {
      const outcomes: Outcome<R>[] = [];
      for (const work of works) {
        try {
          outcomes.push({ result: atomic ? await flushed(work) : await this.inSavepoint(work) });
        } catch (error) {
          const refused = error instanceof Refusal || isDatabaseRefusal(error);
          if (refused && atomic) throw new FailedItem(outcomes.length, error);
          if (!refused) throw error;
          outcomes.push({ error });
        }
      }
      return outcomes;
    }, once);
  }

  /** Runs a piece of a command that may fail by itself: its writes, audit entries and messages are undone with it, and nothing else. */
  apart<R>(work: () => Promise<R>): Promise<R> {
    return this.inSavepoint(work);
  }

  /** A transaction for the kernel's own work, as the system inside an organization (or none), carrying on what somebody began. */
  asSystem<R>(organization: OrganizationFacts | null, work: () => Promise<R>, begun: Begun = {}): Promise<R> {
    return actingAs(system(organization, begun.onBehalfOf), () => this.inTransaction(work), { requestId: begun.requestId });
  }

  private inSteps<R>(process: Process<R>): Promise<R> {
    if (inTransaction()) throw new Error(`${process.constructor.name} goes in steps and cannot be part of a transaction`);
    return this.commands.execute(process);
  }

  private async inSavepoint<R>(work: () => Promise<R>): Promise<R> {
    const outer = unit()!;
    const [result, inner] = await inUnit(
      outer.tenantId,
      async () => [await TransactionContext.getEntityManager()!.transactional(work), unit()!] as const,
    );
    // One by one: there may be more than a call takes arguments.
    for (const one of inner.written) outer.written.push(one);
    for (const one of inner.leaving) outer.leaving.push(one);
    return result;
  }

  private async inTransaction<R>(work: () => Promise<R>, once?: Once<R>, inside?: string): Promise<R> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.attempt(work, once, inside);
      } catch (error) {
        if (!lostARace(error)) throw error;
        if (attempt === TRIES) throw lostRace(undefined, { retryAfter: 1 });
        call().warnings.length = 0;
      }
    }
  }

  /** One fork, not two: what em.transactional() does, without its second copy of the entity manager. */
  private attempt<R>(work: () => Promise<R>, once?: Once<R>, inside?: string): Promise<R> {
    const em = this.orm.em.fork();
    const tenantId = inside ?? actor().organization?.id ?? null;
    em.setFilterParams('tenant', { id: tenantId ?? '' });
    return TransactionContext.create(em, () =>
      inUnit(tenantId, async () => {
        await em.begin();
        try {
          const sql = em as unknown as SqlEntityManager;
          const close = () => void (unit()!.closing = true);
          const result = once ? await remembered(sql, once, work, () => (close(), em.flush())) : await work();
          close();
          await em.commit();
          if (tenantId) this.tallies.outdate(tenantId);
          if (tenantId) failpoint('bus.committed');
          committed(unit()!.written);
          return result;
        } catch (error) {
          await em.rollback();
          throw error;
        }
      }),
    );
  }
}

/** Lets the caller in, or throws: auth.required, permission.denied, organization.required. */
export function admit(door: Door) {
  if ('welcome' in door) welcome(door.welcome);
  else knock(door.action, door.subject);
}

function welcome(who: Welcome) {
  const { kind } = actor();
  if (who === 'anyone' || kind === 'system') return;
  if (kind === 'nobody') throw unauthenticated();
  if (who === 'user' && (kind === 'user' || kind === 'api_key')) return;
  if (who !== kind) throw forbidden();
}

/** Written at once, so that what is refused only then is known by its item. */
async function flushed<R>(work: () => Promise<R>): Promise<R> {
  const result = await work();
  await TransactionContext.getEntityManager()!.flush();
  return result;
}

const lostARace = (error: unknown) => {
  const { code, message } = error as { code?: string; message?: string };
  return (
    error instanceof OptimisticLockError ||
    RETRYABLE.has(code ?? '') ||
    (code === '23505' && Boolean(message?.includes('idempotency_pkey')))
  );
};

/** A value or a constraint that one item of a batch does not meet: its savepoint is undone, the others go on. */
const isDatabaseRefusal = (error: unknown) => /^2[23]/.test((error as { code?: string }).code ?? '');
