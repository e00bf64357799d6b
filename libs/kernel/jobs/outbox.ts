import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import type { OrganizationFacts } from '../actor.ts';
import { Bus } from '../bus.ts';
import { failpoint } from '../failpoint.ts';
import { logger } from '../logger.ts';
import { Read } from '../read.ts';
import { before, now } from '../time.ts';
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
import { awaited, reactionsTo, type Told } from './reactions.ts';

interface Message extends OrganizationColumns {
  id: string;
  name: string;
  subject: string;
  subject_id: string;
  payload: object;
  request_id: string;
  on_behalf_of: string | null;
  awaits: number;
  at: string;
}
const UNHEARD_AT_ONCE = 5000;
/** What was written before this, and waits for workers of a newer version, waits in vain: the deployment was taken back. */
const vain = () => before(now(), { hours: 1 });

/**
 * What happened, told to its reactions: at least once, in order per record. A message is ready when no earlier one of its record is open.
 * Writers of one record stand in line for its row, and a message gets its number at the end of its transaction, so numbers are in order.
 * What was written by a newer version, which has reactions unknown here, is left to its workers; that of a suspended organization waits.
 */
@Injectable()
export class Outbox implements Backlog {
  readonly name = 'message';
  /** Organizations in which something happened since somebody asked: where there is something to seal. */
  private readonly stirred = new Set<string>();

  constructor(
    private readonly bus: Bus,
    private readonly em: EntityManager,
    private readonly read: Read,
  ) {}

  take(limit: number, organization?: string): Promise<string[]> {
    return outside(async () => {
      const known = JSON.stringify(awaited());
      await this.passUnheard(known, organization);
      return this.bus.asSystem(null, async () => {
        const ready = await this.em.execute<{ id: string; organization_id: string }[]>(
          `update outbox set sent_at = ?, retry_at = null where id in (
             select m.id from outbox m
             where m.done_at is null and m.name = any(array(select jsonb_object_keys(?::jsonb)))
               and (m.awaits <= (?::jsonb ->> m.name)::int or m.created_at < ?)
               and case when m.retry_at is null then m.sent_at is null or m.sent_at < ? or m.sent_at > ? else m.retry_at <= ? end
               and not exists (select from organization o where o.id = m.organization_id and o.suspended_at is not null)
               and not exists (select from outbox e where e.subject_id = m.subject_id and e.id < m.id and e.done_at is null)
               ${organization ? 'and m.organization_id = ?' : ''}
             order by m.id limit ? for update of m skip locked)
           returning id::text, organization_id`,
          [now(), known, known, vain(), lostSince(), notYet(), now(), ...(organization ? [organization] : []), limit],
        );
        if (ready.length) failpoint('outbox.marking');
        for (const { organization_id } of ready) this.stirred.add(organization_id);
        return ready.map(({ id }) => id).sort((a, b) => Number(BigInt(a) - BigInt(b)));
      });
    });
  }

  /** Nobody waits for most messages: they are done at once, many in one statement. */
  private async passUnheard(known: string, organization?: string) {
    for (let passed = UNHEARD_AT_ONCE; passed === UNHEARD_AT_ONCE;) {
      const rows = await this.bus.asSystem(null, () =>
        this.em.execute<{ organization_id: string }[]>(
          `update outbox set sent_at = coalesce(sent_at, ?), done_at = ? where id in (
             select id from outbox
             where done_at is null and name <> all(array(select jsonb_object_keys(?::jsonb))) and (awaits = 0 or created_at < ?)
               ${organization ? 'and organization_id = ?' : ''}
             order by id limit ${UNHEARD_AT_ONCE} for update skip locked)
           returning organization_id`,
          [now(), now(), known, vain(), ...(organization ? [organization] : [])],
        ),
      );
      for (const { organization_id } of rows) this.stirred.add(organization_id);
      passed = rows.length;
    }
  }

  putBack(ids: readonly string[]): Promise<void> {
    return outside(() =>
      this.bus.asSystem(null, async () => {
        await this.em.execute(`update outbox set sent_at = null where done_at is null and id = any(string_to_array(?, ',')::bigint[])`, [
          ids.join(','),
        ]);
      }),
    );
  }

