import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import type { OrganizationFacts } from '../actor.ts';
import { actingAs, system } from '../actor.ts';
import { type Begun, Bus } from '../bus.ts';
import { NO_ORGANIZATION } from '../due.ts';
import { failpoint } from '../failpoint.ts';
import { logger } from '../logger.ts';
import { Read } from '../read.ts';
import { after, now } from '../time.ts';
import { type Command, messageNamed, Process } from '../use-case.ts';
import {
  type Backlog,
  factsOf,
  lostSince,
  nextTry,
  notYet,
  type OrganizationColumns,
  ORGANIZATION_COLUMNS,
  outside,
  reasonOf,
  type Waiting,
} from './backlog.ts';

interface Promised extends OrganizationColumns {
  id: string;
  kind: string;
  payload: object;
  request_id: string;
  on_behalf_of: string | null;
  attempts: number;
}
/** A suspended organization's promises wait until it is back; some are the deployment's own and have no organization. */
const OPEN = `d.done_at is null and d.failed_at is null
  and (d.organization_id = '${NO_ORGANIZATION}' or (o.id is not null and o.suspended_at is null and o.deleted_at is null))`;

/** After so many failures somebody has to look: `tessera jobs list`. */
export const MOST_ATTEMPTS = 8;
const LEASE = { seconds: 60 };
const RENEW_MS = 20_000;

/** Commands that were promised with `bus.later` and are due: once each, however often they are delivered. */
@Injectable()
export class Promises implements Backlog {
  readonly name = 'promise';

  constructor(
    private readonly bus: Bus,
    private readonly em: EntityManager,
    private readonly read: Read,
  ) {}

  take(limit: number, organization?: string): Promise<string[]> {
    return this.platform(async () => {
      const due = await this.em.execute<{ id: string }[]>(
        `update due set sent_at = ? where id in (
           select d.id from due d left join organization o on o.id = d.organization_id
           where ${OPEN} and d.due_at <= ? and (d.sent_at is null or d.sent_at < ? or d.sent_at > ?) and (d.leased_until is null or d.leased_until < ?)
             ${organization ? 'and d.organization_id = ?' : ''}
           order by d.due_at, d.id limit ? for update of d skip locked)
         returning id`,
        [now(), now(), lostSince(), notYet(), now(), ...(organization ? [organization] : []), limit],
      );
      return due.map(({ id }) => id);
    });
  }

  putBack(ids: readonly string[]): Promise<void> {
    return this.platform(async () => {
      await this.em.execute(`update due set sent_at = null where done_at is null and id = any(string_to_array(?, ',')::uuid[])`, [
        ids.join(','),
      ]);
    });
  }

  run(id: string): Promise<Error | undefined> {
    return outside(async () => {
      const [promise] = await this.read.platform<Promised>(
        'due promise',
        `select d.id, d.kind, d.payload, d.request_id, d.on_behalf_of, d.attempts, ${ORGANIZATION_COLUMNS}
         from due d left join organization o on o.id = d.organization_id where d.id = $1 and ${OPEN}`,
        [id],
      );
      if (!promise) return undefined;
      const { on_behalf_of: onBehalfOf, request_id: requestId, kind, organization } = promise;
      const facts = organization ? factsOf(promise) : null;
      try {
        const command = rebuilt(kind, promise.payload);
        if (command instanceof Process) await this.inSteps(id, command, facts, { onBehalfOf, requestId });
        else await this.bus.asSystem(facts, () => this.keep(id, command), { onBehalfOf, requestId });
        return undefined;
      } catch (error) {
        logger.warn({ err: error, promise: id, kind, organization, request_id: requestId }, `${kind} failed: ${reasonOf(error)}`);
        if (promise.attempts + 1 >= MOST_ATTEMPTS) await this.giveUp(promise, facts);
        await this.platform(() => this.failed(promise, error));
        return error instanceof Error ? error : new Error(reasonOf(error));
      }
    });
  }

  /** The row is locked while the command runs and done in its transaction. A twin that finds it locked, done or put off leaves it alone. */
  private async keep(id: string, command: Command<unknown>) {
    const [mine] = await this.em.execute<object[]>(
      'select 1 from due where id = ? and done_at is null and failed_at is null and due_at <= ? for update skip locked',
      [id, now()],
    );
    if (!mine) return;
    await this.bus.run(command);
    failpoint('promise.kept');
    await this.em.execute('update due set done_at = ?, error = null where id = ?', [now(), id]);
  }

