import { MikroORM as CoreORM } from '@mikro-orm/core';
import { EntityManager, MikroORM } from '@mikro-orm/postgresql';
import { Global, Module, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { Bus } from './bus.ts';
import { genericUseCases } from './crud.ts';
import { Database } from './database.ts';
import { Lane, type LaneOptions } from './lane.ts';
import { Limiter } from './limiter.ts';
import { logger } from './logger.ts';
import { Mailer } from './mail.ts';
import { ormOptions } from './orm.ts';
import { Read } from './read.ts';
import { settings, SettingsError } from './settings.ts';
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
    const {
      READ_CONNECTIONS,
      WIDE_CONNECTIONS,
      SLOW_CONNECTIONS,
      STATEMENT_TIMEOUT_MS: statementTimeout,
      POOL_WAIT_MS: patience,
    } = settings;
    const lane = (name: string, options: Omit<LaneOptions, 'name'>) =>
      new Lane(settings.DATABASE_URL, { name: `tessera ${name}`, ...options });
    const hot = lane('read', { connections: READ_CONNECTIONS, spares: READ_CONNECTIONS, statementTimeout, queue: 10_000 });
    // What takes milliseconds or seconds is sent when its turn comes, so that nothing runs of which nobody waits for the answer any more.
    const wide = lane('wide', { connections: WIDE_CONNECTIONS, statementTimeout, queue: 1000, depth: 16, patience });
    const slow = lane('slow', {
      connections: SLOW_CONNECTIONS,
      statementTimeout: statementTimeout * 6,
      queue: 200,
      depth: 1,
      patience: patience * 6,
    });
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
export class KernelModule implements OnModuleInit, OnApplicationShutdown {
  constructor(
    private readonly orm: MikroORM,
    private readonly lanes: Lanes,
    private readonly read: Read,
    private readonly limiter: Limiter,
    private readonly mailer: Mailer,
  ) {}

  /** Row security binds neither superusers nor those who may bypass it: with such a role everything works, and nothing is isolated. */
  async onModuleInit() {
    const [role] = await this.read.platform<{ name: string; bound: boolean }>(
      'role',
      'select rolname as name, not (rolsuper or rolbypassrls) as bound from pg_roles where rolname = current_user',
      [],
    );
    if (role?.bound) return;
    const complaint = `DATABASE_URL connects as ${role?.name}, whom row security does not bind: use a role like tessera_app (deploy/roles.sql).`;
    if (settings.NODE_ENV === 'production') throw new SettingsError(complaint);
    logger.warn(complaint);
  }

  async onApplicationShutdown() {
    await Promise.all([this.orm.close(), this.lanes.close(), this.limiter.close(), this.mailer.close()]);
  }
}
