import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { Bus } from '../bus.ts';
import { housekeeping } from '../context.ts';
import { logger } from '../logger.ts';
import { after, now } from '../time.ts';
import { takingTime } from '../transaction.ts';
import { outside, reasonOf } from './backlog.ts';

/** Platform rows that nobody needs any more. `where` is SQL; each `?` in it is the instant that many hours ago. */
export interface Purge {
  readonly table: string;
  readonly where: string;
  readonly hours: number;
  /** In this order, which an index has: what stands behind rows that are still needed is not looked at. */
  readonly by?: string;
}
const DAY = 24;
const WEEK = 7 * DAY;
const MOST = '9223372036854775807';
const KERNEL: readonly Purge[] = [
  { table: 'idempotency', where: 'created_at < ?', hours: DAY },
  {
    table: 'inbox',
    where: `done_at < ? and message_id < coalesce((select message_id from inbox where done_at >= ? order by message_id limit 1), ${MOST})
      and not exists (select from outbox where id = message_id and outbox.done_at is null)`,
    hours: WEEK,
    by: 'message_id',
  },
  {
    table: 'outbox',
    where: `done_at is not null and sent_at < ? and id < coalesce((select id from outbox where created_at >= ? order by id limit 1), ${MOST})`,
    hours: WEEK,
    by: 'id',
  },
  // A key that somebody chose keeps its promise from being made twice, for ever.
  { table: 'due', where: 'done_at < ? and key = id::text', hours: WEEK },
];
const AT_ONCE = 5000;
/** Milliseconds for so many. */
const PATIENCE = 60_000;

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
    for (const purge of [...KERNEL, ...housekeeping])
      try {
        for (let some = AT_ONCE; some === AT_ONCE; gone[purge.table] = (gone[purge.table] ?? 0) + some) some = await this.some(purge);
      } catch (error) {
        logger.error({ err: error }, `Housekeeping of ${purge.table} failed: ${reasonOf(error)}`);
      }
    logger.debug({ gone }, 'Housekeeping');
    return gone;
  }

  private some({ table, where, hours, by }: Purge): Promise<number> {
    const before = after(now(), { hours: -hours });
    return outside(() =>
      this.bus.asSystem(null, async () => {
        await takingTime(this.em, PATIENCE);
        const rows = await this.em.execute<object[]>(
          `delete from ${table} where ctid in (select ctid from ${table} where ${where}
             ${by ? `order by ${by}` : ''} limit ${AT_ONCE} for update skip locked) returning 1`,
          where
            .split('?')
            .slice(1)
            .map(() => before),
        );
        return rows.length;
      }),
    );
  }
}
