export * from './actor.ts';
export { Bus, type Outcome } from './bus.ts';
export { NO_ORGANIZATION } from './due.ts';
export { Drafts, insertMany, type Scribe } from './bulk.ts';
export { Context, entities, founding, invariants } from './context.ts';
export { alreadyThere, amended, asExpected, load, loadDeleted, GetOne, ListPage, RemoveOne, RestoreOne } from './crud.ts';
export { Database } from './database.ts';
export { witnessed } from './flush.ts';
export {
  along,
  businessRecord,
  camelCased,
  entity,
  fieldsOf,
  type Input,
  platform,
  readOnly,
  Row,
  type Source,
  TenantRow,
  keepersOf,
} from './entity.ts';
export * from './errors.ts';
export { inTime } from './in-time.ts';
export { failpoint } from './failpoint.ts';
export {
  type AnyField,
  choice,
  choices,
  currency,
  day,
  decimal,
  email,
  Field,
  flag,
  json,
  locale,
  member,
  metadata,
  moment,
  money,
  note,
  ref,
  text,
  texts,
  timeZone,
  url,
  uuid,
  whole,
} from './fields.ts';
export { answer, BASE, Download, envelope } from './http/answer.ts';
export type { RouteOptions } from './http/routes.ts';
export { type Caller, Callers, type Realm } from './http/callers.ts';
export { refusalOf } from './http/problems.ts';
export { crud, listing, listUnder, single } from './http/resource.ts';
export type { StoredFile, Upload } from './http/upload.ts';
export { controller, del, get, patch, post, put, type Route, type Table, tables, upload } from './http/routes.ts';
export { type Backlog, reasonOf, type Waiting } from './jobs/backlog.ts';
export { drain } from './jobs/drain.ts';
export { Housekeeping, type Purge } from './jobs/housekeeping.ts';
export { JobsModule } from './jobs/jobs.module.ts';
export { type Listed, Organizations } from './jobs/organizations.ts';
export { Outbox } from './jobs/outbox.ts';
export { MOST_ATTEMPTS, Promises } from './jobs/promises.ts';
export { Reaction, Reacts, type RowEvent, type Told } from './jobs/reactions.ts';
export { type AuditReport, Sealer } from './jobs/seal.ts';
export { type Verdict, Verifier } from './jobs/verify.ts';
export { exportOf } from './http/export.ts';
export type { Invariant } from './invariants.ts';
export { KernelModule } from './kernel.module.ts';
export { headersOf, Limiter, networkOf, type Taken } from './limiter.ts';
export { cellText, csvStream } from './csv.ts';
export { closeCursor, openCursor } from './cursor.ts';
export { type Asked, List, type ListOptions, Page, type QueryString } from './list.ts';
export { type Logger, logger, logging, logRequests, logTo } from './logger.ts';
export { Mailer } from './mail.ts';
export * from './money.ts';
export { counter, counts, gatherMetrics, gauge, histogram, measured, metrics, shareMetrics } from './metrics.ts';
export { migrate, QUEUE, QUEUE_SCHEMA } from './migrate.ts';
export { ormOptions } from './orm.ts';
export { serveDocs } from './http/docs.ts';
export { fastifyAdapter, openDoor } from './http/door.ts';
export { openApi } from './http/openapi.ts';
export { checked, type Handles as Handle, HttpServer, type Request as HttpRequest } from './http/serve.ts';
export { Server } from './http/routes.ts';
export {
  abilityOf,
  allows,
  capability,
  type Condition,
  may,
  must,
  type Permissions,
  permissionSets,
  permits,
  rulesOf,
  through,
} from './permissions.ts';
export { NoHttpModule } from './http/no-http.module.ts';
export { Read } from './read.ts';
export { snake } from './naming.ts';
export { ownerUrl, Settings, settings, SettingsError } from './settings.ts';
export { fileKey, FileMissing, LocalStorage, Storage } from './storage.ts';
export * from './text.ts';
export * from './time.ts';
export { onCommit } from './transaction.ts';
export { Command, Handles, type MessageClass, Process, Query, Tally } from './use-case.ts';
export { uuidv7 } from './uuidv7.ts';
export type { View } from './view.ts';
export { EntityManager } from '@mikro-orm/postgresql';
/** What makes a process a worker; loaded only there, for BullMQ takes its time. */
export const queue = () => import('./jobs/dispatch.module.ts');