  /** Long work has no transaction to lock the row with: it is leased, and the lease renewed. Whoever dies loses it after a minute. */
  private async inSteps(id: string, process: Process<unknown>, facts: OrganizationFacts | null, begun: Begun) {
    const lease = await this.leased(id);
    if (!lease) return;
    const renewal = setInterval(() => void lease.renew().catch((error) => logger.warn(`Lease of ${id}: ${reasonOf(error)}`)), RENEW_MS);
    try {
      await actingAs(system(facts, begun.onBehalfOf), () => this.bus.run(process), { requestId: begun.requestId });
    } catch (error) {
      // Somebody else goes on with it, and what went wrong here is no failure of his.
      if (await lease.renew()) throw error;
      return;
    } finally {
      clearInterval(renewal);
    }
    failpoint('promise.stepped');
    await this.platform(() => this.em.execute('update due set done_at = ?, error = null, leased_until = null where id = ?', [now(), id]));
  }

  /** Takes a promise for a minute, and longer with each `renew`, which says whether it is still one's own; undefined when others have it. */
  private async leased(id: string) {
    let until: Date | null = null;
    const take = async (): Promise<boolean> => {
      const next = after(now(), LEASE);
      const mine = await this.platform(() =>
        this.em.execute<object[]>(
          until
            ? 'update due set leased_until = ? where id = ? and done_at is null and leased_until = ? returning 1'
            : `update due set leased_until = ? where id = ? and done_at is null and failed_at is null and due_at <= ?
                 and (leased_until is null or leased_until < ?) returning 1`,
          until ? [next, id, until] : [next, id, now(), now()],
        ),
      );
      if (mine.length) until = next;
      return mine.length > 0;
    };
    return (await take()) ? { renew: take } : undefined;
  }

  /** Before the promise is marked: whoever dies between the two gives it up once more. */
  private async giveUp({ id, kind, payload, on_behalf_of: onBehalfOf, request_id: requestId }: Promised, facts: OrganizationFacts | null) {
    try {
      const instead = rebuilt(kind, payload).givenUp?.();
      if (instead) await this.bus.asSystem(facts, () => this.bus.run(instead), { onBehalfOf, requestId });
    } catch (error) {
      logger.error({ err: error, promise: id, kind }, `${kind} could not be given up properly: ${reasonOf(error)}`);
    }
  }

  private async failed({ id, attempts }: Promised, error: unknown) {
    const failures = attempts + 1;
    await this.em.execute(
      `update due set attempts = ?, error = ?, due_at = ?, sent_at = null, leased_until = null, failed_at = ?
       where id = ? and attempts = ? and done_at is null`,
      [failures, reasonOf(error), nextTry(failures), failures >= MOST_ATTEMPTS ? now() : null, id, attempts],
    );
  }

  list({ all = false, limit }: { all?: boolean; limit: number }): Promise<Waiting[]> {
    return this.read.platform<Waiting>(
      `due list ${all}`,
      `select d.id, d.kind as what, o.slug as organization, d.created_at as since,
         case when d.failed_at is null then d.due_at end as next, d.attempts, d.error
       from due d left join organization o on o.id = d.organization_id
       where d.done_at is null ${all ? '' : 'and d.attempts > 0'} order by d.due_at, d.id limit $1`,
      [limit],
    );
  }

  retry(id?: string): Promise<number> {
    return this.platform(async () => {
      const rows = await this.em.execute<object[]>(
        `update due set due_at = ?, sent_at = null, failed_at = null, attempts = 0
         where done_at is null and attempts > 0 ${id ? 'and id::text = ?' : ''} returning 1`,
        [now(), ...(id ? [id] : [])],
      );
      return rows.length;
    });
  }

  private platform<R>(work: () => Promise<R>): Promise<R> {
    return outside(() => this.bus.asSystem(null, work));
  }
}

/** The command as it was promised: its class by name, its fields as they were. They are JSON, see due.ts. */
function rebuilt(kind: string, payload: object): Command<unknown> {
  const message = messageNamed(kind);
  if (!message) throw new Error(`There is no use case called ${kind}`);
  return Object.assign(Object.create(message.prototype as object) as Command<unknown>, payload);
}
