import type { MetadataStorage } from '@mikro-orm/core';
import { Migrator } from '@mikro-orm/migrations';
import { defineConfig, type Options } from '@mikro-orm/postgresql';
import type { EventEmitter } from 'node:events';
import { join } from 'node:path';
import { entities } from './context.ts';
import { EagerClient } from './eager-client.ts';
import { schemaOf, tenantFilter } from './entity.ts';
import { FlushLaw } from './flush.ts';
import { LeanDriver } from './lean-driver.ts';
import { logger } from './logger.ts';
import { kernelTables } from './records.ts';
import { TenantSchema } from './schema.ts';
import { settings } from './settings.ts';

/** A connection that waited so long is closed. Making one costs PostgreSQL a process and its plans, which whoever comes after a pause would wait for. */
const IDLE_MS = 5 * 60_000;

/** Found from here, from the sources or from what was compiled of them, wherever the program was started. */
const ROOT = join(import.meta.dirname, import.meta.filename.endsWith('.ts') ? '../..' : '../../..');

/** How MikroORM is set up everywhere: the API, the worker, the terminal and the migrations. */
export const ormOptions = (clientUrl: string, more: Partial<Options> = {}): Options =>
  defineConfig({
    clientUrl,
    driver: LeanDriver,
    entities: [...kernelTables, ...entities.map(schemaOf)],
    subscribers: [new FlushLaw()],
    extensions: [Migrator, TenantSchema],
    schemaGenerator: { ignoreSchema: ['bullmq', 'search'] },
    migrations: {
      path: join(ROOT, 'dist/migrations'),
      pathTs: join(ROOT, 'migrations'),
      snapshotName: 'snapshot',
      // Each by itself: an index that must not hold up writes is made outside of any transaction.
      allOrNothing: false,
      // `up` must not rewrite the committed snapshot from a live database.
      snapshotOnMigrate: false,
      emit: 'ts',
      fileName: (timestamp, name) => `${timestamp}-${name ?? 'change'}`,
    },
    pool: { min: 0, max: settings.WRITE_POOL, idleTimeoutMillis: IDLE_MS },
    implicitTransactions: true,
    ensureDatabase: false,
    // A row is there whatever has become of what it refers to: no joins that look whether that is alive and readable.
    autoJoinRefsForFilters: false,
    discovery: { checkDuplicateFieldNames: false, afterDiscovered: shareTenantFilter },
    logger: (message) => logger.debug(message),
    driverOptions: {
      Client: EagerClient,
      // A bounded wait, then 503: see problems.ts.
      connectionTimeoutMillis: settings.POOL_WAIT_MS,
      statement_timeout: settings.STATEMENT_TIMEOUT_MS * 2,
      idle_in_transaction_session_timeout: 30_000,
      application_name: 'tessera write',
      // A server that is gone without a word is noticed in the end.
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      onPoolCreated: (pool: EventEmitter) => pool.on('release', (_: unknown, client: Partial<EagerClient>) => client.forget?.()),
    },
    ...more,
  } as Options);

/**
 * MikroORM copies the filter for each entity, and whenever a transaction names its organization works out for each copy what it sets, which
 * takes longer than the fork itself: one is enough.
 */
function shareTenantFilter(storage: MetadataStorage) {
  for (const { filters } of storage) if (filters[tenantFilter.name]) filters[tenantFilter.name] = tenantFilter;
}