  /** The organizations in which something happened since the last call. */
  takeStirred(): string[] {
    const stirred = [...this.stirred];
    this.stirred.clear();
    return stirred;
  }

  run(id: string): Promise<Error | undefined> {
    return outside(async () => {
      const [message] = await this.read.platform<Message>(
        'outbox message',
        `select m.id::text, m.name, m.subject, m.subject_id, m.payload, m.request_id, m.on_behalf_of, m.awaits, m.created_at as at, ${ORGANIZATION_COLUMNS}
         from outbox m left join organization o on o.id = m.organization_id where m.id = $1 and m.done_at is null`,
        [id],
      );
      if (!message) return undefined;
      const others = message.awaits > reactionsTo(message.name).size && new Date(message.at) >= vain();
      if (others || message.suspended) {
        await this.putBack([id]);
        return undefined;
      }
      // An organization that is gone has nobody to whom an effect would matter.
      const gone = !message.organization || message.deleted;
      const failures = gone ? [] : await this.tell(message);
      failpoint('outbox.told');
      await this.bus.asSystem(null, () => (failures.length ? this.failed(id, failures[0]!) : this.done(id)));
      return failures[0];
    });
  }

  /** Each reaction has a transaction of its own, and those that worked are not repeated when another one did not. */
  private async tell(message: Message): Promise<Error[]> {
    const told: Told<object> = {
      messageId: message.id,
      name: message.name,
      subject: message.subject,
      subjectId: message.subject_id,
      event: message.payload,
      at: message.at,
    };
    const failures: Error[] = [];
    for (const [reaction, Reaction] of reactionsTo(message.name))
      try {
        await this.once(message, reaction, factsOf(message), () => this.bus.run(new Reaction(told)));
      } catch (error) {
        const { id, name, organization, request_id } = message;
        logger.warn({ err: error, message: id, event: name, reaction, organization, request_id }, `${reaction} failed: ${reasonOf(error)}`);
        failures.push(error instanceof Error ? error : new Error(reasonOf(error)));
      }
    return failures;
  }

  /** The key and the effect are one transaction. A second delivery waits for the first one's, and finds the key taken. */
  private once({ id, on_behalf_of, request_id }: Message, reaction: string, facts: OrganizationFacts, react: () => Promise<unknown>) {
    const work = async () => {
      const [first] = await this.em.execute<object[]>(
        'insert into inbox (message_id, reaction, done_at) values (?, ?, ?) on conflict do nothing returning 1',
        [id, reaction, now()],
      );
      if (first) await react();
    };
    return this.bus.asSystem(facts, work, { onBehalfOf: on_behalf_of, requestId: request_id });
  }

  list({ all = false, limit }: { all?: boolean; limit: number }): Promise<Waiting[]> {
    return this.read.platform<Waiting>(
      `outbox list ${all}`,
      `select m.id::text, m.name as what, o.slug as organization, m.created_at as since, m.retry_at as next, m.attempts, m.error
       from outbox m left join organization o on o.id = m.organization_id
       where m.done_at is null ${all ? '' : 'and m.attempts > 0'} order by m.id limit $1`,
      [limit],
    );
  }

  retry(id?: string): Promise<number> {
    return outside(() =>
      this.bus.asSystem(null, async () => {
        const rows = await this.em.execute<object[]>(
          `update outbox set retry_at = ? where done_at is null and attempts > 0 ${id ? 'and id::text = ?' : ''} returning 1`,
          [now(), ...(id ? [id] : [])],
        );
        return rows.length;
      }),
    );
  }

  private async done(id: string) {
    await this.em.execute('update outbox set done_at = ?, error = null, retry_at = null where id = ? and done_at is null', [now(), id]);
  }

  /** It is tried again for ever, ever more slowly: what comes after it on the same record must not overtake it. */
  private async failed(id: string, failure: Error) {
    const [row] = await this.em.execute<{ attempts: number }[]>('select attempts from outbox where id = ? and done_at is null for update', [
      id,
    ]);
    if (!row) return;
    const attempts = row.attempts + 1;
    await this.em.execute('update outbox set attempts = ?, error = ?, retry_at = ? where id = ?', [
      attempts,
      reasonOf(failure),
      nextTry(attempts),
      id,
    ]);
  }
}
