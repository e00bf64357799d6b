import { MikroORM as CoreORM } from '@mikro-orm/core';
import { EntityManager, MikroORM } from '@mikro-orm/postgresql';
import { Global, Module, type OnApplicationShutdown } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { Bus } from './bus.ts';
import { genericUseCases } from './crud.ts';
import { Database } from './database.ts';
import { Lane } from './lane.ts';
import { Limiter } from './limiter.ts';
import { logger } from './logger.ts';
import { Mailer } from './mail.ts';
import { ormOptions } from './orm.ts';
import { Read } from './read.ts';
import { settings } from './settings.ts';
import { LocalStorage, Storage } from './storage.ts';
import { handlerOf } from './use-case.ts';

/** Three lanes, so that none holds up the others: rows and lists by their indexes; searches, counts and timelines; reports. */
class Lanes {
  constructor(
    readonly hot: Lane,
    readonly wide: Lane,
    readonly slow: Lane,
  ) {}
  static async open() {
    const { DATABASE_URL: url, READ_CONNECTIONS, WIDE_CONNECTIONS, SLOW_CONNECTIONS, STATEMENT_TIMEOUT_MS: statementTimeout } = settings;
    const hot = new Lane(url, {
      connections: READ_CONNECTIONS,
      spares: READ_CONNECTIONS,
      statementTimeout,
      queue: 10_000,
      name: 'tessera read',
    });
    const wide = new Lane(url, { connections: WIDE_CONNECTIONS, statementTimeout, queue: 1000, name: 'tessera wide' });
    const slow = new Lane(url, { connections: SLOW_CONNECTIONS, statementTimeout: statementTimeout * 6, queue: 200, name: 'tessera slow' });
    await Promise.all([hot.open(), wide.open(), slow.open()]);
    return new Lanes(hot, wide, slow);
  }
  async close() {
    await Promise.all([this.hot.close(), this.wide.close(), this.slow.close()]);
  }
}

@Global()
@Module({
  imports: [CqrsModule.forRoot()],
  providers: [
    { provide: MikroORM, useFactory: () => MikroORM.init(ormOptions(settings.DATABASE_URL)) },
    { provide: CoreORM, useExisting: MikroORM },
    { provide: EntityManager, useFactory: (orm: MikroORM) => orm.em, inject: [MikroORM] },
    { provide: Lanes, useFactory: () => Lanes.open() },
    { provide: Read, useFactory: ({ hot, wide, slow }: Lanes) => new Read(hot, wide, slow), inject: [Lanes] },
    {
      provide: Database,
      useFactory: (read: Read): Database => ({ ping: async () => void (await read.platform('ping', 'select 1', [])) }),
      inject: [Read],
    },
    { provide: Limiter, useFactory: () => new Limiter(settings.REDIS_URL, logger) },
    {
      provide: Mailer,
      useFactory: () => new Mailer({ smtpUrl: settings.SMTP_URL, outboxDir: settings.OUTBOX_DIR, from: settings.MAIL_FROM }, logger),
    },
    { provide: Storage, useFactory: () => new LocalStorage(settings.STORAGE_DIR) },
    ...genericUseCases.map(handlerOf),
    Bus,
  ],
  exports: [Bus, Read, EntityManager, MikroORM, CoreORM, Database, Limiter, Mailer, Storage],
})
export class KernelModule implements OnApplicationShutdown {
  constructor(
    private readonly orm: MikroORM,
    private readonly lanes: Lanes,
    private readonly limiter: Limiter,
    private readonly mailer: Mailer,
  ) {}
  async onApplicationShutdown() {
    await Promise.all([this.orm.close(), this.lanes.close(), this.limiter.close(), this.mailer.close()]);
  }
}
