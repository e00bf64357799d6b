import { Bus, EntityManager, settings } from '#kernel';
import { setImmediate as turn } from 'node:timers/promises';
import { unavailable } from '../../libs/kernel/errors.ts';
import { refusalOf } from '../../libs/kernel/http/problems.ts';
import { Lane } from '../../libs/kernel/lane.ts';
import { takingTime } from '../../libs/kernel/transaction.ts';
import { app, world } from '../world.ts';

describe('when the database goes away', () => {
  beforeAll(app);

  it('a connection that dies in a transaction gives its place in the pool back', async () => {
    const instance = await app();
    const [bus, em] = [instance.get(Bus), instance.get(EntityManager)];
    const dies = () => bus.asSystem(null, () => em.execute('select pg_terminate_backend(pg_backend_pid())'));
    for (let i = 0; i < settings.WRITE_POOL + 1; i++) await expect(dies()).rejects.toThrow(/terminat/);
    expect(await bus.asSystem(null, () => em.execute('select 1 as one'))).toEqual([{ one: 1 }]);
  });

  it('a server that falls silent in a transaction is given up soon after its statement had to end, and its place in the pool is free', async () => {
    const instance = await app();
    const [bus, em] = [instance.get(Bus), instance.get(EntityManager)];
    let pid = 0;
    const silenced = bus.asSystem(null, async () => {
      await takingTime(em, 300);
      [{ pid }] = await em.execute<[{ pid: number }]>('select pg_backend_pid() as pid');
      process.kill(pid, 'SIGSTOP');
      await em.execute('select 1');
    });
    try {
      const error: unknown = await silenced.catch((reason: unknown) => reason);
      expect([refusalOf(error).status, refusalOf(error).more.retryAfter]).toEqual([503, 1]);
      for (let i = 0; i < settings.WRITE_POOL + 1; i++)
        expect(await bus.asSystem(null, () => em.execute('select 1 as one'))).toEqual([{ one: 1 }]);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
  });

  it('a list whose rows and total both fail is one 503, and leaves no failure that nobody hears', async () => {
    const { owner } = await world();
    await owner.get('contacts');
    const unheard: unknown[] = [];
    const hear = (reason: unknown) => void unheard.push(reason);
    const { rows } = Lane.prototype;
    process.on('unhandledRejection', hear);
    Lane.prototype.rows = () => Promise.reject(unavailable());
    try {
      expect((await owner.get('contacts')).status).toBe(503);
      await turn();
      expect(unheard).toEqual([]);
    } finally {
      Lane.prototype.rows = rows;
      process.off('unhandledRejection', hear);
    }
  });
});
