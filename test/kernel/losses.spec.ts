import { Bus, EntityManager, settings } from '#kernel';
import { setImmediate as turn } from 'node:timers/promises';
import { unavailable } from '../../libs/kernel/errors.ts';
import { Lane } from '../../libs/kernel/lane.ts';
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
