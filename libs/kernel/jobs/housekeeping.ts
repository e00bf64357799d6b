import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { Bus } from '../bus.ts';
import { housekeeping } from '../context.ts';
import { logger } from '../logger.ts';
import { after, now } from '../time.ts';
import { outside } from './backlog.ts';

/** Platform rows that nobody needs any more. `where` is SQL; `?` in it is the instant that many hours ago. */
export interface Purge {
  readonly table: string;
  readonly where: string;
  readonly hours: number;
}
const DAY = 24;
const WEEK = 7 * DAY;
const KERNEL: readonly Purge[] = [
  { table: 'idempotency', where: 'created_at < ?', hours: DAY },
  {
    table: 'inbox',
    where: 'done_at < ? and not exists (select from outbox where id = message_id and outbox.done_at is null)',
    hours: WEEK,
  },
  { table: 'outbox', where: 'done_at is not null and sent_at < ?', hours: WEEK },
  // A key that somebody chose keeps its promise from being made twice, for ever.
  { table: 'due', where: 'done_at < ? and key = id::text', hours: WEEK },
];
const AT_ONCE = 5000;

/** Throws away what has served its time, a few thousand rows per transaction. */
@Injectable()
export class Housekeeping {
  constructor(
    private readonly bus: Bus,
    private readonly em: EntityManager,
  ) {}

  /** @returns how many rows of which table */
  async purge(): Promise<Record<string, number>> {
    const gone: Record<string, number> = {};
    for (const { table, where, hours } of [...KERNEL, ...housekeeping]) {
      for (let some = AT_ONCE; some === AT_ONCE; gone[table] = (gone[table] ?? 0) + some) some = await this.some(table, where, hours);
    }
    logger.debug({ gone }, 'Housekeeping');
    return gone;
  }

  private some(table: string, where: string, hours: number): Promise<number> {
    const before = after(now(), { hours: -hours });
    return outside(() =>
      this.bus.asSystem(null, async () => {
        const rows = await this.em.execute<object[]>(
          `delete from ${table} where ctid in (select ctid from ${table} where ${where} limit ${AT_ONCE} for update skip locked) returning 1`,
          [before],
        );
        return rows.length;
      }),
    );
  }
}
