import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { Bus } from '../bus.ts';
import { NO_ORGANIZATION } from '../due.ts';
import { logger } from '../logger.ts';
import { Read } from '../read.ts';
import { now } from '../time.ts';
import { type Command, messageNamed } from '../use-case.ts';
import { type Backlog, factsOf, lostSince, nextTry, type OrganizationColumns, ORGANIZATION_COLUMNS, outside, reasonOf } from './backlog.ts';

interface Promised extends OrganizationColumns {
  id: string;
  kind: string;
  payload: object;
  request_id: string;
  on_behalf_of: string | null;
  attempts: number;
}
/** A suspended organization's promises wait until it is back; some are the deployment's own and have no organization. */
const OPEN = `(d.organization_id = '${NO_ORGANIZATION}' or (o.id is not null and o.suspended_at is null and o.deleted_at is null))`;

/** After so many failures somebody has to look: `tessera jobs list`. */
export const MOST_ATTEMPTS = 8;

/** Commands that were promised with `bus.later` and are due. The row is locked while the command runs and done in its transaction. */
@Injectable()
export class Promises implements Backlog {
  readonly name = 'promise';

  constructor(
    private readonly bus: Bus,
    private readonly em: EntityManager,
    private readonly read: Read,
  ) {}

  take(limit: number, organization?: string): Promise<string[]> {
    return outside(() =>
      this.bus.asSystem(null, async () => {
        const due = await this.em.execute<{ id: string }[]>(
          `update due set sent_at = ? where id in (
             select d.id from due d left join organization o on o.id = d.organization_id
             where ${OPEN} and d.due_at <= ? and d.done_at is null and d.failed_at is null and (d.sent_at is null or d.sent_at < ?)
               ${organization ? 'and d.organization_id = ?' : ''}
             order by d.due_at, d.id limit ? for update of d skip locked)
           returning id, due_at`,
          [now(), now(), lostSince(), ...(organization ? [organization] : []), limit],
        );
        return due.map(({ id }) => id);
      }),
    );
  }

  putBack(ids: readonly string[]): Promise<void> {
    return outside(() =>
      this.bus.asSystem(null, async () => {
        await this.em.execute(`update due set sent_at = null where done_at is null and id = any(string_to_array(?, ',')::uuid[])`, [
          ids.join(','),
        ]);
      }),
    );
  }

  run(id: string): Promise<Error | undefined> {
    return outside(async () => {
      const [promise] = await this.read.platform<Promised>(
        'due promise',
        `select d.id, d.kind, d.payload, d.request_id, d.on_behalf_of, d.attempts, ${ORGANIZATION_COLUMNS}
         from due d left join organization o on o.id = d.organization_id
         where d.id = $1 and d.done_at is null and d.failed_at is null and ${OPEN}`,
        [id],
      );
      if (!promise) return undefined;
      const { on_behalf_of: onBehalfOf, request_id: requestId, kind, organization } = promise;
      try {
        await this.bus.asSystem(organization ? factsOf(promise) : null, () => this.keep(promise), { onBehalfOf, requestId });
        return undefined;
      } catch (error) {
        logger.warn({ err: error, promise: id, kind, organization, request_id: requestId }, `${kind} failed: ${reasonOf(error)}`);
        await this.bus.asSystem(null, () => this.failed(promise, error));
        return error instanceof Error ? error : new Error(reasonOf(error));
      }
    });
  }

  /** A twin that finds the row locked, done or put off leaves it alone. */
  private async keep({ id, kind, payload }: Promised) {
    const [mine] = await this.em.execute<object[]>(
      'select 1 from due where id = ? and done_at is null and failed_at is null and due_at <= ? for update skip locked',
      [id, now()],
    );
    if (!mine) return;
    await this.bus.run(rebuilt(kind, payload));
    await this.em.execute('update due set done_at = ?, error = null where id = ?', [now(), id]);
  }

  private async failed({ id, attempts }: Promised, error: unknown) {
    const failures = attempts + 1;
    await this.em.execute(
      `update due set attempts = ?, error = ?, due_at = ?, sent_at = null, failed_at = ? where id = ? and attempts = ? and done_at is null`,
      [failures, reasonOf(error), nextTry(failures), failures >= MOST_ATTEMPTS ? now() : null, id, attempts],
    );
  }
}

/** The command as it was promised: its class by name, its fields as they were. They are JSON, see due.ts. */
function rebuilt(kind: string, payload: object): Command<unknown> {
  const message = messageNamed(kind);
  if (!message) throw new Error(`There is no use case called ${kind}`);
  return Object.assign(Object.create(message.prototype as object) as Command<unknown>, payload);
}
